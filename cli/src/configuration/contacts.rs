//! The `contacts` section: people, how they are reached, and in what order.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::limits::{REPEAT_MINUTES_MIN, STAGE_MINUTES_MAX};
use reveille_domain::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, EngagementPlan, EngagementStep, Impact, Repeat,
};
use reveille_engine::port::Secret;

use super::address::Address;
use super::error::Code;
use super::limits::{NAME_CHARACTERS_MAX, SECRET_CHARACTERS, STEPS_MAX, TIMES_MAX};
use super::node::{Entry, Node, Place};
use super::reader::{Fields, Reader};
use super::{impacts, keys};
use crate::unknown_name::did_you_mean;

/// Contacts and, apart from them, their addresses: only what sends may see those.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    pub(super) contacts: BTreeMap<ContactAlias, Contact>,
    pub(super) addresses: BTreeMap<ContactAlias, BTreeMap<ChannelId, Address>>,
    /// What signs messages to webhooks, where they have something.
    pub(super) secrets: BTreeMap<ContactAlias, BTreeMap<ChannelId, Secret>>,
}

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node) -> Contacts {
    let mut read = Contacts::default();
    let remedy = "write one contact under it: `natsu: { name: Natsu, channels: { … } }`";
    for (alias, entry) in reader.named(section, "`contacts`", remedy).unwrap_or_default() {
        if let Some((contact, addresses, secrets)) = contact(reader, alias, entry) {
            read.addresses.insert(contact.alias.clone(), addresses);
            read.secrets.insert(contact.alias.clone(), secrets);
            read.contacts.insert(contact.alias.clone(), contact);
        }
    }
    read
}

/// A contact, and what is kept apart from it.
type ReadContact = (Contact, BTreeMap<ChannelId, Address>, BTreeMap<ChannelId, Secret>);

fn contact(reader: &mut Reader, alias: &str, entry: &Entry) -> Option<ReadContact> {
    let named_well = reader.alias(alias, entry.key.at, "a contact");
    let what = format!("contact `{alias}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::CONTACT)?;
    // What is missing in a contact is shown at its alias, not at the first thing it does have.
    fields.at = entry.key.at;
    let name = name(reader, &fields);
    let channels = channels(reader, &fields);
    let own = fields.get("engagement").map(|node| engagement(reader, node, channels.as_deref()));
    let by_impact = match fields.get("engagement_by_impact") {
        None => Some(BTreeMap::new()),
        Some(node) => engagement_by_impact(reader, node, channels.as_deref()),
    };
    let channels = channels?;
    if !named_well {
        return None;
    }
    let addresses = channels.iter().map(|read| (read.channel.id.clone(), read.address.clone())).collect();
    let secrets = channels.iter().filter_map(|read| Some((read.channel.id.clone(), read.secret.clone()?))).collect();
    let contact = Contact {
        alias: ContactAlias::new(alias),
        name: name?,
        channels: channels.into_iter().map(|read| read.channel).collect(),
        engagement: match own {
            None => None,
            Some(plan) => Some(plan?),
        },
        engagement_by_impact: by_impact?,
    };
    Some((contact, addresses, secrets))
}

fn name(reader: &mut Reader, fields: &Fields<'_>) -> Option<String> {
    let node = reader.required(fields, "name", "write `name:` and what people call them")?;
    let name = reader.text(node, "`name`")?.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        reader.wrong(
            node.at,
            Code::InvalidName,
            "a name cannot be empty or longer than 255 characters",
            "write what people call them",
        );
        return None;
    }
    Some(name.to_owned())
}

/// A channel of a contact with its address, which the domain keeps apart.
struct ReadChannel {
    channel: Channel,
    address: Address,
    secret: Option<Secret>,
}

/// Reads the channels of a contact; `None` if any of them has a mistake, so that nothing is said about what depends on
/// all of them.
fn channels(reader: &mut Reader, fields: &Fields<'_>) -> Option<Vec<ReadChannel>> {
    const EXAMPLE: &str = "write at least one: `channels: { sms: { type: sms, address: \"+84 …\", verified: true } }`";
    let node = reader.required(fields, "channels", EXAMPLE)?;
    let what = format!("`channels` of {}", fields.what);
    let entries = reader.named(node, &what, EXAMPLE)?;
    if entries.is_empty() {
        reader.wrong(node.at, Code::Empty, format!("{} has no channels", fields.what), EXAMPLE);
        return None;
    }
    let count = entries.len();
    let read: Vec<ReadChannel> = entries.into_iter().filter_map(|(id, entry)| channel(reader, id, entry)).collect();
    if read.len() < count {
        return None;
    }
    Some(read)
}

fn channel(reader: &mut Reader, id: &str, entry: &Entry) -> Option<ReadChannel> {
    let named_well = reader.alias(id, entry.key.at, "a channel");
    let what = format!("channel `{id}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::CHANNEL)?;
    fields.at = entry.key.at;
    let kind = reader.required(&fields, "type", "write `type: sms`, or email, voice, webhook, slack or teams");
    let kind = kind.and_then(|node| kind_of(reader, node));
    let address = reader.required(&fields, "address", "write `address:` and the number, e-mail address or URL");
    let address = address.zip(kind).and_then(|(node, kind)| address_of(reader, node, kind));
    let secret = match fields.get("secret") {
        None => Some(None),
        Some(node) => secret(reader, node, kind).map(Some),
    };
    let verified = match fields.get("verified") {
        None => Some(false),
        Some(node) => reader.flag(node, "`verified`"),
    };
    let channel = Channel { id: ChannelId::new(id), kind: kind?, verified: verified?, disabled: None };
    let (address, secret) = (address?, secret?);
    named_well.then_some(ReadChannel { channel, address, secret })
}

fn kind_of(reader: &mut Reader, node: &Node) -> Option<ChannelKind> {
    let words = ChannelKind::ALL.map(|kind| (kind.name(), kind));
    reader.word(node, "`type`", &words)
}

/// What signs messages to a webhook. Whatever is wrong with it, no message shows it.
fn secret(reader: &mut Reader, node: &Node, kind: Option<ChannelKind>) -> Option<Secret> {
    reader.secrets.push(node.at);
    let written = reader.text(node, "`secret`")?;
    if kind.is_some_and(|kind| kind != ChannelKind::Webhook) {
        let remedy = "remove it; only a channel of type `webhook` is signed";
        reader.wrong(node.at, Code::InvalidValue, "a channel of this type has no use for a secret", remedy);
        return None;
    }
    let fits = written.chars().all(|c| c.is_ascii_graphic()) && SECRET_CHARACTERS.contains(&written.len());
    if !fits {
        let message = "a secret has 32 to 128 characters, all of them visible ASCII";
        let remedy = "make one with `openssl rand -hex 32`, and give it to the server too";
        reader.wrong(node.at, Code::InvalidValue, message, remedy);
        return None;
    }
    Some(Secret::new(written))
}

fn address_of(reader: &mut Reader, node: &Node, kind: ChannelKind) -> Option<Address> {
    let written = reader.text(node, "`address`")?;
    match Address::parse(kind, written) {
        Ok(address) => Some(address),
        Err(error) => {
            reader.wrong(
                node.at,
                Code::InvalidAddress,
                error.message,
                of_another_type(kind, written).unwrap_or(error.remedy),
            );
            None
        }
    }
}

/// What to do about an address that is a good one, of another type of channel.
fn of_another_type(kind: ChannelKind, written: &str) -> Option<&'static str> {
    let is = |kind: ChannelKind| Address::parse(kind, written).is_ok();
    match kind {
        ChannelKind::Sms | ChannelKind::Voice if is(ChannelKind::Email) => {
            Some("write `type: email` for an e-mail address, or a telephone number here")
        }
        ChannelKind::Email if is(ChannelKind::Sms) => {
            Some("write `type: sms` or `type: voice` for a telephone number, or an e-mail address here")
        }
        ChannelKind::Sms | ChannelKind::Voice | ChannelKind::Email if is(ChannelKind::Webhook) => {
            Some("write `type: webhook`, `type: slack` or `type: teams` for a URL")
        }
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams if is(ChannelKind::Email) => {
            Some("write `type: email` for an e-mail address, or a URL here")
        }
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams if is(ChannelKind::Sms) => {
            Some("write `type: sms` or `type: voice` for a telephone number, or a URL here")
        }
        ChannelKind::Sms
        | ChannelKind::Voice
        | ChannelKind::Email
        | ChannelKind::Webhook
        | ChannelKind::Slack
        | ChannelKind::Teams => None,
    }
}

/// Reads the plans for incidents of certain impacts.
fn engagement_by_impact(
    reader: &mut Reader,
    node: &Node,
    channels: Option<&[ReadChannel]>,
) -> Option<BTreeMap<Impact, EngagementPlan>> {
    let example = "write an impact and its steps: `engagement_by_impact: { 4: [ { after: 0, channels: [mail] } ] }`";
    let entries = reader.named(node, "`engagement_by_impact`", example)?;
    let count = entries.len();
    let mut plans = BTreeMap::new();
    for (_, entry) in entries {
        let impact = impacts::read(reader, &entry.key);
        let plan = engagement(reader, &entry.value, channels);
        plans.extend(impact.zip(plan));
    }
    (plans.len() == count).then_some(plans)
}

/// Reads an engagement plan. `channels` are the contact's, if they could be read.
fn engagement(reader: &mut Reader, node: &Node, channels: Option<&[ReadChannel]>) -> Option<EngagementPlan> {
    let items =
        reader.few(node, "`engagement`", (STEPS_MAX, "STEPS_MAX"), "let one step repeat with `every` and `times`")?;
    if items.is_empty() {
        reader.wrong(
            node.at,
            Code::Empty,
            "an engagement plan without steps would page nobody",
            "leave `engagement` out: then every verified channel is used at once",
        );
        return None;
    }
    let mut steps: Vec<EngagementStep> = Vec::new();
    for item in items {
        if let Some((step, at)) = step(reader, item, channels) {
            if steps.last().is_some_and(|before| before.after_minutes > step.after_minutes) {
                reader.wrong(
                    at,
                    Code::OutOfRange,
                    "a step cannot begin before the one above it",
                    "`after` counts from the start of the engagement, not from the step before: put the steps in order",
                );
            }
            steps.push(step);
        }
    }
    (steps.len() == items.len()).then_some(EngagementPlan { steps })
}

fn step(reader: &mut Reader, node: &Node, channels: Option<&[ReadChannel]>) -> Option<(EngagementStep, Place)> {
    let fields = reader.fields(node, "the step", &keys::ENGAGEMENT_STEP)?;
    let after = match fields.get("after") {
        None => Some(0),
        Some(node) => reader.number(node, "`after` (minutes)", 0..=STAGE_MINUTES_MAX),
    };
    let used = step_channels(reader, &fields, channels);
    let repeat = repeat(reader, &fields);
    let step = EngagementStep { after_minutes: after?, channels: used?, repeat: repeat? };
    Some((step, fields.get("after").map_or(node.at, |node| node.at)))
}

fn step_channels(reader: &mut Reader, fields: &Fields<'_>, known: Option<&[ReadChannel]>) -> Option<Vec<ChannelId>> {
    let node = reader.required(fields, "channels", "name channels of the contact: `channels: [sms]`")?;
    let items = reader.list(node, "`channels`")?;
    if items.is_empty() {
        reader.wrong(
            node.at,
            Code::Empty,
            "a step without channels would page nobody",
            "name channels of the contact, or remove the step",
        );
        return None;
    }
    let mut used = Vec::new();
    for item in items {
        let id = reader.text(item, "a channel")?;
        // Without the contact's channels there is nothing to compare with, and their own mistake has been noted.
        if let Some(known) = known {
            let words: Vec<(&str, ())> = known.iter().map(|read| (read.channel.id.as_str(), ())).collect();
            if !words.iter().any(|(word, ())| *word == id) {
                unknown_channel(reader, item, id, &words);
                continue;
            }
        }
        used.push(ChannelId::new(id));
    }
    let distinct: BTreeSet<&ChannelId> = used.iter().collect();
    if distinct.len() < used.len() {
        reader.wrong(
            node.at,
            Code::Duplicate,
            "a step names the same channel twice",
            "name it once; `every` and `times` repeat the step",
        );
    }
    (used.len() == items.len()).then_some(used)
}

fn unknown_channel(reader: &mut Reader, item: &Node, id: &str, words: &[(&str, ())]) {
    let known = || words.iter().map(|(word, ())| *word);
    let remedy = did_you_mean(id, known())
        .unwrap_or_else(|| format!("name one of the contact's channels: {}", keys::listed(known())));
    reader.wrong(item.at, Code::UnknownReference, format!("the contact has no channel `{id}`"), remedy);
}

/// Reads `every` and `times`; the outer `None` is a mistake.
fn repeat(reader: &mut Reader, fields: &Fields<'_>) -> Option<Option<Repeat>> {
    let times = match fields.get("times") {
        None => Some(None),
        Some(node) if node.scalar() == Some("until_acknowledged") => Some(None),
        Some(node) if node.scalar().is_some_and(|text| text.parse::<i64>().is_err()) => {
            reader.word(node, "`times`", &[("until_acknowledged", None)])
        }
        Some(node) => reader.number(node, "`times`", 1..=TIMES_MAX).map(Some),
    };
    let Some(node) = fields.get("every") else {
        if let Some(times) = fields.get("times") {
            reader.wrong(
                times.at,
                Code::MissingKey,
                "`times` without `every` repeats nothing",
                "write `every:` and the minutes between two pages",
            );
            return None;
        }
        return Some(None);
    };
    let every = reader.number(node, "`every` (minutes)", REPEAT_MINUTES_MIN..=STAGE_MINUTES_MAX);
    Some(Some(Repeat { every_minutes: every?, times: times? }))
}
