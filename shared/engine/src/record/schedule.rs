//! On-call schedules with their earlier versions.
//!
//! One row holds the version in force and those before it: who was on call last month is answered by what was in force
//! then, whatever has been applied since.

use crate::limits::SCHEDULE_ROW_BYTES_MAX;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use reveille_domain::{
    Change, ContactAlias, Coverage, CoverageWindow, Every, Layers, MadeOverride, Notice, Override, OverrideId,
    Rotation, RotationName, RotationRules, Schedule, ScheduleAlias, ScheduleHistory, ScheduleRules, ScheduleVersion,
    Swap, TemporarySchedule, TemporaryShift,
};
use serde::{Deserialize, Serialize};

use super::{RecordError, to_item};

/// A schedule and its earlier versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    alias: String,
    /// Goes up with every change: two who apply at the same time cannot both win.
    pub rev: u64,
    versions: Vec<VersionRecord>,
    /// What operators have made, beside the versions: applying a configuration keeps it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    made: Vec<MadeRecord>,
}

/// A schedule that does not fit into a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "schedule `{alias}` takes {bytes} bytes, and the limit is {SCHEDULE_ROW_BYTES_MAX} (SCHEDULE_ROW_BYTES_MAX): take \
     past overrides and temporary schedules out, they stay in the history"
)]
pub struct ScheduleTooLarge {
    /// Which.
    pub alias: ScheduleAlias,
    /// What it takes.
    pub bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct VersionRecord {
    /// `None`: from ever.
    from: Option<Timestamp>,
    layers: LayersRecord,
    rotations: Vec<RotationRecord>,
    overrides: Vec<OverrideRecord>,
    swaps: Vec<SwapRecord>,
    temporary: Vec<TemporaryRecord>,
    /// Minutes before a shift.
    notices: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LayersRecord {
    Upper,
    Both,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RotationRecord {
    name: String,
    time_zone: String,
    start: DateTime,
    every: EveryRecord,
    members: Vec<String>,
    on_call: usize,
    /// `None`: around the clock.
    coverage: Option<Vec<(DayRecord, Time, Time)>>,
    days_off_burn_turns: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EveryRecord {
    Hours { count: u32 },
    Days { count: u32, handoffs: Vec<Time> },
    Weeks { count: u32, handoffs: Vec<(DayRecord, Time)> },
    Months { count: u32, handoffs: Vec<(u8, Time)> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum DayRecord {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OverrideRecord {
    start: Timestamp,
    end: Timestamp,
    change: ChangeRecord,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MadeRecord {
    id: String,
    start: Timestamp,
    end: Timestamp,
    changes: Vec<ChangeRecord>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    made_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeRecord {
    Add(String),
    Remove(String),
    Replace { remove: String, add: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SwapRecord {
    a: String,
    b: String,
    start: Timestamp,
    end: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TemporaryRecord {
    start: Timestamp,
    end: Timestamp,
    /// Contact, start, end.
    shifts: Vec<(String, Timestamp, Timestamp)>,
}

impl ScheduleRecord {
    /// The row of a schedule and its history. The oldest versions are left out until it fits.
    pub fn fitting(mut history: ScheduleHistory, rev: u64) -> Result<Self, ScheduleTooLarge> {
        loop {
            let record = Self::new(&history, rev);
            let bytes = serde_json::Value::from(to_item(&record)).to_string().len();
            if bytes <= SCHEDULE_ROW_BYTES_MAX {
                return Ok(record);
            }
            if !history.forget_oldest() {
                return Err(ScheduleTooLarge { alias: history.current().alias().clone(), bytes });
            }
        }
    }

    fn new(history: &ScheduleHistory, rev: u64) -> Self {
        let versions = history.versions().iter().map(VersionRecord::from);
        let made = history.made().iter().map(MadeRecord::from);
        Self { alias: history.current().alias().to_string(), rev, versions: versions.collect(), made: made.collect() }
    }
}

impl TryFrom<ScheduleRecord> for ScheduleHistory {
    type Error = RecordError;

    fn try_from(record: ScheduleRecord) -> Result<Self, RecordError> {
        let alias = ScheduleAlias::new(record.alias);
        let versions: Result<Vec<ScheduleVersion>, RecordError> =
            record.versions.into_iter().map(|version| version.into_version(&alias)).collect();
        let history = ScheduleHistory::from_versions(versions?)
            .ok_or_else(|| unreadable("its versions are not in the order of time"))?;
        if record.made.is_empty() {
            return Ok(history);
        }
        Ok(history.with_made(record.made.into_iter().map(MadeOverride::from).collect()))
    }
}

fn unreadable(why: impl std::fmt::Display) -> RecordError {
    RecordError::of("ScheduleRecord", why)
}

impl From<&ScheduleVersion> for VersionRecord {
    fn from(version: &ScheduleVersion) -> Self {
        let rules = version.schedule.rules();
        Self {
            from: version.from,
            layers: match rules.layers {
                Layers::Upper => LayersRecord::Upper,
                Layers::Both => LayersRecord::Both,
            },
            rotations: rules.rotations.iter().map(|rotation| rotation.rules().into()).collect(),
            overrides: rules.overrides.iter().map(OverrideRecord::from).collect(),
            swaps: rules.swaps.iter().map(SwapRecord::from).collect(),
            temporary: rules.temporary.iter().map(TemporaryRecord::from).collect(),
            notices: rules.notices.iter().map(|notice| notice.before_minutes).collect(),
        }
    }
}

impl VersionRecord {
    fn into_version(self, alias: &ScheduleAlias) -> Result<ScheduleVersion, RecordError> {
        let rotations: Result<Vec<Rotation>, RecordError> =
            self.rotations.into_iter().map(RotationRecord::into_rotation).collect();
        let schedule = Schedule::new(ScheduleRules {
            alias: alias.clone(),
            layers: match self.layers {
                LayersRecord::Upper => Layers::Upper,
                LayersRecord::Both => Layers::Both,
            },
            rotations: rotations?,
            overrides: self.overrides.into_iter().map(Override::from).collect(),
            swaps: self.swaps.into_iter().map(Swap::from).collect(),
            temporary: self.temporary.into_iter().map(TemporarySchedule::from).collect(),
            notices: self.notices.into_iter().map(|before_minutes| Notice { before_minutes }).collect(),
        });
        Ok(ScheduleVersion { from: self.from, schedule: schedule.map_err(unreadable)? })
    }
}

impl From<&RotationRules> for RotationRecord {
    fn from(rules: &RotationRules) -> Self {
        let window = |window: &CoverageWindow| (window.day.into(), window.start, window.end);
        Self {
            name: rules.name.to_string(),
            // A rotation without a named time zone is never made.
            time_zone: rules.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            start: rules.start,
            every: (&rules.every).into(),
            members: rules.members.iter().map(ContactAlias::to_string).collect(),
            on_call: rules.on_call,
            coverage: rules.coverage.as_ref().map(|coverage| coverage.windows().iter().map(window).collect()),
            days_off_burn_turns: rules.days_off_burn_turns,
        }
    }
}

impl RotationRecord {
    fn into_rotation(self) -> Result<Rotation, RecordError> {
        let window = |(day, start, end): (DayRecord, Time, Time)| CoverageWindow { day: day.into(), start, end };
        let coverage = self.coverage.map(|windows| Coverage::new(windows.into_iter().map(window).collect()));
        let rotation = Rotation::new(RotationRules {
            name: RotationName::new(self.name),
            time_zone: TimeZone::get(&self.time_zone).map_err(|_| unreadable("nobody knows its time zone"))?,
            start: self.start,
            every: self.every.into(),
            members: self.members.into_iter().map(ContactAlias::new).collect(),
            on_call: self.on_call,
            coverage: coverage.transpose().map_err(unreadable)?,
            days_off_burn_turns: self.days_off_burn_turns,
        });
        rotation.map_err(unreadable)
    }
}

impl From<&Every> for EveryRecord {
    fn from(every: &Every) -> Self {
        match every {
            Every::Hours(count) => EveryRecord::Hours { count: *count },
            Every::Days { count, handoffs } => EveryRecord::Days { count: *count, handoffs: handoffs.clone() },
            Every::Weeks { count, handoffs } => {
                let handoffs = handoffs.iter().map(|(day, at)| ((*day).into(), *at));
                EveryRecord::Weeks { count: *count, handoffs: handoffs.collect() }
            }
            Every::Months { count, handoffs } => EveryRecord::Months { count: *count, handoffs: handoffs.clone() },
        }
    }
}

impl From<EveryRecord> for Every {
    fn from(record: EveryRecord) -> Self {
        match record {
            EveryRecord::Hours { count } => Every::Hours(count),
            EveryRecord::Days { count, handoffs } => Every::Days { count, handoffs },
            EveryRecord::Weeks { count, handoffs } => {
                Every::Weeks { count, handoffs: handoffs.into_iter().map(|(day, at)| (day.into(), at)).collect() }
            }
            EveryRecord::Months { count, handoffs } => Every::Months { count, handoffs },
        }
    }
}

impl From<Weekday> for DayRecord {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => DayRecord::Mon,
            Weekday::Tuesday => DayRecord::Tue,
            Weekday::Wednesday => DayRecord::Wed,
            Weekday::Thursday => DayRecord::Thu,
            Weekday::Friday => DayRecord::Fri,
            Weekday::Saturday => DayRecord::Sat,
            Weekday::Sunday => DayRecord::Sun,
        }
    }
}

impl From<DayRecord> for Weekday {
    fn from(day: DayRecord) -> Self {
        match day {
            DayRecord::Mon => Weekday::Monday,
            DayRecord::Tue => Weekday::Tuesday,
            DayRecord::Wed => Weekday::Wednesday,
            DayRecord::Thu => Weekday::Thursday,
            DayRecord::Fri => Weekday::Friday,
            DayRecord::Sat => Weekday::Saturday,
            DayRecord::Sun => Weekday::Sunday,
        }
    }
}

impl From<&Override> for OverrideRecord {
    fn from(one: &Override) -> Self {
        Self { start: one.start, end: one.end, change: (&one.change).into() }
    }
}

impl From<OverrideRecord> for Override {
    fn from(record: OverrideRecord) -> Self {
        Self { start: record.start, end: record.end, change: record.change.into() }
    }
}

impl From<&MadeOverride> for MadeRecord {
    fn from(made: &MadeOverride) -> Self {
        Self {
            id: made.id.to_string(),
            start: made.start,
            end: made.end,
            changes: made.changes.iter().map(ChangeRecord::from).collect(),
            reason: made.reason.clone(),
            made_at: made.made_at,
        }
    }
}

impl From<MadeRecord> for MadeOverride {
    fn from(record: MadeRecord) -> Self {
        let MadeRecord { id, start, end, changes, reason, made_at } = record;
        let changes = changes.into_iter().map(Change::from).collect();
        Self { id: OverrideId::new(id), start, end, changes, reason, made_at }
    }
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        match change {
            Change::Add(contact) => ChangeRecord::Add(contact.to_string()),
            Change::Remove(contact) => ChangeRecord::Remove(contact.to_string()),
            Change::Replace { remove, add } => {
                ChangeRecord::Replace { remove: remove.to_string(), add: add.to_string() }
            }
        }
    }
}

impl From<ChangeRecord> for Change {
    fn from(record: ChangeRecord) -> Self {
        match record {
            ChangeRecord::Add(contact) => Change::Add(ContactAlias::new(contact)),
            ChangeRecord::Remove(contact) => Change::Remove(ContactAlias::new(contact)),
            ChangeRecord::Replace { remove, add } => {
                Change::Replace { remove: ContactAlias::new(remove), add: ContactAlias::new(add) }
            }
        }
    }
}

impl From<&Swap> for SwapRecord {
    fn from(swap: &Swap) -> Self {
        Self { a: swap.a.to_string(), b: swap.b.to_string(), start: swap.start, end: swap.end }
    }
}

impl From<SwapRecord> for Swap {
    fn from(record: SwapRecord) -> Self {
        let (a, b) = (ContactAlias::new(record.a), ContactAlias::new(record.b));
        Self { a, b, start: record.start, end: record.end }
    }
}

impl From<&TemporarySchedule> for TemporaryRecord {
    fn from(one: &TemporarySchedule) -> Self {
        let shift = |shift: &TemporaryShift| (shift.contact.to_string(), shift.start, shift.end);
        Self { start: one.start, end: one.end, shifts: one.shifts.iter().map(shift).collect() }
    }
}

impl From<TemporaryRecord> for TemporarySchedule {
    fn from(record: TemporaryRecord) -> Self {
        let shift = |(contact, start, end)| TemporaryShift { contact: ContactAlias::new(contact), start, end };
        Self { start: record.start, end: record.end, shifts: record.shifts.into_iter().map(shift).collect() }
    }
}

#[cfg(test)]
mod tests {
    use reveille_domain::WantedOverride;

    use super::*;
    use crate::record::from_item;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn nine() -> Time {
        Time::constant(9, 0, 0, 0)
    }

    fn rotation(name: &str, every: Every, coverage: Option<Coverage>) -> Rotation {
        Rotation::new(RotationRules {
            name: RotationName::new(name),
            time_zone: TimeZone::get("America/New_York").unwrap(),
            start: "2026-01-05T09:00:00".parse().unwrap(),
            every,
            members: ["natsu", "zeref", "igneel"].map(ContactAlias::new).to_vec(),
            on_call: 2,
            coverage,
            days_off_burn_turns: name == "days",
        })
        .unwrap()
    }

    /// A schedule with something of everything.
    fn everything() -> ScheduleRules {
        let (natsu, bob) = (ContactAlias::new("natsu"), ContactAlias::new("bob"));
        let (start, end) = (at("2026-12-24T00:00:00Z"), at("2026-12-27T00:00:00Z"));
        let window = |day| CoverageWindow { day, start: nine(), end: Time::midnight() };
        let week = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let all = week.into_iter().chain([Weekday::Saturday, Weekday::Sunday]);
        let weekdays = all.clone().map(|day| (day, nine())).collect();
        let changes = [
            Change::Add(bob.clone()),
            Change::Remove(natsu.clone()),
            Change::Replace { remove: natsu.clone(), add: bob.clone() },
        ];
        ScheduleRules {
            alias: ScheduleAlias::new("primary"),
            layers: Layers::Both,
            rotations: vec![
                rotation("hours", Every::Hours(12), Some(Coverage::new(all.map(window).collect()).unwrap())),
                rotation("days", Every::Days { count: 2, handoffs: vec![nine()] }, None),
                rotation("weeks", Every::Weeks { count: 1, handoffs: weekdays }, None),
                rotation("months", Every::Months { count: 3, handoffs: vec![(31, nine())] }, None),
            ],
            overrides: changes.map(|change| Override { start, end, change }).to_vec(),
            swaps: vec![Swap { a: natsu, b: bob.clone(), start, end }],
            temporary: vec![TemporarySchedule {
                start,
                end,
                shifts: vec![TemporaryShift { contact: bob, start, end }],
            }],
            notices: vec![Notice { before_minutes: 60 }],
        }
    }

    fn history() -> ScheduleHistory {
        let mut history = ScheduleHistory::new(Schedule::new(everything()).unwrap());
        let next = ScheduleRules { layers: Layers::Upper, swaps: vec![], ..everything() };
        history.put(Schedule::new(next).unwrap(), at("2026-06-01T00:00:00Z"));
        history
    }

    #[test]
    fn what_operators_have_made_comes_back_and_takes_no_room_where_there_is_none() {
        let natsu = ContactAlias::new("natsu");
        let wanted = WantedOverride {
            id: OverrideId::new("0a1b2c3d"),
            start: at("2026-07-01T00:00:00Z"),
            end: at("2026-07-02T00:00:00Z"),
            changes: vec![Change::Remove(natsu.clone()), Change::Add(ContactAlias::new("bob"))],
            reason: "a fever".to_owned(),
        };
        let mut made = history();
        made.make_override(wanted, at("2026-06-30T00:00:00Z")).unwrap();
        let stored = to_item(&ScheduleRecord::fitting(made.clone(), 8).unwrap());
        let read = ScheduleHistory::try_from(from_item::<ScheduleRecord>(&stored).unwrap()).unwrap();
        assert_eq!(read, made);
        let asked = at("2026-07-01T12:00:00Z");
        assert!(history().on_call(asked).unwrap().contains(&natsu));
        assert!(!read.on_call(asked).unwrap().contains(&natsu), "it counts for whoever reads the row");
        assert_eq!(stored["made"][0]["id"], "0a1b2c3d");
        let without = to_item(&ScheduleRecord::fitting(history(), 8).unwrap());
        assert!(!without.contains_key("made"), "rows of before are read, and written, as they were");
    }

    #[test]
    fn a_schedule_and_its_history_come_back_as_they_went() {
        let record = ScheduleRecord::fitting(history(), 7).unwrap();
        let read: ScheduleRecord = from_item(&to_item(&record)).unwrap();
        assert_eq!(read, record);
        assert_eq!(ScheduleHistory::try_from(read).unwrap(), history());
    }

    #[test]
    fn what_has_been_stored_is_read_for_ever() {
        let stored = serde_json::json!({
            "alias": "primary",
            "rev": 1,
            "versions": [{
                "layers": "upper",
                "rotations": [{
                    "name": "weekly",
                    "time_zone": "America/New_York",
                    "start": "2026-01-05T09:00:00",
                    "every": { "weeks": { "count": 1, "handoffs": [["MON", "09:00:00"]] } },
                    "members": ["natsu", "zeref"],
                    "on_call": 1,
                    "coverage": [["MON", "09:00:00", "17:00:00"]],
                    "days_off_burn_turns": false,
                }],
                "overrides": [{
                    "start": "2026-12-24T00:00:00Z",
                    "end": "2026-12-27T00:00:00Z",
                    "change": { "replace": { "remove": "natsu", "add": "zeref" } },
                }],
                "swaps": [],
                "temporary": [],
                "notices": [60],
            }],
        });
        let record: ScheduleRecord = serde_json::from_value(stored).unwrap();
        let history = ScheduleHistory::try_from(record).unwrap();
        let asked = at("2026-01-05T15:00:00Z");
        assert_eq!(history.on_call(asked), Some(vec![ContactAlias::new("natsu")]));
    }

    #[test]
    fn a_row_that_holds_no_schedule_is_an_error_and_not_a_panic() {
        let mut item = to_item(&ScheduleRecord::fitting(history(), 1).unwrap());
        item["versions"][0]["rotations"][0]["time_zone"] = "Mars/Olympus".into();
        let record: ScheduleRecord = from_item(&item).unwrap();
        assert!(ScheduleHistory::try_from(record).unwrap_err().to_string().contains("ScheduleRecord"));
        item["versions"] = serde_json::json!([]);
        let record: ScheduleRecord = from_item(&item).unwrap();
        assert!(ScheduleHistory::try_from(record).is_err());
    }

    #[test]
    fn old_versions_make_room_and_one_that_never_fits_is_refused() {
        let contact = |number: usize| ContactAlias::new(format!("{number:0>200}"));
        let (start, end) = (at("2026-12-24T00:00:00Z"), at("2026-12-27T00:00:00Z"));
        let large = |overrides: usize| {
            let one = |number| Override {
                start,
                end,
                change: Change::Replace { remove: contact(number), add: contact(number + 1) },
            };
            let overrides = (0..overrides).map(one).collect();
            Schedule::new(ScheduleRules { overrides, ..everything() }).unwrap()
        };
        let mut history = ScheduleHistory::new(large(400));
        for number in 0..3 {
            history.put(large(401 + number), at(&format!("2026-06-0{}T00:00:00Z", number + 1)));
        }
        let stored = ScheduleHistory::try_from(ScheduleRecord::fitting(history.clone(), 1).unwrap()).unwrap();
        assert_eq!(stored.current(), history.current());
        assert!(stored.versions().len() < history.versions().len());
        assert_eq!(stored.at(at("2026-01-05T00:00:00Z")), None);

        let members = (0..100).map(|number| ContactAlias::new(format!("{number:0>250}"))).collect::<Vec<_>>();
        let rotations = (0..20).map(|number| {
            let rules = rotation("days", Every::Hours(1), None).rules().clone();
            Rotation::new(RotationRules {
                name: RotationName::new(format!("{number}")),
                members: members.clone(),
                ..rules
            })
        });
        let rules = ScheduleRules { rotations: rotations.map(Result::unwrap).collect(), ..everything() };
        let refused = ScheduleRecord::fitting(ScheduleHistory::new(Schedule::new(rules).unwrap()), 1).unwrap_err();
        assert!(refused.to_string().contains("SCHEDULE_ROW_BYTES_MAX"));
    }
}
