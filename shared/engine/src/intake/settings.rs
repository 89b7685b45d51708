//! The settings in force: where signals go, and which keys let them in.

use reveille_domain::{ResponsePlanName, Routing};
use subtle::ConstantTimeEq;

use super::Received;
use crate::port::Item;
use crate::record::{SettingsRecord, WebhookRecord};

/// The plan of an installation to which no configuration has been applied: it does not exist, and incidents wait for it.
const NO_PLAN: &str = "default";

/// The settings in force, as read last.
pub struct Settings {
    /// As stored; `None` if nothing has been applied yet.
    pub record: Option<SettingsRecord>,
    /// Where signals go.
    pub routing: Routing,
}

impl Settings {
    /// Where a signal goes: to the plan that it names, else its URL, else its webhook, as far as that exists; else by rules.
    pub(super) fn route(&self, received: &Received<'_>) -> ResponsePlanName {
        let webhook = self.record.as_ref().and_then(|record| record.webhooks.get(received.scope));
        let own = webhook.and_then(|webhook| webhook.response_plan.clone()).map(ResponsePlanName::new);
        let named = [received.signal.response_plan.clone(), received.named_in_url.clone(), own];
        let exists = |plan: &ResponsePlanName| self.routing.templates.contains_key(plan);
        named.into_iter().flatten().find(exists).unwrap_or_else(|| self.routing.route(received.signal).plan)
    }

    /// Whether the signal came without a key, as AWS's own do, or its key is in force.
    pub(super) fn admits(&self, received: &Received<'_>) -> bool {
        let Some(key_hash) = received.key_hash else { return true };
        let webhook = self.record.as_ref().and_then(|record| record.webhooks.get(received.scope));
        // Each is compared, in constant time, as where the key is looked up.
        let held = |webhook: &WebhookRecord| {
            let same = webhook.key_hashes.iter().map(|known| bool::from(known.as_bytes().ct_eq(key_hash.as_bytes())));
            same.fold(false, |any, same| any | same)
        };
        webhook.is_some_and(held)
    }

    /// Whether this row is what they were read from.
    pub(super) fn is_of(&self, row: Option<&Item>) -> bool {
        let revision = row.and_then(|row| row.get("rev")?.as_u64());
        revision.is_some() && self.revision() == revision
    }

    /// How often a configuration had been applied.
    pub(super) fn revision(&self) -> Option<u64> {
        self.record.as_ref().map(|record| record.rev)
    }

    pub(super) fn nothing_applied() -> Routing {
        Routing { rules: Vec::new(), default_plan: ResponsePlanName::new(NO_PLAN), templates: Default::default() }
    }
}
