//! Users: contact methods become channels, notification rules steps.

use reveille_domain::ChannelKind;
use serde_json::Value;

use crate::import::export::{each, flag, id, number, text};
use crate::import::model::{Channel, Contact, Imported, SourceId, Step};
use crate::import::note::Notes;

pub(super) fn read(user: &Value, imported: &mut Imported) {
    let Some(user_id) = id(user, "id") else { return };
    let mut contact = Contact::new(user_id.as_str(), text(user, "name").unwrap_or(&user_id));
    contact.login = text(user, "email").and_then(|email| email.split('@').next()).map(str::to_owned);
    let object = contact.described();
    let mut left_out = Vec::new();
    for method in each(user, "contactMethods") {
        match channel(method, &object, &mut imported.notes) {
            Some(channel) => contact.channels.push(channel),
            None => left_out.extend(id(method, "id")),
        }
    }
    if contact.channels.is_empty()
        && let Some(email) = text(user, "email")
    {
        let done = "no contact method can be used here: the e-mail address of the account was taken";
        imported.notes.decided(&object, "contactMethods", done, "");
        contact.channels.push(Channel::new("account", ChannelKind::Email, Some(email.to_owned())));
    }
    contact.engagement = each(user, "notificationRules")
        .iter()
        .filter_map(|rule| {
            let method = id(rule, "contactMethodID")?;
            let after = number(rule, "delayMinutes").unwrap_or(0);
            (!left_out.contains(&method)).then(|| Step { after, channels: vec![SourceId::new(method)] })
        })
        .collect();
    imported.contacts.push(contact);
}

/// A contact method is disabled until its owner has typed the code that was sent to it.
fn channel(method: &Value, object: &str, notes: &mut Notes) -> Option<Channel> {
    let method_id = id(method, "id")?;
    let destination = method.get("dest");
    let kind_name = destination.and_then(|dest| text(dest, "type")).or(text(method, "type")).unwrap_or("");
    let (kind, argument) = match kind_name {
        "SMS" | "builtin-twilio-sms" => (ChannelKind::Sms, "phone_number"),
        "VOICE" | "builtin-twilio-voice" => (ChannelKind::Voice, "phone_number"),
        "EMAIL" | "builtin-smtp-email" => (ChannelKind::Email, "email_address"),
        "WEBHOOK" | "builtin-webhook" => (ChannelKind::Webhook, "webhook_url"),
        other => {
            let done = format!("contact method `{other}` was left out");
            notes.no_equivalent(object, "contactMethods", done, "use an incoming webhook of the chat, by hand");
            return None;
        }
    };
    let of_destination = destination.and_then(|dest| dest.get("args")).and_then(|args| text(args, argument));
    let address = of_destination.or(text(method, "value")).map(str::to_owned);
    if kind == ChannelKind::Webhook {
        let done = "the posts have another form than those of GoAlert: docs/CONFIGURATION.md, \"What a webhook gets\"";
        notes.decided(object, "contactMethods", done, "");
    }
    let mut channel = Channel::new(method_id, kind, address);
    channel.label = text(method, "name").map(str::to_owned);
    channel.verified = flag(method, "disabled") == Some(false) && flag(method, "pending") != Some(true);
    Some(channel)
}
