//! `reveille contacts`: everybody who can be paged, and how each of their channels stands.

use clap::Args;
use jiff::Timestamp;
use reveille_domain::{Channel, ContactAlias, Disabled};
use serde::Serialize;

use crate::columns::{Columns, one_line};
use crate::command::Failure;
use crate::configuration::Address;
use crate::installation::Installation;
use crate::installed::{Applied, AppliedContact};
use crate::output;
use crate::progress;
use crate::unknown_name::UnknownName;

/// What is asked.
#[derive(Debug, Args)]
pub struct Contacts {
    /// Only this contact
    #[arg(value_name = "CONTACT")]
    contact: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// A contact, as `contacts --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactLine {
    /// The alias.
    pub contact: String,
    /// As people call them.
    pub name: String,
    /// Whether a page reaches them on a channel that is verified and in use.
    pub reachable: bool,
    /// In the order of the configuration.
    pub channels: Vec<ChannelLine>,
}

/// A channel, as `contacts --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelLine {
    /// The channel's id.
    pub channel: String,
    /// The kind of channel.
    pub kind: &'static str,
    /// The address, masked; `null`: there is none.
    pub address: Option<String>,
    /// How it stands.
    pub state: Standing,
    /// Since when it is out of use.
    pub since: Option<Timestamp>,
    /// Why it is out of use, as a word: `opted_out`, `bounced`, `complained`, `invalid`, `blocked`.
    pub why: Option<&'static str>,
    /// What its provider said, without addresses.
    pub said: Option<String>,
    /// When a code proved whose it is; `null`: the operator vouches for it, or nobody does.
    pub verified_at: Option<Timestamp>,
}

/// How a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Pages go there.
    InUse,
    /// It is never paged: nobody vouches for it.
    Unverified,
    /// Its owner has answered STOP.
    OptedOut,
    /// Its provider says that nothing arrives there; it is paged only where nothing better is left.
    OutOfUse,
}

impl Contacts {
    /// Answers on standard output.
    pub async fn run(self) -> Result<(), Failure> {
        let reading = async {
            let reached = self.installation.find().await?;
            let table = reached.table();
            let contacts = Applied::read(table.as_ref()).await?.contacts().await?;
            Ok::<_, Failure>(contacts.into_iter().map(ContactLine::from).collect::<Vec<_>>())
        };
        let mut lines = progress::with("reading the contacts of the installation", reading).await?;
        if let Some(alias) = &self.contact {
            let known: Vec<&str> = lines.iter().map(|line| line.contact.as_str()).collect();
            if !known.contains(&alias.as_str()) {
                return Err(UnknownName::installed("contact", alias, known).into());
            }
            lines.retain(|line| line.contact == *alias);
        }
        if self.json {
            output::line(serde_json::to_string(&lines)?)?;
        } else {
            output::say(for_people(&lines))?;
        }
        Ok(())
    }
}

impl From<AppliedContact> for ContactLine {
    fn from(applied: AppliedContact) -> Self {
        let AppliedContact { record, state, addresses } = applied;
        let marks = record.clone();
        let contact = record.into_contact(Some(&state));
        let channel = |channel: &Channel| {
            let known = marks.mark(&channel.id).and_then(|mark| state.of(&channel.id, mark));
            let out = known.and_then(|known| known.disabled_since());
            ChannelLine {
                channel: channel.id.to_string(),
                kind: channel.kind.name(),
                address: addresses.get(channel.id.as_str()).map(|row| Address::stored(row.address.clone()).to_string()),
                state: Standing::of(channel),
                since: out.map(|(since, _)| since),
                why: channel.disabled.map(Disabled::name),
                said: out.map(|(_, text)| one_line(text)).filter(|text| !text.is_empty()),
                verified_at: known.and_then(|known| known.verified_at),
            }
        };
        Self {
            contact: contact.alias.to_string(),
            name: contact.name.clone(),
            reachable: contact.channels.iter().any(|channel| Standing::of(channel) == Standing::InUse),
            channels: contact.channels.iter().map(channel).collect(),
        }
    }
}

impl Standing {
    /// How a channel stands.
    pub fn of(channel: &Channel) -> Self {
        match channel.disabled {
            Some(Disabled::OptedOut) => Self::OptedOut,
            Some(Disabled::Bounced | Disabled::Complained | Disabled::Invalid | Disabled::Blocked) => Self::OutOfUse,
            None if channel.verified => Self::InUse,
            None => Self::Unverified,
        }
    }
}

/// One line a channel; below, what to do about whoever cannot be reached.
pub fn for_people(lines: &[ContactLine]) -> String {
    let mut columns = Columns::new(["contact", "channel", "kind", "address", "state"]);
    for line in lines {
        for channel in &line.channels {
            let address = channel.address.as_deref().unwrap_or("none: apply again");
            let state = stands(line, channel);
            columns.row([line.contact.as_str(), &channel.channel, channel.kind, address, &state]);
        }
        if line.channels.is_empty() {
            columns.row([line.contact.as_str(), "none", "", "", "pages reach nobody"]);
        }
    }
    let mut out = columns.to_string();
    let unreachable: Vec<&str> =
        lines.iter().filter(|line| !line.reachable).map(|line| line.contact.as_str()).collect();
    if !unreachable.is_empty() {
        let who = unreachable.join(", ");
        out.push_str(&format!(
            "\nWithout a channel that is verified and in use: {who}. See docs/OPERATING.md, Verify.\n"
        ));
    }
    out
}

fn stands(line: &ContactLine, channel: &ChannelLine) -> String {
    let (contact, id) = (ContactAlias::new(&line.contact), &channel.channel);
    let since =
        channel.since.map(|since| format!(" since {}", since.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    let why = channel.why.and_then(Disabled::from_name).map(Disabled::describe).unwrap_or_default();
    match channel.state {
        Standing::InUse => match channel.verified_at {
            Some(at) => format!("in use, verified {}", at.strftime("%Y-%m-%d")),
            None => "in use".to_owned(),
        },
        Standing::Unverified => format!("unverified: reveille verify {contact} {id}"),
        Standing::OptedOut => format!("disabled{since}: {why}; START from it, or reveille verify {contact} {id}"),
        Standing::OutOfUse => {
            let said = channel.said.as_ref().map(|said| format!(" ({said})")).unwrap_or_default();
            format!("out of use{since}: {why}{said}; mend it, then reveille verify {contact} {id}")
        }
    }
}
