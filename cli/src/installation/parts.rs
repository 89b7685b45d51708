//! What an installation consists of, as `template.yaml` writes it into one parameter of Systems Manager.
//!
//! It holds names and places only: no secret, and no address of a person. What is not known stays `None`, and whoever needs it
//! says so with [`Parts::need`].

use reveille_local::names;
use serde::{Deserialize, Serialize};

use super::error::InstallationError;
use crate::environment::Addresses;

/// The version of this command, and of the installations that it was made for.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an installation consists of. Fields that this version does not know are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The version that is deployed.
    pub version: Option<String>,
    /// The table.
    pub table: String,
    /// The region that drives its incidents.
    pub home: String,
    /// The queues' URLs.
    #[serde(default)]
    pub queues: Queues,
    /// The URLs of the queues of what failed for good.
    #[serde(default)]
    pub dead_letter_queues: DeadLetterQueues,
    /// The ARN of `ingest`: an action of alarms.
    pub ingest_function: Option<String>,
    /// The ARN of the topic that alarms may publish to.
    pub alarm_topic: Option<String>,
    /// Where other monitoring tools post to.
    pub webhook_url: Option<String>,
    /// Where acknowledge links lead.
    pub front_url: Option<String>,
    /// The ARN of the topic by which the operators hear of Reveille itself.
    pub operators_topic: Option<String>,
    /// The ARN of the topic of replies by SMS.
    pub replies_topic: Option<String>,
    /// What the names of further runbooks begin with.
    pub runbook_prefix: Option<String>,
    /// The stack's own runbooks, which need no prefix.
    #[serde(default)]
    pub runbooks: Vec<String>,
    /// The ARN of the secret that holds the key of acknowledge links. It says where, and nothing of what.
    pub signing_secret: Option<String>,
    /// The sender of e-mail pages.
    pub email_from: Option<String>,
    /// The service that carries SMS: `sns` or `end-user-messaging`.
    pub sms_sender: Option<String>,
}

/// Queues with work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queues {
    /// Incidents to look at, to `respond`.
    pub nudges: Option<String>,
    /// Pages, to `notify`.
    pub pages: Option<String>,
    /// Pages to webhooks and chat, to `notify`.
    pub slow_pages: Option<String>,
    /// Runbooks, to `runbook`.
    pub runbooks: Option<String>,
    /// Events that `ingest` failed on, to `ingest` again.
    pub ingest_failures: Option<String>,
}

/// Queues with what failed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterQueues {
    /// Of [`Queues::nudges`].
    pub nudges: Option<String>,
    /// Of [`Queues::pages`].
    pub pages: Option<String>,
    /// Of [`Queues::slow_pages`].
    pub slow_pages: Option<String>,
    /// Of [`Queues::runbooks`].
    pub runbooks: Option<String>,
    /// Of [`Queues::ingest_failures`].
    pub ingest_failures: Option<String>,
    /// Ticks, deadlines and the like that failed in their function.
    pub invocations: Option<String>,
    /// Schedules whose target could not be invoked.
    pub schedules: Option<String>,
}

impl Parts {
    /// What is known of an installation of which only the table is.
    pub fn of_table(table: &str, region: &str) -> Self {
        Self { table: table.to_owned(), home: region.to_owned(), ..Self::default() }
    }

    /// A local stack.
    pub fn local(addresses: &Addresses) -> Self {
        let value = |name: &str| addresses.value(name);
        let queue = |name: &str| Some(addresses.queue(name));
        Self {
            version: Some(VERSION.to_owned()),
            table: value("REVEILLE_TABLE").unwrap_or_default(),
            home: names::REGION.to_owned(),
            queues: Queues {
                nudges: queue(names::NUDGE_QUEUE),
                pages: queue(names::PAGE_QUEUE),
                slow_pages: queue(names::SLOW_PAGE_QUEUE),
                runbooks: queue(names::RUNBOOK_QUEUE),
                ingest_failures: queue(names::INGEST_FAILURE_QUEUE),
            },
            dead_letter_queues: DeadLetterQueues {
                nudges: queue(names::NUDGE_DEAD_QUEUE),
                pages: queue(names::PAGE_DEAD_QUEUE),
                slow_pages: queue(names::SLOW_PAGE_DEAD_QUEUE),
                runbooks: queue(names::RUNBOOK_DEAD_QUEUE),
                ingest_failures: queue(names::INGEST_FAILURE_DEAD_QUEUE),
                invocations: queue(names::INVOCATION_DEAD_QUEUE),
                schedules: queue(names::SCHEDULE_DEAD_QUEUE),
            },
            ingest_function: Some(names::function_arn("ingest")),
            alarm_topic: None,
            webhook_url: Some(format!("{}/webhook", addresses.front)),
            front_url: Some(addresses.front.clone()),
            operators_topic: Some(names::OPERATORS_TOPIC.to_owned()),
            replies_topic: None,
            runbook_prefix: Some("Reveille-".to_owned()),
            runbooks: ["WebServerRestart", "AddCapacity", "RunChecks"].map(str::to_owned).to_vec(),
            signing_secret: value("REVEILLE_SIGNING_SECRET_ARN"),
            email_from: value("REVEILLE_EMAIL_FROM"),
            sms_sender: value("REVEILLE_SMS_SENDER"),
        }
    }

    /// A part that a command cannot do without; `what` says in words which.
    pub fn need<'p>(part: Option<&'p String>, what: &'static str) -> Result<&'p str, InstallationError> {
        part.map(String::as_str).ok_or(InstallationError::UnknownPart(what))
    }

    /// What to tell whoever uses a command on an installation of another version.
    pub fn doubt(&self) -> Option<String> {
        let deployed = self.version.as_deref().filter(|deployed| *deployed != VERSION)?;
        Some(format!(
            "this command is version {VERSION}, the installation {deployed}: what the one writes the other may not read; \
             deploy this version, or use that one's command"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_or_newer_stack_writes_can_be_read() {
        let read = |text: &str| serde_json::from_str::<Parts>(text);
        let least = read(r#"{ "table": "t", "home": "eu-west-1" }"#).unwrap();
        assert_eq!(least, Parts::of_table("t", "eu-west-1"));
        let more = r#"{ "table": "t", "home": "r", "queues": { "nudges": "n", "new": "x" }, "moon": [1], "version": "99.0.0" }"#;
        let more = read(more).unwrap();
        assert_eq!((more.queues.nudges.as_deref(), more.queues.pages.as_deref()), (Some("n"), None));
        assert!(more.doubt().unwrap().contains("the installation 99.0.0"));
        assert!(read(r#"{ "home": "eu-west-1" }"#).is_err(), "without a table it is none");
    }

    #[test]
    fn a_part_that_is_missing_is_named() {
        let parts = Parts::of_table("t", "eu-west-1");
        let error = Parts::need(parts.queues.nudges.as_ref(), "the URL of the nudge queue").unwrap_err();
        assert!(error.to_string().contains("the URL of the nudge queue"), "{error}");
        let local = Parts::local(&Addresses::of_port_base(9070));
        assert_eq!(Parts::need(local.front_url.as_ref(), "the front").unwrap(), "http://127.0.0.1:9070");
        assert_eq!(local.doubt(), None);
    }
}
