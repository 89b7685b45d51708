//! The hours of a week, minute by minute: every source writes them in its own way, and all of them come together here.

use jiff::civil::{Time, Weekday};
use reveille_domain::CoverageWindow;

/// Minutes of a day and of a week.
pub(super) const DAY: u32 = 24 * 60;
pub(super) const WEEK: u32 = 7 * DAY;

/// Weekdays in the order of the week.
pub(super) const DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Which minutes of a week are worked. A week begins on Monday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hours(Vec<bool>);

impl Hours {
    /// None at all.
    pub(super) fn none() -> Self {
        Self(vec![false; WEEK as usize])
    }

    /// Adds so many minutes from a time of a weekday on; the end of the week goes on at its beginning.
    pub(super) fn add(&mut self, day: Weekday, minute_of_day: u32, minutes: u32) {
        let start = day.to_monday_zero_offset() as u32 * DAY + minute_of_day;
        for minute in start..start + minutes.min(WEEK) {
            self.0[(minute % WEEK) as usize] = true;
        }
    }

    /// Adds from a time of one weekday until a time of another. The same moment means the whole week.
    pub(super) fn add_until(&mut self, start: (Weekday, u32), end: (Weekday, u32)) {
        let of_week = |(day, minute): (Weekday, u32)| day.to_monday_zero_offset() as u32 * DAY + minute;
        let minutes = (of_week(end) + WEEK - of_week(start)) % WEEK;
        self.add(start.0, start.1, if minutes == 0 { WEEK } else { minutes });
    }

    /// As windows of days: `None` where every minute is worked. A night stays one window of the day on which it begins;
    /// what is longer is cut at midnight.
    pub(super) fn windows(&self) -> Option<Vec<CoverageWindow>> {
        let free = self.0.iter().position(|worked| !worked)?;
        let mut windows = Vec::new();
        let mut minute = free as u32;
        let end = minute + WEEK;
        while minute < end {
            if !self.is_worked(minute) {
                minute += 1;
                continue;
            }
            let start = minute;
            while self.is_worked(minute) {
                minute += 1;
            }
            pieces(start, minute, &mut windows);
        }
        Some(windows)
    }

    fn is_worked(&self, minute: u32) -> bool {
        self.0[(minute % WEEK) as usize]
    }
}

/// Cuts a run of minutes into windows.
fn pieces(start: u32, end: u32, windows: &mut Vec<CoverageWindow>) {
    let night = end - start < DAY;
    let mut from = start;
    while from < end {
        let to = if night { end } else { end.min((from / DAY + 1) * DAY) };
        let day = DAYS[(from / DAY % 7) as usize];
        windows.push(CoverageWindow { day, start: time(from % DAY), end: time(to % DAY) });
        from = to;
    }
}

/// A minute of the day on the clock.
pub(super) fn time(minute_of_day: u32) -> Time {
    let (hour, minute) = (minute_of_day / 60 % 24, minute_of_day % 60);
    Time::new(hour as i8, minute as i8, 0, 0).unwrap_or(Time::midnight())
}

/// `09:30`, `9:30` or `09:30:00` as a minute of the day; `None` for anything else, seconds included.
pub(super) fn minute_of_day(clock: &str) -> Option<u32> {
    let mut parts = clock.trim().trim_end_matches('Z').split(':');
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let second: u32 = parts.next().map_or(Ok(0), str::parse).ok()?;
    (hour < 24 && minute < 60 && second == 0 && parts.next().is_none()).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hours: &Hours) -> String {
        let Some(windows) = hours.windows() else { return "always".to_owned() };
        let window = |w: &CoverageWindow| {
            format!(
                "{:?} {:02}:{:02}-{:02}:{:02}",
                w.day,
                w.start.hour(),
                w.start.minute(),
                w.end.hour(),
                w.end.minute()
            )
        };
        windows.iter().map(window).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn windows_are_joined_and_cut() {
        type Spans = &'static [(usize, u32, u32)];
        let rows: [(Spans, &str); 7] = [
            (&[], ""),
            (&[(0, 540, 480)], "Monday 09:00-17:00"),
            (&[(0, 540, 240), (0, 720, 300)], "Monday 09:00-17:00"),
            (&[(6, 1320, 480)], "Sunday 22:00-06:00"),
            (&[(4, 1020, 3840)], "Friday 17:00-00:00, Saturday 00:00-00:00, Sunday 00:00-00:00, Monday 00:00-09:00"),
            (&[(2, 0, 1440)], "Wednesday 00:00-00:00"),
            (&[(3, 10, 10080)], "always"),
        ];
        for (spans, expected) in rows {
            let mut hours = Hours::none();
            spans.iter().for_each(|(day, minute, minutes)| hours.add(DAYS[*day], *minute, *minutes));
            assert_eq!(shown(&hours), expected);
        }
        let mut hours = Hours::none();
        hours.add_until((Weekday::Friday, 1020), (Weekday::Monday, 540));
        assert!(shown(&hours).starts_with("Friday 17:00-00:00, Saturday"));
    }

    #[test]
    fn clocks_are_read() {
        let rows = [
            ("09:30", Some(570)),
            ("9:05", Some(545)),
            ("08:00:00", Some(480)),
            ("09:00:00Z", Some(540)),
            ("24:00", None),
            ("09:00:30", None),
            ("nine", None),
        ];
        for (clock, expected) in rows {
            assert_eq!(minute_of_day(clock), expected, "{clock}");
        }
    }
}
