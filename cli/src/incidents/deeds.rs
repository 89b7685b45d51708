//! The commands that change an incident: what is typed for each, and nothing of what it does.

use clap::Args;
use reveille_domain::{Actor, ContactAlias, limits};
use reveille_wire::paragraphs;

use super::act::{Act, Outcome, act};
use super::caller::Who;
use super::desk::Desk;
use super::find::{find, typed_id};
use super::people::Whom;
use crate::command::{Failure, usage_of};
use crate::installation::Installation;
use crate::output;
use crate::progress;

/// What every one of these commands takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct About {
    /// The incident: its id, or as much of its beginning as tells it apart
    #[arg(value_name = "ID", value_parser = typed_id)]
    incident: String,
    /// A name for this deed: run again with the same one, the command changes nothing
    #[arg(long, value_name = "KEY")]
    once: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    installation: Installation,
}

/// Answer an incident: you have it
#[derive(Clone, Debug, Args)]
pub struct Ack {
    #[command(flatten)]
    about: About,
}

/// Close an incident
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    #[command(flatten)]
    about: About,
}

/// Have an incident for a while, and be asked again if it is not over by then
#[derive(Clone, Debug, Args)]
pub struct Snooze {
    #[command(flatten)]
    about: About,
    /// For how long
    #[arg(long, value_name = "N", default_value_t = limits::SNOOZE_MINUTES,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::SNOOZE_MINUTES_MAX)))]
    minutes: u32,
}

/// Start what comes next on the plan now, whether or not somebody has answered
#[derive(Clone, Debug, Args)]
pub struct Escalate {
    #[command(flatten)]
    about: About,
}

/// Ask somebody beside those who are asked
#[derive(Clone, Debug, Args)]
pub struct Engage {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    whom: Whom,
}

/// Ask somebody instead of those who are asked, or who have it
#[derive(Clone, Debug, Args)]
pub struct Reassign {
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    whom: Whom,
}

/// Write something on the timeline for the others
#[derive(Clone, Debug, Args)]
pub struct NoteText {
    #[command(flatten)]
    about: About,
    /// What; `-` reads standard input
    #[arg(value_name = "TEXT")]
    text: String,
}

impl Ack {
    /// Acknowledges every page of whoever types it.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = self.about.desk().await?;
        let contact = contact(&desk, "ack")?;
        self.about.act(&desk, &Act::Acknowledge(contact)).await
    }
}

impl Snooze {
    /// The same for a while.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = self.about.desk().await?;
        let contact = contact(&desk, "snooze")?;
        self.about.act(&desk, &Act::Snooze(contact, self.minutes)).await
    }
}

impl Resolve {
    /// Closes it.
    pub async fn run(&self) -> Result<(), Failure> {
        self.about.act(&self.about.desk().await?, &Act::Resolve).await
    }
}

impl Escalate {
    /// Starts the next stage.
    pub async fn run(&self) -> Result<(), Failure> {
        self.about.act(&self.about.desk().await?, &Act::Escalate).await
    }
}

impl Engage {
    /// Asks somebody, too.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = self.about.desk().await?;
        let target = progress::with("looking for whom to ask", self.whom.target(&desk.engine)).await?;
        self.about.act(&desk, &Act::Engage(target)).await
    }
}

impl Reassign {
    /// Asks somebody instead.
    pub async fn run(&self) -> Result<(), Failure> {
        let desk = self.about.desk().await?;
        let target = progress::with("looking for whom to ask", self.whom.target(&desk.engine)).await?;
        self.about.act(&desk, &Act::Reassign(target)).await
    }
}

impl NoteText {
    /// Writes it down.
    pub async fn run(&self) -> Result<(), Failure> {
        let text = if self.text == "-" { std::io::read_to_string(std::io::stdin())? } else { self.text.clone() };
        let most = limits::NOTE_CHARACTERS_MAX;
        let text = paragraphs(&text, text.len());
        let length = text.chars().count();
        if text.is_empty() || length > most {
            let message = format!("a note has 1 to {most} characters; this one has {length}");
            return Err(usage_of("note", message));
        }
        self.about.act(&self.about.desk().await?, &Act::Note(text)).await
    }
}

impl About {
    pub(crate) async fn desk(&self) -> Result<Desk, Failure> {
        let reached = self.installation.find().await?;
        progress::with("asking who you are", Desk::open(&reached, &self.who)).await
    }

    /// Does it, and says what it came to.
    pub(crate) async fn act(&self, desk: &Desk, deed: &Act) -> Result<(), Failure> {
        let id = progress::with("looking for the incident", find(&desk.engine, &self.incident)).await?;
        let outcome: Outcome = progress::with("writing it down", act(desk, &id, deed, self.once.as_deref())).await?;
        if self.json {
            output::line(serde_json::to_string(&outcome)?)?;
        } else {
            output::line(&outcome)?;
        }
        desk.say_unheard();
        Ok(())
    }
}

/// Only a contact has pages to answer.
fn contact(desk: &Desk, command: &str) -> Result<ContactAlias, Failure> {
    match &desk.actor {
        Actor::Contact(alias) => Ok(alias.clone()),
        Actor::Source(_) | Actor::Operator | Actor::Caller(_) | Actor::Reveille => {
            Err(usage_of(command, "who answers? Say it with --as CONTACT, or set REVEILLE_CONTACT"))
        }
    }
}
