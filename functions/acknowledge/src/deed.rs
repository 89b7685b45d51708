//! What somebody does about an incident, through the page or by SMS.

use reveille_domain::{Actor, ContactAlias, Incident, IncidentId, Input, OutboxId};
use reveille_engine::{Applied, Chain, Engine, EngineError};

use crate::known::Known;

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// "I have it."
    Acknowledge,
    /// "It is over."
    Resolve,
}

impl Deed {
    /// Whether it still changes anything about an incident.
    pub(crate) fn fits(self, known: &Known) -> bool {
        match self {
            Deed::Acknowledge => known.asks(),
            Deed::Resolve => known.incident.is_open(),
        }
    }

    /// The same as an input to the incident.
    pub(crate) fn input(self, contact: &ContactAlias, page: OutboxId) -> Input {
        let contact = contact.clone();
        match self {
            Deed::Acknowledge => Input::Acknowledge { contact, page },
            Deed::Resolve => Input::Resolve { by: Actor::Contact(contact) },
        }
    }
}

/// Does it; answers with the incident as it is then, and whether this is what made it so. `None`: there is no such incident.
pub(crate) async fn apply(
    engine: &Engine,
    input: &Input,
    incident: &IncidentId,
    cause: Option<&str>,
) -> Result<Option<(Incident, bool)>, EngineError> {
    match engine.apply(incident, input, cause).await? {
        Applied::Committed(now) => {
            // Those who were asked before hear of it; if the nudge is lost, the tick tells them.
            if let Err(error) = engine.nudge(incident).await {
                tracing::warn!(error = %Chain(&error), "committed, but the nudge was not taken");
            }
            Ok(Some((*now, true)))
        }
        Applied::Ignored(_, now) => Ok(Some((*now, false))),
        // The same message again: it made the incident so the first time.
        Applied::Duplicate => Ok(engine.incident(incident).await?.map(|now| (now, true))),
        Applied::Unknown => Ok(None),
    }
}
