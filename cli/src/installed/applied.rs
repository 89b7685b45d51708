//! Parts of what has been applied, for whoever has no need of the whole: schedules, people and how to reach them.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{ContactAlias, ScheduleAlias, ScheduleHistory};
use reveille_engine::key;
use reveille_engine::port::{Item, Key, Table, TableError};
use reveille_engine::record::{
    AddressRecord, ChannelStateRecord, ContactRecord, RecordError, ScheduleRecord, from_item,
};

use super::{Kind, index};

/// Why what has been applied cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AppliedError {
    /// There is nothing.
    #[error("nothing has been applied to this installation yet: reveille apply FILE")]
    Nothing,
    /// The table could not be read.
    #[error("the installation's table could not be read")]
    Table(#[from] TableError),
    /// Another version has written it, or somebody by hand.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The keys of everything that has been applied.
#[derive(Clone)]
pub struct Applied<'t> {
    table: &'t dyn Table,
    keys: BTreeSet<Key>,
}

/// A contact as it has been applied, with what has become known of their channels and with their addresses.
#[derive(Debug)]
pub struct AppliedContact {
    /// The row of the contact.
    pub record: ContactRecord,
    /// What is known of the channels.
    pub state: ChannelStateRecord,
    /// Where they lead, by channel.
    pub addresses: BTreeMap<String, AddressRecord>,
}

impl<'t> Applied<'t> {
    /// Reads the index.
    pub async fn read(table: &'t dyn Table) -> Result<Self, AppliedError> {
        let index = table.get(&key::index()).await?.ok_or(AppliedError::Nothing)?;
        Ok(Self { table, keys: index::keys(&index) })
    }

    /// Every schedule, with what was in force before.
    pub async fn schedules(&self) -> Result<BTreeMap<ScheduleAlias, ScheduleHistory>, AppliedError> {
        let mut schedules = BTreeMap::new();
        for row in self.rows_of(Kind::Schedule).await? {
            let history = ScheduleHistory::try_from(from_item::<ScheduleRecord>(&row)?)?;
            schedules.insert(history.current().alias().clone(), history);
        }
        Ok(schedules)
    }

    /// What people are called.
    pub async fn names(&self) -> Result<BTreeMap<ContactAlias, String>, AppliedError> {
        let mut names = BTreeMap::new();
        for row in self.rows_of(Kind::Contact).await? {
            let contact = from_item::<ContactRecord>(&row)?.into_contact(None);
            names.insert(contact.alias, contact.name);
        }
        Ok(names)
    }

    /// Every contact, with how their channels stand and where they lead.
    pub async fn contacts(&self) -> Result<Vec<AppliedContact>, AppliedError> {
        let contacts = index::of_kind(&self.keys, Kind::Contact);
        let aliases = contacts.iter().filter_map(Kind::of).map(|(_, alias)| ContactAlias::new(alias));
        let states: Vec<Key> = aliases.map(|alias| key::channel_state(&alias)).collect();
        let (mut known, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        for row in index::rows(self.table, &states).await? {
            if let Some(alias) = key::channel_state_of(&row) {
                // One that cannot be read counts as unknown, as it does for pages.
                known.insert(alias, from_item::<ChannelStateRecord>(&row).unwrap_or_default());
            }
        }
        for row in self.rows_of(Kind::Address).await? {
            let key = Key::new(text(&row, "pk"), text(&row, "sk"));
            if let (Some((_, owner)), Some(channel)) = (Kind::of(&key), key::channel_of(&row)) {
                let of_owner: &mut BTreeMap<_, _> = addresses.entry(ContactAlias::new(owner)).or_default();
                of_owner.insert(channel.to_string(), from_item::<AddressRecord>(&row)?);
            }
        }
        let mut all = Vec::new();
        for row in index::rows(self.table, &contacts).await? {
            let record: ContactRecord = from_item(&row)?;
            let alias = record.alias();
            all.push(AppliedContact {
                record,
                state: known.remove(&alias).unwrap_or_default(),
                addresses: addresses.remove(&alias).unwrap_or_default(),
            });
        }
        all.sort_by_key(|contact| contact.record.alias());
        Ok(all)
    }

    async fn rows_of(&self, kind: Kind) -> Result<Vec<Item>, TableError> {
        index::rows(self.table, &index::of_kind(&self.keys, kind)).await
    }
}

fn text<'i>(row: &'i Item, attribute: &str) -> &'i str {
    row.get(attribute).and_then(serde_json::Value::as_str).unwrap_or_default()
}
