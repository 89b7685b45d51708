//! The inbox as a page: text messages as a phone shows them, e-mail as a mail program does, the newest first. It is
//! one file without anything from elsewhere, and every text in it is escaped.

use jiff::{SignedDuration, Timestamp};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::inbox::{Letter, LetterChannel};

const STYLE: &str = include_str!("inbox_page.css");
const SCRIPT: &str = include_str!("inbox_page.js");

/// The whole page.
pub(crate) fn render(letters: &[Letter], now: Timestamp) -> String {
    let texts = letters.iter().filter(|letter| letter.channel == LetterChannel::Sms).count();
    let mails = letters.len() - texts;
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
                        (count("sms", texts, if texts == 1 { "text" } else { "texts" }))
                        (count("email", mails, if mails == 1 { "e-mail" } else { "e-mails" }))
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

const PHONE: &str = r#"<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2"
stroke-linecap="round" stroke-linejoin="round"><rect x="6" y="2" width="12" height="20" rx="2.5"/><path d="M11 18h2"/></svg>"#;

fn count(filter: &str, number: usize, label: &str) -> Markup {
    html! {
        button type="button" data-filter=(filter) aria-pressed=(filter == "all") { strong { (number) } " " (label) }
    }
}

fn empty() -> Markup {
    html! {
        div.empty {
            h2 { "Nobody has been paged" }
            p { "Text messages and e-mails appear here as soon as they are sent." }
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
    }
}

fn envelope(letter: &Letter, now: Timestamp, kind: &str) -> Markup {
    html! {
        div.envelope {
            span.avatar aria-hidden="true" {
                @match letter.channel {
                    LetterChannel::Sms => (PreEscaped(PHONE)),
                    LetterChannel::Email => (initial(&letter.to)),
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
            message_id: String::new(),
        };
        let page = render(&[letter], Timestamp::UNIX_EPOCH);
        assert_eq!(page.matches("<script>").count(), 1, "only our own");
    }
}
