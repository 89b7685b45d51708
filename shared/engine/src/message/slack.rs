//! A message as Slack's incoming webhooks take it: Block Kit, with a plain text for notifications and old clients.

use serde_json::{Value, json};

use super::clip;
use super::notice::{Notice, NoticeKind};

/// Slack cuts a header at 150 characters and refuses a longer one.
const HEADER_CHARACTERS: usize = 150;
/// A section's text has at most 3,000.
const SECTION_CHARACTERS: usize = 3_000;

/// The body of the POST.
pub(super) fn body(notice: &Notice) -> Value {
    let headline = notice.headline();
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": escaped(&headline, HEADER_CHARACTERS) },
    })];
    if let Some(advice) = notice.advice() {
        blocks.push(section(&advice));
    }
    if notice.kind == NoticeKind::Page {
        if !notice.summary.is_empty() {
            blocks.push(section(&notice.summary));
        }
        blocks.extend(notice.link.as_deref().map(button));
    }
    let context = format!(
        "Since {} UTC · {} · {} · {} · for {}",
        notice.opened_at.strftime("%-d %b %H:%M"),
        notice.plan,
        notice.source.name(),
        notice.incident.short(),
        notice.contact,
    );
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": escaped(&context, SECTION_CHARACTERS) }],
    }));
    json!({ "text": escaped(&headline, SECTION_CHARACTERS), "blocks": blocks })
}

/// The body of the POST for a few words.
pub(super) fn plain(text: &str) -> Value {
    json!({ "text": escaped(text, SECTION_CHARACTERS) })
}

/// A link and no more: a preview that follows it acknowledges nothing.
fn button(link: &str) -> Value {
    json!({
        "type": "actions",
        "elements": [{
            "type": "button",
            "style": "danger",
            "text": { "type": "plain_text", "text": "Acknowledge" },
            "url": link,
        }],
    })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": escaped(text, SECTION_CHARACTERS) } })
}

/// Slack has three characters of its own; escaped, they cannot call a whole channel (`<!channel>`) or hide a link.
fn escaped(text: &str, characters_max: usize) -> String {
    clip::escaped(text, characters_max, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}
