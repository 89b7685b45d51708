//! Checks of contacts: whether they can be reached, how, and whether anybody wants to.

use std::collections::{BTreeMap, BTreeSet};

use reveille_domain::{Channel, ChannelId, ChannelKind, Contact, ContactAlias, EngagementPlan, Impact, TargetKind};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::mentions::{Mentions, stand_ins};
use super::scene::{Scene, every_impact, target_of};

pub(super) const NO_VERIFIED_CHANNEL: Check =
    check!(Error, "no-verified-channel", "A contact that is to be asked has no verified channel");
pub(super) const UNVERIFIED_CHANNEL: Check =
    check!(Warning, "unverified-channel", "A channel is not verified, so it is never paged");
pub(super) const ENGAGEMENT_UNVERIFIED: Check =
    check!(Warning, "engagement-unverified", "An engagement plan names unverified channels only");
pub(super) const EMAIL_ONLY: Check =
    check!(Warning, "email-only", "Somebody who is asked first is reached by e-mail only");
pub(super) const SHARED_ADDRESS: Check = check!(Warning, "shared-address", "Two contacts have the same address");
pub(super) const UNUSED_CONTACT: Check = check!(Note, "unused-contact", "Nothing asks a contact");
pub(super) const SAFETY_CONTACT_UNREACHABLE: Check =
    check!(Error, "safety-contact-unreachable", "The safety contact has no verified channel");
pub(super) const NO_SAFETY_CONTACT: Check =
    check!(Warning, "no-safety-contact", "There is no safety contact for what nobody answers");
pub(super) const UNREACHABLE_STAND_IN: Check =
    check!(Error, "unreachable-stand-in", "Somebody who stands in for others has no verified channel");

/// Checks that hold for a part of a configuration, too.
pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mentions = Mentions::of(scene.configuration);
    for contact in scene.configuration.contacts.values() {
        unverified(contact, &mentions, findings);
        engagement_unverified(contact, findings);
    }
    unreachable_stand_ins(scene, findings);
    shared_addresses(scene, findings);
    safety_contact(scene, findings);
    email_only(scene, findings);
}

/// Checks that need the whole configuration: what uses a contact may stand in the part that could not be read.
pub(super) fn check_whole(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mentions = Mentions::of(scene.configuration);
    for alias in scene.configuration.contacts.keys().filter(|alias| !mentions.anywhere(alias)) {
        let message = format!("nothing asks `{alias}`: no plan, no schedule, and `defaults` does not name them");
        findings.add(&UNUSED_CONTACT, &path(alias), message, "name them in a plan or a schedule, or remove them");
    }
}

pub(super) fn path(alias: &ContactAlias) -> String {
    format!("contacts/{alias}")
}

fn channel_path(alias: &ContactAlias, channel: &Channel) -> String {
    format!("contacts/{alias}/channels/{}", channel.id)
}

fn unverified(contact: &Contact, mentions: &Mentions<'_>, findings: &mut Findings<'_>) {
    let alias = &contact.alias;
    for channel in contact.channels.iter().filter(|channel| !channel.verified) {
        let message = format!("{} of `{alias}` is not verified: it is never paged", described(channel));
        let remedy = format!(
            "ask them and write `verified: true`, or apply the file and run `reveille verify {alias} {}`",
            channel.id
        );
        findings.add(&UNVERIFIED_CHANNEL, &channel_path(alias, channel), message, remedy);
    }
    if let Some(asks) = mentions.by_plans(alias).filter(|_| !contact.can_be_paged()) {
        let message = format!("{asks} asks `{alias}`, who has no verified channel: nobody is paged there");
        let remedy = "verify one of their channels, or ask somebody else";
        findings.add(&NO_VERIFIED_CHANNEL, &path(alias), message, remedy);
    }
}

/// A channel with its kind, where its id does not say that already.
fn described(channel: &Channel) -> String {
    let (id, kind) = (channel.id.as_str(), channel.kind.name());
    if id == kind { format!("channel `{id}`") } else { format!("channel `{id}` ({kind})") }
}

/// The engagement plans that a contact has written down, each with its path below the contact and the impact, if it is for one.
pub(super) fn written_plans(contact: &Contact) -> Vec<(String, Option<Impact>, &EngagementPlan)> {
    let own = contact.engagement.iter().map(|plan| ("engagement".to_owned(), None, plan));
    let by_impact = contact
        .engagement_by_impact
        .iter()
        .map(|(impact, plan)| (format!("engagement_by_impact/{}", impact.number()), Some(*impact), plan));
    own.chain(by_impact).collect()
}

/// Where no channel of a plan is verified, the contact's other channels go at once: not what the plan says.
fn engagement_unverified(contact: &Contact, findings: &mut Findings<'_>) {
    if !contact.can_be_paged() {
        return;
    }
    for (below, impact, plan) in written_plans(contact) {
        let verified = |id: &ChannelId| contact.channels.iter().any(|channel| channel.id == *id && channel.verified);
        if plan.steps.iter().flat_map(|step| &step.channels).any(verified) {
            continue;
        }
        let alias = &contact.alias;
        let which = impact.map_or_else(String::new, |impact| format!(" for impact {}", impact.number()));
        let message = format!(
            "the engagement plan of `{alias}`{which} names unverified channels only: \
             their verified ones are paged at once instead, whatever the plan says"
        );
        let remedy = "verify one of the channels that the plan names, or name verified ones";
        findings.add(&ENGAGEMENT_UNVERIFIED, &format!("contacts/{alias}/{below}"), message, remedy);
    }
}

fn unreachable_stand_ins(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for roster in scene.rosters() {
        for stand_in in stand_ins(roster.schedule) {
            let known = scene.contact(stand_in.contact);
            if stand_in.end <= scene.from || known.is_none_or(Contact::can_be_paged) {
                continue;
            }
            let (alias, schedule) = (stand_in.contact, roster.schedule.alias());
            let message = format!(
                "`{alias}` is on call in `{schedule}` by this {}, and has no verified channel: nobody is paged then",
                stand_in.kind
            );
            let remedy = format!("verify a channel of `{alias}`, or name somebody else");
            findings.add(&UNREACHABLE_STAND_IN, &stand_in.path, message, remedy);
        }
    }
}

/// Addresses by which a person is called; several people read one room.
fn is_personal(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Sms | ChannelKind::Voice | ChannelKind::Email => true,
        ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => false,
    }
}

fn shared_addresses(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<String, &ContactAlias> = BTreeMap::new();
    for contact in scene.configuration.contacts.values() {
        let mut told = BTreeSet::new();
        for channel in contact.channels.iter().filter(|channel| is_personal(channel.kind)) {
            let addresses = scene.configuration.addresses.get(&contact.alias);
            let Some(address) = addresses.and_then(|addresses| addresses.get(&channel.id)) else { continue };
            let owner = *first.entry(address.expose().to_lowercase()).or_insert(&contact.alias);
            if *owner == contact.alias || !told.insert(owner) {
                continue;
            }
            let alias = &contact.alias;
            let message = format!(
                "`{alias}` and `{owner}` have the same address: a plan that goes from one to the other asks the same person again"
            );
            let remedy = "give each their own address, or make them one contact";
            findings.add(&SHARED_ADDRESS, &channel_path(alias, channel), message, remedy);
        }
    }
}

fn safety_contact(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let Some(alias) = &scene.configuration.safety_contact else {
        let message = "there is no `safety_contact`: when a plan has run out, or cannot be found, nobody else is asked";
        let remedy = "write `safety_contact:` under `defaults`, and who is asked when all else has failed";
        findings.add(&NO_SAFETY_CONTACT, "defaults", message, remedy);
        return;
    };
    if scene.contact(alias).is_some_and(|contact| !contact.can_be_paged()) {
        let message = format!("the safety contact `{alias}` has no verified channel: the last resort pages nobody");
        let remedy = format!("verify a channel of `{alias}`, or name somebody else");
        findings.add(&SAFETY_CONTACT_UNREACHABLE, "defaults/safety_contact", message, remedy);
    }
}

/// Impacts for which somebody should wake up; who gets mail about the others is asked as they want to be.
fn is_urgent(impact: Impact) -> bool {
    match impact {
        Impact::Critical | Impact::High | Impact::Medium => true,
        Impact::Low | Impact::NoImpact => false,
    }
}

fn email_only(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut told: BTreeSet<&ContactAlias> = BTreeSet::new();
    for plan in scene.configuration.response_plans.values() {
        let Some(first) = plan.stages.iter().find(|stage| !stage.engage.is_empty()) else { continue };
        let impacts: Vec<Impact> = match plan.incident.impact {
            Some(impact) => vec![impact],
            None => every_impact().collect(),
        };
        let asked_first = first.engage.iter().flat_map(|engage| asked_first(scene, &target_of(engage)));
        for contact in asked_first.collect::<BTreeSet<&ContactAlias>>() {
            let urgent = |impact: &&Impact| is_urgent(**impact);
            let quiet =
                |impact: &&Impact| scene.contact(contact).is_some_and(|contact| by_email_only(contact, **impact));
            let Some(impact) = impacts.iter().filter(urgent).find(quiet) else { continue };
            if !told.insert(contact) {
                continue;
            }
            let message = format!(
                "`{contact}` is asked first by response plan `{}`, and an incident of impact {} reaches them by e-mail only",
                plan.name,
                impact.number()
            );
            let remedy = "add a channel that wakes them, `sms` or `voice`, or ask somebody else first";
            findings.add(&EMAIL_ONLY, &path(contact), message, remedy);
        }
    }
}

/// The essential contacts of what a target asks first.
fn asked_first<'c>(scene: &Scene<'c>, target: &TargetKind) -> Vec<&'c ContactAlias> {
    match target {
        TargetKind::Contact(alias) => scene.contact(alias).map(|contact| &contact.alias).into_iter().collect(),
        TargetKind::Schedule(alias) => {
            let schedule = scene.configuration.schedules.get(alias);
            schedule.into_iter().flat_map(|schedule| schedule.contacts()).collect()
        }
        TargetKind::Plan(alias) => {
            let first = scene.plan(alias).and_then(|plan| plan.stages.first());
            let essential = first.into_iter().flat_map(|stage| &stage.targets).filter(|target| target.essential);
            essential.flat_map(|target| asked_first(scene, &target.kind)).collect()
        }
    }
}

fn by_email_only(contact: &Contact, impact: Impact) -> bool {
    let plan = contact.plan(impact);
    let wanted: Vec<_> = plan.steps.iter().flat_map(|step| step.channels.iter().cloned()).collect();
    let reached = contact.reachable(&wanted);
    !reached.is_empty() && reached.iter().all(|channel| channel.kind == ChannelKind::Email)
}
