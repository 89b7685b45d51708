//! Contacts: names on one line, channels with addresses, steps that use channels which are there.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::ChannelKind;
use reveille_domain::limits::STAGE_MINUTES_MAX;

use super::{SHORTEN, one_line};
use crate::configuration::Address;
use crate::import::model::{Channel, Contact, Imported, SourceId, Step};
use crate::import::note::Notes;

/// As the configuration's limits of names and steps.
const NAME_CHARACTERS_MAX: usize = 255;
const STEPS_MAX: usize = 20;

/// A mailbox that cannot exist: the loader takes it, and `apply` refuses it and says whose it is.
const PLACEHOLDER_MAIL: &str = "todo@address.invalid";

/// A number of fiction, for the same.
const PLACEHOLDER_NUMBER: &str = "+15550100";

/// A server that cannot exist, for the same.
const PLACEHOLDER_URL: &str = "https://address.invalid/todo";

pub(super) fn mend(imported: &mut Imported) {
    let mut seen = BTreeSet::new();
    let notes = &mut imported.notes;
    imported.contacts.retain_mut(|contact| {
        contact.name = one_line(&contact.name, NAME_CHARACTERS_MAX);
        if contact.name.is_empty() {
            contact.name = contact.login.clone().unwrap_or_else(|| contact.id.to_string());
        }
        let fresh = seen.insert(contact.id.clone());
        if !fresh {
            notes.decided(&contact.described(), "id", "stands twice: the first one was taken", "");
        }
        fresh
    });
    for contact in &mut imported.contacts {
        channels(contact, &mut imported.notes);
        steps(contact, &mut imported.notes);
    }
}

/// A contact for somebody who is named and not among the people: their turns stay where they are.
pub(super) fn stranger(id: &SourceId, named_by: &str, notes: &mut Notes) -> Contact {
    let mut contact = Contact::new(id.as_str(), id.as_str());
    let todo = "give the address, or take them out where they are named";
    let done =
        format!("is named by {named_by} and is not among the people: a contact with a placeholder stands for them");
    notes.missing(&contact.described(), "contact", done, todo);
    contact.channels.push(placeholder("todo", ChannelKind::Email));
    contact
}

fn placeholder(id: &str, kind: ChannelKind) -> Channel {
    let address = match kind {
        ChannelKind::Email => PLACEHOLDER_MAIL,
        ChannelKind::Sms | ChannelKind::Voice => PLACEHOLDER_NUMBER,
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => PLACEHOLDER_URL,
    };
    let channel = Channel::new(id, kind, Some(address.to_owned()));
    Channel { placeholder: true, ..channel }
}

fn channels(contact: &mut Contact, notes: &mut Notes) {
    let object = contact.described();
    let mut kept: Vec<Channel> = Vec::new();
    let mut instead: BTreeMap<SourceId, SourceId> = BTreeMap::new();
    for channel in std::mem::take(&mut contact.channels) {
        let field = format!("{} {}", channel.kind.name(), channel.id);
        let Some(written) = channel.address.clone() else {
            let done = "the source does not say the address: a placeholder stands for it";
            notes.missing(
                &object,
                channel.kind.name(),
                done,
                "write the address: `reveille apply` refuses the placeholder",
            );
            kept.push(Channel { label: channel.label, ..placeholder(channel.id.as_str(), channel.kind) });
            continue;
        };
        match Address::parse(channel.kind, &written) {
            Err(error) => {
                let done = format!("left out: {error}");
                notes.missing(&object, &field, done, error.remedy);
            }
            Ok(address) => {
                let address = Some(address.expose().to_owned());
                let same = |other: &&mut Channel| other.kind == channel.kind && other.address == address;
                if let Some(first) = kept.iter_mut().find(same) {
                    first.verified |= channel.verified;
                    notes.decided(
                        &object,
                        &field,
                        format!("has the address of {}: one channel was made of both", first.id),
                        "",
                    );
                    instead.insert(channel.id, first.id.clone());
                } else {
                    kept.push(Channel { address, ..channel });
                }
            }
        }
    }
    let all = contact.engagement.iter_mut().chain(contact.engagement_by_impact.iter_mut().flat_map(|(_, steps)| steps));
    for id in all.flat_map(|step| &mut step.channels) {
        if let Some(first) = instead.get(id) {
            *id = first.clone();
        }
    }
    if kept.is_empty() {
        let done = "has no address that Reveille can page: a placeholder stands for one";
        notes.missing(&object, "channels", done, "write an address: `reveille apply` refuses the placeholder");
        kept.push(placeholder("todo", ChannelKind::Email));
    }
    contact.channels = kept;
}

fn steps(contact: &mut Contact, notes: &mut Notes) {
    let object = contact.described();
    let known: BTreeSet<SourceId> = contact.channels.iter().map(|channel| channel.id.clone()).collect();
    contact.engagement = usable(&object, "engagement", std::mem::take(&mut contact.engagement), &known, notes);
    for (impact, steps) in &mut contact.engagement_by_impact {
        let field = format!("engagement for impact {impact}");
        *steps = usable(&object, &field, std::mem::take(steps), &known, notes);
    }
    contact.engagement_by_impact.retain(|(_, steps)| !steps.is_empty());
}

/// Steps in order, each at its minute once, with channels that are there.
fn usable(object: &str, field: &str, steps: Vec<Step>, known: &BTreeSet<SourceId>, notes: &mut Notes) -> Vec<Step> {
    let mut by_minute: BTreeMap<u32, Vec<SourceId>> = BTreeMap::new();
    let had_some = !steps.is_empty();
    for step in steps {
        let after = step.after.min(STAGE_MINUTES_MAX);
        if after < step.after {
            notes.decided(object, field, format!("{} minutes were cut to {after}", step.after), SHORTEN);
        }
        for channel in step.channels {
            if !known.contains(&channel) {
                let done = format!("a step uses channel {channel}, which is not there: it was left out of the step");
                notes.no_equivalent(object, field, done, "");
                continue;
            }
            let channels = by_minute.entry(after).or_default();
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
    }
    if had_some && by_minute.is_empty() {
        notes.decided(object, field, "no step was left: every verified channel is paged at once", "");
    }
    if by_minute.len() > STEPS_MAX {
        notes.decided(object, field, format!("only the first {STEPS_MAX} steps were kept"), SHORTEN);
    }
    by_minute.into_iter().take(STEPS_MAX).map(|(after, channels)| Step { after, channels }).collect()
}
