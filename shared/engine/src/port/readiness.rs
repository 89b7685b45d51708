//! Whether an account is ready to page: what only its services know, and what nobody notices until a page does not arrive.
//!
//! Operators' tools ask, with the operator's own credentials. No function does.

use std::collections::BTreeSet;

use async_trait::async_trait;

/// How an account stands with SNS, which sends text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsSpendLimit {
    /// US dollars a month after which sending stops without a word; `None`: nobody has set one, and AWS's own holds.
    pub monthly_usd: Option<u64>,
}

/// How an account stands with SES, which sends e-mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailAccount {
    /// Whether mail reaches verified addresses only.
    pub in_sandbox: bool,
    /// Whether anything can be sent at all.
    pub sending: bool,
    /// What AWS thinks of the account's bounces and complaints: `HEALTHY`, `PROBATION` or `SHUTDOWN`.
    pub enforcement: Option<String>,
    /// Mails of the last 24 hours.
    pub sent_24h: f64,
    /// The most of 24 hours; below zero there is no limit.
    pub max_24h: f64,
}

/// How an account stands with End User Messaging, which sends text messages and calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagingAccount {
    /// Whether messages reach verified numbers only.
    pub in_sandbox: bool,
}

/// The limits of an account with End User Messaging, in whole US dollars a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagingSpendLimits {
    /// For text messages: what is in force, and the most that it can be set to.
    pub text: Option<SpendLimit>,
    /// For calls.
    pub voice: Option<SpendLimit>,
}

/// One limit, in whole US dollars a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendLimit {
    /// After so much, sending stops.
    pub enforced_usd: i64,
    /// What it can be set to without asking AWS.
    pub max_usd: i64,
}

/// An SSM document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFacts {
    /// Its type, as SSM spells it; runbooks are `Automation`.
    pub kind: Option<String>,
    /// What it can be started with.
    pub parameters: Vec<DocumentParameter>,
}

/// A parameter that an SSM document declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentParameter {
    /// Its name.
    pub name: String,
    /// Its type, as SSM spells it: `String`, `StringList`.
    pub kind: Option<String>,
    /// Whether it can be left out.
    pub has_default: bool,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadinessError {
    /// The caller may not ask this.
    #[error("the credentials do not allow {action}")]
    Denied {
        /// The action that is missing, as policies spell it: `sns:GetSMSSandboxAccountStatus`.
        action: &'static str,
    },
    /// The service did not answer, or not so that anybody understands it.
    #[error("{action} was not answered")]
    Unavailable {
        /// What was asked.
        action: &'static str,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Asks the services by which people are paged.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Whether SNS sends text messages to verified numbers only.
    async fn sms_sandbox(&self) -> Result<bool, ReadinessError>;

    /// The numbers to which SNS sends from its sandbox.
    async fn sms_sandbox_numbers(&self) -> Result<BTreeSet<String>, ReadinessError>;

    /// What SNS may spend on text messages.
    async fn sms_spend_limit(&self) -> Result<SmsSpendLimit, ReadinessError>;

    /// Whether the owner of a number has answered STOP to what SNS sent.
    async fn has_opted_out(&self, number: &str) -> Result<bool, ReadinessError>;

    /// How the account stands with SES.
    async fn mail_account(&self) -> Result<MailAccount, ReadinessError>;

    /// Whether SES may send as an address or a domain; `None`: it does not know it.
    async fn may_send_as(&self, identity: &str) -> Result<Option<bool>, ReadinessError>;

    /// How the account stands with End User Messaging.
    async fn messaging_account(&self) -> Result<MessagingAccount, ReadinessError>;

    /// What End User Messaging may spend.
    async fn messaging_spend_limits(&self) -> Result<MessagingSpendLimits, ReadinessError>;

    /// What a document is; `None`: the account has none of this name.
    async fn document(&self, name: &str) -> Result<Option<DocumentFacts>, ReadinessError>;
}
