//! What somebody does about an incident, through the page or by SMS.

use reveille_domain::{Actor, ContactAlias, Ignored, Incident, IncidentId, Input, OutboxId};
use reveille_engine::{Applied, Chain, Engine, EngineError, Seen};

use crate::known::Known;

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// "I have it."
    Acknowledge,
    /// "It is over."
    Resolve,
    /// "I have it; ask me again in so many minutes", which are no more than the domain allows.
    Snooze(u32),
    /// "Ask the next one now."
    Escalate,
}

/// What has become of a deed.
pub(crate) struct Outcome {
    /// The incident as it is then.
    pub(crate) incident: Incident,
    /// Why the deed changed nothing; `None`: it did, now or when it came the first time.
    pub(crate) ignored: Option<Ignored>,
}

impl Deed {
    /// Whether it still changes anything about an incident.
    pub(crate) fn fits(self, known: &Known) -> bool {
        match self {
            Deed::Acknowledge => known.asks(),
            Deed::Resolve | Deed::Snooze(_) | Deed::Escalate => known.incident.is_open(),
        }
    }

    /// Whether each of several people who are meant does it for themselves, or one of them for all.
    pub(crate) fn is_personal(self) -> bool {
        match self {
            Deed::Acknowledge | Deed::Snooze(_) => true,
            Deed::Resolve | Deed::Escalate => false,
        }
    }

    /// Whether another answer takes it back.
    pub(crate) fn can_be_undone(self) -> bool {
        match self {
            Deed::Acknowledge | Deed::Snooze(_) => true,
            Deed::Resolve | Deed::Escalate => false,
        }
    }

    /// Whether doing it twice does more than doing it once.
    pub(crate) fn adds_up(self) -> bool {
        match self {
            Deed::Escalate => true,
            Deed::Acknowledge | Deed::Resolve | Deed::Snooze(_) => false,
        }
    }

    /// The same as an input to the incident.
    pub(crate) fn input(self, contact: &ContactAlias, page: OutboxId) -> Input {
        let contact = contact.clone();
        match self {
            Deed::Acknowledge => Input::Acknowledge { contact, page },
            Deed::Resolve => Input::Resolve { by: Actor::Contact(contact) },
            Deed::Snooze(minutes) => Input::Snooze { contact, page, minutes },
            Deed::Escalate => Input::Escalate { by: Actor::Contact(contact) },
        }
    }
}

/// Does it. `None`: there is no such incident.
pub(crate) async fn apply(
    engine: &Engine,
    input: &Input,
    incident: &IncidentId,
    cause: Option<&str>,
) -> Result<Option<Outcome>, EngineError> {
    let applied = engine.apply(incident, input, cause).await?;
    outcome(engine, incident, applied).await
}

/// Does it to an incident that has just been read.
pub(crate) async fn apply_to(
    engine: &Engine,
    input: &Input,
    seen: Seen,
    cause: Option<&str>,
) -> Result<Option<Outcome>, EngineError> {
    let incident = seen.incident.opening.id.clone();
    let applied = engine.apply_to(seen, input, cause).await?;
    outcome(engine, &incident, applied).await
}

async fn outcome(engine: &Engine, incident: &IncidentId, applied: Applied) -> Result<Option<Outcome>, EngineError> {
    match applied {
        Applied::Committed(now) => {
            // Those who were asked before hear of it; if the nudge is lost, the tick tells them.
            if let Err(error) = engine.nudge(incident).await {
                tracing::warn!(error = %Chain(&error), "committed, but the nudge was not taken");
            }
            Ok(Some(Outcome { incident: *now, ignored: None }))
        }
        Applied::Ignored(why, now) => Ok(Some(Outcome { incident: *now, ignored: Some(why) })),
        // The same message again: it made the incident so the first time.
        Applied::Duplicate => {
            let now = engine.incident(incident).await?;
            Ok(now.map(|incident| Outcome { incident, ignored: None }))
        }
        Applied::Unknown => Ok(None),
    }
}
