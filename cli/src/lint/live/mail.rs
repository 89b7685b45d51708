//! E-mail: the sandbox of SES, what keeps it from sending, and whether it may send as us.

use reveille_domain::ChannelKind;
use reveille_engine::port::MailAccount;

use super::{Account, channel_path, channels_of, unanswered};
use crate::configuration::Configuration;
use crate::limits::QUOTA_SHARE_MAX;
use crate::lint::catalogue::{Check, check};
use crate::lint::finding::Findings;

pub(in crate::lint) const SES_SANDBOX: Check =
    check!(Error, "ses-sandbox", "The account is in the sandbox of SES: mail reaches verified addresses only");
pub(in crate::lint) const SES_PAUSED: Check = check!(Error, "ses-paused", "SES sends nothing for the account");
pub(in crate::lint) const SES_PROBATION: Check =
    check!(Warning, "ses-probation", "AWS is about to stop SES for the account: too many bounces or complaints");
pub(in crate::lint) const SES_QUOTA: Check =
    check!(Warning, "ses-quota", "The account is near the most mails of a day, after which SES refuses them");
pub(in crate::lint) const SENDER_UNVERIFIED: Check =
    check!(Error, "sender-unverified", "SES may not send as the address that pages come from");

pub(super) async fn look(account: &Account<'_>, configuration: &Configuration, findings: &mut Findings<'_>) {
    let first = channels_of(configuration, &[ChannelKind::Email]).next();
    let Some(path) = first.map(|(alias, channel)| channel_path(alias, channel)) else { return };
    match account.readiness.mail_account().await {
        Ok(mail) => of_account(&mail, &path, findings),
        Err(error) => unanswered(&error, &path, findings),
    }
    if let Some(from) = account.email_from {
        sender(account, from, &path, findings).await;
    }
}

fn of_account(mail: &MailAccount, path: &str, findings: &mut Findings<'_>) {
    if mail.in_sandbox {
        let message =
            "the account is in the sandbox of SES: pages by e-mail reach only addresses that were verified there";
        let remedy = "ask for production access (console of SES, Account dashboard), or verify each address there";
        findings.add(&SES_SANDBOX, path, message, remedy);
    }
    match mail.enforcement.as_deref() {
        Some("SHUTDOWN") => {
            let message = "AWS has stopped SES for this account: no page leaves by e-mail";
            findings.add(
                &SES_PAUSED,
                path,
                message,
                "answer AWS's case about bounces and complaints, and use other channels until then",
            );
        }
        _ if !mail.sending => {
            let message = "sending is switched off for this account in SES: no page leaves by e-mail";
            findings.add(
                &SES_PAUSED,
                path,
                message,
                "switch it on: `aws sesv2 put-account-sending-attributes --sending-enabled`",
            );
        }
        Some("PROBATION") => {
            let message = "AWS has SES under review for this account, and may stop it: too many bounces or complaints";
            findings.add(
                &SES_PROBATION,
                path,
                message,
                "answer AWS's case, and take addresses that bounce out of every sender of the account",
            );
        }
        Some(_) | None => {}
    }
    if mail.max_24h > 0.0 && mail.sent_24h >= QUOTA_SHARE_MAX * mail.max_24h {
        let message = format!(
            "SES has sent {} of at most {} mails within 24 hours: beyond that it refuses pages",
            mail.sent_24h, mail.max_24h
        );
        findings.add(&SES_QUOTA, path, message, "ask AWS for a higher sending quota, or find out who sends so much");
    }
}

/// The address itself may be an identity, or its domain.
async fn sender(account: &Account<'_>, from: &str, path: &str, findings: &mut Findings<'_>) {
    let domain = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
    let mut known = false;
    for identity in [from, domain] {
        match account.readiness.may_send_as(identity).await {
            Ok(Some(true)) => return,
            Ok(Some(false)) => known = true,
            Ok(None) => {}
            Err(error) => return unanswered(&error, path, findings),
        }
    }
    let message = if known {
        "the sender of e-mail pages is an identity of SES that is not verified: no page leaves by e-mail"
    } else {
        "the sender of e-mail pages is no identity of SES in this region: no page leaves by e-mail"
    };
    let remedy = "verify the address of the stack's parameter EmailFrom, or its domain, in the console of SES";
    findings.add(&SENDER_UNVERIFIED, path, message, remedy);
}
