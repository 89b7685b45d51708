//! `reveille test-page`: really pages a contact, through everything that a page goes through, and waits for the answer.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Actor, ChannelId, Contact, ContactAlias, Incident, IncidentId, Status, TestPage, limits};
use reveille_engine::port::{Index, Query};
use reveille_engine::{Engine, EngineError, key, test_page};
use serde::Serialize;

use crate::command::Failure;
use crate::duration;
use crate::installation::Installation;
use crate::installed::Applied;
use crate::limits::GRACE_S;
use crate::output;
use crate::progress;
use crate::timeline::{self, Kind};
use crate::unknown_name::UnknownName;

/// Whom to page.
#[derive(Debug, Args)]
pub struct TestPageCommand {
    /// The contact's alias
    #[arg(value_name = "CONTACT")]
    contact: String,
    /// Only this channel; may be given several times. Without it, every verified one
    #[arg(long = "channel", value_name = "C")]
    channels: Vec<String>,
    /// How long to wait for the answer, in whole minutes: 5m, 1h
    #[arg(long = "wait", value_name = "SPAN", default_value = "5m", value_parser = whole_minutes)]
    minutes: u32,
    /// Print JSON when it is over
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// How it ended, as `test-page --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The incident that the test is: `reveille show` has its timeline.
    pub incident: String,
    /// Who was paged.
    pub contact: String,
    /// Whether they have answered.
    pub answered: bool,
    /// When they did.
    pub answered_at: Option<Timestamp>,
    /// What became of each message: kind of channel and outcome, in the order of time.
    pub receipts: Vec<Receipt>,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// When.
    pub at: Timestamp,
    /// The kind of channel.
    pub channel: String,
    /// `sent`, `delivered`, `refused` …
    pub outcome: String,
    /// In words.
    pub text: String,
}

/// Why nobody was paged.
#[derive(Debug, thiserror::Error)]
pub enum TestPageError {
    /// They have no such channel.
    #[error("{contact} has no channel `{channel}`; their channels are {known}")]
    NoChannel {
        /// Who.
        contact: ContactAlias,
        /// Which.
        channel: String,
        /// Those that there are.
        known: String,
    },
    /// It may not be paged.
    #[error("{0}'s {1} is not verified, and is never paged: reveille verify {0} {1}")]
    Unverified(ContactAlias, ChannelId),
    /// There is nothing to page on.
    #[error("{0} has no verified channel: reveille contacts {0}")]
    NoneVerified(ContactAlias),
}

/// A message takes some milliseconds, an answer some seconds: nobody notices this.
const LOOK_EACH: Duration = Duration::from_secs(1);

impl TestPageCommand {
    /// Pages, waits, and says how it went.
    pub async fn run(self) -> Result<(), Failure> {
        let minutes = self.minutes;
        let engine = self.installation.find().await?.engine();
        let alias = ContactAlias::new(&self.contact);
        let Some(contact) = progress::with("looking for the contact", engine.contact(&alias)).await? else {
            let names = Applied::read(engine.table()).await?.names().await?;
            let known = names.keys().map(ContactAlias::as_str);
            return Err(UnknownName::installed("contact", &self.contact, known).into());
        };
        let channels = chosen(&contact, &self.channels)?;
        for (channel, why) in contact.out_of_use(&channels) {
            output::aside(format_args!(
                "{channel} is out of use, because {}; it is tried all the same",
                why.describe()
            ));
        }
        let test = TestPage { contact: alias, channels, minutes };
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let cause = format!("{random:02x?}");
        let opening = test_page::open(&engine, &test, &cause);
        let id = progress::with("opening the test", opening).await?;
        if !self.json {
            output::line(format_args!("paging {}: {minutes} min to answer (incident {id})", test.contact))?;
        }
        let say = |receipt: &Receipt| {
            if !self.json {
                progress::line_above(format_args!(
                    "{}  {}",
                    receipt.at.strftime("%H:%M:%S UTC"),
                    crate::columns::one_line(&receipt.text)
                ));
            }
        };
        let waiting = wait(&engine, &test, &id, LOOK_EACH, say);
        let outcome = progress::with("waiting for the answer", waiting).await?;
        if self.json {
            output::line(serde_json::to_string(&outcome)?)?;
        }
        match (outcome.answered_at, outcome.receipts.is_empty()) {
            (Some(at), _) => {
                if !self.json {
                    output::line(format_args!("{}  {} has answered", at.strftime("%H:%M:%S UTC"), outcome.contact))?;
                }
                Ok(())
            }
            (None, false) => Err(format!("{} has not answered within {minutes} min", outcome.contact).into()),
            (None, true) => Err(format!("no page has left within {minutes} min: reveille doctor").into()),
        }
    }
}

/// Plans count in minutes: what is no whole number of them is refused, and not rounded.
fn whole_minutes(text: &str) -> Result<u32, String> {
    let seconds = duration::argument(text)?.as_secs();
    let (minutes, rest) = (seconds / 60, seconds % 60);
    let most = limits::STAGE_MINUTES_MAX;
    match u32::try_from(minutes) {
        _ if rest > 0 => Err(format!("whole minutes: {}m or {}m", minutes.max(1), minutes.max(1) + 1)),
        Ok(minutes) if minutes <= most => Ok(minutes),
        Ok(_) | Err(_) => Err(format!("at most {most} minutes (STAGE_MINUTES_MAX)")),
    }
}

/// The channels that are asked for, or all that may be paged.
pub fn chosen(contact: &Contact, asked: &[String]) -> Result<Vec<ChannelId>, TestPageError> {
    if asked.is_empty() {
        let verified = contact.channels.iter().filter(|channel| channel.verified);
        let all: Vec<ChannelId> = verified.map(|channel| channel.id.clone()).collect();
        return if all.is_empty() { Err(TestPageError::NoneVerified(contact.alias.clone())) } else { Ok(all) };
    }
    let mut chosen = Vec::new();
    for id in asked {
        let Some(channel) = contact.channels.iter().find(|channel| channel.id.as_str() == id) else {
            let known = contact.channels.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(", ");
            let (contact, channel) = (contact.alias.clone(), id.clone());
            return Err(TestPageError::NoChannel { contact, channel, known });
        };
        if !channel.verified {
            return Err(TestPageError::Unverified(contact.alias.clone(), channel.id.clone()));
        }
        chosen.push(channel.id.clone());
    }
    Ok(chosen)
}

/// Looks again and again until the test is over, and says of each message what has become of it.
pub async fn wait(
    engine: &Engine,
    test: &TestPage,
    id: &IncidentId,
    look_each: Duration,
    say: impl Fn(&Receipt),
) -> Result<Outcome, EngineError> {
    let wait = SignedDuration::from_secs(i64::from(test.minutes) * 60 + GRACE_S);
    let ends = engine.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
    let mut said = 0;
    loop {
        let incident = engine.incident(id).await?;
        let receipts = receipts(engine, id).await?;
        receipts.iter().skip(said).for_each(&say);
        said = receipts.len();
        let is_open = incident.as_ref().is_some_and(Incident::is_open);
        if !is_open || engine.now() >= ends {
            let answered_at = incident.as_ref().and_then(|incident| answered_at(incident, &test.contact));
            return Ok(Outcome {
                incident: id.to_string(),
                contact: test.contact.to_string(),
                answered: answered_at.is_some(),
                answered_at,
                receipts,
            });
        }
        tokio::time::sleep(look_each).await;
    }
}

/// Whoever closes the test by its page or by SMS has answered, too.
fn answered_at(incident: &Incident, contact: &ContactAlias) -> Option<Timestamp> {
    match &incident.status {
        Status::Resolved(resolution) if resolution.by == Actor::Contact(contact.clone()) => Some(resolution.at),
        Status::Resolved(_) | Status::Open => incident.acknowledged.as_ref().map(|first| first.at),
    }
}

async fn receipts(engine: &Engine, id: &IncidentId) -> Result<Vec<Receipt>, EngineError> {
    let index = Index::Table { pk: key::partition(id), sk_prefix: "EVENT#".to_owned() };
    let page = engine.table().query(&Query { index, limit: 200, after: None }).await?;
    let mut receipts = Vec::new();
    for row in page.items.iter().filter(|row| timeline::is_receipt(row)) {
        let told = timeline::told(row)?;
        receipts.extend(told.into_iter().filter(|told| told.kind == Kind::Receipt).map(|told| Receipt {
            at: told.at,
            channel: told.channel.unwrap_or_default(),
            outcome: told.outcome.unwrap_or_default(),
            text: told.text,
        }));
    }
    receipts.sort_by_key(|receipt| receipt.at);
    Ok(receipts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_waits_for_whole_minutes() {
        let refused = |text: &str| Err(text.to_owned());
        for (text, expected) in [
            ("5m", Ok(5)),
            ("1h", Ok(60)),
            ("120s", Ok(2)),
            ("90s", refused("whole minutes: 1m or 2m")),
            ("20s", refused("whole minutes: 1m or 2m")),
            ("2m1s", refused("whole minutes: 2m or 3m")),
            ("8d", refused("at most 10080 minutes (STAGE_MINUTES_MAX)")),
        ] {
            assert_eq!(whole_minutes(text), expected, "{text}");
        }
        assert!(whole_minutes("soon").is_err());
    }
}
