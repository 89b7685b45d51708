//! Driving one incident: whatever is due starts, orders are handed on, the next deadline is armed. This is what `respond` does.

use crate::limits::{HINT_EARLY_MS, STEPS_PER_TURN_MAX};
use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Ignored, Incident, IncidentId, Input, Progress, mutant};

use crate::engine::{Applied, Engine};
use crate::error::{Chain, EngineError};
use crate::nudge::{Nudge, Timer, Work};
use crate::outbox;
use crate::port::{Message, QueueName, Scheduler, Wake, WakeOutcome};
use crate::record::{OrderRecord, OutboxRecord};
use crate::turns::taken_lately;

/// The revision that opens an incident.
const FIRST_REVISION: u64 = 1;

/// What has become of an incident that was driven.
struct Driven {
    /// As it is then.
    incident: Incident,
    /// Whether that is our doing.
    advanced: bool,
    /// Every order that it has; `None`: there may be others than those that we have made.
    ordered: Option<Vec<OutboxRecord>>,
}

impl Engine {
    /// Does everything that a nudge asks for. Safe to repeat, late, early or never: the table says what is due.
    pub async fn drive(&self, nudge: &Nudge, scheduler: &dyn Scheduler) -> Result<(), EngineError> {
        let id = nudge.incident();
        let scheduled = nudge.timer.map(|timer| timer.due);
        let Some(Driven { incident, advanced, ordered }) = self.advance(&id, scheduled).await? else {
            tracing::warn!(incident = %id, "a nudge names an incident that is not there");
            return Ok(());
        };
        let hand_on = self.hand_on(&id, ordered);
        let arm = async {
            if advanced || !nudge.is_for_orders {
                self.arm(&incident, advanced, nudge.timer, scheduler).await;
            }
        };
        let (handed_on, ()) = join(hand_on, arm).await;
        handed_on
    }

    /// Starts whatever is due by now, or by the deadline that woke us if that has really come; answers with the incident as it then is, and whether
    /// that is our doing.
    pub async fn advance_due(
        &self,
        id: &IncidentId,
        scheduled: Option<Timestamp>,
    ) -> Result<Option<(Incident, bool)>, EngineError> {
        let driven = self.advance(id, scheduled).await?;
        Ok(driven.map(|Driven { incident, advanced, .. }| (incident, advanced)))
    }

    async fn advance(&self, id: &IncidentId, scheduled: Option<Timestamp>) -> Result<Option<Driven>, EngineError> {
        let mut advanced = false;
        let scheduled = scheduled.filter(|due| self.has_come(*due));
        let Some(seen) = self.see(id, false).await? else {
            return Ok(None);
        };
        let mut incident = seen.incident.clone();
        let taken = taken_lately(&incident, seen.frozen.as_ref());
        // Nothing can have been ordered before the second revision: whoever makes it knows every order.
        let mut ordered = (incident.revision == FIRST_REVISION).then(Vec::new);
        // What is due at first is decided on what has just been read.
        let mut seen = Some(seen);
        for _ in 0..STEPS_PER_TURN_MAX {
            let now = self.now();
            let reached = scheduled.map_or(now, |scheduled| scheduled.max(now));
            if incident.due().is_none_or(|due| due > reached) {
                break;
            }
            let input = match incident.progress {
                Progress::Waiting { .. } => Input::Begin,
                Progress::Begun { .. } => Input::DeadlineReached { scheduled: reached },
            };
            let looked = match seen.take() {
                Some(seen) => Some(seen),
                None => self.see(id, false).await?,
            };
            let Some(looked) = looked else { break };
            let before = looked.incident.revision;
            let (applied, written) = self.apply_writing(looked, &input, None).await?;
            match applied {
                Applied::Committed(next) => {
                    // One revision on, and it is ours: nobody has ordered anything in between.
                    ordered = ordered.filter(|_| before == incident.revision && next.revision == before + 1);
                    if let Some(ordered) = &mut ordered {
                        ordered.extend(outbox::ordered_in(&written)?);
                    }
                    incident = *next;
                    advanced = true;
                }
                // Somebody else was faster: what is due now is due in what they made of it.
                Applied::Ignored(Ignored::NotDue | Ignored::Settled, next) => {
                    if next.revision == incident.revision {
                        break;
                    }
                    ordered = None;
                    incident = *next;
                }
                Applied::Ignored(_, next) => {
                    ordered = None;
                    incident = *next;
                    break;
                }
                Applied::Duplicate | Applied::Unknown => break,
            }
        }
        // Who advanced it has passed on the turns they took; who finds nothing to advance may have come after somebody who died.
        // That is one write more before the rest, in plans that take turns alone: there the order is kept in one place.
        if !advanced {
            self.pass_turns(&taken).await;
        }
        let ordered = ordered.filter(|_| advanced);
        Ok(Some(Driven { incident, advanced, ordered }))
    }

    /// Hands every order that nobody holds to the queue of those who can do it; `ordered` is all of them, where that is known.
    async fn hand_on(&self, id: &IncidentId, ordered: Option<Vec<OutboxRecord>>) -> Result<(), EngineError> {
        // Whoever ordered it read another clock: what is due any moment is handed on now, and not left to the tick.
        let now_ms = self.now().as_millisecond() + HINT_EARLY_MS;
        let unsettled = match ordered {
            Some(ordered) => ordered,
            None => outbox::unsettled(self, id).await?,
        };
        let is_meant = |record: &&OutboxRecord| {
            record.is_ready(now_ms) && !record.is_left_to_the_tick(now_ms) && !mutant("orders-not-handed-on")
        };
        let ready: Vec<&OutboxRecord> = unsettled.iter().filter(is_meant).collect();
        if mutant("too-early-asks-again") {
            for _ in ready.len()..unsettled.len() {
                self.nudge_in(id, 1).await?;
            }
        }
        let queue = |record: &OutboxRecord| match &record.order {
            OrderRecord::Runbook { .. } => QueueName::Runbooks,
            OrderRecord::Page { .. } | OrderRecord::Announce { .. } | OrderRecord::Tell { .. } if record.is_slow() => {
                QueueName::SlowPages
            }
            OrderRecord::Page { .. }
            | OrderRecord::Announce { .. }
            | OrderRecord::Tell { .. }
            | OrderRecord::TellOperators(_) => QueueName::Pages,
        };
        let hand_on = |to: QueueName| {
            let records = ready.iter().filter(|record| queue(record) == to);
            let messages: Vec<Message> = records.map(|record| Work::of(id, record).message()).collect();
            async move { self.send_some(to, &messages).await }
        };
        let queues = [QueueName::Pages, QueueName::SlowPages, QueueName::Runbooks];
        // Orders that a queue did not take stay due: the tick of whoever does them finds them.
        for error in join_all(queues.map(hand_on)).await.into_iter().filter_map(Result::err) {
            tracing::warn!(incident = %id, error = %Chain(&error), "orders were not handed on; the tick will find them");
        }
        Ok(())
    }

    async fn send_some(&self, queue: QueueName, messages: &[Message]) -> Result<(), EngineError> {
        if messages.is_empty() { Ok(()) } else { Ok(self.queue.send(queue, messages).await?) }
    }

    /// Two hints for the next deadline: a nudge that travels towards it, on the second, and a schedule, which needs no queue.
    ///
    /// Both are create-only. A timer whose revision was overtaken ends here: the revision that overtook it has its own.
    async fn arm(&self, incident: &Incident, advanced: bool, came_from: Option<Timer>, scheduler: &dyn Scheduler) {
        let Some(due) = incident.due().filter(|_| !mutant("no-timer")) else { return };
        let id = &incident.opening.id;
        let revision = incident.revision;
        let overtaken = came_from.is_some_and(|timer| timer.revision != revision);
        if overtaken && !advanced {
            return;
        }
        let timer = Nudge::timer(id, revision, due);
        let message = [timer.message(self.now())];
        let travelling = came_from.is_some() && !advanced;
        let wake = Wake {
            name: format!("{id}-{revision}"),
            at: whole_minute(due),
            payload: serde_json::to_string(&timer).expect("a timer is a plain struct"),
        };
        let schedule =
            async { if travelling { Ok(WakeOutcome::AlreadyThere) } else { scheduler.wake_at(&wake).await } };
        let (sent, scheduled) = join(self.queue.send(QueueName::Nudges, &message), schedule).await;
        if let Err(error) = sent {
            tracing::warn!(incident = %id, error = %Chain(&error), "no timer nudge: the schedule and the tick still stand");
        }
        if let Err(error) = scheduled {
            tracing::warn!(incident = %id, error = %Chain(&error), "no schedule: the timer nudge and the tick still stand");
        }
    }

    fn has_come(&self, due: Timestamp) -> bool {
        mutant("early-wake") || due.duration_since(self.now()) <= SignedDuration::from_millis(HINT_EARLY_MS)
    }
}

/// Scheduler counts in minutes: rounded up, so that a schedule never comes before its deadline. The timer nudge is exact.
fn whole_minute(due: Timestamp) -> Timestamp {
    let second = due.as_second() + i64::from(due.subsec_nanosecond() > 0);
    Timestamp::from_second(second.div_euclid(60) * 60 + if second % 60 == 0 { 0 } else { 60 }).unwrap_or(due)
}
