//! What has been applied to an installation, read back from its table: the whole here, single parts in `applied`.

mod applied;
mod index;
mod kind;

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{
    ChannelId, Contact, ContactAlias, EscalationPlan, ResponsePlan, ResponsePlanName, Routing, Schedule, ScheduleAlias,
    ScheduleHistory,
};
use reveille_engine::key;
use reveille_engine::port::{Condition, Item, Key, Secret, Table, TableError};
use reveille_engine::record::{
    AddressRecord, ContactRecord, EscalationPlanRecord, RecordError, ResponsePlanRecord, ScheduleRecord,
    SettingsRecord, from_item,
};
use serde_json::{Value, json};

use crate::configuration::{Address, Configuration, Webhook, WebhookKeyHash, WebhookName};
use crate::limits::READS_MAX;

pub use applied::{Applied, AppliedContact, AppliedError};
pub(crate) use index::names;
pub(crate) use kind::Kind;

/// The rows of a configuration in an installation. They hold addresses and secrets, so nothing prints them.
#[derive(Clone, Default, PartialEq)]
pub struct Installed {
    index: Option<Item>,
    settings: Option<Item>,
    rows: BTreeMap<Key, Item>,
}

/// Why an installation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InstalledError {
    /// The table did not answer.
    #[error("the table could not be read")]
    Table(#[from] TableError),
    /// It changes faster than it can be read.
    #[error("somebody is applying a configuration at this moment: try again when they are done")]
    Changing,
}

/// A configuration as it is stored, and what of it could not be read.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) configuration: Configuration,
    /// Rows that cannot be read, or lack what belongs to them, each with why.
    pub(crate) unreadable: Vec<String>,
    /// Schedules that operators have made overrides of at run time; the configuration does not have those.
    pub(crate) overridden: Vec<ScheduleAlias>,
}

impl Installed {
    /// Reads everything that has been applied, and rows that may be there besides. Whoever writes on this ground finds out by
    /// [`Installed::unchanged`] whether it still holds.
    pub async fn read(table: &dyn Table, besides: &BTreeSet<Key>) -> Result<Self, TableError> {
        let mut installed = Self::default();
        let first: Vec<Key> = [key::index(), key::settings()].into_iter().chain(besides.iter().cloned()).collect();
        installed.take(index::rows(table, &first).await?);
        let others: Vec<Key> = installed.indexed().difference(besides).cloned().collect();
        installed.take(index::rows(table, &others).await?);
        Ok(installed)
    }

    fn take(&mut self, rows: Vec<Item>) {
        let (index, settings) = (key::index(), key::settings());
        for (key, item) in rows.into_iter().map(without_key) {
            match key {
                key if key == index => self.index = Some(item),
                key if key == settings => self.settings = Some(item),
                key => drop(self.rows.insert(key, item)),
            }
        }
    }

    /// The same, read until nobody has applied anything in between.
    pub async fn read_at_rest(table: &dyn Table, besides: &BTreeSet<Key>) -> Result<Self, InstalledError> {
        for _ in 0..READS_MAX {
            let installed = Self::read(table, besides).await?;
            let index = table.get(&key::index()).await?.map(|item| without_key(item).1);
            if index == installed.index {
                return Ok(installed);
            }
        }
        Err(InstalledError::Changing)
    }

    /// The revision of what is in force; 0: nothing has been applied. An apply that was cut off counts.
    pub fn revision(&self) -> u64 {
        self.settings_revision().max(number(self.index.as_ref(), "revision"))
    }

    /// Whether an apply was cut off before its end.
    pub fn is_unfinished(&self) -> bool {
        // Versions that did not count revisions here did not say either whether they had come to an end.
        let counts = |index: &Item| index.contains_key("revision");
        let is_finished = |index: &Item| index.get("finished") == Some(&json!(true));
        self.index.as_ref().is_some_and(|index| counts(index) && !is_finished(index) || self.settings.is_none())
    }

    pub(crate) fn settings_revision(&self) -> u64 {
        number(self.settings.as_ref(), "rev")
    }

    /// How often the index has been written.
    pub(crate) fn step(&self) -> u64 {
        number(self.index.as_ref(), "rev")
    }

    /// The row of the settings.
    pub(crate) fn settings(&self) -> Option<&Item> {
        self.settings.as_ref()
    }

    /// The row of a key.
    pub(crate) fn row(&self, key: &Key) -> Option<&Item> {
        self.rows.get(key)
    }

    /// What has been applied, as the index names it.
    pub(crate) fn indexed(&self) -> BTreeSet<Key> {
        self.index.as_ref().map(index::keys).unwrap_or_default()
    }

    /// What holds for the index as long as nobody has applied anything since it was read.
    pub(crate) fn unchanged(&self) -> Condition {
        match self.index.as_ref().map(|index| index.get("rev")) {
            None => Condition::Absent,
            // Written by a version that did not count.
            Some(None) => Condition::All(vec![Condition::Present, Condition::Missing("rev")]),
            Some(Some(rev)) => Condition::Is("rev", rev.clone()),
        }
    }

    /// The configuration that was applied, as far as it can be read.
    pub(crate) fn stored(&self) -> Stored {
        let mut unreadable = Vec::new();
        let settings = self.settings.as_ref().and_then(|item| noted(&mut unreadable, "the settings", from_item(item)));
        let mut configuration = without_rows(settings.as_ref());
        let mut overridden = Vec::new();
        for (key, item) in &self.rows {
            let Some((kind, name)) = Kind::of(key) else { continue };
            let noted = self.read_row(&mut configuration, &mut overridden, kind, item);
            if let Err(error) = noted {
                unreadable.push(format!("{} `{name}`: {}", kind.word(), reveille_engine::Chain(&error)));
            }
        }
        for contact in configuration.contacts.values() {
            let addresses = configuration.addresses.get(&contact.alias);
            let lacking = |id: &ChannelId| addresses.is_none_or(|addresses| !addresses.contains_key(id));
            let channels = contact.channels.iter().filter(|channel| lacking(&channel.id));
            unreadable
                .extend(channels.map(|channel| {
                    format!("contact `{}`: its channel `{}` has no address", contact.alias, channel.id)
                }));
        }
        Stored { configuration, unreadable, overridden }
    }

    fn read_row(
        &self,
        into: &mut Configuration,
        overridden: &mut Vec<ScheduleAlias>,
        kind: Kind,
        item: &Item,
    ) -> Result<(), RecordError> {
        match kind {
            Kind::Contact => {
                let contact: Contact = from_item::<ContactRecord>(item)?.into_contact(None);
                for channel in &contact.channels {
                    self.read_address(into, &contact.alias, &channel.id)?;
                }
                into.addresses.entry(contact.alias.clone()).or_default();
                into.secrets.entry(contact.alias.clone()).or_default();
                into.contacts.insert(contact.alias.clone(), contact);
            }
            Kind::Schedule => {
                let history = ScheduleHistory::try_from(from_item::<ScheduleRecord>(item)?)?;
                let schedule: &Schedule = history.current();
                if !history.made().is_empty() {
                    overridden.push(schedule.alias().clone());
                }
                into.schedules.insert(schedule.alias().clone(), schedule.clone());
            }
            Kind::EscalationPlan => {
                let plan = EscalationPlan::from(from_item::<EscalationPlanRecord>(item)?);
                into.escalation_plans.insert(plan.alias.clone(), plan);
            }
            Kind::ResponsePlan => {
                let plan = ResponsePlan::from(from_item::<ResponsePlanRecord>(item)?);
                into.response_plans.insert(plan.name.clone(), plan);
            }
            // Addresses are read with their contacts, and numbers follow from them.
            Kind::Address | Kind::Number => {}
        }
        Ok(())
    }

    fn read_address(
        &self,
        into: &mut Configuration,
        alias: &ContactAlias,
        channel: &ChannelId,
    ) -> Result<(), RecordError> {
        let Some(item) = self.rows.get(&key::address(alias, channel)) else { return Ok(()) };
        let record: AddressRecord = from_item(item)?;
        let secret: Option<Secret> = record.secret();
        into.addresses.entry(alias.clone()).or_default().insert(channel.clone(), Address::stored(record.address));
        if let Some(secret) = secret {
            into.secrets.entry(alias.clone()).or_default().insert(channel.clone(), secret);
        }
        Ok(())
    }
}

fn noted<T>(unreadable: &mut Vec<String>, what: &str, read: Result<T, RecordError>) -> Option<T> {
    read.map_err(|error| unreadable.push(format!("{what}: {}", reveille_engine::Chain(&error)))).ok()
}

/// What the settings alone say.
fn without_rows(settings: Option<&SettingsRecord>) -> Configuration {
    let nothing = || Routing { rules: Vec::new(), default_plan: ResponsePlanName::new(""), templates: BTreeMap::new() };
    let webhooks = settings.into_iter().flat_map(|settings| &settings.webhooks).map(|(name, webhook)| {
        let hashes = webhook.key_hashes.iter().filter_map(|hash| WebhookKeyHash::parse(&format!("sha256:{hash}")));
        let response_plan = webhook.response_plan.clone().map(ResponsePlanName::new);
        (WebhookName::new(name.clone()), Webhook { keys: hashes.collect(), response_plan })
    });
    Configuration {
        contacts: BTreeMap::new(),
        addresses: BTreeMap::new(),
        secrets: BTreeMap::new(),
        schedules: BTreeMap::new(),
        escalation_plans: BTreeMap::new(),
        response_plans: BTreeMap::new(),
        routing: settings.map_or_else(nothing, SettingsRecord::routing),
        safety_contact: settings.and_then(SettingsRecord::safety_contact),
        webhooks: webhooks.collect(),
    }
}

fn without_key(mut item: Item) -> (Key, Item) {
    let mut part = |name: &str| match item.remove(name) {
        Some(Value::String(text)) => text,
        Some(_) | None => String::new(),
    };
    (Key::new(part("pk"), part("sk")), item)
}

fn number(item: Option<&Item>, attribute: &str) -> u64 {
    item.and_then(|item| item.get(attribute)).unwrap_or(&json!(0)).as_u64().unwrap_or(0)
}
