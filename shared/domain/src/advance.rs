//! The one decision function: an incident and an input in, the next incident and its orders out.
//!
//! Each kind of input has a file of its own beside this one. What they share is [`draft::Draft`], the step under
//! construction, which keeps the rule that every change of state is also an event on the timeline.

mod again;
mod answer;
mod draft;
mod engage;
mod escalation;
mod follow;
mod last_resort;
mod paging;
mod responders;
mod runbooks;
mod signals;

use jiff::Timestamp;

use crate::{
    Actor, Effect, EngagementId, FrozenPlan, Incident, Input, Progress, ResolutionReason, TestPage, TimelineEvent,
    World,
};
use draft::Draft;
use paging::Failed;

/// What one input makes of an incident. Commit all of it or nothing.
#[must_use = "a step that is not committed never happened"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The incident after the step; its revision is one more than before.
    pub next: Incident,
    /// What happened, in order. Never empty.
    pub timeline: Vec<TimelineEvent>,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
    /// The engagements that ended: what is ordered for them and not done yet must not be done any more.
    pub stopped: Vec<EngagementId>,
    /// The plan, if this step froze it into the incident.
    pub froze: Option<FrozenPlan>,
}

/// Why an input changes nothing. A legal answer, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The incident is there already.
    AlreadyOpen,
    /// Nothing is due.
    NotDue,
    /// It was acknowledged, stopped, resolved or finished before.
    Settled,
    /// The signal is older than what the incident knows.
    Stale,
    /// There is no such incident, page, contact or runbook.
    Unknown,
    /// Nothing that anybody has to know.
    Irrelevant,
    /// There is nothing in it.
    Empty,
    /// There are as many of them as an incident can hold.
    TooMany,
    /// Nobody can be asked: nobody is on call, or those who are cannot be paged, or there is no further stage.
    NobodyToAsk,
}

/// Decides. Pure: the same arguments give the same step, so a refused commit is answered by loading and deciding again.
pub fn advance(current: Option<&Incident>, input: &Input, world: &World, now: Timestamp) -> Result<Step, Ignored> {
    let Some(incident) = current else {
        return match input {
            Input::Open(opening) => Ok(draft::open(opening, now)),
            Input::Signal { .. }
            | Input::Begin
            | Input::DeadlineReached { .. }
            | Input::Acknowledge { .. }
            | Input::Snooze { .. }
            | Input::Escalate { .. }
            | Input::Engage { .. }
            | Input::Reassign { .. }
            | Input::Resolve { .. }
            | Input::Note { .. }
            | Input::StartRunbook { .. }
            | Input::Undelivered { .. }
            | Input::RunbookEnded { .. } => Err(Ignored::Unknown),
        };
    };
    // The latest of the clock and the stored deadline: a clock that runs behind must not miss a deadline that fired.
    let now = if let Input::DeadlineReached { scheduled } = input { now.max(*scheduled) } else { now };
    let mut draft = Draft::of(incident, now);
    let is_test = TestPage::of(&incident.opening).is_some();
    match input {
        Input::Open(_) => return Err(Ignored::AlreadyOpen),
        Input::Signal { signal, newest_repeat } => signals::receive(&mut draft, world, signal, *newest_repeat)?,
        Input::Begin => follow::begin(&mut draft, world)?,
        Input::DeadlineReached { .. } => follow::reach(&mut draft, world)?,
        Input::Acknowledge { contact, page } | Input::Snooze { contact, page, .. } if is_test => {
            answer::acknowledge(&mut draft, world, contact, *page)?;
            draft.end(&Actor::Contact(contact.clone()), ResolutionReason::Resolved);
        }
        // There is nobody after whoever is tested.
        Input::Escalate { .. } | Input::Engage { .. } | Input::Reassign { .. } if is_test => {
            return Err(Ignored::NobodyToAsk);
        }
        Input::Acknowledge { contact, page } => answer::acknowledge(&mut draft, world, contact, *page)?,
        Input::Snooze { contact, page, minutes } => answer::snooze(&mut draft, contact, *page, *minutes)?,
        Input::Escalate { by } => responders::escalate(&mut draft, world, by)?,
        Input::Engage { by, target } => responders::engage(&mut draft, world, by, target)?,
        Input::Reassign { by, to } => responders::reassign(&mut draft, world, by, to)?,
        Input::Resolve { by } => answer::resolve(&mut draft, by)?,
        Input::Note { by, text } => responders::note(&mut draft, by, text)?,
        Input::StartRunbook { by, runbook } => responders::start_runbook(&mut draft, by, runbook)?,
        Input::Undelivered { page, contact, channel, reason } => {
            paging::undelivered(&mut draft, world, &Failed { page: *page, contact, channel }, reason)?;
        }
        Input::RunbookEnded { run, execution, outcome } => {
            runbooks::ended(&mut draft, *run, execution.as_ref(), outcome)?
        }
    }
    Ok(draft.finish())
}

impl Incident {
    /// Whether the plan has begun.
    fn has_begun(&self) -> bool {
        matches!(self.progress, Progress::Begun { .. })
    }
}
