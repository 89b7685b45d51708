//! Later signals about an incident that is open.

use jiff::Timestamp;

use super::{Ignored, answer, draft::Draft};
use crate::{Actor, NoteReason, ResolutionReason, Signal, SignalState, TimelineKind, World};

pub(super) fn receive(
    draft: &mut Draft,
    world: &World,
    signal: &Signal,
    newest_repeat: Option<Timestamp>,
) -> Result<(), Ignored> {
    if !draft.next.is_open() {
        return Err(Ignored::Settled);
    }
    let source = || Actor::Source(signal.source.name().to_owned());
    match &signal.state {
        // A firing signal about an open incident is counted beside it; the state does not change.
        SignalState::Firing => Err(Ignored::AlreadyOpen),
        SignalState::Ignored(_) => Err(Ignored::Irrelevant),
        SignalState::Noted(reason) => {
            note(draft, *reason, &signal.title);
            Ok(())
        }
        SignalState::Acknowledged => answer::acknowledge_all(draft, world, &source()),
        SignalState::Recovered => close(draft, signal, newest_repeat, ResolutionReason::Recovered),
        SignalState::Removed => close(draft, signal, newest_repeat, ResolutionReason::Removed),
    }
}

fn note(draft: &mut Draft, reason: NoteReason, title: &str) {
    draft.tell(TimelineKind::Noted { reason, text: title.to_owned() });
}

/// A recovery that is older than the newest firing is late: what it says was overtaken.
fn close(
    draft: &mut Draft,
    signal: &Signal,
    newest_repeat: Option<Timestamp>,
    reason: ResolutionReason,
) -> Result<(), Ignored> {
    let newest_firing =
        newest_repeat.map_or(draft.next.opening.occurred_at, |at| at.max(draft.next.opening.occurred_at));
    if signal.occurred_at < newest_firing {
        return Err(Ignored::Stale);
    }
    draft.resolve(Actor::Source(signal.source.name().to_owned()), reason);
    Ok(())
}
