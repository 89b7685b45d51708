//! Shortening: of a night that broke something, the lines without which it breaks nothing.

use super::script::{MINUTE, Script};
use super::{Played, play};

/// Nights that are played to shorten one.
const PLAYS_MAX: usize = 3_000;

/// The shortest night that still breaks the same invariant, and how that went. A night that breaks nothing stays as it is.
pub fn shorten(script: &Script) -> (Script, Played) {
    let mut best = script.clone();
    let mut played = play(&best);
    let Some(invariant) = played.violation.as_ref().map(|violation| violation.invariant) else {
        return (best, played);
    };
    let mut plays = 0;
    let mut breaks = |script: &Script| {
        plays += 1;
        let played = play(script);
        let same = played.violation.as_ref().is_some_and(|violation| violation.invariant == invariant);
        (same && plays <= PLAYS_MAX).then_some(played)
    };
    loop {
        let before = best.clone();
        let mut size = best.len().div_ceil(2).max(1);
        loop {
            let mut from = 0;
            while from < best.len() {
                let shorter = best.without(from..from + size);
                match breaks(&shorter) {
                    Some(again) => (best, played) = (shorter, again),
                    None => from += size,
                }
            }
            if size == 1 {
                break;
            }
            size = size.div_ceil(2);
        }
        // What is left undone in the middle of an outage would be another finding, and none.
        let calm_from = best.troubled_until() + 10 * MINUTE;
        let earlier = Script { until: (best.until / 2 / MINUTE).max(1) * MINUTE, ..best.clone() };
        if earlier.until < best.until
            && earlier.until >= calm_from
            && let Some(again) = breaks(&earlier)
        {
            (best, played) = (earlier, again);
        }
        if best == before {
            return (best, played);
        }
    }
}
