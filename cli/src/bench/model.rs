//! The way of a page on AWS, computed from published latencies: a model, and no measurement. It is drawn many times from the same
//! seed, since percentiles cannot be added.

use serde::Serialize;

use super::BenchError;
use super::latencies::{Latencies, Latency, on_its_share_ms};
use super::percentiles::Percentiles;
use super::trace::HOPS;

/// Draws. The thousandth largest of so many is known well enough.
const DRAWS: u32 = 100_000;
/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_9;

/// One piece of the way on AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnAws {
    /// The way on which it begins, by its name in the list of latencies.
    pub way: Option<&'static str>,
    /// The calls that are waited for, one after another.
    pub calls: &'static [&'static str],
    /// Whether a function works in it.
    pub works: bool,
}

/// What comes of the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// The day of the list of latencies.
    pub latencies_as_of: String,
    /// Each piece, in order.
    pub hops: Vec<(&'static str, Percentiles)>,
    /// From the alarm until the provider is asked.
    pub whole: Percentiles,
    /// Latencies that nobody has confirmed.
    pub unconfirmed: Vec<String>,
}

/// Computes it; `own` is what the functions' own work takes in each piece on a whole processor.
pub(super) fn model(own: &[std::time::Duration]) -> Result<Model, BenchError> {
    let latencies = Latencies::read();
    let mut random = Random(0x5EED_0FA9);
    let mut pieces: Vec<(f64, Vec<&Latency>)> = Vec::new();
    let mut unconfirmed = Vec::new();
    for (place, hop) in HOPS.iter().enumerate() {
        let own_ms = own.get(place).filter(|_| hop.on_aws.works).map_or(0.0, |own| on_its_share_ms(*own));
        let way = hop.on_aws.way.map(|name| (name, latencies.way(name)));
        let calls = hop.on_aws.calls.iter().map(|name| (*name, latencies.call(name)));
        let mut found = Vec::new();
        for (name, latency) in way.into_iter().chain(calls) {
            let latency = latency.ok_or_else(|| BenchError::NoLatency(name))?;
            if !latency.confirmed && !unconfirmed.iter().any(|known| known == name) {
                unconfirmed.push(name.to_owned());
            }
            found.push(latency);
        }
        pieces.push((own_ms, found));
    }
    let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); HOPS.len()];
    let mut whole = Vec::new();
    for _ in 0..DRAWS {
        let mut sum = 0.0;
        for ((own_ms, latencies), drawn) in pieces.iter().zip(&mut drawn) {
            let took = own_ms + latencies.iter().map(|latency| random.drawn(latency)).sum::<f64>();
            drawn.push(took);
            sum += took;
        }
        whole.push(sum);
    }
    let hops = HOPS.iter().zip(drawn).map(|(hop, drawn)| (hop.name, Percentiles::of_ms(drawn))).collect();
    Ok(Model { latencies_as_of: latencies.as_of, hops, whole: Percentiles::of_ms(whole), unconfirmed })
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    /// Of a distribution whose logarithm is normal, with this median and this 99th percentile.
    fn drawn(&mut self, latency: &Latency) -> f64 {
        let spread = (latency.p99_ms / latency.p50_ms).ln() / Z99;
        latency.p50_ms * (spread * self.normal()).exp()
    }

    /// By Box and Muller.
    fn normal(&mut self) -> f64 {
        let (one, other) = (self.unit(), self.unit());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    /// Above 0, up to 1. The generator is `splitmix64`.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_whole_is_later_than_its_pieces_and_sooner_than_the_sum_of_their_worst() {
        let own = [Duration::from_micros(500); HOPS.len()];
        let model = model(&own).unwrap();
        let sum = |of: fn(&Percentiles) -> f64| model.hops.iter().map(|(_, hop)| of(hop)).sum::<f64>();
        assert!(model.whole.p50_ms > sum(|hop| hop.p50_ms), "long tails move the middle of a sum");
        assert!(model.whole.p99_ms < sum(|hop| hop.p99_ms), "not everything is at its worst at once");
        assert!(model.unconfirmed.contains(&"alarm_action".to_owned()));
        assert!(!model.unconfirmed.contains(&"TransactWriteItems".to_owned()));
    }

    #[test]
    fn what_is_drawn_has_the_percentiles_that_it_is_drawn_from() {
        let latency =
            Latency { p50_ms: 16.0, p99_ms: 105.0, read: String::new(), confirmed: true, source: String::new() };
        let mut random = Random(7);
        let drawn = Percentiles::of_ms((0..50_000).map(|_| random.drawn(&latency)).collect());
        assert!((drawn.p50_ms - 16.0).abs() < 0.5 && (drawn.p99_ms - 105.0).abs() < 6.0, "{drawn:?}");
    }
}
