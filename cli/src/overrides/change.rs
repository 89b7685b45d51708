//! Changing the overrides of a schedule's row: read, change, write if nobody was faster.

use jiff::Timestamp;
use reveille_domain::{
    Change, Made, MakeError, OverrideId, Schedule, ScheduleAlias, ScheduleHistory, WantedOverride, Withdrawn,
};
use reveille_engine::Engine;
use reveille_engine::key;
use reveille_engine::port::{Condition, TableError, Write};
use reveille_engine::record::{RecordError, ScheduleRecord, ScheduleTooLarge, from_item, to_item};

use crate::installed::{Applied, AppliedError};

/// Others who change the same schedule in the same moment are let pass so many times.
const TRIES_MAX: u32 = 6;

/// An override that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of which schedule.
    pub schedule: ScheduleAlias,
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// One change, or the two of a swap.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
}

/// Why an override was not changed, each with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// There is no such schedule.
    #[error("there is no schedule `{0}` in this installation: reveille who lists them")]
    NoSchedule(ScheduleAlias),
    /// There is no such override.
    #[error(
        "there is no override `{0}`: reveille override list --all shows them; those of the configuration are changed there"
    )]
    NoOverride(String),
    /// It cannot be.
    #[error("the override cannot be made: {0}")]
    Make(MakeError),
    /// The row has no room for it.
    #[error(transparent)]
    TooLarge(#[from] ScheduleTooLarge),
    /// Others kept changing the schedule.
    #[error("somebody else keeps changing the schedule `{0}`: look at what they did, then try again")]
    Overtaken(ScheduleAlias),
    /// What is stored cannot be read.
    #[error(transparent)]
    Applied(#[from] AppliedError),
    /// The row of the schedule cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The table could not be used.
    #[error("the installation's table could not be used")]
    Table(#[from] TableError),
}

/// Makes an override; answers with it, and with the schedule before and after.
pub async fn make(engine: &Engine, wanted: &Wanted) -> Result<(Made, ScheduleHistory, ScheduleHistory), OverrideError> {
    let now = engine.now();
    let id = id(wanted, now);
    change(engine, &wanted.schedule, |history| {
        let Wanted { start, end, changes, reason, .. } = wanted.clone();
        let wanted = WantedOverride { id: id.clone(), start, end, changes, reason };
        let made = history.make_override(wanted, now).map_err(OverrideError::Make)?;
        let is_new = matches!(made, Made::Now(_));
        Ok((made, is_new))
    })
    .await
}

/// Takes an override back; answers with its schedule.
pub async fn withdraw(engine: &Engine, id: &str) -> Result<(Schedule, Withdrawn), OverrideError> {
    let schedules = Applied::read(engine.table()).await?.schedules().await?;
    let id = OverrideId::new(id);
    let has_it = |history: &&ScheduleHistory| history.made().iter().any(|made| made.id == id);
    let missing = || OverrideError::NoOverride(id.to_string());
    let alias = schedules.values().find(has_it).ok_or_else(missing)?.current().alias().clone();
    let now = engine.now();
    let (withdrawn, _, after) = change(engine, &alias, |history| {
        let withdrawn = history.withdraw_override(&id, now).ok_or_else(missing)?;
        let changes = !matches!(withdrawn, Withdrawn::OverAlready(_));
        Ok((withdrawn, changes))
    })
    .await?;
    Ok((after.current().clone(), withdrawn))
}

/// Changes the row of a schedule. `change` may be asked again if somebody was faster; it answers with what it did, and whether
/// anything is to be written.
async fn change<T>(
    engine: &Engine,
    alias: &ScheduleAlias,
    change: impl Fn(&mut ScheduleHistory) -> Result<(T, bool), OverrideError>,
) -> Result<(T, ScheduleHistory, ScheduleHistory), OverrideError> {
    let key = key::schedule(alias);
    for _ in 0..TRIES_MAX {
        let row = engine.table().get(&key).await?.ok_or_else(|| OverrideError::NoSchedule(alias.clone()))?;
        let record: ScheduleRecord = from_item(&row)?;
        let rev = record.rev;
        let before = ScheduleHistory::try_from(record)?;
        let mut after = before.clone();
        let (done, is_changed) = change(&mut after)?;
        if !is_changed {
            return Ok((done, before, after));
        }
        let record = ScheduleRecord::fitting(after.clone(), rev + 1)?;
        let write = Write::put(key.clone(), to_item(&record), Condition::Is("rev", rev.into()));
        match engine.table().write(&write).await {
            Ok(_) => return Ok((done, before, after)),
            Err(TableError::Refused(_) | TableError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(OverrideError::Overtaken(alias.clone()))
}

/// Eight characters, of what it is and when it was made.
fn id(wanted: &Wanted, now: Timestamp) -> OverrideId {
    let Wanted { schedule, start, end, changes, .. } = wanted;
    let hash = key::hash(&format!("override {schedule} {start} {end} {changes:?} {now}"));
    OverrideId::new(&hash[..8])
}
