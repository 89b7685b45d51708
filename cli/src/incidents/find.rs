//! An incident by its id, or by as much of its beginning as tells it apart.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::IncidentId;
use reveille_engine::port::TableError;
use reveille_engine::{Engine, EngineError, key};

use super::limits::{FOUND_DAYS_MAX, ID_CHARACTERS_MIN};
use super::list::rows_of;

/// A whole id: a UUID.
const CHARACTERS_WHOLE: usize = 36;

/// Why an incident was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Not enough of an id.
    #[error("`{0}` is no beginning of an id: give at least {ID_CHARACTERS_MIN} of its characters, 0 to 9 and a to f")]
    NoId(String),
    /// None begins so.
    #[error(
        "there is no incident `{0}` that is open, or was opened within {FOUND_DAYS_MAX} days: `reveille incidents --all` lists them; older ones \
         are named by their whole id"
    )]
    Unknown(String),
    /// There is no such incident.
    #[error("there is no incident `{0}`: `reveille incidents --all` lists those of the last days")]
    UnknownWhole(String),
    /// Several begin so.
    #[error("`{0}` is the beginning of {1}: give more of it")]
    Several(String, String),
    /// The table could not be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<TableError> for FindError {
    fn from(error: TableError) -> Self {
        FindError::Engine(error.into())
    }
}

/// Reads an id, or the beginning of one, from the command line.
pub(crate) fn typed_id(text: &str) -> Result<String, String> {
    match beginning(text) {
        Some(wanted) => Ok(wanted),
        None => Err(format!("give at least {ID_CHARACTERS_MIN} of an id's characters, 0 to 9 and a to f")),
    }
}

fn beginning(typed: &str) -> Option<String> {
    let wanted = typed.trim().to_lowercase();
    let fits = wanted.len() >= ID_CHARACTERS_MIN && wanted.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    fits.then_some(wanted)
}

/// The id of the incident that somebody means. Tests are found as well, although no list has them: whoever is asked in one reads the
/// beginning of its id in the page.
pub async fn find(engine: &Engine, typed: &str) -> Result<IncidentId, FindError> {
    let wanted = beginning(typed).ok_or_else(|| FindError::NoId(typed.to_owned()))?;
    if wanted.len() == CHARACTERS_WHOLE {
        let id = IncidentId::new(wanted);
        let is_there = engine.table().get(&key::state(&id)).await?.is_some();
        return if is_there { Ok(id) } else { Err(FindError::UnknownWhole(typed.to_owned())) };
    }
    let recent = engine.now().saturating_sub(SignedDuration::from_hours(24 * FOUND_DAYS_MAX)).unwrap_or(Timestamp::MIN);
    let mut found: Vec<String> = Vec::new();
    let of_incidents = [(true, None), (false, Some(recent))].map(|(open, since)| (key::list_partitions(open), since));
    for (partitions, since) in of_incidents.into_iter().chain([(vec![key::test_partition()], Some(recent))]) {
        for row in rows_of(engine.table(), partitions, since).await? {
            let id = key::incident_of(&row).to_string();
            if id.starts_with(&wanted) && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    match found.as_slice() {
        [] => Err(FindError::Unknown(typed.to_owned())),
        [only] => Ok(IncidentId::new(only.clone())),
        several => Err(FindError::Several(typed.to_owned(), several.join(", "))),
    }
}
