//! Rules, defaults and webhooks, as they would be written.

use std::collections::BTreeMap;

use reveille_domain::{ContactAlias, ResponsePlanName, Rule};

use super::super::webhooks::{Webhook, WebhookKeyHash, WebhookName};
use super::{Fields, Written};

pub(super) fn defaults(plan: &ResponsePlanName, safety_contact: Option<&ContactAlias>) -> Written {
    Fields::default()
        .with("response_plan", plan.as_str())
        .maybe("safety_contact", safety_contact.map(ContactAlias::as_str))
        .written()
}

pub(super) fn rule(rule: &Rule) -> Written {
    let matching = &rule.matching;
    let text = |pattern: &Option<reveille_domain::Pattern>| pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
    let tags = matching.tags.iter().map(|(name, pattern)| (name, Written::from(pattern.as_str())));
    let matching = Fields::default()
        .maybe("source", matching.source.map(|source| source.name()))
        .maybe("name", text(&matching.name))
        .maybe("account", text(&matching.account))
        .maybe("region", text(&matching.region))
        .unless_empty("tags", Written::names(tags))
        .written();
    Fields::default().unless_empty("match", matching).with("response_plan", rule.response_plan.as_str()).written()
}

pub(super) fn webhooks(webhooks: &BTreeMap<WebhookName, Webhook>) -> Written {
    let one = |webhook: &Webhook| {
        Fields::default()
            .with("keys", Written::list(webhook.keys.iter().map(hash)))
            .maybe("response_plan", webhook.response_plan.as_ref().map(ResponsePlanName::as_str))
            .written()
    };
    Written::names(webhooks.iter().map(|(name, webhook)| (name, one(webhook))))
}

/// Enough of a hash to tell it from another one; the whole of it fills a line and says no more.
fn hash(hash: &WebhookKeyHash) -> Written {
    let exact = hash.as_str().to_owned();
    let shown = exact.chars().take(SHOWN_CHARACTERS).collect::<String>() + "…";
    Written::Hidden { exact, shown }
}

/// `sha256:` and eight digits.
const SHOWN_CHARACTERS: usize = 15;
