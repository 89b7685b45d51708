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
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ssmcontacts::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_ssmcontacts::types::ContactType;
use jiff::Timestamp;
use reveille_engine::Chain;

use super::model::{Imported, SourceId, Who};

/// The two clients.
#[derive(Clone, Debug)]
pub struct Clients {
    contacts: aws_sdk_ssmcontacts::Client,
    incidents: aws_sdk_ssmincidents::Client,
}

/// An account of a few hundred contacts is read in some thousand calls, and the service throttles early.
const ATTEMPTS_MAX: u32 = 10;

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

impl Clients {
    /// With the credentials of the environment.
    pub async fn from_environment(profile: Option<String>, region: Option<String>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS_MAX));
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        Self::of(&loader.load().await)
    }

    /// For a double of the APIs at `endpoint`: nothing is read from the environment, and nobody waits before another try.
    pub fn at(endpoint: &str) -> Self {
        let credentials = Credentials::new("double", "double", None, None, "double");
        let retry = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_MAX)
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(1));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-2"))
            // A loopback port needs no certificates, and reading those of the system takes longer than all calls together.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retry)
            .build();
        Self::of(&config)
    }

    fn of(config: &SdkConfig) -> Self {
        Self {
            contacts: aws_sdk_ssmcontacts::Client::new(config),
            incidents: aws_sdk_ssmincidents::Client::new(config),
        }
    }
}

/// Reads an account's Region. `tell` hears what is being read.
pub async fn read(clients: &Clients, now: Timestamp, tell: &dyn Fn(&str)) -> Result<Imported, AwsError> {
    let mut imported = Imported::of("AWS Incident Manager", now);
    let mut names = Names::default();
    let mut by_type: BTreeMap<&str, Vec<(String, SourceId)>> = BTreeMap::new();
    let mut pages = clients.contacts.list_contacts().into_paginator().send();
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
        contacts::personal(clients, arn, id, &mut imported).await;
    }
    for (place, (arn, id)) in of("escalation").iter().enumerate() {
        tell(&format!("reading escalation plan {} of {}", place + 1, of("escalation").len()));
        contacts::escalation(clients, arn, id, &names, &mut imported).await;
    }
    tell(&format!("reading {} on-call schedules", of("schedule").len()));
    rotations::read(clients, of("schedule"), &names, &mut imported).await;
    tell("reading response plans");
    response_plans::read(clients, &names, &mut imported).await;
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

/// What an SDK error says, with its causes and without the answer that it came in.
fn why<E: std::error::Error + 'static>(error: &E) -> String {
    Chain(error).to_string()
}
