//! A message as a Microsoft Teams workflow takes it ("when a webhook request is received"): one Adaptive Card.
//!
//! Text from outside stands in runs of text, which know no Markdown: an alarm cannot put a link of its own into the card.

use serde_json::{Value, json};

use super::clip;
use super::notice::{Notice, NoticeKind};

/// A card has at most 28 KB, all of it; a reader opens the incident for more.
const TEXT_CHARACTERS: usize = 4_000;

/// The body of the POST.
pub(super) fn body(notice: &Notice) -> Value {
    let page = notice.kind == NoticeKind::Page;
    let color = if page { "Attention" } else { "Good" };
    let mut body = vec![text(&notice.headline(), json!({ "size": "Large", "weight": "Bolder", "color": color }))];
    body.extend(notice.advice().map(|advice| text(&advice, json!({}))));
    if page && !notice.summary.is_empty() {
        body.push(text(&notice.summary, json!({})));
    }
    body.push(json!({ "type": "FactSet", "facts": [
        { "title": "Since", "value": notice.opened_at.strftime("%-d %b %H:%M UTC").to_string() },
        { "title": "Response plan", "value": notice.plan.as_str() },
        { "title": "Source", "value": notice.source.name() },
        { "title": "Incident", "value": notice.incident.short() },
        { "title": "For", "value": notice.contact },
    ]}));
    let actions: Vec<Value> = notice
        .link
        .iter()
        .filter(|_| page)
        .map(|link| json!({ "type": "Action.OpenUrl", "title": "Acknowledge", "url": link }))
        .collect();
    message(&notice.headline(), &body, &actions)
}

/// The body of the POST for a few words.
pub(super) fn plain(subject: &str, words: &str) -> Value {
    message(subject, &[text(words, json!({}))], &[])
}

fn message(summary: &str, body: &[Value], actions: &[Value]) -> Value {
    json!({
        "type": "message",
        "summary": clip::escaped(summary, TEXT_CHARACTERS, |_| None),
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn text(text: &str, look: Value) -> Value {
    let mut run = json!({ "type": "TextRun", "text": clip::escaped(text, TEXT_CHARACTERS, |_| None) });
    for (name, value) in look.as_object().into_iter().flatten() {
        run[name] = value.clone();
    }
    json!({ "type": "RichTextBlock", "inlines": [run] })
}
