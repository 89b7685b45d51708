//! What a contact has been sent lately, as stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{ChannelKind, IncidentId, LastMessage, ResponsePlanName, Traffic};
use serde::{Deserialize, Serialize};

/// One row for each contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficRecord {
    /// Goes up with each change: a message that leaves is refused if another has left since this was read.
    pub rev: u64,
    sent: BTreeMap<String, Vec<i64>>,
    plans: BTreeMap<String, LastRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LastRecord {
    at: i64,
    incidents: Vec<String>,
}

impl TrafficRecord {
    /// The traffic, and the revision that it is.
    pub fn new(rev: u64, traffic: &Traffic) -> Self {
        let sent = traffic
            .sent
            .iter()
            .map(|(kind, sent)| (kind.name().to_owned(), sent.iter().map(|at| at.as_millisecond()).collect()));
        let plans = traffic.plans.iter().map(|(plan, last)| {
            let incidents = last.incidents.iter().map(ToString::to_string).collect();
            (plan.to_string(), LastRecord { at: last.at.as_millisecond(), incidents })
        });
        Self { rev, sent: sent.collect(), plans: plans.collect() }
    }

    /// What has been sent. A kind of channel or an instant that this version does not know counts as never sent.
    pub fn traffic(&self) -> Traffic {
        let instants = |all: &[i64]| all.iter().filter_map(|ms| Timestamp::from_millisecond(*ms).ok()).collect();
        let sent = self.sent.iter().filter_map(|(kind, sent)| Some((ChannelKind::from_name(kind)?, instants(sent))));
        let plans = self.plans.iter().filter_map(|(plan, last)| {
            let incidents = last.incidents.iter().map(|id| IncidentId::new(id.clone())).collect();
            let at = Timestamp::from_millisecond(last.at).ok()?;
            Some((ResponsePlanName::new(plan.clone()), LastMessage { at, incidents }))
        });
        Traffic { sent: sent.collect(), plans: plans.collect() }
    }
}
