//! How things of a source begin: an id, a name, and for a schedule a time zone.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::export::{id, text};
use super::model::{SourceId, described};
use super::note::Notes;
use super::shifts;

/// A thing that others refer to.
pub(super) struct Named {
    pub(super) id: String,
    /// As people know it; the id where it has no name.
    pub(super) name: String,
    /// As the report names it.
    pub(super) object: String,
}

impl Named {
    /// Reads it; the name is the first of `keys` that is there. Without an id nothing leads to it, and it is passed over.
    pub(super) fn of(kind: &'static str, value: &Value, keys: &[&str]) -> Option<Self> {
        let id = id(value, "id")?;
        let name = keys.iter().find_map(|key| text(value, key)).unwrap_or(&id).to_owned();
        let object = described(kind, &name, &SourceId::new(id.as_str()));
        Some(Self { id, name, object })
    }
}

/// The time zone of a schedule and its name: UTC if it has none. One that does not exist is said.
pub(super) fn zone<'v>(value: &'v Value, key: &str, object: &str, notes: &mut Notes) -> Option<(&'v str, TimeZone)> {
    let name = text(value, key).unwrap_or("UTC");
    match shifts::zone(name) {
        Ok(zone) => Some((name, zone)),
        Err(refused) => {
            notes.no_equivalent(object, key, format!("left out: {refused}"), "write the schedule by hand");
            None
        }
    }
}
