//! The words of one message about several incidents of a response plan.

use reveille_domain::limits::BUNDLE_TITLES_MAX;
use reveille_domain::{Incident, ResponsePlanName};

use crate::message::{Words, answer_at, clip_ascii, escape, html_frame, one_line, or_reply};

/// Titles share what two SMS hold with the link.
const SMS_TITLE_CHARACTERS: usize = 40;

/// What one message says of several incidents.
#[derive(Clone, Debug)]
pub struct Bundle<'a> {
    /// Their response plan.
    pub plan: &'a ResponsePlanName,
    /// All of them, the one that the link leads to first.
    pub incidents: &'a [&'a Incident],
    /// Where all of them are answered.
    pub link: Option<&'a str>,
    /// What answers all of them by SMS.
    pub code: Option<&'a str>,
}

impl Words {
    /// The words of a bundle.
    pub fn bundle(bundle: &Bundle<'_>) -> Self {
        let Bundle { plan, incidents, link, code } = bundle;
        let count = incidents.len();
        let first_line = format!("{count} unacknowledged incidents: {plan}");
        let titles: Vec<String> = incidents.iter().map(|incident| one_line(&incident.opening.title)).collect();
        let shown = titles.iter().take(BUNDLE_TITLES_MAX).map(|title| clip_ascii(title, SMS_TITLE_CHARACTERS));
        let mut short = std::iter::once(first_line.clone()).chain(shown).collect::<Vec<_>>().join("\n");
        let rest = count.saturating_sub(BUNDLE_TITLES_MAX);
        if rest > 0 {
            short.push_str(&format!("\nand {rest} more"));
        }
        let for_all = code.map(|code| format!("{} for all", or_reply(Some(code)))).unwrap_or_default();
        let answer = answer_at(*link);
        Self {
            subject: first_line.clone(),
            short: format!("{short}\n{answer}{for_all}"),
            long: format!("{first_line}\n\n{}\n\n{answer}\n", titles.join("\n")),
            html: html(&first_line, &titles, *link),
        }
    }
}

fn html(first_line: &str, titles: &[String], link: Option<&str>) -> String {
    let items: String = titles.iter().map(|title| format!("<li>{}</li>", escape(title))).collect();
    let button = link.map_or_else(
        || escape(&answer_at(None)),
        |link| {
            format!(
                "<a href=\"{}\" style=\"background:#b42318;color:#fff;padding:12px 20px;border-radius:8px;\
                 text-decoration:none;font-weight:600\">See and acknowledge all</a>",
                escape(link)
            )
        },
    );
    html_frame(&format!(
        "<h1 style=\"font-size:20px;margin:0 0 12px\">{}</h1><ul style=\"margin:0 0 24px;padding-left:20px\">{items}</ul>\
         <p>{button}</p>",
        escape(first_line)
    ))
}
