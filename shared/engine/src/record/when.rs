//! Conditions of stages.

use std::collections::BTreeSet;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use reveille_domain::{Day, Hours, Impact, When};
use serde::{Deserialize, Serialize};

/// What must hold when a stage is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WhenRecord {
    #[serde(default)]
    impacts: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<HoursRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HoursRecord {
    /// 1 is Monday.
    weekdays: Vec<i8>,
    time: Option<(Time, Time)>,
    time_zone: String,
}

impl WhenRecord {
    pub(crate) fn is_always(&self) -> bool {
        self.impacts.is_empty() && self.hours.is_none()
    }
}

impl From<&When> for WhenRecord {
    fn from(when: &When) -> Self {
        let hours = when.hours.as_ref().map(|hours| HoursRecord {
            weekdays: hours.weekdays.iter().map(|day| day.0.to_monday_one_offset()).collect(),
            time: hours.time,
            time_zone: hours.time_zone.iana_name().unwrap_or("Etc/Unknown").to_owned(),
        });
        Self { impacts: when.impacts.iter().map(|impact| impact.number()).collect(), hours }
    }
}

impl From<WhenRecord> for When {
    fn from(record: WhenRecord) -> Self {
        let day = |offset: i8| Weekday::from_monday_one_offset(offset).ok().map(Day);
        let hours = record.hours.map(|hours| Hours {
            weekdays: hours.weekdays.into_iter().filter_map(day).collect::<BTreeSet<_>>(),
            time: hours.time,
            // Written by a newer program, perhaps. A stage whose hours cannot be told is better started than left out.
            time_zone: TimeZone::get(&hours.time_zone).unwrap_or_else(|_| TimeZone::unknown()),
        });
        Self { impacts: record.impacts.into_iter().filter_map(Impact::from_number).collect(), hours }
    }
}
