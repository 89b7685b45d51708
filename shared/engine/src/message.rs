//! The words of a page: read at 03:00, on a small screen, by somebody who was asleep. What is said stands here; how chat,
//! calls and webhooks say it stands beside this file, one form a file.
//!
//! An SMS keeps to the GSM 7-bit alphabet where the alarm does: one character outside of it halves what a message holds.

mod bundle;
mod clip;
mod notice;
mod operators;
mod plain;
mod slack;
mod speech;
mod teams;
mod voice;
mod webhook;

use jiff::Timestamp;
use reveille_domain::{ChannelKind, Incident, Status};

use crate::port::{Envelope, Form};
use crate::record::OrderRecord;
use notice::Notice;
pub use operators::for_operators;

pub use bundle::Bundle;
pub use plain::plain;

/// What is left for the title in two concatenated SMS (306 characters), after the link and the rest.
const SMS_TITLE_CHARACTERS: usize = 120;

/// A message without its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// For a small screen.
    pub short: String,
    /// For a mail.
    pub long: String,
    /// The mail as HTML.
    pub html: String,
    /// The same as facts, for what is put together of them.
    notice: Notice,
}

impl Words {
    /// The words of an order. `link` is where the contact answers, `code` what they reply with to a text message; news has
    /// neither.
    pub fn of(order: &OrderRecord, incident: &Incident, link: Option<&str>, code: Option<&str>) -> Self {
        let notice = Notice::of(order, incident, link, code);
        match order {
            OrderRecord::Announce { news, .. } => Self::news(incident, news, notice),
            OrderRecord::Page { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. } => Self::page(incident, link, code, notice),
        }
    }

    fn page(incident: &Incident, link: Option<&str>, code: Option<&str>, notice: Notice) -> Self {
        let opening = &incident.opening;
        let title = one_line(&opening.title);
        let impact = opening.impact;
        let short_id = opening.id.short();
        let since = clock(incident.opened_at);
        let acknowledged = match &incident.acknowledged {
            Some(first) => format!("\nAcknowledged by {} at {}, but not resolved.", first.by, clock(first.at)),
            None => String::new(),
        };
        let short = format!(
            "{}\nImpact {impact}, since {since}. {short_id}{acknowledged}\n{}",
            clip_ascii(&title, SMS_TITLE_CHARACTERS),
            answer_by(link, code),
        );
        let summary = opening.summary.trim();
        let long = format!(
            "{title}\n\nImpact: {impact}\nSince: {since}\nResponse plan: {plan}\nIncident: {id}\n{acknowledged}\n{summary}\n\n\
             {answer}\n",
            answer = answer_at(link),
            plan = opening.response_plan,
            id = opening.id,
        );
        let html = page_html(incident, &title, &since, link);
        Self { subject: format!("[impact {}] {title}", impact.number()), short, long, html, notice }
    }

    fn news(incident: &Incident, news: &str, notice: Notice) -> Self {
        let title = one_line(&incident.opening.title);
        let (what, advice) = match incident.status {
            Status::Resolved(_) => ("Over", "Nothing more to do."),
            Status::Open => ("Answered", "You are not needed unless they ask you."),
        };
        let short = format!(
            "{what}: {}\n{} {}. {advice}",
            clip_ascii(&title, SMS_TITLE_CHARACTERS),
            incident.opening.id.short(),
            one_line(news),
        );
        let html = html_frame(&format!(
            "<h1 style=\"font-size:20px;margin:0 0 12px\">{}</h1><p>{}</p><p>{advice}</p>",
            escape(&title),
            escape(news),
        ));
        Self {
            subject: format!("{what}: {title}"),
            long: format!("{title}\n\n{news}\n{advice}\n"),
            short,
            html,
            notice,
        }
    }

    /// The message in the form that a kind of channel carries.
    pub fn envelope(&self, kind: ChannelKind, address: String) -> Envelope {
        let (text, form) = match kind {
            ChannelKind::Sms => (self.short.clone(), Form::Text),
            ChannelKind::Email => (self.long.clone(), Form::Mail { html: self.html.clone() }),
            ChannelKind::Voice => {
                let speech = voice::speech(&self.notice);
                (speech.plain(), Form::Speech { ssml: speech.ssml() })
            }
            ChannelKind::Webhook => (self.short.clone(), Form::Json { body: webhook::body(&self.notice).to_string() }),
            ChannelKind::Slack => (self.short.clone(), Form::Json { body: slack::body(&self.notice).to_string() }),
            ChannelKind::Teams => (self.short.clone(), Form::Json { body: teams::body(&self.notice).to_string() }),
        };
        Envelope { address, secret: None, subject: self.subject.clone(), text, form, attribution: None }
    }
}

/// How a text message is answered. The code comes first: it works on a phone without a data connection.
fn answer_by(link: Option<&str>, code: Option<&str>) -> String {
    match (link, code) {
        (Some(link), Some(code)) => format!("Reply ACK {code} or open {link}"),
        (None, Some(code)) => format!("Reply ACK {code} to acknowledge."),
        (link, None) => answer_at(link),
    }
}

/// A page without a link is still a page: the key store may be out of reach in the same outage.
fn answer_at(link: Option<&str>) -> String {
    match link {
        Some(link) => format!("Acknowledge: {link}"),
        None => "No link this time: acknowledge from another page or tell a colleague.".to_owned(),
    }
}

fn page_html(incident: &Incident, title: &str, since: &str, link: Option<&str>) -> String {
    let opening = &incident.opening;
    let button = button(link, "Acknowledge");
    html_frame(&format!(
        "<p style=\"margin:0 0 4px;color:#b42318;font-weight:600\">Impact {impact}</p>\
         <h1 style=\"font-size:20px;margin:0 0 12px\">{title}</h1>\
         <p style=\"color:#475467;margin:0 0 16px\">Since {since} &middot; {plan} &middot; {id}</p>\
         <p style=\"white-space:pre-wrap;margin:0 0 24px\">{summary}</p>\
         <p style=\"margin:0 0 24px\">{button}</p>\
         <p style=\"color:#475467;font-size:13px\">The link opens a page with a button; only the button acknowledges. \
         Until somebody does, the next person on the plan will be woken.</p>",
        impact = opening.impact,
        title = escape(title),
        plan = escape(opening.response_plan.as_str()),
        id = escape(opening.id.short()),
        summary = escape(opening.summary.trim()),
    ))
}

/// Where a mail is answered; without a link, what to do instead.
fn button(link: Option<&str>, label: &str) -> String {
    let Some(link) = link else { return escape(&answer_at(None)) };
    format!(
        "<a href=\"{}\" style=\"background:#b42318;color:#fff;padding:12px 20px;border-radius:8px;text-decoration:none;\
         font-weight:600\">{label}</a>",
        escape(link)
    )
}

fn html_frame(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;color:#101828;margin:0;padding:24px;\
         max-width:560px\">{body}</body></html>"
    )
}

/// Text from outside becomes text, never markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Headers and short messages are one line: what would break it becomes a space.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clip_ascii(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
