//! What can be typed behind `reveille simulate`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::length::length;
use crate::command::instant;
use crate::scenario::{self, Does, Typed};

/// Plays a night, and touches nothing.
#[derive(Debug, Args)]
#[command(after_help = "A time is +7m, 90s, 1h30m or the like, and counts from the signal. See docs/SIMULATING.md")]
pub struct Simulate {
    /// A configuration; see docs/CONFIGURATION.md
    pub(super) file: PathBuf,
    /// The response plan that answers. Without it the rules decide about the event
    #[arg(long, value_name = "P")]
    pub(super) plan: Option<String>,
    /// A file with an event, as in events/; `-` reads standard input. Without it, a plain alarm of CloudWatch
    #[arg(long, value_name = "FILE")]
    pub(super) event: Option<PathBuf>,
    /// The instant at which the signal comes, in RFC 3339: 2026-01-05T14:00:00Z; without it, now
    #[arg(long, value_name = "T", value_parser = instant)]
    pub(super) at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) deeds: Deeds,
    /// How far to look ahead; without it, 24 hours. A night ends by itself when nothing more would happen
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    pub(super) length: Option<SignedDuration>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// What happens in the night. Each can be given several times.
#[derive(Debug, Args)]
pub(super) struct Deeds {
    /// Somebody acknowledges; without a contact, whoever was paged last
    #[arg(long, value_name = "CONTACT@TIME")]
    ack: Vec<By>,
    /// Somebody has it for a while: natsu@+2m/30m
    #[arg(long, value_name = "CONTACT@TIME/TIME")]
    snooze: Vec<Snooze>,
    /// Somebody wants the next stage now; without a contact, an operator does
    #[arg(long, value_name = "CONTACT@TIME")]
    escalate: Vec<By>,
    /// Somebody resolves it; without a contact, an operator does: @+9m
    #[arg(long, value_name = "CONTACT@TIME")]
    resolve: Vec<By>,
    /// The alarm says that all is right again
    #[arg(long, value_name = "TIME")]
    recover: Vec<By>,
    /// A channel (sms), somebody's (natsu/sms), somebody (natsu) or a provider (sns) fails; without a time, from the beginning
    #[arg(long, value_name = "WHAT[@TIME]")]
    fail: Vec<Fail>,
}

/// Somebody, or nobody in particular, and when.
#[derive(Clone, Debug)]
struct By {
    contact: Option<String>,
    after: SignedDuration,
    written: String,
}

#[derive(Clone, Debug)]
struct Snooze {
    by: By,
    time: String,
    written: String,
}

#[derive(Clone, Debug)]
struct Fail {
    what: String,
    after: SignedDuration,
    written: String,
}

impl Deeds {
    /// The steps, in the order of the options; of each kind in the order in which they were typed.
    pub(super) fn typed(self) -> Vec<Typed> {
        let by = |name: &str, by: By, does: fn(Option<String>) -> Does| Typed {
            option: format!("{name} {}", by.written),
            after: by.after,
            does: does(by.contact),
        };
        let fail = |fail: Fail| Typed {
            option: format!("--fail {}", fail.written),
            after: fail.after,
            does: Does::Fail(fail.what),
        };
        let snooze = |snooze: Snooze| Typed {
            option: format!("--snooze {}", snooze.written),
            after: snooze.by.after,
            does: Does::Snooze { contact: snooze.by.contact, time: snooze.time },
        };
        let fails = self.fail.into_iter().map(fail);
        let acks = self.ack.into_iter().map(|ack| by("--ack", ack, Does::Acknowledge));
        let snoozes = self.snooze.into_iter().map(snooze);
        let escalations = self.escalate.into_iter().map(|escalate| by("--escalate", escalate, Does::Escalate));
        let recoveries = self.recover.into_iter().map(|recover| by("--recover", recover, |_| Does::Recover));
        let resolutions = self.resolve.into_iter().map(|resolve| by("--resolve", resolve, Does::Resolve));
        fails.chain(acks).chain(snoozes).chain(escalations).chain(recoveries).chain(resolutions).collect()
    }
}

/// `natsu@+7m`; `@+7m` and `+7m` name nobody.
impl FromStr for By {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (contact, time) = written.rsplit_once('@').unwrap_or(("", written));
        let after = scenario::after(time).ok_or("who and when, for example natsu@+7m, or @+7m")?;
        let contact = Some(contact.trim().to_owned()).filter(|contact| !contact.is_empty());
        Ok(Self { contact, after, written: written.to_owned() })
    }
}

/// `natsu@+2m/30m`.
impl FromStr for Snooze {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let form = "who, when and for how long, for example natsu@+2m/30m";
        let (by, time) = written.rsplit_once('/').ok_or(form)?;
        let by: By = by.parse().map_err(|_| form)?;
        scenario::after(time).ok_or(form)?;
        Ok(Self { by, time: time.to_owned(), written: written.to_owned() })
    }
}

/// `sms`, `natsu/sms@+5m`.
impl FromStr for Fail {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (what, after) = match written.rsplit_once('@') {
            None => (written, SignedDuration::ZERO),
            Some((what, time)) => (
                what,
                scenario::after(time).ok_or("what and when, for example natsu/sms@+5m, or sms from the beginning")?,
            ),
        };
        Ok(Self { what: what.trim().to_owned(), after, written: written.to_owned() })
    }
}
