//! The queues with work: whether what is in them is worked.

use super::check::Check;
use crate::dead_letters::{Depth, Messages};
use crate::installation::Reached;

/// More than this waits only where a function does not keep up: ten batches take less than a second each.
const WAITING_MAX: u64 = 100;

pub(super) async fn examine(reached: &Reached) -> Vec<Check> {
    let queues = &reached.parts.queues;
    let all = [
        ("nudges", &queues.nudges, "respond"),
        ("pages", &queues.pages, "notify"),
        ("slow pages", &queues.slow_pages, "notify"),
        ("runbooks", &queues.runbooks, "runbook"),
        ("ingest failures", &queues.ingest_failures, "ingest"),
    ];
    let messages = Messages::of(reached);
    let mut checks = Vec::new();
    for (name, url, function) in all {
        let check = format!("queue of {name}");
        let Some(url) = url else {
            checks.push(Check::warning(
                check,
                "its URL is not known",
                "leave --table out; deploy the stack again if it has no parameter yet",
            ));
            continue;
        };
        checks.push(match messages.depth(url).await {
            Ok(depth) => judged(check, depth, function),
            Err(error) => Check::unknown(check, &error),
        });
    }
    checks
}

fn judged(check: String, depth: Depth, function: &str) -> Check {
    let Depth { waiting, in_flight, delayed } = depth;
    let says = format!("{waiting} waiting, {in_flight} being worked, {delayed} for later");
    if function == "ingest" && waiting + in_flight > 0 {
        let remedy =
            "events keep failing: the log of `ingest` says why; each is tried again every three minutes, for a day";
        return Check::warning(check, says, remedy);
    }
    if waiting > WAITING_MAX {
        let remedy =
            format!("`{function}` does not keep up: look at its log, its throttles and the account's concurrency");
        return Check::warning(check, says, remedy);
    }
    Check::ok(check, says)
}
