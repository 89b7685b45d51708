//! What the operators of the installation are told of an incident.

use reveille_domain::Incident;

use super::{clip_ascii, clock, one_line};
use crate::record::NoticeRecord;

/// SNS takes subjects of up to 99 characters.
const SUBJECT_CHARACTERS_MAX: usize = 99;

/// Subject and text of a notice.
pub fn for_operators(notice: NoticeRecord, incident: &Incident) -> (String, String) {
    match notice {
        NoticeRecord::NobodyAnswered => nobody_answered(incident),
    }
}

fn nobody_answered(incident: &Incident) -> (String, String) {
    let opening = &incident.opening;
    let title = one_line(&opening.title);
    let paged: Vec<String> = incident.recipients(incident.opened_at).keys().map(ToString::to_string).collect();
    let paged = if paged.is_empty() { "nobody could be".to_owned() } else { paged.join(", ") };
    let subject = clip_ascii(&format!("Reveille: nobody answered: {title}"), SUBJECT_CHARACTERS_MAX);
    let text = format!(
        "{title}\n\nImpact {impact}, open since {since}. Its escalation has ended and nobody has acknowledged.\nPaged: {paged}.\n\n\
         Incident: {id}\nResponse plan: {plan}\n\nSomebody should look at it now, and at why nobody answered: the \
         timeline says what became of each page.\n",
        impact = opening.impact,
        since = clock(incident.opened_at),
        id = opening.id,
        plan = opening.response_plan,
    );
    (subject, text)
}
