//! A message to a server of the contact's own. `docs/CONFIGURATION.md` describes these fields to whoever writes one: they are
//! added to, and `version` changes before any of them changes its meaning.

use serde_json::{Value, json};

use super::notice::{Notice, NoticeKind};

const VERSION: u32 = 1;

/// The body of the POST.
pub(super) fn body(notice: &Notice) -> Value {
    let (kind, news) = match &notice.kind {
        NoticeKind::Page => ("page", None),
        NoticeKind::Acknowledged(news) => ("acknowledged", Some(news)),
        NoticeKind::Resolved(news) => ("resolved", Some(news)),
    };
    json!({
        "version": VERSION,
        "kind": kind,
        "incident": {
            "id": notice.incident.as_str(),
            "title": notice.title,
            "summary": notice.summary,
            "impact": notice.impact.number(),
            "response_plan": notice.plan.as_str(),
            "source": notice.source.name(),
            "opened_at": notice.opened_at.to_string(),
            "acknowledged_by": notice.acknowledged_by,
        },
        "contact": notice.contact,
        "news": news,
        "link": notice.link,
    })
}
