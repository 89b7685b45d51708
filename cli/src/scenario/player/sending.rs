//! Signals of a script, sent as monitoring systems send them: as an invocation of `ingest`, or as a post to a webhook.

use std::collections::BTreeSet;

use reveille_domain::IncidentId;
use serde_json::Value;

use super::{Player, Signalled, Undone};
use crate::configuration::{Configuration, Webhook, WebhookKeyHash, WebhookName, hash_webhook_key};
use crate::scenario::signal::{Saying, Sending, Signal};
use crate::world;

/// The key that posts of scenarios bring.
const KEY: &str = "a-key-that-only-scenarios-have";
/// The webhook that posts come through unless the script names one of the configuration.
const WEBHOOK: &str = "scenario";

impl Player<'_> {
    /// Sends a signal. One that recovers under a name alone is the signal that was sent under it.
    pub(super) async fn signal(&mut self, signal: &Signal, saying: Saying) -> Result<(), Undone> {
        let known = || self.signalled.iter().rev().find(|known| known.name == signal.name);
        let signal = match saying {
            Saying::Recovered if signal.is_bare() => {
                known().map_or_else(|| Signal::alarm(&signal.name), |known| known.signal.one_of(&known.name))
            }
            Saying::Recovered | Saying::Firing => signal.clone(),
        };
        // What was held up on its way tells when it happened all the same.
        let happened_at = self.world.now() - self.world.delay();
        let sendings = signal.sendings(saying, happened_at).ok_or_else(|| {
            let why = "nobody knows how this event says that it is over: send that event itself with `signal`";
            Undone::Impossible(format!("recover {}: {why}", signal.name))
        })?;
        for (name, sending) in sendings {
            let incidents = match sending {
                Sending::Invocation(event) => named_in(&self.world.ingest(event).await?),
                // A webhook is answered with how much was taken, not with which incidents.
                Sending::Post { through, plan, body } => {
                    let before = self.ids();
                    self.post(through.as_deref(), plan.as_deref(), &body).await?;
                    self.ids().difference(&before).cloned().collect()
                }
            };
            self.signalled.push(Signalled { name, signal: signal.clone(), incidents });
        }
        Ok(())
    }

    async fn post(&mut self, through: Option<&str>, plan: Option<&str>, body: &Value) -> Result<(), Undone> {
        self.posts += 1;
        let key = key_of(through.unwrap_or(WEBHOOK));
        let plan = plan.map(|plan| format!("?response_plan={plan}")).unwrap_or_default();
        // What is no JSON is posted as it is.
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let mut post = world::request("POST", &format!("/webhook/{key}{plan}"), &body);
        post["requestContext"]["requestId"] = format!("post-{}", self.posts).into();
        let answer = self.world.ingest(post).await?;
        match answer["statusCode"].as_u64() {
            Some(200..300) => Ok(()),
            Some(_) | None => Err(Undone::Impossible(format!("the webhook did not take it: {}", answer["body"]))),
        }
    }

    fn ids(&self) -> BTreeSet<IncidentId> {
        self.world.rows().incidents().into_iter().map(|incident| incident.opening.id).collect()
    }
}

/// The incidents that an answer of `ingest` names.
fn named_in(answer: &Value) -> Vec<IncidentId> {
    let taken = answer["taken"].as_array().into_iter().flatten();
    let words = ["opened", "repeated", "applied", "duplicate"];
    taken.filter_map(|taken| words.into_iter().find_map(|word| taken[word].as_str())).map(IncidentId::new).collect()
}

/// The configuration with a door for the scenario's own posts: a webhook of its own, and a key to each of the others.
pub(super) fn with_key(mut configuration: Configuration) -> Configuration {
    configuration
        .webhooks
        .entry(WebhookName::new(WEBHOOK))
        .or_insert(Webhook { keys: Vec::new(), response_plan: None });
    for (name, webhook) in &mut configuration.webhooks {
        webhook.keys.extend(WebhookKeyHash::parse(&hash_webhook_key(&key_of(name.as_str()))));
    }
    configuration
}

/// A key opens one webhook.
fn key_of(webhook: &str) -> String {
    format!("{KEY}-{webhook}")
}
