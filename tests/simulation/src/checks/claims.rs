//! Invariants 3 and 6: what leaves has its claim, which came before its end, and leaves right after it.

use reveille_engine::record::OrderRecord;

use crate::books::{Books, Class, Moment};
use crate::script::{Ms, SECOND};

/// A provider is asked so long after the claim at most.
const ASKED_MS: Ms = SECOND;

pub(super) fn inv_03_nothing_leaves_that_was_stopped_before_its_claim(
    books: &Books,
    moment: &Moment<'_>,
) -> Option<String> {
    match moment {
        Moment::Committed(commit) => commit.orders.iter().find_map(|change| {
            let before = change.before.as_ref().filter(|before| change.after.attempt > before.attempt)?;
            let is_void = before.stopped || before.settled;
            is_void.then(|| format!("{}/{} is claimed and had been stopped or settled", change.key.pk, change.key.sk))
        }),
        Moment::Asked(sending) => {
            let order = books.order_of(sending)?;
            let is_page = matches!(order.record.order, OrderRecord::Page { .. });
            (is_page && order.claimed_over).then(|| format!("{sending} leaves, and its claim came after its end"))
        }
        _ => None,
    }
}

pub(super) fn inv_06_nobody_waits_for_a_provider_of_another(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Asked(sending) = moment else { return None };
    let order = books.order_of(sending)?;
    let waited = books.now - order.claimed_at;
    let is_excuse = |class| !matches!(class, Class::Provider | Class::Automation);
    (waited > ASKED_MS && !books.was_wrong_since(order.claimed_at, is_excuse))
        .then(|| format!("{sending} leaves {:.3}s after its claim", waited as f64 / 1_000.0))
}
