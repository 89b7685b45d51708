//! What one thing that happens has cost.

use std::time::{Duration, Instant};

use reveille_cli::bench::{Latencies, on_its_share_ms};

use crate::embedded::{Bytes, Carried, Invoked, Units, Woken};

use super::Messages;

/// One thing that happens, from the event that begins it until nothing more is done about it at once.
#[derive(Clone, Debug)]
pub struct Path {
    /// What happens.
    pub name: &'static str,
    /// The invocations that it takes.
    pub invocations: Vec<Invocation>,
    /// What leaves for people.
    pub messages: Messages,
}

/// One invocation of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Of which function.
    pub function: String,
    /// What woke it.
    pub woken: Woken,
    /// Its calls, in the order in which they left.
    pub calls: Vec<Call>,
    /// How long it took, its calls with it.
    pub took: Duration,
    /// What the function itself took of it, without the doubles of AWS.
    pub own: Duration,
}

/// One call to AWS.
#[derive(Clone, Debug)]
pub struct Call {
    /// As AWS spells it.
    pub operation: String,
    /// What it used of the table.
    pub units: Units,
    /// What went to the table and came back.
    pub bytes: Bytes,
    /// When it left and was answered, in the order of such moments.
    pub order: (u64, u64),
}

impl Path {
    /// All of its calls.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.invocations.iter().flat_map(|invocation| &invocation.calls)
    }

    /// What it uses of the table.
    pub fn units(&self) -> Units {
        self.calls().map(|call| call.units).sum()
    }

    /// What goes to the table for it and comes back.
    pub fn bytes(&self) -> Bytes {
        self.calls().map(|call| call.bytes).sum()
    }

    /// What the functions themselves take for it.
    pub fn own(&self) -> Duration {
        self.invocations.iter().map(|invocation| invocation.own).sum()
    }
}

impl Invocation {
    /// An invocation with those of the calls that are its own.
    pub(super) fn of(invoked: &Invoked, carried: &[Carried]) -> Self {
        let own: Vec<&Carried> = carried.iter().filter(|call| call.invocation == invoked.number).collect();
        let call = |carried: &&Carried| Call {
            operation: carried.asked.operation.clone(),
            units: carried.units,
            bytes: carried.bytes,
            order: carried.order,
        };
        let Invoked { function, woken, took, .. } = invoked.clone();
        let answering = together(own.iter().map(|call| call.answering).collect());
        Self { function, woken, calls: own.iter().map(call).collect(), took, own: took.saturating_sub(answering) }
    }

    /// The calls that are waited for together, one such wait after another.
    pub fn waits(&self) -> Vec<Vec<&Call>> {
        let mut waits: Vec<Vec<&Call>> = Vec::new();
        let mut first_answer = 0;
        for call in &self.calls {
            match waits.last_mut() {
                Some(wait) if call.order.0 < first_answer => {
                    first_answer = first_answer.min(call.order.1);
                    wait.push(call);
                }
                Some(_) | None => {
                    first_answer = call.order.1;
                    waits.push(vec![call]);
                }
            }
        }
        waits
    }

    /// How long it takes on AWS, in milliseconds: its own work on its share of a processor, and the longest of each set of calls that are
    /// waited for together. A model, and no measurement.
    pub fn on_aws_ms(&self, latencies: &Latencies) -> f64 {
        let ms = |call: &&Call| {
            let latency = latencies.call(&call.operation);
            latency.unwrap_or_else(|| panic!("docs/latencies.yaml has no {}", call.operation)).p50_ms
        };
        let longest = |wait: &Vec<&Call>| wait.iter().map(ms).fold(0.0, f64::max);
        on_its_share_ms(self.own) + self.waits().iter().map(longest).sum::<f64>()
    }

    /// The same as Lambda counts it: in whole milliseconds.
    pub fn billed_ms(&self, latencies: &Latencies) -> f64 {
        self.on_aws_ms(latencies).ceil()
    }
}

/// How long these spans last together; where two overlap, once.
fn together(mut spans: Vec<(Instant, Instant)>) -> Duration {
    spans.sort_unstable();
    let mut end = None;
    let mut sum = Duration::ZERO;
    for (from, until) in spans {
        let from = end.map_or(from, |end| from.max(end));
        sum += until.saturating_duration_since(from);
        end = Some(until.max(from));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_calls_take_side_by_side_is_counted_once() {
        let zero = Instant::now();
        let at = |ms: u64| zero + Duration::from_millis(ms);
        let rows: [(&[(u64, u64)], u64); 5] = [
            (&[], 0),
            (&[(1, 3), (5, 6)], 3),
            (&[(5, 6), (1, 3)], 3),
            (&[(1, 4), (2, 3), (3, 6)], 5),
            (&[(1, 2), (1, 2)], 1),
        ];
        for (spans, ms) in rows {
            let spans = spans.iter().map(|(from, until)| (at(*from), at(*until))).collect();
            assert_eq!(together(spans), Duration::from_millis(ms));
        }
    }
}
