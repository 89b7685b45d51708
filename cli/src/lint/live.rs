//! Checks of the account behind an installation, with the credentials of whoever runs the command: what the file cannot say. A
//! sandbox, a spend limit, a number whose owner has answered STOP: each lets a page go nowhere, and none of them says a word.

mod channels;
mod documents;
mod mail;
mod messages;

use reveille_domain::{Channel, ChannelKind, ContactAlias};
use reveille_engine::Chain;
use reveille_engine::port::{Readiness, ReadinessError, Table};

use super::catalogue::{Check, check};
use super::documents::Documents;
use super::finding::Findings;
use crate::configuration::Configuration;

pub(super) const MISSING_PERMISSION: Check =
    check!(Error, "missing-permission", "The credentials do not allow what a check asks");
pub(super) const UNANSWERED_CHECK: Check =
    check!(Error, "unanswered-check", "A service did not answer what a check asks");

/// Every check of an account.
pub(super) const CHECKS: [Check; 13] = [
    messages::SMS_SANDBOX,
    messages::SMS_SPEND_LIMIT,
    messages::NUMBER_OPTED_OUT,
    messages::MESSAGING_SANDBOX,
    messages::MESSAGING_SPEND_LIMIT,
    mail::SES_SANDBOX,
    mail::SES_PAUSED,
    mail::SES_PROBATION,
    mail::SES_QUOTA,
    mail::SENDER_UNVERIFIED,
    channels::CHANNEL_OUT_OF_USE,
    MISSING_PERMISSION,
    UNANSWERED_CHECK,
];

/// An installation that is asked.
pub struct Account<'a> {
    /// The services by which people are paged.
    pub readiness: &'a dyn Readiness,
    /// The installation's table, which knows how channels stand.
    pub table: &'a dyn Table,
    /// The sender of e-mail pages, where it is known.
    pub email_from: Option<&'a str>,
    /// Whether text messages go through End User Messaging, and not through SNS.
    pub messages_by_end_user_messaging: bool,
}

/// Asks the account. What it knows of channels and documents goes into the configuration and the documents, so that the other
/// checks know it too.
pub(super) async fn look(
    account: &Account<'_>,
    configuration: &mut Configuration,
    documents: &mut Documents,
    findings: &mut Findings<'_>,
) {
    channels::look(account.table, configuration, findings).await;
    documents::look(account.readiness, configuration, documents, findings).await;
    messages::look(account, configuration, findings).await;
    mail::look(account, configuration, findings).await;
}

/// What a check that got no answer has to say.
fn unanswered(error: &ReadinessError, path: &str, findings: &mut Findings<'_>) {
    match error {
        ReadinessError::Denied { action } => missing_permission(action, path, findings),
        ReadinessError::Unavailable { action, .. } => no_answer(action, &Chain(error).to_string(), path, findings),
    }
}

fn missing_permission(action: &str, path: &str, findings: &mut Findings<'_>) {
    let message = format!(
        "your credentials do not allow `{action}`, so what it would tell is not known: that says nothing of the installation, whose \
         functions have roles of their own"
    );
    let remedy = format!("allow `{action}` to whoever runs this command; docs/lint/README.md has the whole policy");
    findings.add(&MISSING_PERMISSION, path, message, remedy);
}

fn no_answer(action: &str, why: &str, path: &str, findings: &mut Findings<'_>) {
    let message = format!("`{action}` was not answered, so what it would tell is not known: {why}");
    findings.add(&UNANSWERED_CHECK, path, message, "check the network and the region, and run the command again");
}

/// Channels of these kinds, each with whose it is.
fn channels_of<'c>(
    configuration: &'c Configuration,
    kinds: &'c [ChannelKind],
) -> impl Iterator<Item = (&'c ContactAlias, &'c Channel)> {
    configuration.contacts.values().flat_map(move |contact| {
        let theirs = contact.channels.iter().filter(move |channel| kinds.contains(&channel.kind));
        theirs.map(move |channel| (&contact.alias, channel))
    })
}

fn channel_path(alias: &ContactAlias, channel: &Channel) -> String {
    format!("contacts/{alias}/channels/{}", channel.id)
}
