//! Storms: when a message to one person waits for others, so that fifty alarms are two messages and not fifty.
//!
//! Nothing is dropped here. The first page of a response plan leaves at once, whatever else is going on; what follows it
//! closely is held for a moment and leaves together; what goes over a person's limits leaves later, together too.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{ChannelKind, IncidentId, ResponsePlanName, limits, mutant};

/// What one person has been sent lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// When messages left, by the kind of channel; the oldest first.
    pub sent: BTreeMap<ChannelKind, Vec<Timestamp>>,
    /// The newest message about each response plan.
    pub plans: BTreeMap<ResponsePlanName, LastMessage>,
}

/// The newest message that one person has been sent about one response plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    /// When it left.
    pub at: Timestamp,
    /// The incidents that it was about, up to [`limits::BUNDLE_REMEMBERED_MAX`] of them.
    pub incidents: Vec<IncidentId>,
}

/// A message that wants to leave.
#[derive(Clone, Copy, Debug)]
pub struct Departure<'a> {
    /// The response plan that it is about.
    pub plan: &'a ResponsePlanName,
    /// The incident that it is about.
    pub incident: &'a IncidentId,
    /// The kinds of channels that it wants to leave on.
    pub kinds: &'a [ChannelKind],
    /// Whether it asks for an answer. News can wait, and leaves room for pages.
    pub is_page: bool,
    /// Since when it has been waiting for others, if it has.
    pub held_since: Option<Timestamp>,
    /// Whether everything that the newest message of its plan was about has been answered.
    pub answered: bool,
}

/// Whether a message leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves now, except on kinds of channels that are at their limit until an instant.
    Leaves {
        /// Those kinds.
        later: BTreeMap<ChannelKind, Timestamp>,
    },
    /// It waits for others of its response plan.
    Bundled {
        /// Until then at most.
        until: Timestamp,
    },
    /// Every channel that it wants is at its limit.
    Limited {
        /// Until the first of them is not.
        until: Timestamp,
    },
}

impl Traffic {
    /// Whether a message leaves now. Pure: the same traffic gives the same verdict.
    pub fn verdict(&self, message: &Departure<'_>, now: Timestamp) -> Verdict {
        let last = self.plans.get(message.plan);
        let quiet = SignedDuration::from_mins(limits::PLAN_QUIET_MINUTES);
        if message.is_page && last.is_none_or(|last| now.duration_since(last.at) >= quiet) {
            if mutant("first-page-waits") && message.held_since.is_none() {
                return Verdict::Bundled { until: now + SignedDuration::from_secs(limits::BUNDLE_WINDOW_S) };
            }
            return Verdict::Leaves { later: BTreeMap::new() };
        }
        if let Some(until) = last.and_then(|last| window_end(message, last)).filter(|until| *until > now) {
            return Verdict::Bundled { until };
        }
        let free = |kind: &ChannelKind| Some((*kind, self.free_at(*kind, message.is_page, now)?));
        let later: BTreeMap<ChannelKind, Timestamp> = message.kinds.iter().filter_map(free).collect();
        match later.values().min() {
            Some(until) if message.kinds.iter().all(|kind| later.contains_key(kind)) => {
                Verdict::Limited { until: *until }
            }
            Some(_) | None => Verdict::Leaves { later },
        }
    }

    /// Whether a message that leaves speaks for other incidents of its plan too: it has waited for them, or the message
    /// before it was about several already.
    pub fn speaks_for_others(&self, message: &Departure<'_>) -> bool {
        let last = self.plans.get(message.plan);
        let one_of_several =
            last.is_some_and(|last| last.incidents.len() > 1 && last.incidents.contains(message.incident));
        message.is_page && (message.held_since.is_some() || one_of_several)
    }

    /// Remembers that a message leaves, and forgets what no longer matters.
    pub fn remember(&mut self, message: &Departure<'_>, kinds: &[ChannelKind], now: Timestamp) {
        let longest = SignedDuration::from_mins(limits::SENDS_LONG_MINUTES);
        for kind in kinds {
            self.sent.entry(*kind).or_default().push(now);
        }
        for sent in self.sent.values_mut() {
            sent.retain(|at| now.duration_since(*at) < longest);
            sent.sort();
        }
        self.sent.retain(|_, sent| !sent.is_empty());
        let quiet = SignedDuration::from_mins(limits::PLAN_QUIET_MINUTES);
        self.plans.retain(|_, last| now.duration_since(last.at) < quiet);
        if message.is_page {
            let incidents = vec![message.incident.clone()];
            self.plans.insert(message.plan.clone(), LastMessage { at: now, incidents });
        }
    }

    /// Remembers that the newest message about a plan was about others of its incidents too.
    pub fn spoke_for(&mut self, plan: &ResponsePlanName, others: impl Iterator<Item = IncidentId>) {
        if let Some(last) = self.plans.get_mut(plan) {
            let room = limits::BUNDLE_REMEMBERED_MAX.saturating_sub(last.incidents.len());
            last.incidents.extend(others.take(room));
        }
    }

    /// When a kind of channel takes the next message; `None`: now.
    fn free_at(&self, kind: ChannelKind, is_page: bool, now: Timestamp) -> Option<Timestamp> {
        let sent = self.sent.get(&kind)?;
        let (short, long) = limits::sends_max(kind);
        let spans = [(short, limits::SENDS_SHORT_MINUTES), (long, limits::SENDS_LONG_MINUTES)];
        let free = spans.into_iter().filter_map(|(most, minutes)| {
            // Half of the room is for news, so that a wave of recoveries does not hold up the next page.
            let most = if is_page { most } else { most / 2 };
            let span = SignedDuration::from_mins(minutes);
            let within = sent.iter().filter(|at| now.duration_since(**at) < span).count();
            let oldest_that_counts = within.checked_sub(most).map(|over| sent[sent.len() - within + over])?;
            oldest_that_counts.checked_add(span).ok()
        });
        free.max()
    }
}

/// Until when a message waits for others of its plan: a moment after the one before, and no longer than that moment from when
/// it began to wait, however many others leave meanwhile. One that has left since may have spoken for it, and has a few
/// seconds to say so.
fn window_end(message: &Departure<'_>, last: &LastMessage) -> Option<Timestamp> {
    let only_itself = last.incidents.iter().all(|incident| incident == message.incident);
    if !message.is_page || message.answered || only_itself {
        return None;
    }
    let window = SignedDuration::from_secs(limits::BUNDLE_WINDOW_S);
    let in_flight = SignedDuration::from_secs(limits::BUNDLE_IN_FLIGHT_S);
    match message.held_since {
        Some(since) if since <= last.at => {
            let gathered = since.checked_add(window).ok()?;
            Some(gathered.max(last.at.checked_add(in_flight).ok()?))
        }
        Some(_) | None => last.at.checked_add(window).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMS: &[ChannelKind] = &[ChannelKind::Sms];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).expect("an instant")
    }

    fn page<'a>(plan: &'a ResponsePlanName, incident: &'a IncidentId, kinds: &'a [ChannelKind]) -> Departure<'a> {
        Departure { plan, incident, kinds, is_page: true, held_since: None, answered: false }
    }

    /// A page that has left by SMS: seconds, plan and incident.
    type Left = (i64, &'static str, &'static str);

    fn traffic(left: &[Left]) -> Traffic {
        let mut traffic = Traffic::default();
        for (seconds, plan, incident) in left {
            let (plan, incident) = (ResponsePlanName::new(*plan), IncidentId::new(*incident));
            traffic.remember(&page(&plan, &incident, SMS), SMS, at(*seconds));
        }
        traffic
    }

    fn leaves() -> Verdict {
        Verdict::Leaves { later: BTreeMap::new() }
    }

    #[test]
    fn pages_of_a_plan_wait_for_each_other_and_for_nothing_else() {
        let rows: [(&[Left], i64, &str, &str, Verdict); 7] = [
            (&[], 0, "p", "a", leaves()),
            (&[(0, "p", "a")], 5, "p", "b", Verdict::Bundled { until: at(30) }),
            (&[(0, "p", "a")], 5, "q", "b", leaves()),
            (&[(0, "p", "a")], 5, "p", "a", leaves()),
            (&[(0, "p", "a")], 30, "p", "b", leaves()),
            (&[(0, "p", "a"), (20, "p", "a")], 35, "p", "b", Verdict::Bundled { until: at(50) }),
            (&[(0, "p", "a")], 300, "p", "b", leaves()),
        ];
        for (left, now, plan, incident, expected) in rows {
            let (plan, incident) = (ResponsePlanName::new(plan), IncidentId::new(incident));
            assert_eq!(traffic(left).verdict(&page(&plan, &incident, SMS), at(now)), expected, "{left:?} {now} {plan}");
        }
    }

    #[test]
    fn what_waits_waits_no_longer_because_others_leave() {
        let (plan, incident) = (ResponsePlanName::new("p"), IncidentId::new("b"));
        let held = Departure { held_since: Some(at(5)), ..page(&plan, &incident, SMS) };
        // The one before leaves again at 20 and at 33: the first does not lengthen the wait, the second may have spoken for it.
        assert_eq!(
            traffic(&[(0, "p", "a"), (20, "p", "a")]).verdict(&held, at(34)),
            Verdict::Bundled { until: at(35) }
        );
        assert_eq!(
            traffic(&[(0, "p", "a"), (33, "p", "a")]).verdict(&held, at(35)),
            Verdict::Bundled { until: at(38) }
        );
        assert_eq!(traffic(&[(0, "p", "a"), (33, "p", "a")]).verdict(&held, at(38)), leaves());
    }

    #[test]
    fn limits_delay_repeats_and_news_and_never_the_first_page_of_a_plan() {
        let (plan, incident) = (ResponsePlanName::new("p"), IncidentId::new("a"));
        let (short, _) = limits::sends_max(ChannelKind::Sms);
        let left: Vec<Left> = (0..short).map(|n| (i64::try_from(n).unwrap_or(0), "p", "a")).collect();
        let full = traffic(&left);
        let repeat = page(&plan, &incident, SMS);
        assert_eq!(full.verdict(&repeat, at(30)), Verdict::Limited { until: at(60) });
        assert_eq!(full.verdict(&repeat, at(60)), leaves());
        let both = page(&plan, &incident, &[ChannelKind::Sms, ChannelKind::Email]);
        let later = BTreeMap::from([(ChannelKind::Sms, at(60))]);
        assert_eq!(full.verdict(&both, at(30)), Verdict::Leaves { later }, "the mail need not wait for the telephone");
        let other = ResponsePlanName::new("q");
        assert_eq!(full.verdict(&page(&other, &incident, SMS), at(30)), leaves());
        let news = Departure { is_page: false, ..page(&other, &incident, SMS) };
        assert_eq!(traffic(&left[..short / 2]).verdict(&news, at(30)), Verdict::Limited { until: at(60) });
    }

    #[test]
    fn what_no_longer_matters_is_forgotten() {
        let traffic = traffic(&[(0, "p", "a"), (10, "q", "b"), (700, "p", "c")]);
        assert_eq!(traffic.sent[&ChannelKind::Sms], [at(700)]);
        assert_eq!(traffic.plans.keys().map(ResponsePlanName::as_str).collect::<Vec<_>>(), ["p"]);
    }
}
