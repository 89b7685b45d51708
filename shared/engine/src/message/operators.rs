//! What the operators of the installation are told.

use reveille_domain::Incident;

use super::{clip_ascii, clock, one_line};
use crate::record::NoticeRecord;

/// SNS takes subjects of up to 99 characters.
const SUBJECT_CHARACTERS_MAX: usize = 99;

/// Subject and text of a notice; `None`: it is about an incident that is not there.
pub fn for_operators(notice: &NoticeRecord, incident: Option<&Incident>) -> Option<(String, String)> {
    match notice {
        NoticeRecord::NobodyAnswered => incident.map(nobody_answered),
        NoticeRecord::OptedOut { contact, channel } => Some(opted_out(contact, channel)),
    }
}

fn opted_out(contact: &str, channel: &str) -> (String, String) {
    let subject = clip_ascii(&format!("Reveille: {contact} has answered STOP on {channel}"), SUBJECT_CHARACTERS_MAX);
    let text = format!(
        "{contact} is no longer paged on the channel {channel}: its number has answered STOP.\n\nPages go to their other \
         channels, and to this one only if none is left. Whoever has the telephone undoes it with START. If they have sent \
         no STOP, somebody has forged their number.\n"
    );
    (subject, text)
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
