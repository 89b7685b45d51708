//! The environment of each function against a local stack: what `reveille env` prints and what the local world runs on.

use clap::Args;
use clap::builder::PossibleValuesParser;
use reveille_aws::Environment;
use reveille_local::names;

use crate::command::Failure;
use crate::installation::Ports;
use crate::output;

/// Whose environment is asked for.
#[derive(Debug, Args)]
pub struct Env {
    /// The function's name
    #[arg(value_parser = PossibleValuesParser::new(FUNCTIONS.map(|(name, _)| name)))]
    function: String,
    #[command(flatten)]
    ports: Ports,
}

impl Env {
    /// Prints it, a variable a line.
    pub fn run(self) -> Result<(), Failure> {
        let environment = Addresses::of_port_base(self.ports.port_base).environment(&self.function);
        for (name, value) in environment.ok_or_else(|| format!("there is no function `{}`", self.function))? {
            output::line(format_args!("{name}={value}"))?;
        }
        Ok(())
    }
}

/// Where a local stack listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The AWS endpoint.
    pub endpoint: String,
    /// Where acknowledge links and webhooks go.
    pub front: String,
}

/// The functions of an installation, each with the variables that it must have and with those that it may have.
pub const FUNCTIONS: [(&str, [&[&str]; 2]); 7] = [
    ("ingest", [ingest::REQUIRED, &[]]),
    ("respond", [respond::REQUIRED, respond::OPTIONAL]),
    ("escalate", [escalate::REQUIRED, &[]]),
    ("notify", [notify::REQUIRED, notify::OPTIONAL]),
    ("runbook", [runbook::REQUIRED, &[]]),
    ("acknowledge", [acknowledge::REQUIRED, &[]]),
    ("rotate", [rotate::REQUIRED, &[]]),
];

/// The table of a local stack.
pub const TABLE: &str = "reveille";

impl Addresses {
    /// A stack that was started with this port base: the front there, the AWS endpoint one above.
    pub fn of_port_base(base: u16) -> Self {
        Self {
            front: format!("http://127.0.0.1:{base}"),
            endpoint: format!("http://127.0.0.1:{}", base.saturating_add(1)),
        }
    }

    /// The complete environment of a function; `None`: there is no such function.
    pub fn environment(&self, function: &str) -> Option<Vec<(&'static str, String)>> {
        let (_, names) = FUNCTIONS.into_iter().find(|(name, _)| *name == function)?;
        let own = names.into_iter().flatten().map(|name| (*name, self.value(name).unwrap_or_default()));
        Some(self.sdk().into_iter().chain(own).collect())
    }

    /// The URL of a queue.
    pub fn queue(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.endpoint, names::ACCOUNT)
    }

    /// The value of one of our variables on this stack; `None`: it has none here.
    pub fn value(&self, name: &str) -> Option<String> {
        let queue = |queue: &str| self.queue(queue);
        Some(match name {
            "REVEILLE_TABLE" => TABLE.to_owned(),
            "REVEILLE_HOME" => names::REGION.to_owned(),
            "REVEILLE_INSTALLATION" => TABLE.to_owned(),
            "REVEILLE_SYNTHETIC_ALARM" => format!("{TABLE}-synthetic"),
            "REVEILLE_NUDGE_QUEUE_URL" => queue(names::NUDGE_QUEUE),
            "REVEILLE_PAGE_QUEUE_URL" => queue(names::PAGE_QUEUE),
            "REVEILLE_SLOW_PAGE_QUEUE_URL" => queue(names::SLOW_PAGE_QUEUE),
            "REVEILLE_RUNBOOK_QUEUE_URL" => queue(names::RUNBOOK_QUEUE),
            "REVEILLE_SCHEDULE_GROUP" => names::SCHEDULE_GROUP.to_owned(),
            "REVEILLE_SCHEDULE_TARGET_ARN" => names::function_arn("escalate"),
            "REVEILLE_SCHEDULE_ROLE_ARN" => format!("arn:aws:iam::{}:role/reveille/schedules", names::ACCOUNT),
            "REVEILLE_SCHEDULE_DEAD_LETTER_ARN" => names::queue_arn(names::SCHEDULE_DEAD_QUEUE),
            "REVEILLE_SIGNING_SECRET_ARN" => names::SIGNING_KEY_SECRET.to_owned(),
            "REVEILLE_FRONT_URL" => self.front.clone(),
            "REVEILLE_SMS_REPLIES" => "true".to_owned(),
            "REVEILLE_EMAIL_FROM" => "reveille@localhost".to_owned(),
            "REVEILLE_OPERATORS_TOPIC_ARN" => names::OPERATORS_TOPIC.to_owned(),
            // The other sender is one variable away, for whoever wants to see its reports.
            "REVEILLE_SMS_SENDER" => Environment::optional("REVEILLE_SMS_SENDER").unwrap_or_else(|| "sns".to_owned()),
            "REVEILLE_VOICE_ORIGINATION" => names::VOICE_NUMBER.to_owned(),
            "REVEILLE_MESSAGING_CONFIGURATION_SET" | "REVEILLE_EMAIL_CONFIGURATION_SET" => "reveille".to_owned(),
            _ => return None,
        })
    }

    fn sdk(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", names::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ]
    }
}
