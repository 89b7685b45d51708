//! The words of a page: read at 03:00, on a small screen, by somebody who was asleep.
//!
//! An SMS keeps to the GSM 7-bit alphabet where the alarm does: one character outside of it halves what a message holds.

use jiff::Timestamp;
use reveille_domain::{Incident, Status};

use crate::port::Envelope;
use crate::record::OrderRecord;

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
}

impl Words {
    /// The words of an order. `link` is where the contact answers, `code` what they may answer by SMS; news has neither.
    pub fn of(order: &OrderRecord, incident: &Incident, link: Option<&str>, code: Option<&str>) -> Self {
        match order {
            OrderRecord::Announce { news, .. } => Self::news(incident, news),
            OrderRecord::Tell { subject, text, .. } => Self::plain(subject, text),
            OrderRecord::Page { .. } | OrderRecord::Runbook { .. } => Self::page(incident, link, code),
        }
    }

    /// Words that are no incident's.
    pub fn plain(subject: &str, text: &str) -> Self {
        let html = html_frame(&format!("<p style=\"white-space:pre-wrap\">{}</p>", escape(text)));
        Self { subject: one_line(subject), short: text.to_owned(), long: format!("{text}\n"), html }
    }

    fn page(incident: &Incident, link: Option<&str>, code: Option<&str>) -> Self {
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
            "{}\nImpact {impact}, since {since}. {short_id}{acknowledged}\n{}{}",
            clip_ascii(&title, SMS_TITLE_CHARACTERS),
            answer_at(link),
            or_reply(code),
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
        Self { subject: format!("[impact {}] {title}", impact.number()), short, long, html }
    }

    fn news(incident: &Incident, news: &str) -> Self {
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
        Self { subject: format!("{what}: {title}"), long: format!("{title}\n\n{news}\n{advice}\n"), short, html }
    }

    /// The message for a small screen.
    pub fn sms(&self, address: String) -> Envelope {
        Envelope { address, subject: self.subject.clone(), text: self.short.clone(), html: None }
    }

    /// The message for a mail.
    pub fn email(&self, address: String) -> Envelope {
        Envelope { address, subject: self.subject.clone(), text: self.long.clone(), html: Some(self.html.clone()) }
    }
}

/// A page without a link is still a page: the key store may be out of reach in the same outage.
pub(crate) fn answer_at(link: Option<&str>) -> String {
    match link {
        Some(link) => format!("Acknowledge: {link}"),
        None => "No link this time: acknowledge from another page or tell a colleague.".to_owned(),
    }
}

/// What can be answered by SMS, on a line of its own: phones make a link of everything that touches one.
pub(crate) fn or_reply(code: Option<&str>) -> String {
    code.map(|code| format!("\nOr reply {code}")).unwrap_or_default()
}

fn page_html(incident: &Incident, title: &str, since: &str, link: Option<&str>) -> String {
    let opening = &incident.opening;
    let button = link.map_or_else(
        || escape(&answer_at(None)),
        |link| {
            format!(
                "<a href=\"{}\" style=\"background:#b42318;color:#fff;padding:12px 20px;border-radius:8px;\
                 text-decoration:none;font-weight:600\">Acknowledge</a>",
                escape(link)
            )
        },
    );
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

pub(crate) fn html_frame(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;color:#101828;margin:0;padding:24px;\
         max-width:560px\">{body}</body></html>"
    )
}

/// Text from outside becomes text, never markup.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Headers and short messages are one line: what would break it becomes a space.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn clip_ascii(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}
