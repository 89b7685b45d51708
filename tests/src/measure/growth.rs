//! Growth: what every path costs when few incidents are open and when many are, with few contacts and with many.

use std::time::Duration;

use serde::Serialize;

use super::MeasureError;
use super::filling::filled;
use crate::cost::{Path, play_in};

/// A path may cost so many times as much where there is much as where there is little.
const GROWS_WITHIN: f64 = 1.2;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Incidents that are open, of other plans and people.
    pub incidents: usize,
    /// Contacts in the table.
    pub contacts: usize,
}

/// What a path costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Requests to AWS.
    pub requests: f64,
    /// Bytes that the table is asked with, and with them what it writes.
    pub asked_bytes: f64,
    /// Bytes that it answers.
    pub answered_bytes: f64,
    /// Read units of the table.
    pub read_units: f64,
    /// Its write units.
    pub write_units: f64,
    /// What the functions themselves take, with their clients, in microseconds; the shortest of all rounds.
    pub own_us: f64,
}

/// What a path costs where there is little and where there is much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grown {
    /// What happens.
    pub path: &'static str,
    /// With little.
    pub little: Cost,
    /// With much.
    pub much: Cost,
}

impl Cost {
    fn of(path: &Path) -> Self {
        let (bytes, units) = (path.bytes(), path.units());
        Self {
            requests: path.calls().count() as f64,
            asked_bytes: bytes.asked as f64,
            answered_bytes: bytes.answered as f64,
            read_units: units.read,
            write_units: units.write,
            own_us: microseconds(path.own()),
        }
    }

    /// One of so many rounds, whose mean this becomes; of times the shortest.
    fn add(&mut self, one: &Self, rounds: usize) {
        let share = rounds as f64;
        self.requests += one.requests / share;
        self.asked_bytes += one.asked_bytes / share;
        self.answered_bytes += one.answered_bytes / share;
        self.read_units += one.read_units / share;
        self.write_units += one.write_units / share;
        self.own_us = if self.own_us > 0.0 { self.own_us.min(one.own_us) } else { one.own_us };
    }

    fn all(&self) -> [f64; 6] {
        [self.requests, self.asked_bytes, self.answered_bytes, self.read_units, self.write_units, self.own_us]
    }
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

impl Grown {
    /// The factors, in the order of the fields. What costs nothing where there is little may cost nothing where there is much.
    pub fn factors(&self) -> [f64; 6] {
        let (little, much) = (self.little.all(), self.much.all());
        [0, 1, 2, 3, 4, 5].map(|place| match (little[place], much[place]) {
            (0.0, 0.0) => 1.0,
            (little, much) => much / little,
        })
    }

    /// Whether what is the same in every run grows no further than it may.
    pub fn holds(&self) -> bool {
        self.factors()[..5].iter().all(|factor| *factor <= GROWS_WITHIN)
    }
}

/// What the paths cost at two sizes; each is the mean of so many rounds. They take turns, so that whatever else the machine does meets
/// both alike.
pub fn growth(little: Size, much: Size, rounds: usize) -> Result<Vec<Grown>, MeasureError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let worlds = [filled(little).await?, filled(much).await?];
        let mut sums: [Vec<(&'static str, Cost)>; 2] = Default::default();
        for _ in 0..rounds {
            for (nights, sums) in worlds.iter().zip(&mut sums) {
                let played = play_in(nights).await;
                let costs = played.all().map(|path| (path.name, Cost::of(path)));
                if sums.is_empty() {
                    *sums = played.all().map(|path| (path.name, Cost::default())).collect();
                }
                costs.zip(sums).for_each(|((_, cost), (_, sum))| sum.add(&cost, rounds));
            }
        }
        let [little, much] = sums;
        Ok(little.into_iter().zip(much).map(|((path, little), (_, much))| Grown { path, little, much }).collect())
    })
}

/// The table, in Markdown.
pub fn table(what: &str, all: &[Grown]) -> String {
    let mut text = format!(
        "| {what} | requests | bytes asked | bytes answered | read units | write units | own work, µs | requests | bytes asked | answered | \
         read units | write units | own work |\n|{}\n",
        "---|".repeat(13)
    );
    for grown in all {
        let Cost { requests, asked_bytes, answered_bytes, read_units, write_units, own_us } = grown.little;
        let factors = grown.factors().map(|factor| format!("×{factor:.2}")).join(" | ");
        text.push_str(&format!(
            "| {} | {requests:.0} | {asked_bytes:.0} | {answered_bytes:.0} | {read_units:.1} | {write_units:.1} | {own_us:.0} | {factors} |\n",
            grown.path
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: Cost = Cost {
        requests: 10.0,
        asked_bytes: 10.0,
        answered_bytes: 10.0,
        read_units: 10.0,
        write_units: 0.0,
        own_us: 10.0,
    };

    fn holds(much: Cost) -> bool {
        Grown { path: "a path", little: LITTLE, much }.holds()
    }

    #[test]
    fn whatever_is_counted_grows_by_a_fifth_at_most_and_times_are_not_held() {
        assert!(holds(LITTLE));
        assert!(holds(Cost { requests: 12.0, read_units: 12.0, own_us: 90.0, ..LITTLE }));
        let grown = [
            Cost { requests: 13.0, ..LITTLE },
            Cost { asked_bytes: 13.0, ..LITTLE },
            Cost { answered_bytes: 13.0, ..LITTLE },
            Cost { read_units: 13.0, ..LITTLE },
            Cost { write_units: 1.0, ..LITTLE },
        ];
        for much in grown {
            assert!(!holds(much), "{much:?}");
        }
    }
}
