//! Users: contact methods become channels, notification rules become steps.

use reveille_domain::ChannelKind;
use serde_json::Value;

use crate::import::export::{each, flag, id, number, text};
use crate::import::model::{Channel, Contact, Imported, SourceId, Step};
use crate::import::note::Notes;
use crate::import::phone;

/// Impacts that PagerDuty calls low urgency: its events of severity `warning` and `info` are ours of impact 3 and 4.
const LOW_URGENCY: [u8; 3] = [3, 4, 5];

pub(super) fn read(user: &Value, imported: &mut Imported) {
    let Some(user_id) = id(user, "id") else { return };
    let notes = &mut imported.notes;
    let mut contact = Contact::new(user_id.as_str(), text(user, "name").or(text(user, "summary")).unwrap_or(&user_id));
    contact.login = text(user, "email").and_then(|email| email.split('@').next()).map(str::to_owned);
    let object = contact.described();
    for method in each(user, "contact_methods") {
        contact.channels.extend(channel(method, &object, notes));
    }
    if contact.channels.is_empty()
        && let Some(email) = text(user, "email")
    {
        notes.decided(
            &object,
            "contact_methods",
            "none can be used here: the e-mail address of the login was taken",
            "",
        );
        contact.channels.push(Channel::new("login", ChannelKind::Email, Some(email.to_owned())));
    }
    let (high, low) = (steps(user, "high"), steps(user, "low"));
    if !low.is_empty() && low != high {
        contact.engagement_by_impact = LOW_URGENCY.map(|impact| (impact, low.clone())).to_vec();
        let done =
            "the rules for low urgency stand for impacts 3 to 5, as PagerDuty sorts severities `warning` and `info`";
        notes.decided(&object, "notification_rules", done, "");
    }
    contact.engagement = high;
    imported.contacts.push(contact);
}

fn channel(method: &Value, object: &str, notes: &mut Notes) -> Option<Channel> {
    let method_id = id(method, "id")?;
    let kind_name = text(method, "type").unwrap_or("");
    let kind = match kind_name.trim_end_matches("_reference") {
        "email_contact_method" => ChannelKind::Email,
        "sms_contact_method" => ChannelKind::Sms,
        "phone_contact_method" => ChannelKind::Voice,
        "push_notification_contact_method" => {
            let todo = "page by SMS or by a call, and see that the first step is early enough";
            notes.no_equivalent(object, "push notification", "left out with its steps: Reveille has no app", todo);
            return None;
        }
        other => {
            notes.no_equivalent(object, &format!("contact method {method_id}"), format!("left out: `{other}`"), "");
            return None;
        }
    };
    if flag(method, "blacklisted") == Some(true) || flag(method, "enabled") == Some(false) {
        let done = "left out: PagerDuty does not use it (blacklisted, or not able to get messages)";
        notes.decided(object, &format!("{} {method_id}", kind.name()), done, "add it again if the number is good");
        return None;
    }
    let address = text(method, "address").map(|address| match (kind, id(method, "country_code")) {
        (ChannelKind::Sms | ChannelKind::Voice, Some(country)) => {
            let (number, cut) = phone::of_country(&country, address);
            if cut {
                let done = "the leading 0 of the national number was taken off";
                notes.decided(object, &format!("{} {method_id}", kind.name()), done, "see whether the number is right");
            }
            number
        }
        _ => address.to_owned(),
    });
    if address.is_none() {
        let todo = "fetch users with `include[]=contact_methods`";
        notes.missing(object, &format!("contact method {method_id}"), "the answer has no address of it", todo);
    }
    let label = text(method, "label").map(str::to_owned);
    Some(Channel { label, ..Channel::new(method_id, kind, address) })
}

/// The notification rules of an urgency, as steps.
fn steps(user: &Value, urgency: &str) -> Vec<Step> {
    let of_urgency = |rule: &&Value| text(rule, "urgency").unwrap_or("high") == urgency;
    let is_page =
        |rule: &&Value| text(rule, "type").is_none_or(|kind| kind.starts_with("assignment_notification_rule"));
    let step = |rule: &Value| {
        let method = id(rule.get("contact_method")?, "id")?;
        // Push notifications have been left out and said so; a step for them would only say it again.
        let is_push =
            text(rule.get("contact_method")?, "type").is_some_and(|kind| kind.starts_with("push_notification"));
        let after = number(rule, "start_delay_in_minutes").unwrap_or(0);
        (!is_push).then(|| Step { after, channels: vec![SourceId::new(method)] })
    };
    each(user, "notification_rules").iter().filter(of_urgency).filter(is_page).filter_map(step).collect()
}
