//! Invariant 4: a dedupe key has one open incident, and what is known of its newest event outlives it.

use std::collections::BTreeSet;

use crate::crash::Ending;
use crate::embedded::PATIENCE_S;

/// Whoever a death has held up says by so much later that something happens, where a message has no time of its own.
const SAID_LATE_MS: i64 = 1_000 * PATIENCE_S;

pub(super) fn one_incident_is_open_for_a_key(_: &Ending, after: &Ending) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let open = after.incidents.iter().filter(|(_, incident)| incident.is_open());
    let keys = open.map(|(id, incident)| (id, (&incident.opening.response_plan, &incident.opening.dedupe_key)));
    let again = keys.filter(|(_, key)| !seen.insert(*key));
    again.map(|(id, _)| format!("{} is open, and so is another one of its key", id.short())).collect()
}

pub(super) fn closing_leaves_the_newest_event_time(undisturbed: &Ending, after: &Ending) -> Vec<String> {
    let differs = |(key, newest): (&String, &Option<i64>)| {
        let found = after.newest.get(key).copied().flatten();
        let is_it = match (found, *newest) {
            (Some(found), Some(newest)) => (newest..=newest + SAID_LATE_MS).contains(&found),
            (found, newest) => found == newest,
        };
        (!is_it).then(|| format!("the newest event of {key} is {found:?}, and not {newest:?}"))
    };
    undisturbed.newest.iter().filter_map(differs).collect()
}
