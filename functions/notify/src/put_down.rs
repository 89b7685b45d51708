//! A message that leaves puts itself down in the contact's traffic in the very transaction that claims its order, on the condition
//! that nobody else has in between.

use reveille_domain::Traffic;
use reveille_engine::Chain;
use reveille_engine::key;
use reveille_engine::port::{Condition, TableError, Write};
use reveille_engine::record::{TrafficRecord, to_item};
use serde_json::json;

use crate::Context;
use crate::scene::Scene;
use crate::storm::{Other, with_ttl};

/// Days after which nobody asks any more what a contact was sent.
const TRAFFIC_DAYS: i64 = 1;

/// What stands in the contact's traffic of a message that has claimed its order.
#[derive(Clone)]
pub(crate) struct PutDown {
    rev: u64,
    traffic: Traffic,
}

impl PutDown {
    /// What the transaction writes that claims the order of a message with this traffic.
    pub(crate) fn new(scene: &Scene, traffic: Traffic) -> Self {
        Self { rev: scene.traffic.rev + 1, traffic }
    }

    /// Puts a message down in the contact's traffic, if nobody else has put one down since that was read.
    pub(crate) fn write(&self, context: &Context, scene: &Scene) -> Write {
        let before = scene.traffic.rev;
        let unchanged = if before == 0 { Condition::Absent } else { Condition::Is("rev", json!(before)) };
        self.row(context, scene, unchanged)
    }

    /// Adds whom the message speaks for: what the next one goes by, and a reply while nothing else is written of this one.
    pub(crate) async fn spoke_for(&mut self, context: &Context, scene: &Scene, others: &[Other]) {
        let Some(plan) = others.first().map(|other| other.paged.plan()) else { return };
        let mut traffic = self.traffic.clone();
        traffic.spoke_for(&plan, others.iter().map(|other| other.paged.incident()));
        match self.clone().replace(context, scene, traffic).await {
            Ok(replaced) => *self = replaced,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the next message will not know all that this one is about");
            }
        }
    }

    /// Takes it back, because the message did not leave after all: nothing waits for it, and it counts for no limit.
    pub(crate) async fn take_back(self, context: &Context, scene: &Scene) {
        if let Err(error) = self.replace(context, scene, scene.traffic.traffic()).await {
            tracing::warn!(error = %Chain(&error), "others may wait for a message that did not leave");
        }
    }

    /// Puts other traffic in its place. Where another message has been put down since, that stays.
    async fn replace(self, context: &Context, scene: &Scene, traffic: Traffic) -> Result<Self, TableError> {
        let replaced = Self { rev: self.rev + 1, traffic };
        let write = replaced.row(context, scene, Condition::Is("rev", json!(self.rev)));
        match context.engine.table().write(&write).await {
            Ok(_) => Ok(replaced),
            Err(TableError::Refused(_)) => Ok(self),
            Err(error) => Err(error),
        }
    }

    fn row(&self, context: &Context, scene: &Scene, condition: Condition) -> Write {
        let row = with_ttl(to_item(&TrafficRecord::new(self.rev, &self.traffic)), context.engine.now(), TRAFFIC_DAYS);
        Write::put(key::traffic(&scene.contact), row, condition)
    }
}
