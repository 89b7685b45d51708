//! Text messages and calls: sandboxes, spend limits and numbers whose owners have opted out.

use reveille_domain::ChannelKind;
use reveille_engine::port::{ReadinessError, SpendLimit};

use super::{Account, channel_path, channels_of, unanswered};
use crate::configuration::Configuration;
use crate::limits::ENOUGH_USD;
use crate::lint::catalogue::{Check, check};
use crate::lint::finding::Findings;

pub(in crate::lint) const SMS_SANDBOX: Check =
    check!(Error, "sms-sandbox", "The account is in the SMS sandbox, and a number is not verified there");
pub(in crate::lint) const SMS_SPEND_LIMIT: Check =
    check!(Warning, "sms-spend-limit", "Text messages stop for the month after a few dollars, without a word");
pub(in crate::lint) const NUMBER_OPTED_OUT: Check =
    check!(Error, "number-opted-out", "The owner of a number has answered STOP: no text message reaches it");
pub(in crate::lint) const MESSAGING_SANDBOX: Check = check!(
    Error,
    "messaging-sandbox",
    "End User Messaging is in its sandbox: text messages and calls reach verified numbers only"
);
pub(in crate::lint) const MESSAGING_SPEND_LIMIT: Check = check!(
    Warning,
    "messaging-spend-limit",
    "End User Messaging stops for the month after a few dollars, without a word"
);

pub(super) async fn look(account: &Account<'_>, configuration: &Configuration, findings: &mut Findings<'_>) {
    let has = |kind: ChannelKind| channels_of(configuration, &[kind]).next().map(|(a, c)| channel_path(a, c));
    let (sms, voice) = (has(ChannelKind::Sms), has(ChannelKind::Voice));
    if let Some(path) = sms.as_ref().filter(|_| !account.messages_by_end_user_messaging) {
        sandbox(account, configuration, path, findings).await;
        spend_limit(account, path, findings).await;
        opt_outs(account, configuration, findings).await;
    }
    let text = sms.as_ref().filter(|_| account.messages_by_end_user_messaging);
    if let Some(path) = text.or(voice.as_ref()) {
        messaging_sandbox(account, path, findings).await;
        messaging_spend_limits(account, text, voice.as_ref(), path, findings).await;
    }
}

/// In the sandbox, only numbers that were not verified there are in trouble.
async fn sandbox(account: &Account<'_>, configuration: &Configuration, path: &str, findings: &mut Findings<'_>) {
    const REMEDY: &str = "ask AWS to move the account out of the SMS sandbox (console of SNS, Text messaging), or verify the number there";
    match account.readiness.sms_sandbox().await {
        Ok(false) => return,
        Ok(true) => {}
        Err(error) => return unanswered(&error, path, findings),
    }
    let verified = match account.readiness.sms_sandbox_numbers().await {
        Ok(verified) => verified,
        Err(error) => {
            let message =
                "the account is in the SMS sandbox of SNS: pages by SMS reach only numbers that were verified there";
            findings.add(&SMS_SANDBOX, path, message, REMEDY);
            return unanswered(&error, path, findings);
        }
    };
    for (alias, channel) in channels_of(configuration, &[ChannelKind::Sms]) {
        let address = configuration.addresses.get(alias).and_then(|addresses| addresses.get(&channel.id));
        if address.is_some_and(|address| !verified.contains(address.expose())) {
            let message = format!(
                "the account is in the SMS sandbox of SNS, and the number of channel `{}` of `{alias}` is not verified there: no page \
                 by SMS reaches it",
                channel.id
            );
            findings.add(&SMS_SANDBOX, &channel_path(alias, channel), message, REMEDY);
        }
    }
}

async fn spend_limit(account: &Account<'_>, path: &str, findings: &mut Findings<'_>) {
    let limit = match account.readiness.sms_spend_limit().await {
        Ok(limit) => limit.monthly_usd,
        Err(error) => return unanswered(&error, path, findings),
    };
    // Where nobody has set a limit, AWS's own of one dollar holds.
    let usd = limit.unwrap_or(1);
    if usd >= ENOUGH_USD {
        return;
    }
    let message = format!("SNS stops to send text messages for the month after {usd} US dollars, without a word");
    let remedy =
        "raise the limit: ask AWS for a higher SMS spend quota, then set MonthlySpendLimit in the preferences of SNS";
    findings.add(&SMS_SPEND_LIMIT, path, message, remedy);
}

async fn opt_outs(account: &Account<'_>, configuration: &Configuration, findings: &mut Findings<'_>) {
    for (alias, channel) in channels_of(configuration, &[ChannelKind::Sms]) {
        let address = configuration.addresses.get(alias).and_then(|addresses| addresses.get(&channel.id));
        let Some(address) = address else { continue };
        let path = channel_path(alias, channel);
        match account.readiness.has_opted_out(address.expose()).await {
            Ok(false) => {}
            Ok(true) => {
                let message = format!(
                    "whoever has the number of channel `{}` of `{alias}` has answered STOP: SNS sends nothing there",
                    channel.id
                );
                let remedy = "with their consent, take the number off the opt-out list of SNS (once in 30 days), or use another channel";
                findings.add(&NUMBER_OPTED_OUT, &path, message, remedy);
            }
            Err(error) => {
                unanswered(&error, &path, findings);
                if matches!(error, ReadinessError::Denied { .. }) {
                    return;
                }
            }
        }
    }
}

async fn messaging_sandbox(account: &Account<'_>, path: &str, findings: &mut Findings<'_>) {
    match account.readiness.messaging_account().await {
        Ok(messaging) if messaging.in_sandbox => {
            let message = "End User Messaging is in its sandbox: text messages and calls reach only numbers that were verified there";
            let remedy = "ask AWS for production access of End User Messaging, or verify each number there";
            findings.add(&MESSAGING_SANDBOX, path, message, remedy);
        }
        Ok(_) => {}
        Err(error) => unanswered(&error, path, findings),
    }
}

async fn messaging_spend_limits(
    account: &Account<'_>,
    text: Option<&String>,
    voice: Option<&String>,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let limits = match account.readiness.messaging_spend_limits().await {
        Ok(limits) => limits,
        Err(error) => return unanswered(&error, path, findings),
    };
    let used = [("text messages", text.zip(limits.text)), ("calls", voice.zip(limits.voice))];
    for (what, limit) in used {
        let Some((path, SpendLimit { enforced_usd, max_usd })) = limit else { continue };
        if u64::try_from(enforced_usd).is_ok_and(|usd| usd >= ENOUGH_USD) {
            continue;
        }
        let message =
            format!("End User Messaging stops {what} for the month after {enforced_usd} US dollars, without a word");
        let remedy = format!("raise the limit: it can be set to {max_usd} at once, and to more when AWS has agreed");
        findings.add(&MESSAGING_SPEND_LIMIT, path, message, remedy);
    }
}
