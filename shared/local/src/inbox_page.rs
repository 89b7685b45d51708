//! The inbox as a page: text messages as a phone shows them, e-mail as a mail program does, calls as they are heard, posts to
//! chat as cards; the newest first. It is one file without anything from elsewhere, and every text in it is escaped.

use jiff::{SignedDuration, Timestamp};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::inbox::{Letter, LetterChannel};

const STYLE: &str = include_str!("inbox_page.css");
const SCRIPT: &str = include_str!("inbox_page.js");

/// The whole page.
pub(crate) fn render(letters: &[Letter], now: Timestamp) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Inbox (" (letters.len()) ") · Reveille" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    div.brand {
                        span.bell aria-hidden="true" { (PreEscaped(BELL)) }
                        div {
                            h1 { "Reveille" }
                            p { "Nothing here has left this machine." }
                        }
                    }
                    div.counts {
                        (count("all", letters.len(), "all"))
                        @for channel in LetterChannel::ALL {
                            @let number = letters.iter().filter(|letter| letter.channel == channel).count();
                            // What nobody uses takes no room; the two that everybody has are there from the start.
                            @if number > 0 || matches!(channel, LetterChannel::Sms | LetterChannel::Email) {
                                (count(channel.name(), number, plural(channel, number)))
                            }
                        }
                    }
                }
                main #letters data-now=(now) {
                    @if letters.is_empty() {
                        (empty())
                    }
                    @for letter in letters.iter().rev() {
                        (article(letter, now))
                    }
                }
                footer { "Addresses are shown as they are: this page is served on this machine only." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

const BELL: &str = r#"<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="2"
stroke-linecap="round" stroke-linejoin="round"><path d="M6 8a6 6 0 0 1 12 0c0 7 3 9 3 9H3s3-2 3-9"/>
<path d="M10.3 21a1.94 1.94 0 0 0 3.4 0"/></svg>"#;

const HANDSET: &str = r#"<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2"
stroke-linecap="round" stroke-linejoin="round"><path d="M22 16.9v3a2 2 0 0 1-2.2 2 19.8 19.8 0 0 1-8.6-3.1 19.5 19.5 0 0 1-6-6A19.8 19.8 0 0 1
2.1 4.2 2 2 0 0 1 4.1 2h3a2 2 0 0 1 2 1.7c.1 1 .4 1.9.7 2.8a2 2 0 0 1-.5 2.1L8.1 9.9a16 16 0 0 0 6 6l1.3-1.3a2 2 0 0 1 2.1-.4c.9.3 1.8.5
2.8.6a2 2 0 0 1 1.7 2.1z"/></svg>"#;

const PHONE: &str = r#"<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2"
stroke-linecap="round" stroke-linejoin="round"><rect x="6" y="2" width="12" height="20" rx="2.5"/><path d="M11 18h2"/></svg>"#;

fn count(filter: &str, number: usize, label: &str) -> Markup {
    html! {
        button type="button" data-filter=(filter) aria-pressed=(filter == "all") { strong { (number) } " " (label) }
    }
}

fn plural(channel: LetterChannel, number: usize) -> &'static str {
    match (channel, number) {
        (LetterChannel::Sms, 1) => "text",
        (LetterChannel::Sms, _) => "texts",
        (LetterChannel::Email, 1) => "e-mail",
        (LetterChannel::Email, _) => "e-mails",
        (LetterChannel::Voice, 1) => "call",
        (LetterChannel::Voice, _) => "calls",
        (LetterChannel::Webhook, 1) => "webhook",
        (LetterChannel::Webhook, _) => "webhooks",
        (LetterChannel::Slack, _) => "Slack",
        (LetterChannel::Teams, _) => "Teams",
        (LetterChannel::Operators, _) => "operators",
    }
}

fn empty() -> Markup {
    html! {
        div.empty {
            h2 { "Nobody has been paged" }
            p { "Text messages, e-mails, calls and posts to chat appear here as soon as they are sent." }
        }
    }
}

fn article(letter: &Letter, now: Timestamp) -> Markup {
    match letter.channel {
        LetterChannel::Sms => html! {
            article.sms data-channel="sms" {
                (envelope(letter, now, "Text message"))
                div.bubble { (linked(&letter.text)) }
            }
        },
        LetterChannel::Email => html! {
            article.email data-channel="email" {
                (envelope(letter, now, "E-mail"))
                div.mail {
                    h2 { (letter.subject.as_deref().unwrap_or("(no subject)")) }
                    div.text { (linked(&letter.text)) }
                    @if let Some(page) = &letter.html {
                        details {
                            summary { "As HTML" }
                            // The sandbox runs no script and sends no form in it; links open outside of it.
                            iframe title="The e-mail as HTML" srcdoc={ "<base target=\"_blank\">" (page) } loading="lazy"
                                sandbox="allow-popups allow-popups-to-escape-sandbox" {}
                        }
                    }
                }
            }
        },
        LetterChannel::Voice => html! {
            article.voice data-channel="voice" {
                (envelope(letter, now, "Call"))
                div.call { @for line in letter.text.lines() { p { (linked(line)) } } }
                @if let Some(ssml) = &letter.ssml {
                    (raw("As SSML", ssml))
                }
            }
        },
        LetterChannel::Operators => html! {
            article.operators data-channel="operators" {
                (envelope(letter, now, "Operators' topic"))
                div.mail {
                    h2 { (letter.subject.as_deref().unwrap_or("(no subject)")) }
                    div.text { (linked(&letter.text)) }
                }
            }
        },
        LetterChannel::Webhook => posted(letter, now, "webhook", "Webhook"),
        LetterChannel::Slack => posted(letter, now, "slack", "Slack"),
        LetterChannel::Teams => posted(letter, now, "teams", "Microsoft Teams"),
    }
}

/// A post: its texts as a card shows them, then what was sent as it was sent.
fn posted(letter: &Letter, now: Timestamp, channel: &'static str, kind: &'static str) -> Markup {
    let body: Value = serde_json::from_str(&letter.text).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_else(|_| letter.text.clone());
    let mut shown = card(letter.channel, &body).into_iter();
    html! {
        article class=(channel) data-channel=(channel) {
            (envelope(letter, now, kind))
            div.card {
                @if let Some(first) = shown.next() { h2 { (first) } }
                @for text in shown { p { (linked(&text)) } }
                @if let Some(link) = answer_link(letter.channel, &body) {
                    a.button href=(link) rel="noreferrer" { "Acknowledge" }
                }
            }
            @if !letter.headers.is_empty() {
                dl.headers { @for (name, value) in &letter.headers { dt { (name) } dd { (value) } } }
            }
            (raw("As JSON", &pretty))
        }
    }
}

fn raw(what: &str, text: &str) -> Markup {
    html! { details.raw { summary { (what) } pre { (text) } } }
}

/// The texts of a post in the order in which its reader meets them.
fn card(channel: LetterChannel, body: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let texts: Vec<Option<String>> = match channel {
        LetterChannel::Slack => {
            let blocks = list(&body["blocks"]);
            let said = blocks.iter().map(|block| text(&block["text"]["text"]).or(text(&block["elements"][0]["text"])));
            if blocks.is_empty() { vec![text(&body["text"])] } else { said.collect() }
        }
        LetterChannel::Teams => {
            let shown = list(&body["attachments"][0]["content"]["body"]);
            let facts = |block: &Value| {
                let facts = list(&block["facts"]).into_iter();
                let lines: Vec<String> = facts
                    .filter_map(|fact| Some(format!("{}: {}", text(&fact["title"])?, text(&fact["value"])?)))
                    .collect();
                (!lines.is_empty()).then(|| lines.join(" · "))
            };
            shown.iter().map(|block| text(&block["inlines"][0]["text"]).or_else(|| facts(block))).collect()
        }
        LetterChannel::Sms
        | LetterChannel::Email
        | LetterChannel::Voice
        | LetterChannel::Webhook
        | LetterChannel::Operators => {
            let incident = &body["incident"];
            vec![
                text(&incident["title"]).or(text(&body["subject"])),
                text(&body["news"]).or(text(&body["text"])),
                text(&incident["summary"]).filter(|summary| !summary.is_empty()),
            ]
        }
    };
    // Slack's own escapes are for Slack; a reader sees what they stand for.
    let unescaped = |text: String| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let texts = texts.into_iter().flatten();
    if channel == LetterChannel::Slack { texts.map(unescaped).collect() } else { texts.collect() }
}

fn answer_link(channel: LetterChannel, body: &Value) -> Option<String> {
    let blocks = body["blocks"].as_array();
    let link = match channel {
        LetterChannel::Slack => blocks?.iter().find_map(|block| block["elements"][0]["url"].as_str()),
        LetterChannel::Teams => body["attachments"][0]["content"]["actions"][0]["url"].as_str(),
        LetterChannel::Webhook => body["link"].as_str(),
        LetterChannel::Sms | LetterChannel::Email | LetterChannel::Voice | LetterChannel::Operators => None,
    };
    // Only what is a link: a page must not run what somebody posted.
    link.filter(|link| link.starts_with("http://") || link.starts_with("https://")).map(str::to_owned)
}

fn envelope(letter: &Letter, now: Timestamp, kind: &str) -> Markup {
    html! {
        div.envelope {
            span.avatar aria-hidden="true" {
                @match letter.channel {
                    LetterChannel::Sms => (PreEscaped(PHONE)),
                    LetterChannel::Voice => (PreEscaped(HANDSET)),
                    LetterChannel::Email => (initial(&letter.to)),
                    LetterChannel::Webhook => "{}",
                    LetterChannel::Slack => "#",
                    LetterChannel::Teams => "T",
                    LetterChannel::Operators => (PreEscaped(BELL)),
                }
            }
            span.to { strong { (letter.to) } span.kind { (kind) } }
            time datetime=(letter.at) title=(letter.at) { (ago(&letter.at, now)) }
        }
    }
}

fn initial(address: &str) -> String {
    let letter = address.chars().find(|character| character.is_alphabetic());
    letter.map_or_else(|| "#".to_owned(), |letter| letter.to_uppercase().to_string())
}

fn ago(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else {
        return at.to_owned();
    };
    let passed = now.duration_since(at).max(SignedDuration::ZERO);
    match passed.as_secs() {
        0..=9 => "just now".to_owned(),
        seconds @ 10..=59 => format!("{seconds} s ago"),
        seconds @ 60..=3599 => format!("{} min ago", seconds / 60),
        seconds @ 3600..=86_399 => format!("{} h ago", seconds / 3600),
        _ => at.strftime("%-d %b %Y, %H:%M UTC").to_string(),
    }
}

/// The text with its web addresses as links. Punctuation behind one belongs to the sentence.
fn linked(text: &str) -> Markup {
    let mut rest = text;
    html! {
        @while let Some(start) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
            @let (before, from) = rest.split_at(start);
            @let end = from.find(|end: char| end.is_whitespace() || "<>\"".contains(end)).unwrap_or(from.len());
            @let link = from[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
            (before)
            a href=(link) rel="noreferrer" { (link) }
            ({ rest = &from[link.len()..]; "" })
        }
        (rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_clickable_and_everything_is_escaped() {
        let html =
            linked("<b> see http://127.0.0.1:9070/a/x_y?p=1&q. Then https://b.example/, or (http://c)").into_string();
        assert_eq!(
            html,
            "&lt;b&gt; see <a href=\"http://127.0.0.1:9070/a/x_y?p=1&amp;q\" rel=\"noreferrer\">\
             http://127.0.0.1:9070/a/x_y?p=1&amp;q</a>. Then \
             <a href=\"https://b.example/\" rel=\"noreferrer\">https://b.example/</a>, or \
             (<a href=\"http://c\" rel=\"noreferrer\">http://c</a>)"
        );
    }

    #[test]
    fn a_page_shows_no_markup_of_a_letter() {
        let letter = Letter {
            at: "2026-01-01T00:00:00Z".to_owned(),
            channel: LetterChannel::Email,
            to: "\"><script>1</script>".to_owned(),
            subject: Some("<script>2</script>".to_owned()),
            text: "<script>3</script>".to_owned(),
            html: Some("<script>4</script>".to_owned()),
            ssml: Some("<script>5</script>".to_owned()),
            headers: [("reveille-delivery".to_owned(), "<script>6</script>".to_owned())].into(),
            message_id: String::new(),
        };
        let body = "{\"link\":\"javascript:alert(1)\",\"text\":\"<script>7</script>\",\"incident\":{\"title\":\"<script>8</script>\"}}";
        let letters: Vec<Letter> = LetterChannel::ALL
            .into_iter()
            .map(|channel| Letter { channel, ..letter.clone() })
            .chain([Letter { channel: LetterChannel::Webhook, text: body.to_owned(), ..letter.clone() }])
            .collect();
        let page = render(&letters, Timestamp::UNIX_EPOCH);
        assert!(!page.contains("javascript:alert(1)\""), "a link that is none is no link");
        assert_eq!(page.matches("<script>").count(), 1, "only our own");
    }
}
