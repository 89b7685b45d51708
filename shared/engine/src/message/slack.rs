//! A message as Slack's incoming webhooks take it: Block Kit, with a plain text for notifications and old clients. What an alarm says
//! is `plain_text`, which knows no Markdown, no mention and no link: nothing of it calls a channel or hides where it leads.

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
    let mut blocks = vec![json!({ "type": "header", "text": plain_text(&headline, HEADER_CHARACTERS) })];
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
        "elements": [plain_text(&context, SECTION_CHARACTERS)],
    }));
    message(&headline, Some(blocks))
}

/// The body of the POST for a few words.
pub(super) fn plain(text: &str) -> Value {
    message(text, None)
}

/// The text beside the blocks is what notifications show: it is taken as it is, names are not looked for in it, and what it names
/// is not fetched.
fn message(text: &str, blocks: Option<Vec<Value>>) -> Value {
    let mut message = json!({
        "text": escaped(text, SECTION_CHARACTERS),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    });
    if let Some(blocks) = blocks {
        message["blocks"] = blocks.into();
    }
    message
}

/// A link and no more: a preview that follows it acknowledges nothing.
fn button(link: &str) -> Value {
    json!({
        "type": "actions",
        "elements": [{
            "type": "button",
            "style": "danger",
            "text": plain_text("Acknowledge", HEADER_CHARACTERS),
            "url": link,
        }],
    })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": plain_text(text, SECTION_CHARACTERS) })
}

/// `:words:` stay what the alarm wrote, too.
fn plain_text(text: &str, characters_max: usize) -> Value {
    json!({ "type": "plain_text", "text": escaped(text, characters_max), "emoji": false })
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
