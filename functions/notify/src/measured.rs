//! What of an attempt alarms watch: how late a page was taken, and that it will not arrive.

use reveille_domain::{Incident, Receipt, TestPage};
use reveille_engine::port::Metric;
use reveille_engine::record::Delivery;

use crate::Context;
use crate::outcome::Outcome;
use crate::scene::Scene;

/// Whether an incident is one by which the installation tests itself.
pub(crate) fn is_synthetic(incident: &Incident) -> bool {
    TestPage::of(&incident.opening).is_some_and(|test| test.is_synthetic())
}

/// A page that a provider has just taken, as the first message of its order: from the synthetic alarm itself, whose clock is as
/// good as ours; of a real page from the moment at which it was to leave, since clocks of senders say nothing about us.
pub(crate) fn taken(context: &Context, scene: &Scene, outcomes: &[Outcome]) {
    let Some(incident) = scene.incident.as_ref().filter(|_| scene.is_page()) else { return };
    let is_first = scene.order.order.channels().iter().all(|channel| channel.delivery != Delivery::Sent);
    let is_taken = outcomes.iter().any(|outcome| outcome.receipt == Receipt::Sent);
    if !is_first || !is_taken {
        return;
    }
    let now = context.engine.now();
    if is_synthetic(incident) {
        let took = now.duration_since(incident.opening.occurred_at);
        context.metrics.put(Metric::SyntheticPageSeconds, took.as_secs_f64());
    } else if let Some(wanted_at) = scene.order.wanted_at {
        let took_ms = (now.as_millisecond() - wanted_at).max(0);
        context.metrics.put(Metric::PageSeconds, took_ms as f64 / 1_000.0);
    }
}

/// A page that will not arrive on a channel: refused, given up, or reported as not delivered. That of a synthetic incident is missed
/// by an alarm of its own.
pub(crate) fn undelivered(context: &Context, incident: Option<&Incident>) {
    if incident.is_none_or(|incident| !is_synthetic(incident)) {
        context.metrics.put(Metric::UndeliveredPages, 1.0);
    }
}
