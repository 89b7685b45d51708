//! The rows of a configuration, in the order in which they are written: what plans refer to stands before the plans.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{ChannelKind, EscalationPlan, PlanAlias, Schedule};
use reveille_engine::key;
use reveille_engine::port::{Item, Key};
use reveille_engine::record::{
    AddressRecord, ContactRecord, EscalationPlanRecord, NumberRecord, ResponsePlanRecord, SettingsRecord,
    WebhookRecord, to_item,
};

use crate::configuration::Configuration;

/// A row that is to be there.
pub(super) type Row = (Key, Item);

/// Contacts with their addresses and numbers. Addresses come first: a contact can then always be reached.
pub(super) fn of_contacts(configuration: &Configuration) -> Vec<Row> {
    let mut rows = Vec::new();
    for (alias, channels) in &configuration.addresses {
        for (channel, address) in channels {
            let secret = configuration.secrets.get(alias).and_then(|secrets| secrets.get(channel));
            let secret = secret.map(|secret| secret.expose().to_owned());
            let record = AddressRecord { address: address.expose().to_owned(), secret };
            rows.push((key::address(alias, channel), to_item(&record)));
        }
    }
    rows.extend(numbers(configuration).iter().map(|(number, record)| (key::number(number), to_item(record))));
    for contact in configuration.contacts.values() {
        let addresses = configuration.addresses.get(&contact.alias);
        let record = ContactRecord::new(contact, |channel| Some(addresses?.get(channel)?.expose()));
        rows.push((key::contact(&contact.alias), to_item(&record)));
    }
    rows
}

/// Escalation plans, those that stand in others first, and then response plans.
pub(super) fn of_plans(configuration: &Configuration) -> Vec<Row> {
    let plans = &configuration.escalation_plans;
    let mut ordered = Vec::new();
    let mut seen = BTreeSet::new();
    for plan in plans.values() {
        inner_first(plans, plan, &mut seen, &mut ordered);
    }
    let escalations =
        ordered.into_iter().map(|plan| (key::plan(&plan.alias), to_item(&EscalationPlanRecord::from(plan))));
    let responses = configuration.response_plans.values();
    let responses = responses.map(|plan| (key::response_plan(&plan.name), to_item(&ResponsePlanRecord::from(plan))));
    escalations.chain(responses).collect()
}

/// Plans stand in each other at most [`reveille_domain::limits::PLAN_DEPTH_MAX`] deep, and none leads back to itself.
fn inner_first<'p>(
    plans: &'p BTreeMap<PlanAlias, EscalationPlan>,
    plan: &'p EscalationPlan,
    seen: &mut BTreeSet<&'p PlanAlias>,
    ordered: &mut Vec<&'p EscalationPlan>,
) {
    if !seen.insert(&plan.alias) {
        return;
    }
    for alias in plan.plans() {
        if let Some(inner) = plans.get(&alias) {
            inner_first(plans, inner, seen, ordered);
        }
    }
    ordered.push(plan);
}

/// The row that routes to everything else.
pub(super) fn of_settings(configuration: &Configuration, revision: u64) -> Item {
    let webhooks = configuration.webhooks.iter().map(|(name, webhook)| {
        let hashes = webhook.keys.iter().map(|hash| hash.as_str().trim_start_matches("sha256:").to_owned());
        let response_plan = webhook.response_plan.as_ref().map(ToString::to_string);
        (name.as_str().to_owned(), WebhookRecord { key_hashes: hashes.collect(), response_plan })
    });
    let safety_contact = configuration.safety_contact.as_ref();
    let announcing = configuration.schedules.values().filter(|schedule| !schedule.rules().notices.is_empty());
    let record = SettingsRecord::new(revision, &configuration.routing, safety_contact, webhooks.collect());
    to_item(&record.announcing(announcing.map(Schedule::alias)))
}

/// Every key that a configuration has in the table, but for the settings.
pub(super) fn keys(configuration: &Configuration) -> BTreeSet<Key> {
    let rows = of_contacts(configuration).into_iter().chain(of_plans(configuration)).map(|(key, _)| key);
    rows.chain(configuration.schedules.keys().map(key::schedule)).collect()
}

/// Whose number each is, so that a reply finds its sender.
fn numbers(configuration: &Configuration) -> BTreeMap<&str, NumberRecord> {
    let mut numbers: BTreeMap<&str, NumberRecord> = BTreeMap::new();
    for contact in configuration.contacts.values() {
        let addresses = configuration.addresses.get(&contact.alias);
        for channel in contact.channels.iter().filter(|channel| channel.kind == ChannelKind::Sms) {
            if let Some(address) = addresses.and_then(|addresses| addresses.get(&channel.id)) {
                numbers.entry(address.expose()).or_default().add(&contact.alias, &channel.id);
            }
        }
    }
    numbers
}
