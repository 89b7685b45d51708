//! AWS Incident Manager, through the APIs of SSM Contacts and SSM Incidents.
//!
//! What cannot be read is said and the rest is read all the same: a permission that is missing for one contact must not
//! hide the others, and the exit status says that the file is incomplete.

mod contacts;
mod response_plans;
mod rotations;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_ssmcontacts::types::ContactType;
use jiff::Timestamp;
use reveille_aws::Clients;
use reveille_engine::Chain;

use super::model::{Imported, SourceId, Who};

/// The two APIs that it has.
#[derive(Clone, Debug)]
pub struct IncidentManager {
    contacts: aws_sdk_ssmcontacts::Client,
    incidents: aws_sdk_ssmincidents::Client,
}

/// An account of a few hundred contacts is read in some thousand calls, and the service throttles early.
const ATTEMPTS_MAX: u32 = 10;
/// All attempts of one call: whoever imports a large account would rather wait than begin again.
const CALL_TIMEOUT: Duration = Duration::from_secs(180);

/// Why nothing at all could be read.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The very first list failed.
    #[error(
        "contacts cannot be listed: check the profile and the Region (`--profile`, `--region`), and that you may call \
         ssm-contacts:ListContacts: {0}"
    )]
    Contacts(String),
}

impl IncidentManager {
    /// Of the account that these clients reach, with the patience that a whole account takes.
    pub fn of(clients: &Clients) -> Self {
        let retry = RetryConfig::adaptive().with_max_attempts(ATTEMPTS_MAX);
        let timeouts = clients.config().timeout_config().map(TimeoutConfig::to_builder).unwrap_or_default();
        let config = clients.config().to_builder().retry_config(retry);
        Self::with(&config.timeout_config(timeouts.operation_timeout(CALL_TIMEOUT).build()).build())
    }

    /// Of a double of the APIs at `endpoint`, where nobody waits before another try.
    pub fn at(endpoint: &str) -> Self {
        let retry = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_MAX)
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(1));
        // A loopback port needs no certificates, and reading those of the system takes longer than all calls together.
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = Clients::at(endpoint).config().to_builder().region(Region::from_static("us-east-2"));
        Self::with(&config.http_client(http).retry_config(retry).build())
    }

    fn with(config: &SdkConfig) -> Self {
        Self {
            contacts: aws_sdk_ssmcontacts::Client::new(config),
            incidents: aws_sdk_ssmincidents::Client::new(config),
        }
    }
}

/// Reads an account's Region. `tell` hears what is being read.
pub async fn read(source: &IncidentManager, now: Timestamp, tell: &dyn Fn(&str)) -> Result<Imported, AwsError> {
    let mut imported = Imported::of("AWS Incident Manager", now);
    let mut names = Names::default();
    let mut by_type: BTreeMap<&str, Vec<(String, SourceId)>> = BTreeMap::new();
    let mut pages = source.contacts.list_contacts().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| AwsError::Contacts(why(&error)))?;
        for contact in page.contacts() {
            let id = names.learn(contact.contact_arn(), contact.alias());
            let known = [
                (ContactType::Personal, "personal"),
                (ContactType::Escalation, "escalation"),
                (ContactType::OncallSchedule, "schedule"),
            ];
            let Some((_, kind)) = known.into_iter().find(|(kind, _)| kind == contact.r#type()) else {
                let done = format!("left out: a contact of type `{}`", contact.r#type());
                imported.notes.no_equivalent(&format!("contact {id}"), "Type", done, "");
                continue;
            };
            names.is(contact.contact_arn(), kind);
            by_type.entry(kind).or_default().push((contact.contact_arn().to_owned(), id));
        }
    }
    let of = |kind: &str| by_type.get(kind).map_or(&[][..], Vec::as_slice);
    for (place, (arn, id)) in of("personal").iter().enumerate() {
        tell(&format!("reading contact {} of {}", place + 1, of("personal").len()));
        contacts::personal(source, arn, id, &mut imported).await;
    }
    for (place, (arn, id)) in of("escalation").iter().enumerate() {
        tell(&format!("reading escalation plan {} of {}", place + 1, of("escalation").len()));
        contacts::escalation(source, arn, id, &names, &mut imported).await;
    }
    tell(&format!("reading {} on-call schedules", of("schedule").len()));
    rotations::read(source, of("schedule"), &names, &mut imported).await;
    tell("reading response plans");
    response_plans::read(source, &names, &mut imported).await;
    Ok(imported)
}

/// The aliases behind ARNs, and what they are aliases of.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, (SourceId, &'static str)>);

impl Names {
    fn learn(&mut self, arn: &str, alias: &str) -> SourceId {
        let id = SourceId::new(alias);
        self.0.insert(arn.to_owned(), (id.clone(), "unknown"));
        id
    }

    fn is(&mut self, arn: &str, kind: &'static str) {
        if let Some((_, known)) = self.0.get_mut(arn) {
            *known = kind;
        }
    }

    /// The alias of a contact of this account; for any other, as of a shared contact, its ARN.
    fn id(&self, arn: &str) -> SourceId {
        self.0.get(arn).map_or_else(|| SourceId::new(arn), |(id, _)| id.clone())
    }

    /// Whom an ARN of a plan leads to.
    fn who(&self, arn: &str) -> Who {
        let id = self.id(arn);
        match self.0.get(arn).map(|(_, kind)| *kind) {
            Some("escalation") => Who::Plan(id),
            Some("schedule") => Who::Schedule(id),
            _ => Who::Contact(id),
        }
    }
}

/// What a denied permission leaves to do.
const ALLOW: &str = "allow it, and import again";

/// All pages of a list until one of them cannot be read, and why that is.
async fn pages<P, E: std::error::Error + 'static>(
    mut next: impl AsyncFnMut() -> Option<Result<P, E>>,
) -> (Vec<P>, Option<String>) {
    let mut pages = Vec::new();
    loop {
        match next().await {
            None => return (pages, None),
            Some(Ok(page)) => pages.push(page),
            Some(Err(error)) => return (pages, Some(why(&error))),
        }
    }
}

/// What an SDK error says, with its causes and without the answer that it came in.
fn why<E: std::error::Error + 'static>(error: &E) -> String {
    Chain(error).to_string()
}
