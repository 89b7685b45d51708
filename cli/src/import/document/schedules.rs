//! Schedules as they stand in the document.

use jiff::civil::{Time, Weekday};
use reveille_domain::{CoverageWindow, Every, Layers};

use super::{Aliases, comments};
use crate::import::hours::DAYS;
use crate::import::model::{Imported, Override, RenderedShift, Rotation, Schedule, Temporary, described};
use crate::import::names::Taken;
use crate::yaml::{Map, Yaml};

/// The section `schedules`.
pub(super) fn section(imported: &Imported, aliases: &Aliases) -> Map {
    imported.schedules.iter().fold(Map::tall(), |map, one| {
        let object = described("schedule", &one.name, &one.id);
        map.commented(&comments(imported, &object), &aliases.schedules[&one.id], schedule(one, aliases))
    })
}

fn schedule(one: &Schedule, aliases: &Aliases) -> Map {
    let layers = match one.layers {
        Layers::Upper => "upper",
        Layers::Both => "both",
    };
    let mut taken = Taken::default();
    let rotations: Vec<Yaml> = one
        .rotations
        .iter()
        .map(|rotation| self::rotation(rotation, &taken.alias(&[&rotation.name], "rotation").0, aliases).into())
        .collect();
    let overrides: Vec<Yaml> = one.overrides.iter().map(|one| change(one, aliases)).collect();
    let temporary: Vec<Yaml> = one.temporary.iter().map(|span| self::temporary(span, aliases)).collect();
    Map::tall()
        .with("layers", layers)
        .with("rotations", rotations)
        .maybe("overrides", (!overrides.is_empty()).then_some(overrides))
        .maybe("temporary", (!temporary.is_empty()).then_some(temporary))
}

fn rotation(one: &Rotation, name: &str, aliases: &Aliases) -> Map {
    let (every, handoffs) = every(&one.every);
    let members: Vec<Yaml> = one.members.iter().map(|member| aliases.contact(member)).collect();
    Map::tall()
        .with("name", name)
        .with("time_zone", one.time_zone.as_str())
        .with("start", Yaml::Plain(one.start.to_string()))
        .with("every", every)
        .maybe("handoffs", (!handoffs.is_empty()).then_some(handoffs))
        .with("members", members)
        .maybe("on_call", (one.on_call != 1).then_some(one.on_call as u32))
        .maybe("coverage", one.coverage.as_deref().map(coverage))
        .maybe("days_off_burn_turns", (one.days_off_burn_turns && one.coverage.is_some()).then_some(true))
}

fn every(every: &Every) -> (Map, Vec<Yaml>) {
    let at = |time: Time| clock(time);
    match every {
        Every::Hours(count) => (Map::new().with("hours", *count), Vec::new()),
        Every::Days { count, handoffs } => {
            let handoff = |time: &Time| Yaml::from(Map::new().with("at", at(*time)));
            (Map::new().with("days", *count), handoffs.iter().map(handoff).collect())
        }
        Every::Weeks { count, handoffs } => {
            let handoff = |(day, time): &(Weekday, Time)| {
                Yaml::from(Map::new().with("day", day_name(*day)).with("at", at(*time)))
            };
            (Map::new().with("weeks", *count), handoffs.iter().map(handoff).collect())
        }
        Every::Months { count, handoffs } => {
            let handoff =
                |(day, time): &(u8, Time)| Yaml::from(Map::new().with("day", u32::from(*day)).with("at", at(*time)));
            (Map::new().with("months", *count), handoffs.iter().map(handoff).collect())
        }
    }
}

fn coverage(windows: &[CoverageWindow]) -> Map {
    let mut map = Map::new();
    for day in DAYS {
        let mut of_day: Vec<&CoverageWindow> = windows.iter().filter(|window| window.day == day).collect();
        of_day.sort_by_key(|window| window.start);
        let texts: Vec<Yaml> = of_day.into_iter().map(|window| Yaml::from(written(window))).collect();
        if !texts.is_empty() {
            map = map.with(day_name(day), texts);
        }
    }
    map
}

fn written(window: &CoverageWindow) -> String {
    let end = if window.end == Time::midnight() { "24:00".to_owned() } else { clock(window.end) };
    format!("{}-{end}", clock(window.start))
}

fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MON",
        Weekday::Tuesday => "TUE",
        Weekday::Wednesday => "WED",
        Weekday::Thursday => "THU",
        Weekday::Friday => "FRI",
        Weekday::Saturday => "SAT",
        Weekday::Sunday => "SUN",
    }
}

fn change(one: &Override, aliases: &Aliases) -> Yaml {
    Map::new()
        .with("start", Yaml::Plain(one.start.to_string()))
        .with("end", Yaml::Plain(one.end.to_string()))
        .maybe("remove", one.remove.as_ref().map(|id| aliases.contact(id)))
        .maybe("add", one.add.as_ref().map(|id| aliases.contact(id)))
        .into()
}

fn temporary(span: &Temporary, aliases: &Aliases) -> Yaml {
    let shift = |shift: &RenderedShift| {
        Yaml::from(
            Map::new()
                .with("contact", aliases.contact(&shift.contact))
                .with("start", Yaml::Plain(shift.start.to_string()))
                .with("end", Yaml::Plain(shift.end.to_string())),
        )
    };
    let shifts: Vec<Yaml> = span.shifts.iter().map(shift).collect();
    Map::tall()
        .with("start", Yaml::Plain(span.start.to_string()))
        .with("end", Yaml::Plain(span.end.to_string()))
        .with("shifts", shifts)
        .into()
}
