//! Users: contacts become channels, the steps of the rule for new alerts become steps.

use std::collections::BTreeMap;

use reveille_domain::ChannelKind;
use serde_json::Value;

use crate::import::export::{flag, id, number, text};
use crate::import::model::{Channel, Contact, Imported, SourceId, Step};
use crate::import::note::Notes;
use crate::import::phone;

pub(super) fn read(
    user: &Value,
    contacts: &BTreeMap<String, Vec<&Value>>,
    steps: &BTreeMap<String, Vec<&Value>>,
    imported: &mut Imported,
) {
    let Some(user_id) = id(user, "id") else { return };
    let login = text(user, "username");
    let notes = &mut imported.notes;
    let mut contact = Contact::new(user_id.as_str(), text(user, "fullName").or(login).unwrap_or(&user_id));
    contact.login = login.and_then(|login| login.split('@').next()).map(str::to_owned);
    let object = contact.described();
    let of_user = |answers: &BTreeMap<String, Vec<&'_ Value>>| -> Vec<Value> {
        let found = answers.get(&user_id).or(login.and_then(|login| answers.get(login)));
        found.map(|values| values.iter().map(|value| (*value).clone()).collect()).unwrap_or_default()
    };
    for method in of_user(contacts) {
        contact.channels.extend(channel(&method, &object, notes));
    }
    if contact.channels.is_empty()
        && let Some(login) = login
    {
        let done = "no contact method can be used here: the e-mail address of the login was taken";
        notes.decided(&object, "contacts", done, "");
        contact.channels.push(Channel::new("login", ChannelKind::Email, Some(login.to_owned())));
    }
    for step in of_user(steps) {
        contact.engagement.extend(self::step(&step, &contact.channels, &object, notes));
    }
    if flag(user, "blocked") == Some(true) {
        contact.channels.iter_mut().for_each(|channel| channel.verified = false);
        let done = "the user is blocked: they keep their turns, and their addresses are not verified";
        notes.decided(&object, "blocked", done, "take them out of rotations and plans");
    }
    imported.contacts.push(contact);
}

fn channel(method: &Value, object: &str, notes: &mut Notes) -> Option<Channel> {
    let kind_name = text(method, "method").or(text(method, "contactMethod")).unwrap_or("");
    let kind = match kind_name {
        "email" => ChannelKind::Email,
        "sms" => ChannelKind::Sms,
        "voice" => ChannelKind::Voice,
        "mobile" | "mobile-app" => {
            let todo = "page by SMS or by a call, and see that the first step is early enough";
            notes.no_equivalent(object, "mobile app", "left out with its steps: Reveille has no app", todo);
            return None;
        }
        other => {
            notes.no_equivalent(object, "contacts", format!("contact method `{other}` was left out"), "");
            return None;
        }
    };
    let enabled = method.get("status").and_then(|status| flag(status, "enabled")).or(flag(method, "enabled"));
    if enabled == Some(false) {
        let done = "left out: it is disabled in Opsgenie";
        notes.decided(object, kind.name(), done, "add it again if the address is good");
        return None;
    }
    let address = text(method, "to")?;
    let address = if kind == ChannelKind::Email {
        address.to_owned()
    } else {
        let (number, cut) = phone::dashed(address);
        if cut {
            let done = "the leading 0 of the national number was taken off";
            notes.decided(object, kind.name(), done, "see whether the number is right");
        }
        number
    };
    // Steps name the method and the address, so both together are what a channel is known by.
    let channel_id = known_by(kind_name, text(method, "to").unwrap_or_default());
    Some(Channel::new(channel_id, kind, Some(address)))
}

/// An id that holds no address, because notes do show ids: the method, and a number made of the address.
fn known_by(method: &str, to: &str) -> String {
    let digest = crate::configuration::hash_webhook_key(to);
    format!("{method} {}", digest.trim_start_matches("sha256:").get(..8).unwrap_or_default())
}

fn step(step: &Value, channels: &[Channel], object: &str, notes: &mut Notes) -> Option<Step> {
    if flag(step, "enabled") == Some(false) {
        return None;
    }
    let contact = step.get("contact")?;
    let (method, to) = (text(contact, "method")?, text(contact, "to").unwrap_or_default());
    let delay = step.get("sendAfter");
    let amount = delay.and_then(|delay| number(delay, "timeAmount")).unwrap_or(0);
    let after = minutes(amount, delay.and_then(|delay| text(delay, "timeUnit")));
    let channel = SourceId::new(known_by(method, to));
    if !channels.iter().any(|one| one.id == channel) {
        notes.no_equivalent(
            object,
            "notification rules",
            format!("a step with a contact of `{method}` was left out"),
            "see that the first step is early enough",
        );
        return None;
    }
    Some(Step { after, channels: vec![channel] })
}

/// A duration in minutes.
pub(super) fn minutes(amount: u32, unit: Option<&str>) -> u32 {
    match unit {
        Some("hours") => amount * 60,
        Some("days") => amount * 24 * 60,
        Some("seconds") => amount.div_ceil(60),
        _ => amount,
    }
}
