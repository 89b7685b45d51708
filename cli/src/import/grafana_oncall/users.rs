//! Users: the API says e-mail addresses and hides telephone numbers, so those are placeholders that somebody fills in.

use std::collections::BTreeSet;

use reveille_domain::ChannelKind;
use serde_json::Value;

use crate::import::export::{flag, id, number, text};
use crate::import::model::{Channel, Contact, Imported, SourceId, Step};
use crate::import::note::Notes;

/// Impacts for which the important rules stand.
const IMPORTANT: [u8; 2] = [1, 2];

pub(super) fn read(user: &Value, rules: &[&Value], imported: &mut Imported) {
    let Some(user_id) = id(user, "id") else { return };
    let login = text(user, "username");
    let notes = &mut imported.notes;
    let mut contact = Contact::new(user_id.as_str(), text(user, "name").or(login).unwrap_or(&user_id));
    contact.login = text(user, "email").and_then(|email| email.split('@').next()).map(str::to_owned);
    let object = contact.described();
    let mut own: Vec<&Value> = rules.iter().copied().filter(|rule| text(rule, "user_id") == Some(&user_id)).collect();
    own.sort_by_key(|rule| number(rule, "position").unwrap_or(u32::MAX));
    let mut kinds = BTreeSet::new();
    contact.engagement = steps(&own, false, &mut kinds, &object, notes);
    let important = steps(&own, true, &mut kinds, &object, notes);
    if !important.is_empty() && important != contact.engagement {
        let done =
            "the important rules stand for impacts 1 and 2: OnCall takes them where a step of a chain is important";
        notes.decided(&object, "important rules", done, "");
        contact.engagement_by_impact = IMPORTANT.map(|impact| (impact, important.clone())).to_vec();
    }
    if let Some(email) = text(user, "email") {
        contact.channels.push(Channel::new("email", ChannelKind::Email, Some(email.to_owned())));
    }
    // Numbers are in no answer of the API, verified or not.
    for kind in [ChannelKind::Sms, ChannelKind::Voice] {
        if kinds.contains(kind.name()) {
            contact.channels.push(Channel::new(kind.name(), kind, None));
        }
    }
    if flag(user, "is_active") == Some(false) {
        let done = "the user is not active: they keep their turns";
        notes.decided(&object, "is_active", done, "take them out of rotations and plans");
    }
    imported.contacts.push(contact);
}

/// The rules as steps: waits add up.
fn steps(
    rules: &[&Value],
    important: bool,
    kinds: &mut BTreeSet<&'static str>,
    object: &str,
    notes: &mut Notes,
) -> Vec<Step> {
    let (mut steps, mut seconds) = (Vec::new(), 0);
    for rule in rules.iter().filter(|rule| flag(rule, "important").unwrap_or(false) == important) {
        let kind = match text(rule, "type").unwrap_or("") {
            "wait" => {
                seconds += number(rule, "duration").unwrap_or(0);
                continue;
            }
            "notify_by_sms" => ChannelKind::Sms,
            "notify_by_phone_call" => ChannelKind::Voice,
            "notify_by_email" => ChannelKind::Email,
            other => {
                let done = format!("`{other}` was left out");
                let todo = "add a channel of type `slack` or `teams` with an incoming webhook, or page by SMS";
                notes.no_equivalent(object, "personal rules", done, todo);
                continue;
            }
        };
        kinds.insert(kind.name());
        steps.push(Step { after: seconds.div_ceil(60), channels: vec![SourceId::new(kind.name())] });
    }
    steps
}
