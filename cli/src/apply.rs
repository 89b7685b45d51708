//! Loading a configuration into an installation: with the operator's own rights, never with a function's.
//!
//! What plans refer to is written before the plans, and what routes to plans last; what is gone from the file is removed
//! after that. Whoever looks in between finds the old configuration or the new one, and never a name that leads nowhere.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_domain::{ChannelKind, ScheduleHistory, ScheduleVersion};
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Item, Key, Table, TableError, TransactError, Write};
use reveille_engine::record::{
    AddressRecord, ContactRecord, EscalationPlanRecord, NumberRecord, ResponsePlanRecord, ScheduleRecord,
    ScheduleTooLarge, SettingsRecord, WebhookRecord, from_item, to_item,
};
use serde_json::json;

use crate::configuration::{Configuration, ExampleAddress, example_addresses};

/// A DynamoDB transaction takes 100 actions.
const WRITES_PER_TRANSACTION: usize = 100;

/// A transaction takes 4 MB, a read of many rows gives 16 MB, and a schedule has up to 350 KB.
const SCHEDULES_AT_ONCE: usize = 10;

/// What has been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Rows written.
    pub written: usize,
    /// Rows removed, because the file no longer has what they stood for.
    pub removed: usize,
    /// The revision of the settings that is in force now.
    pub revision: u64,
}

/// Why a configuration was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Pages to these would reach nobody, or a stranger.
    #[error(
        "the configuration still has addresses of an example, put your own in their place, or apply it to the local stack \
         with --local: {}",
        list(.0)
    )]
    ExampleAddresses(Vec<ExampleAddress>),
    /// Somebody else has applied one in between.
    #[error("somebody else has applied a configuration at the same time: look at theirs, then apply again")]
    Overtaken,
    /// A schedule that no row can hold.
    #[error(transparent)]
    Schedule(#[from] ScheduleTooLarge),
    /// The table could not be written.
    #[error("the table could not be written; applying again is safe")]
    Table(#[source] TableError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Record(#[from] reveille_engine::record::RecordError),
}

/// Refuses a configuration whose pages would reach nobody. For real accounts; a local stack takes the examples.
pub fn refuse_examples(configuration: &Configuration) -> Result<(), ApplyError> {
    let examples = example_addresses(configuration);
    if examples.is_empty() { Ok(()) } else { Err(ApplyError::ExampleAddresses(examples)) }
}

/// Applies a configuration. Safe to repeat. `now` is the installation's time: from then on a changed schedule counts.
pub async fn apply(table: &dyn Table, configuration: &Configuration, now: Timestamp) -> Result<Report, ApplyError> {
    let index_key = Key::new("SETTINGS", "INDEX");
    let stored = table.get_many(&[key::settings(), index_key.clone()]).await.map_err(ApplyError::Table)?;
    let settings = stored.iter().find(|item| item.get("sk") == Some(&json!("META")));
    let before: Option<SettingsRecord> = settings.map(from_item).transpose()?;
    let known = stored.iter().find(|item| item.get("sk") == Some(&json!("INDEX"))).map(indexed).unwrap_or_default();

    let schedules = schedules(table, configuration, now).await?;
    let rows = rows(configuration);
    let schedule_keys = configuration.schedules.keys().map(key::schedule);
    let wanted: BTreeSet<Key> = rows.iter().map(|write| write.key.clone()).chain(schedule_keys).collect();
    let gone: Vec<Key> = known.difference(&wanted).cloned().collect();
    // The index names everything that may be there before it is there, and what is gone until it is gone.
    let everything = known.union(&wanted).cloned().collect();
    write_all(table, vec![index_write(index_key.clone(), &everything)], 1).await?;
    let written = schedules.len() + rows.len() + 1;
    write_all(table, schedules, SCHEDULES_AT_ONCE).await?;
    write_all(table, rows, WRITES_PER_TRANSACTION).await?;
    let revision = before.as_ref().map_or(1, |settings| settings.rev + 1);
    write_settings(table, configuration, before.as_ref(), revision).await?;
    let removed = gone.len();
    let remove = |key| Write { key, action: Action::Delete, condition: Condition::Always };
    write_all(table, gone.into_iter().map(remove).collect(), WRITES_PER_TRANSACTION).await?;
    write_all(table, vec![index_write(index_key, &wanted)], 1).await?;
    Ok(Report { written, removed, revision })
}

fn rows(configuration: &Configuration) -> Vec<Write> {
    let put = |key, item| Write::put(key, item, Condition::Always);
    let mut rows = Vec::new();
    for (alias, channels) in &configuration.addresses {
        for (channel, address) in channels {
            let secret = configuration.secrets.get(alias).and_then(|secrets| secrets.get(channel));
            let secret = secret.map(|secret| secret.expose().to_owned());
            let record = AddressRecord { address: address.expose().to_owned(), secret };
            rows.push(put(key::address(alias, channel), to_item(&record)));
        }
    }
    for (number, record) in numbers(configuration) {
        rows.push(put(key::number(number), to_item(&record)));
    }
    for contact in configuration.contacts.values() {
        let addresses = configuration.addresses.get(&contact.alias);
        let record = ContactRecord::new(contact, |channel| Some(addresses?.get(channel)?.expose()));
        rows.push(put(key::contact(&contact.alias), to_item(&record)));
    }
    for plan in configuration.escalation_plans.values() {
        rows.push(put(key::plan(&plan.alias), to_item(&EscalationPlanRecord::from(plan))));
    }
    for plan in configuration.response_plans.values() {
        rows.push(put(key::response_plan(&plan.name), to_item(&ResponsePlanRecord::from(plan))));
    }
    rows
}

/// Whose number each is, so that a reply finds its sender.
fn numbers(configuration: &Configuration) -> BTreeMap<&str, NumberRecord> {
    let mut numbers: BTreeMap<&str, NumberRecord> = BTreeMap::new();
    for contact in configuration.contacts.values() {
        let addresses = configuration.addresses.get(&contact.alias);
        for channel in contact.channels.iter().filter(|channel| channel.kind == ChannelKind::Sms) {
            if let Some(address) = addresses.and_then(|addresses| addresses.get(&channel.id)) {
                numbers.entry(address.expose()).or_default().add(&contact.alias, &channel.id);
            }
        }
    }
    numbers
}

/// The schedules that are not in force as they stand in the file. What was in force before stays in their rows: who was on
/// call last month is not changed by an edit.
async fn schedules(table: &dyn Table, configuration: &Configuration, now: Timestamp) -> Result<Vec<Write>, ApplyError> {
    let keys: Vec<Key> = configuration.schedules.keys().map(key::schedule).collect();
    let mut stored = BTreeMap::new();
    for keys in keys.chunks(SCHEDULES_AT_ONCE) {
        for item in table.get_many(keys).await.map_err(ApplyError::Table)? {
            let pk = item.get("pk").and_then(|pk| pk.as_str()).unwrap_or_default().to_owned();
            stored.insert(pk, item);
        }
    }
    let mut writes = Vec::new();
    for (schedule, key) in configuration.schedules.values().zip(keys) {
        let Some(item) = stored.get(&key.pk) else {
            let record = ScheduleRecord::fitting(ScheduleHistory::new(schedule.clone()), 1)?;
            writes.push(Write::put(key, to_item(&record), Condition::Absent));
            continue;
        };
        let rev = item.get("rev").cloned().unwrap_or_default();
        let next = rev.as_u64().unwrap_or(0) + 1;
        let before = from_item::<ScheduleRecord>(item).and_then(ScheduleHistory::try_from).ok();
        if before.as_ref().is_some_and(|before| before.current() == schedule) {
            continue;
        }
        // A row that cannot be read is mended; the past that it held is gone, and nothing is made up in its place.
        let anew = || {
            let version = ScheduleVersion { from: Some(now), schedule: schedule.clone() };
            ScheduleHistory::from_versions(vec![version])
        };
        let mut history = before.or_else(anew).unwrap_or_else(|| ScheduleHistory::new(schedule.clone()));
        history.put(schedule.clone(), now);
        let record = ScheduleRecord::fitting(history, next)?;
        writes.push(Write::put(key, to_item(&record), Condition::Is("rev", rev)));
    }
    Ok(writes)
}

async fn write_settings(
    table: &dyn Table,
    configuration: &Configuration,
    before: Option<&SettingsRecord>,
    revision: u64,
) -> Result<(), ApplyError> {
    let webhooks = configuration.webhooks.iter().map(|(name, webhook)| {
        let record = WebhookRecord {
            key_hashes: webhook
                .keys
                .iter()
                .map(|hash| hash.as_str().trim_start_matches("sha256:").to_owned())
                .collect(),
            response_plan: webhook.response_plan.as_ref().map(ToString::to_string),
        };
        (name.as_str().to_owned(), record)
    });
    let safety_contact = configuration.safety_contact.as_ref();
    let record = SettingsRecord::new(revision, &configuration.routing, safety_contact, webhooks.collect());
    let unchanged = before.map_or(Condition::Absent, |before| Condition::Is("rev", json!(before.rev)));
    match table.write(&Write::put(key::settings(), to_item(&record), unchanged)).await {
        Ok(_) => Ok(()),
        Err(TableError::Refused(_)) => Err(ApplyError::Overtaken),
        Err(error) => Err(ApplyError::Table(error)),
    }
}

async fn write_all(table: &dyn Table, mut writes: Vec<Write>, at_once: usize) -> Result<(), ApplyError> {
    while !writes.is_empty() {
        let rest = writes.split_off(writes.len().min(at_once));
        table.transact(&writes).await.map_err(|error| match error {
            TransactError::Table(error) => ApplyError::Table(error),
            TransactError::Refused(_) => ApplyError::Overtaken,
        })?;
        writes = rest;
    }
    Ok(())
}

fn index_write(key: Key, keys: &BTreeSet<Key>) -> Write {
    let keys: Vec<[&str; 2]> = keys.iter().map(|key| [key.pk.as_str(), key.sk.as_str()]).collect();
    Write::put(key, Item::from_iter([("keys".to_owned(), json!(keys))]), Condition::Always)
}

fn indexed(item: &Item) -> BTreeSet<Key> {
    let keys: Vec<(String, String)> =
        item.get("keys").and_then(|keys| serde_json::from_value(keys.clone()).ok()).unwrap_or_default();
    keys.into_iter().map(|(pk, sk)| Key::new(pk, sk)).collect()
}

fn list(examples: &[ExampleAddress]) -> String {
    let one = |example: &ExampleAddress| {
        let ExampleAddress { contact, channel, address, reason } = example;
        format!("{contact}'s {channel} {address} ({})", reason.describe())
    };
    examples.iter().map(one).collect::<Vec<_>>().join("; ")
}
