//! What an outside event says about one thing: the form every payload is read into.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Impact, ResponsePlanName};

/// One statement of a monitoring system about one thing it watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The kind of system that spoke; rules match it.
    pub source: Source,
    /// What it says.
    pub state: SignalState,
    /// The name of the alarm or alert, without decoration; rules match it.
    pub name: String,
    /// One line for people. Never empty.
    pub title: String,
    /// Longer text for people; may be empty.
    pub summary: String,
    /// What makes two signals speak about the same thing: an alarm's ARN, a webhook's key.
    pub dedupe_key: String,
    /// The key of the whole that it is a part of: the alarm of one of its time series. What removes the whole removes it.
    pub part_of: Option<String>,
    /// What makes two deliveries the same statement: an alarm's ARN and state-change time, whatever the transport.
    pub cause: String,
    /// When the system saw it, or when it was received where the system does not say.
    pub occurred_at: Timestamp,
    /// The system's own severity on our scale, where it has one.
    pub impact: Option<Impact>,
    /// The AWS account that it is about.
    pub account: Option<String>,
    /// The AWS region that it is about.
    pub region: Option<String>,
    /// ARNs or ids of what is affected.
    pub resources: Vec<String>,
    /// Metric dimensions of an alarm (`InstanceId`), for runbook parameters.
    pub dimensions: BTreeMap<String, String>,
    /// Tags and labels; rules match them.
    pub tags: BTreeMap<String, String>,
    /// The response plan that the event or its URL names.
    pub response_plan: Option<ResponsePlanName>,
}

/// The kinds of systems whose events are understood. The text form is what rules and `explain` show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A CloudWatch alarm, over any transport.
    CloudWatch,
    /// AWS Health.
    Health,
    /// Amazon GuardDuty.
    GuardDuty,
    /// AWS Security Hub.
    SecurityHub,
    /// AWS Backup.
    Backup,
    /// Any other EventBridge event.
    EventBridge,
    /// Any other SNS message.
    Sns,
    /// Amazon SES notifications and mail.
    Ses,
    /// Prometheus Alertmanager, webhook version 4.
    Alertmanager,
    /// Grafana alerting webhook.
    Grafana,
    /// PagerDuty Events API version 2.
    PagerDuty,
    /// Datadog webhook.
    Datadog,
    /// Sentry webhook.
    Sentry,
    /// Any other JSON or text over HTTP.
    Webhook,
    /// A person, at the command line.
    Manual,
    /// Something that fits nothing: kept whole.
    Unknown,
}

impl Source {
    /// The name in configuration files and in JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Source::CloudWatch => "cloudwatch",
            Source::Health => "health",
            Source::GuardDuty => "guardduty",
            Source::SecurityHub => "securityhub",
            Source::Backup => "backup",
            Source::EventBridge => "eventbridge",
            Source::Sns => "sns",
            Source::Ses => "ses",
            Source::Alertmanager => "alertmanager",
            Source::Grafana => "grafana",
            Source::PagerDuty => "pagerduty",
            Source::Datadog => "datadog",
            Source::Sentry => "sentry",
            Source::Webhook => "webhook",
            Source::Manual => "manual",
            Source::Unknown => "unknown",
        }
    }

    /// Every source, for validation and for messages that list them.
    pub const ALL: [Source; 16] = [
        Source::CloudWatch,
        Source::Health,
        Source::GuardDuty,
        Source::SecurityHub,
        Source::Backup,
        Source::EventBridge,
        Source::Sns,
        Source::Ses,
        Source::Alertmanager,
        Source::Grafana,
        Source::PagerDuty,
        Source::Datadog,
        Source::Sentry,
        Source::Webhook,
        Source::Manual,
        Source::Unknown,
    ];

    /// Whether the times in this source's events tell which of two came first.
    ///
    /// A sender that makes its own payload may send any time, the same one for ever, or that of the first occurrence: its
    /// events count in the order in which they arrive, since otherwise a new alarm could look older than the last recovery.
    pub fn tells_time(self) -> bool {
        match self {
            Source::CloudWatch | Source::Alertmanager | Source::Grafana => true,
            Source::Health
            | Source::GuardDuty
            | Source::SecurityHub
            | Source::Backup
            | Source::EventBridge
            | Source::Sns
            | Source::Ses
            | Source::PagerDuty
            | Source::Datadog
            | Source::Sentry
            | Source::Webhook
            | Source::Manual
            | Source::Unknown => false,
        }
    }

    /// The source of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalState {
    /// It is wrong now.
    Firing,
    /// It is right again.
    Recovered,
    /// Somebody took it over in the sending system (PagerDuty's `acknowledge`).
    Acknowledged,
    /// The thing that watched no longer exists: the incident closes with that reason.
    Removed,
    /// Worth recording on an incident that is open, but no reason to open one.
    Noted(NoteReason),
    /// Nothing to do and nothing to record; the text says why, for `explain` and the log.
    Ignored(String),
}

/// Why a signal is recorded but opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteReason {
    /// CloudWatch has no data; whether that is bad is the alarm's own `TreatMissingData`.
    InsufficientData,
    /// An alarm mute rule is in force.
    Muted,
    /// A composite alarm's suppressor holds the actions back.
    Suppressed,
    /// The configuration of the alarm was created or changed.
    Reconfigured,
}

impl NoteReason {
    /// The word in timelines and JSON.
    pub fn name(self) -> &'static str {
        match self {
            NoteReason::InsufficientData => "insufficient_data",
            NoteReason::Muted => "muted",
            NoteReason::Suppressed => "suppressed",
            NoteReason::Reconfigured => "reconfigured",
        }
    }
}
