//! The words of one message about several incidents of a response plan.

use reveille_domain::limits::BUNDLE_TITLES_MAX;
use reveille_domain::{Incident, ResponsePlanName};

use super::notice::Notice;
use super::{Words, answer_at, button, clip_ascii, escape, html_frame, one_line};
use crate::record::OrderRecord;

/// Titles share what two SMS hold with the link.
const SMS_TITLE_CHARACTERS: usize = 40;

/// What one message says of several incidents.
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// The order that leaves for all of them.
    pub order: &'a OrderRecord,
    /// Their response plan.
    pub plan: &'a ResponsePlanName,
    /// The incident that the link leads to.
    pub first: &'a Incident,
    /// The others.
    pub others: &'a [&'a Incident],
    /// Where all of them are answered.
    pub link: Option<&'a str>,
    /// What answers all of them by SMS.
    pub code: Option<&'a str>,
}

impl Words {
    /// The words of a bundle.
    pub fn bundle(bundle: &Bundle<'_>) -> Self {
        let Bundle { order, plan, first, others, link, code } = *bundle;
        let count = others.len() + 1;
        let first_line = format!("{count} unacknowledged incidents: {plan}");
        let incidents = std::iter::once(&first).chain(others);
        let titles: Vec<String> = incidents.map(|incident| one_line(&incident.opening.title)).collect();
        let shown = titles.iter().take(BUNDLE_TITLES_MAX).map(|title| clip_ascii(title, SMS_TITLE_CHARACTERS));
        let mut lines: Vec<String> = std::iter::once(first_line.clone()).chain(shown).collect();
        if count > BUNDLE_TITLES_MAX {
            lines.push(format!("and {} more", count - BUNDLE_TITLES_MAX));
        }
        lines.push(answer_all_by(link, code));
        let notice =
            Notice { title: first_line.clone(), summary: titles.join("\n"), ..Notice::of(order, first, link, code) };
        Self {
            subject: first_line.clone(),
            short: lines.join("\n"),
            long: format!("{first_line}\n\n{}\n\n{}\n", titles.join("\n"), answer_at(link)),
            html: html(&first_line, &titles, link),
            notice,
        }
    }
}

/// As for one incident, and for all of them at once.
fn answer_all_by(link: Option<&str>, code: Option<&str>) -> String {
    match (link, code) {
        (Some(link), Some(code)) => format!("Reply ACK {code} for all or open {link}"),
        (None, Some(code)) => format!("Reply ACK {code} to acknowledge all."),
        (link, None) => answer_at(link),
    }
}

fn html(first_line: &str, titles: &[String], link: Option<&str>) -> String {
    let items: String = titles.iter().map(|title| format!("<li>{}</li>", escape(title))).collect();
    let button = button(link, "See and acknowledge all");
    html_frame(&format!(
        "<h1 style=\"font-size:20px;margin:0 0 12px\">{}</h1><ul style=\"margin:0 0 24px;padding-left:20px\">{items}</ul>\
         <p>{button}</p>",
        escape(first_line)
    ))
}
