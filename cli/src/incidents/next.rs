//! What an incident does by itself next.

use jiff::Timestamp;
use reveille_domain::{AgainReason, Engaged, Engagement, EngagementState, Incident, Progress};
use serde::Serialize;

/// The next deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// When.
    pub at: Timestamp,
    /// What happens then.
    pub what: String,
}

/// What comes next; `None`: nothing, unless somebody or something else speaks.
pub(crate) fn next(incident: &Incident) -> Option<Next> {
    let at = incident.due()?;
    if !incident.unannounced.is_empty() {
        return Some(Next { at, what: "the others are told what has happened".to_owned() });
    }
    let plan = match incident.progress {
        Progress::Waiting { since } if since == at => Some("the response plan begins".to_owned()),
        Progress::Begun { next: Some((stage, due)) } if due == at => {
            Some(format!("stage {} of the response plan", stage + 1))
        }
        Progress::Waiting { .. } | Progress::Begun { .. } => None,
    };
    let asking = incident.engagements.iter().filter(|e| e.due() == Some(at)).map(words);
    let mut what: Vec<String> = Vec::new();
    // Somebody who has answered as several people are asked, by name and by a plan, hears of it once.
    for words in plan.into_iter().chain(asking) {
        if !what.contains(&words) {
            what.push(words);
        }
    }
    Some(Next { at, what: what.join("; ") })
}

fn words(engagement: &Engagement) -> String {
    match (&engagement.state, &engagement.engaged) {
        (EngagementState::Acknowledged { by, again: Some(again), .. }, _) => match again.why {
            AgainReason::Snoozed => format!("the snooze of {by} is over"),
            AgainReason::NotResolved | AgainReason::Escalated | AgainReason::NextRound => {
                format!("{by} is asked whether it is over")
            }
        },
        (_, Engaged::Contact { contact, .. }) => format!("{contact} is paged"),
        (_, Engaged::Escalation { plan, stage, .. }) => match stage {
            Some(stage) => format!("stage {} of {plan} ends", stage + 1),
            None => format!("{plan} begins"),
        },
    }
}
