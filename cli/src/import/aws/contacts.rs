//! Contacts with their channels and engagement plans, and escalation plans.

use aws_sdk_ssmcontacts::operation::get_contact::GetContactOutput;
use aws_sdk_ssmcontacts::types::{ActivationStatus, ChannelType, ContactChannel, Stage as AwsStage};
use reveille_domain::ChannelKind;

use super::{ALLOW, IncidentManager, Names, pages, why};
use crate::import::model::{Channel, Contact, EscalationPlan, Imported, SourceId, Stage, Step, Target, Who};
use crate::import::note::Notes;

/// A person.
pub(super) async fn personal(source: &IncidentManager, arn: &str, id: &SourceId, imported: &mut Imported) {
    let mut contact = Contact::new(id.as_str(), id.as_str());
    contact.alias = Some(id.to_string());
    let read = source.contacts.get_contact().contact_id(arn).send().await;
    if let Ok(read) = &read
        && let Some(name) = read.display_name().filter(|name| !name.trim().is_empty())
    {
        name.clone_into(&mut contact.name);
    }
    let object = contact.described();
    contact.channels = channels(source, arn, &object, &mut imported.notes).await;
    match read {
        Ok(read) => engagement(&mut contact, &read, &object, &mut imported.notes),
        Err(error) => {
            let done = format!("ssm-contacts:GetContact failed, so the engagement plan is missing: {}", why(&error));
            imported.notes.failed(&object, "Plan", done, ALLOW);
        }
    }
    imported.contacts.push(contact);
}

async fn channels(source: &IncidentManager, arn: &str, object: &str, notes: &mut Notes) -> Vec<Channel> {
    let mut channels = Vec::new();
    let mut listed = source.contacts.list_contact_channels().contact_id(arn).into_paginator().send();
    let (pages, failed) = pages(async || listed.next().await).await;
    for one in pages.iter().flat_map(|page| page.contact_channels()) {
        channels.extend(channel(source, one, object, notes).await);
    }
    if let Some(why) = failed {
        let done = format!("ssm-contacts:ListContactChannels failed, so addresses are missing: {why}");
        notes.failed(object, "channels", done, ALLOW);
    }
    channels
}

async fn channel(
    source: &IncidentManager,
    listed: &ContactChannel,
    object: &str,
    notes: &mut Notes,
) -> Option<Channel> {
    let field = format!("channel {}", listed.name());
    let kind = match listed.r#type() {
        Some(ChannelType::Sms) => ChannelKind::Sms,
        Some(ChannelType::Voice) => ChannelKind::Voice,
        Some(ChannelType::Email) => ChannelKind::Email,
        other => {
            notes.no_equivalent(object, &field, format!("left out: a channel of type {other:?}"), "");
            return None;
        }
    };
    let mut address = listed.delivery_address().and_then(|address| address.simple_address()).map(str::to_owned);
    if address.is_none() {
        match source.contacts.get_contact_channel().contact_channel_id(listed.contact_channel_arn()).send().await {
            Ok(read) => {
                address = read.delivery_address().and_then(|address| address.simple_address()).map(str::to_owned);
            }
            Err(error) => {
                let done = format!("ssm-contacts:GetContactChannel failed: {}", why(&error));
                notes.failed(object, &field, done, ALLOW);
            }
        }
    }
    let mut channel = Channel::new(listed.contact_channel_arn(), kind, address);
    channel.label = Some(listed.name().to_owned());
    channel.verified = *listed.activation_status() == ActivationStatus::Activated;
    Some(channel)
}

/// Stages become steps: each begins when the ones before it are over.
fn engagement(contact: &mut Contact, read: &GetContactOutput, object: &str, notes: &mut Notes) {
    let stages = read.plan().map_or(&[][..], |plan| plan.stages());
    let mut after = 0;
    let mut retries = false;
    for stage in stages {
        let mut channels = Vec::new();
        for target in stage.targets() {
            if let Some(channel) = target.channel_target_info() {
                retries |= channel.retry_interval_in_minutes().is_some_and(|minutes| minutes > 0);
                channels.push(SourceId::new(channel.contact_channel_id()));
            }
            if target.contact_target_info().is_some() {
                notes.no_equivalent(object, "Plan", "another contact in an engagement plan was left out", "");
            }
        }
        if !channels.is_empty() {
            contact.engagement.push(Step { after, channels });
        }
        after += minutes(stage);
    }
    if retries {
        let done =
            "is left out: a delivery that fails is tried again by itself, and the next channel does not wait for it";
        notes.no_equivalent(
            object,
            "RetryIntervalInMinutes",
            done,
            "write `every:` if a page should come again until it is answered",
        );
    }
    if contact.engagement.is_empty() && !contact.channels.is_empty() {
        let done = "has no channels, so Incident Manager pages nobody; here every verified channel is paged at once";
        notes.decided(object, "Plan", done, "");
    }
}

fn minutes(stage: &AwsStage) -> u32 {
    u32::try_from(stage.duration_in_minutes()).unwrap_or(0)
}

/// An escalation plan.
pub(super) async fn escalation(
    source: &IncidentManager,
    arn: &str,
    id: &SourceId,
    names: &Names,
    imported: &mut Imported,
) {
    let object = format!("escalation plan {id}");
    let read = match source.contacts.get_contact().contact_id(arn).send().await {
        Ok(read) => read,
        Err(error) => {
            let done = format!("left out: ssm-contacts:GetContact failed: {}", why(&error));
            imported.notes.failed(&object, "Plan", done, ALLOW);
            return;
        }
    };
    let mut stages = Vec::new();
    for stage in read.plan().map_or(&[][..], |plan| plan.stages()) {
        let mut targets = Vec::new();
        for target in stage.targets() {
            targets.extend(self::target(target, names, &object, &mut imported.notes));
        }
        stages.push(Stage { minutes: minutes(stage), targets });
    }
    let (id, name) = (id.clone(), id.to_string());
    imported.escalation_plans.push(EscalationPlan { id, name, stages, repeat: 0, round_robin: false });
}

fn target(
    target: &aws_sdk_ssmcontacts::types::Target,
    names: &Names,
    object: &str,
    notes: &mut Notes,
) -> Option<Target> {
    let Some(info) = target.contact_target_info() else {
        notes.no_equivalent(object, "Targets", "a channel in an escalation plan was left out", "engage its contact");
        return None;
    };
    let Some(arn) = info.contact_id() else {
        notes.missing(object, "Targets", "a target without a contact was left out", "name whom the stage should ask");
        return None;
    };
    let who: Who = names.who(arn);
    Some(Target { who, essential: info.is_essential() })
}
