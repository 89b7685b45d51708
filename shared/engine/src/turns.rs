//! Whose turn it is in round-robin plans. A row for each plan says which turn is next.
//!
//! An incident that has taken a turn passes the one after it on, in a write of its own: a row that all incidents had to agree on in
//! their transactions would be what a storm of alarms waits for. Those that begin at the same moment may ask the same person. The row
//! is only ever raised to the next turn, so that passing it again changes nothing: whoever drives an incident that has just begun
//! does so, in case the one who began it died before.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{
    Engaged, Engagement, EngagementState, FrozenPlan, Incident, PlanAlias, Step, TimelineKind, World,
};
use serde_json::{Value, json};

use crate::engine::{Engine, partition_key};
use crate::error::{Chain, EngineError};
use crate::key;
use crate::port::{Change, Condition, Key, TableError, Write};

/// The attribute that holds the turn that is next.
const TURN: &str = "turn";

/// A turn that an incident has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    plan: PlanAlias,
    turn: u64,
}

/// Those of an incident whose escalation is still where it began: it may be that nobody has passed them on.
pub(crate) fn taken_lately(incident: &Incident, plan: Option<&FrozenPlan>) -> Vec<Taken> {
    let is_where_it_began = |engagement: &&Engagement| {
        let first = matches!(engagement.engaged, Engaged::Escalation { stage: None | Some(0), round: 0, .. });
        first && engagement.state == EngagementState::Engaging
    };
    let engagements = incident.engagements.iter().filter(is_where_it_began);
    engagements.filter_map(|engagement| taken(engagement, plan?)).collect()
}

/// Those that a step has taken.
fn taken_by(step: &Step, plan: &FrozenPlan) -> Vec<Taken> {
    let began = step.timeline.iter().filter_map(|event| {
        let TimelineKind::EscalationEngaged { engagement, .. } = &event.kind else { return None };
        step.next.engagement(*engagement)
    });
    began.filter_map(|engagement| taken(engagement, plan)).collect()
}

fn taken(engagement: &Engagement, plan: &FrozenPlan) -> Option<Taken> {
    let Engaged::Escalation { plan: alias, turn, .. } = &engagement.engaged else { return None };
    let escalation = plan.escalations.get(alias).filter(|escalation| escalation.round_robin)?;
    Some(Taken { plan: escalation.alias.clone(), turn: *turn })
}

impl Engine {
    /// Which turn is next in each of these plans; the first in those that are not there.
    pub(crate) async fn turns(&self, plans: &BTreeSet<PlanAlias>) -> Result<BTreeMap<PlanAlias, u64>, EngineError> {
        let mut turns = BTreeMap::new();
        let keys: Vec<Key> = plans.iter().map(key::turn).collect();
        for item in self.read(&keys).await? {
            let plan = plans.iter().find(|plan| key::turn(plan).pk == partition_key(&item));
            turns.extend(plan.cloned().zip(item.get(TURN).and_then(Value::as_u64)));
        }
        Ok(turns)
    }

    /// Passes on what a committed step has taken.
    pub(crate) async fn pass_turns_of(&self, step: &Step, world: &World) {
        let taken = world.plan.as_ref().map(|plan| taken_by(step, plan));
        self.pass_turns(&taken.unwrap_or_default()).await;
    }

    /// Passes these on; what has been passed on already stays as it is.
    pub(crate) async fn pass_turns(&self, taken: &[Taken]) {
        for Taken { plan, turn } in taken {
            let next = json!(turn.saturating_add(1));
            let is_behind = Condition::Any(vec![Condition::Missing(TURN), Condition::Less(TURN, next.clone())]);
            let pass = Write::update(key::turn(plan), vec![Change::Set(TURN, next)], is_behind);
            match self.table.write(&pass).await {
                Ok(_) | Err(TableError::Refused(_)) => {}
                Err(error) => {
                    tracing::warn!(%plan, error = %Chain(&error), "a turn could not be passed; the same one is next");
                }
            }
        }
    }
}
