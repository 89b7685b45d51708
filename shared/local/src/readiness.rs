//! How the account stands with the services by which people are paged: what tools ask before a night, and no function does.
//!
//! The account is ready unless a test says otherwise, so that nobody is warned of a sandbox that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::lock::lock;

/// How an account stands.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountState {
    /// Whether SNS sends to verified numbers only.
    pub sms_sandbox: bool,
    /// The numbers of the sandbox, each with whether it has been verified.
    pub sms_sandbox_numbers: BTreeMap<String, bool>,
    /// What SNS may spend in a month; `None`: nobody has said.
    pub sms_spend_limit_usd: Option<u64>,
    /// The numbers whose owners have answered STOP.
    pub opted_out: BTreeSet<String>,
    /// Whether SES sends to verified addresses only.
    pub mail_sandbox: bool,
    /// Whether SES sends at all.
    pub mail_sending: bool,
    /// `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    pub mail_enforcement: String,
    /// Mails within 24 hours: sent, and at most.
    pub mail_quota: (f64, f64),
    /// Identities of SES that are verified.
    pub verified_identities: BTreeSet<String>,
    /// Identities of SES that are not.
    pub unverified_identities: BTreeSet<String>,
    /// Whether End User Messaging sends to verified numbers only.
    pub messaging_sandbox: bool,
    /// What End User Messaging may spend in a month: on text messages, and on calls.
    pub messaging_spend_limits_usd: (i64, i64),
}

impl Default for AccountState {
    fn default() -> Self {
        Self {
            sms_sandbox: false,
            sms_sandbox_numbers: BTreeMap::new(),
            sms_spend_limit_usd: Some(100),
            opted_out: BTreeSet::new(),
            mail_sandbox: false,
            mail_sending: true,
            mail_enforcement: "HEALTHY".to_owned(),
            mail_quota: (0.0, 50_000.0),
            verified_identities: BTreeSet::from(["localhost".to_owned()]),
            unverified_identities: BTreeSet::new(),
            messaging_sandbox: false,
            messaging_spend_limits_usd: (100, 100),
        }
    }
}

/// The account of a local world.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    state: Mutex<AccountState>,
}

impl Readiness {
    pub(crate) fn set(&self, state: AccountState) {
        *lock(&self.state) = state;
    }

    /// One of SNS's questions. The answer is the content of its element, which SNS writes as XML.
    pub(crate) fn sms(&self, operation: &str, number: &str) -> Result<Value, Refusal> {
        let state = lock(&self.state);
        let content = match operation {
            "GetSMSSandboxAccountStatus" => format!("<IsInSandbox>{}</IsInSandbox>", state.sms_sandbox),
            "ListSMSSandboxPhoneNumbers" => {
                let member = |(number, verified): (&String, &bool)| {
                    let status = if *verified { "Verified" } else { "Pending" };
                    format!("<member><PhoneNumber>{number}</PhoneNumber><Status>{status}</Status></member>")
                };
                let members: String = state.sms_sandbox_numbers.iter().map(member).collect();
                format!("<PhoneNumbers>{members}</PhoneNumbers>")
            }
            "GetSMSAttributes" => {
                let entry = |usd: u64| format!("<entry><key>MonthlySpendLimit</key><value>{usd}</value></entry>");
                format!("<attributes>{}</attributes>", state.sms_spend_limit_usd.map(entry).unwrap_or_default())
            }
            "CheckIfPhoneNumberIsOptedOut" => {
                format!("<isOptedOut>{}</isOptedOut>", state.opted_out.contains(number))
            }
            _ => return Err(Refusal::refused("InvalidAction", "this double does not know the action")),
        };
        Ok(json!({ "Operation": operation, "Content": content }))
    }

    /// SES's `GetAccount`.
    pub(crate) fn mail(&self) -> Value {
        let state = lock(&self.state);
        let (sent, most) = state.mail_quota;
        json!({
            "DedicatedIpAutoWarmupEnabled": false,
            "EnforcementStatus": state.mail_enforcement,
            "ProductionAccessEnabled": !state.mail_sandbox,
            "SendQuota": { "Max24HourSend": most, "MaxSendRate": 14.0, "SentLast24Hours": sent },
            "SendingEnabled": state.mail_sending,
            "SuppressionAttributes": { "SuppressedReasons": ["BOUNCE", "COMPLAINT"] },
        })
    }

    /// SES's `GetEmailIdentity`.
    pub(crate) fn identity(&self, identity: &str) -> Result<Value, Refusal> {
        let state = lock(&self.state);
        let verified = state.verified_identities.contains(identity);
        if !verified && !state.unverified_identities.contains(identity) {
            let message = format!("Email identity <{identity}> does not exist.");
            return Err(Refusal::refused("NotFoundException", message).with_status(StatusCode::NOT_FOUND));
        }
        let kind = if identity.contains('@') { "EMAIL_ADDRESS" } else { "DOMAIN" };
        let status = if verified { "SUCCESS" } else { "PENDING" };
        Ok(json!({
            "IdentityType": kind,
            "FeedbackForwardingStatus": true,
            "VerifiedForSendingStatus": verified,
            "VerificationStatus": status,
            "Tags": [],
        }))
    }

    /// One of End User Messaging's questions.
    pub(crate) fn messaging(&self, operation: &str) -> Result<Value, Refusal> {
        let state = lock(&self.state);
        match operation {
            "DescribeAccountAttributes" => {
                let tier = if state.messaging_sandbox { "SANDBOX" } else { "PRODUCTION" };
                let default = json!({ "Name": "DEFAULT_PROTECT_CONFIGURATION_ID", "Value": "protect-1" });
                Ok(json!({ "AccountAttributes": [{ "Name": "ACCOUNT_TIER", "Value": tier }, default] }))
            }
            "DescribeSpendLimits" => {
                let (text, voice) = state.messaging_spend_limits_usd;
                let limit = |name: &str, usd: i64| json!({ "Name": name, "EnforcedLimit": usd, "MaxLimit": 1_000, "Overridden": true });
                let limits = [
                    limit("TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", text),
                    limit("VOICE_MESSAGE_MONTHLY_SPEND_LIMIT", voice),
                ];
                Ok(json!({ "SpendLimits": limits }))
            }
            _ => Err(Refusal::refused("UnknownOperationException", "no such operation here")),
        }
    }
}
