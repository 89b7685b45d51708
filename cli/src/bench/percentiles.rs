//! Percentiles of what was measured.

use std::time::Duration;

use serde::Serialize;

/// The middle, and how bad it gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// What one of a thousand takes.
    pub p99_9_ms: f64,
}

impl Percentiles {
    /// Of these durations.
    pub fn of(took: &[Duration]) -> Self {
        Self::of_ms(took.iter().map(|took| took.as_secs_f64() * 1_000.0).collect())
    }

    /// Of these milliseconds.
    pub fn of_ms(mut ms: Vec<f64>) -> Self {
        ms.sort_by(f64::total_cmp);
        let at = |per_mille: usize| ms.get(rank(ms.len(), per_mille)).map_or(0.0, |ms| (ms * 100.0).round() / 100.0);
        Self { p50_ms: at(500), p99_ms: at(990), p99_9_ms: at(999) }
    }
}

/// The nearest rank: the place of the smallest value that so many of a thousand are not above.
fn rank(count: usize, per_mille: usize) -> usize {
    (count * per_mille).div_ceil(1_000).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_of_its_rank() {
        let thousand = Percentiles::of_ms((1..=1_000).map(f64::from).collect());
        assert_eq!(thousand, Percentiles { p50_ms: 500.0, p99_ms: 990.0, p99_9_ms: 999.0 });
        let one = Percentiles::of_ms(vec![7.0]);
        assert_eq!(one, Percentiles { p50_ms: 7.0, p99_ms: 7.0, p99_9_ms: 7.0 });
        assert_eq!(Percentiles::of_ms(Vec::new()), Percentiles::default());
    }
}
