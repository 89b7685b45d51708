//! The timeline as people and programs read it: rows of the table become lines, and nothing else does.

use jiff::Timestamp;
use reveille_domain::{
    Actor, Again, AgainReason, Announcement, ChannelId, ChannelKind, ContactAlias, IncidentId, RunbookOutcome,
    SkipReason, TimelineEvent, TimelineKind,
};
use reveille_engine::port::Item;
use reveille_engine::record::{EventsRecord, ReceiptsRecord, RecordError, from_item};
use serde::Serialize;

/// One line of `demo --json`; see the contracts in docs/ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Seconds since the signal.
    pub at: f64,
    /// What happened.
    pub kind: Kind,
    /// The incident's id.
    pub incident: String,
    /// Whom it concerns.
    pub contact: Option<String>,
    /// The kind of channel: `sms`, `email`, `voice`, `webhook`, `slack` or `teams`.
    pub channel: Option<String>,
    /// One-based stage of a plan.
    pub stage: Option<u32>,
    /// How it went.
    pub outcome: Option<String>,
    /// In words.
    pub text: String,
}

/// The kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An incident was opened.
    Opened,
    /// A signal was recorded or counted on an open incident.
    Repeated,
    /// A stage started, or was skipped.
    Stage,
    /// A contact is paged on a channel.
    Page,
    /// What became of an attempt on a channel.
    Receipt,
    /// Somebody has it.
    Acknowledged,
    /// A runbook was ordered, started or ended.
    Runbook,
    /// An earlier recipient is told.
    Announced,
    /// Somebody has it for a while, or the while is over.
    Snoozed,
    /// An escalation ran out of stages.
    Exhausted,
    /// Somebody has written something down.
    Note,
    /// It is over.
    Resolved,
    /// Something is wrong.
    Error,
}

/// What a row says, before it is put in relation to the signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// Whom it concerns.
    pub contact: Option<String>,
    /// The kind of channel.
    pub channel: Option<String>,
    /// One-based stage of a plan.
    pub stage: Option<u32>,
    /// How it went.
    pub outcome: Option<String>,
    /// In words.
    pub text: String,
}

/// Whether a row of a timeline holds receipts, and no events.
pub fn is_receipt(row: &Item) -> bool {
    row.get("sk").and_then(|sk| sk.as_str()).is_some_and(|sk| sk.contains("#RECEIPT#"))
}

/// What one stored row of a timeline says.
pub fn told(row: &Item) -> Result<Vec<Told>, RecordError> {
    if is_receipt(row) {
        return Ok(receipts(&from_item(row)?));
    }
    let record: EventsRecord = from_item(row)?;
    Ok(record.events.into_iter().flat_map(|event| tell(&TimelineEvent::from(event))).collect())
}

/// The lines of one stored row of a timeline.
pub fn lines(row: &Item, incident: &IncidentId, signal_at: Timestamp) -> Result<Vec<Line>, RecordError> {
    let line = |told: Told| Line {
        at: seconds(told.at, signal_at),
        kind: told.kind,
        incident: incident.to_string(),
        contact: told.contact,
        channel: told.channel,
        stage: told.stage,
        outcome: told.outcome,
        text: told.text,
    };
    Ok(told(row)?.into_iter().map(line).collect())
}

/// Seconds between two instants, to a tenth: finer than anything that a plan can mean.
fn seconds(at: Timestamp, from: Timestamp) -> f64 {
    (at.duration_since(from).as_secs_f64() * 10.0).round() / 10.0
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event: the words of all of them in one place")]
fn tell(event: &TimelineEvent) -> Vec<Told> {
    let at = event.at;
    let one =
        |kind, text: String| vec![Told { at, kind, contact: None, channel: None, stage: None, outcome: None, text }];
    let with_outcome = |kind, outcome: &str, text: String| {
        vec![Told { at, kind, contact: None, channel: None, stage: None, outcome: Some(outcome.to_owned()), text }]
    };
    let stage = |stage: u32, outcome: Option<&str>, text: String| {
        let outcome = outcome.map(str::to_owned);
        vec![Told { at, kind: Kind::Stage, contact: None, channel: None, stage: Some(stage + 1), outcome, text }]
    };
    match &event.kind {
        TimelineKind::Opened { title } => one(Kind::Opened, title.clone()),
        TimelineKind::Noted { reason, text } => with_outcome(Kind::Repeated, reason.name(), text.clone()),
        TimelineKind::StageStarted { stage: number } => {
            stage(*number, None, format!("stage {} of the response plan", number + 1))
        }
        TimelineKind::StageSkipped { stage: number, why } => {
            let text = format!("stage {} of the response plan is skipped: {}", number + 1, skipped(*why));
            stage(*number, Some("skipped"), text)
        }
        TimelineKind::OnCall { schedule, contacts } => {
            with_outcome(Kind::Stage, "on_call", format!("{schedule}: {}", on_call(contacts)))
        }
        TimelineKind::EscalationStageSkipped { plan, stage: number, why, .. } => {
            let text = format!("{plan}: stage {} is skipped: {}", number + 1, skipped(*why));
            stage(*number, Some("skipped"), text)
        }
        TimelineKind::EscalationStageStarted { plan, stage: number, round, .. } => {
            let again = if *round > 0 { format!(", round {}", round + 1) } else { String::new() };
            stage(*number, None, format!("{plan}: stage {}{again}", number + 1))
        }
        TimelineKind::EscalationExhausted { plan, .. } => {
            one(Kind::Exhausted, format!("{plan}: nobody answered, and there is no further stage"))
        }
        TimelineKind::Paged { contact, channels, .. } => {
            each(at, Kind::Page, contact.as_str(), channels, |channel| format!("{contact} is paged by {channel}"))
        }
        TimelineKind::NotPaged { contact, .. } => {
            let text = format!("{contact} is not paged: none of the channels that the plan wants now can be used");
            vec![Told { contact: Some(contact.to_string()), ..with_outcome(Kind::Error, "not_paged", text).remove(0) }]
        }
        TimelineKind::Acknowledged { by, again, .. } => acknowledged(at, by, *again),
        TimelineKind::AskedAgain { why, .. } => match why {
            AgainReason::Snoozed => with_outcome(Kind::Snoozed, "over", "the snooze is over".to_owned()),
            AgainReason::NotResolved => {
                let text = "acknowledged, and not resolved in time: whoever has it is asked again";
                with_outcome(Kind::Stage, "asked_again", text.to_owned())
            }
            // What it leads to has lines of its own.
            AgainReason::Escalated | AgainReason::NextRound => Vec::new(),
        },
        TimelineKind::Escalated { by } => with_outcome(Kind::Stage, "escalated", format!("{by}: the next stage, now")),
        TimelineKind::ResponderAdded { by, target } => {
            with_outcome(Kind::Stage, "engaged", format!("{by} wants {target} to be asked, too"))
        }
        TimelineKind::Reassigned { by, to } => {
            with_outcome(Kind::Stage, "reassigned", format!("{by} gives it to {to}"))
        }
        TimelineKind::NoteAdded { by, text } => note(at, by, text),
        TimelineKind::LastResort { contact } => {
            let also = contact.as_ref().map(|contact| format!(", and {contact} is asked")).unwrap_or_default();
            with_outcome(Kind::Stage, "last_resort", format!("nobody has answered: the operators hear of it{also}"))
        }
        TimelineKind::RunbookOrdered { by, document, .. } => {
            let for_whom = by.as_ref().map(|by| format!(", for {by}")).unwrap_or_default();
            with_outcome(Kind::Runbook, "ordered", format!("runbook {document} is to run{for_whom}"))
        }
        TimelineKind::RunbookEnded { document, outcome, .. } => {
            let why = match outcome {
                RunbookOutcome::Failed(why) => format!(": {why}"),
                RunbookOutcome::Succeeded | RunbookOutcome::Cancelled | RunbookOutcome::TimedOut => String::new(),
            };
            let text = format!("runbook {document} {}{why}", outcome.name().replace('_', " "));
            with_outcome(Kind::Runbook, outcome.name(), text)
        }
        TimelineKind::Announced(Announcement { contact, channels, news }) => {
            each(at, Kind::Announced, contact.as_str(), channels, |channel| {
                format!("{contact} is told by {channel}: {news}")
            })
        }
        TimelineKind::Resolved { by, reason } => {
            let text = format!("over: {} ({by})", reason.name());
            vec![Told { contact: person(by), ..with_outcome(Kind::Resolved, reason.name(), text).remove(0) }]
        }
        TimelineKind::Undelivered { contact, channel, reason, .. } => {
            let text = format!("{contact} cannot be reached by {channel}: {reason}");
            vec![Told {
                contact: Some(contact.to_string()),
                ..with_outcome(Kind::Error, "undelivered", text).remove(0)
            }]
        }
        TimelineKind::Problem { text } => with_outcome(Kind::Error, "problem", text.clone()),
        // Bookkeeping: what it leads to has lines of its own.
        TimelineKind::PlanBegun
        | TimelineKind::ContactEngaged { .. }
        | TimelineKind::EscalationEngaged { .. }
        | TimelineKind::EngagementsStopped { .. } => Vec::new(),
    }
}

fn acknowledged(at: Timestamp, by: &Actor, again: Option<Again>) -> Vec<Told> {
    let (kind, text) = match again {
        Some(Again { at: until, why: AgainReason::Snoozed }) => {
            let minutes = (until.duration_since(at).as_secs() + 59) / 60;
            (Kind::Snoozed, format!("{by} has it, and is asked again in {minutes} minutes"))
        }
        Some(Again { why: AgainReason::NotResolved | AgainReason::Escalated | AgainReason::NextRound, .. }) | None => {
            (Kind::Acknowledged, format!("{by} has it"))
        }
    };
    vec![Told { at, kind, contact: person(by), channel: None, stage: None, outcome: None, text }]
}

fn skipped(why: SkipReason) -> &'static str {
    match why {
        SkipReason::Acknowledged => "somebody has acknowledged",
        SkipReason::When => "it is not for this impact or not for these hours",
        SkipReason::Nobody => "nobody in it can be asked",
    }
}

fn on_call(contacts: &[ContactAlias]) -> String {
    match contacts {
        [] => "nobody is on call".to_owned(),
        [one] => format!("{one} is on call"),
        [first, rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(ContactAlias::to_string).collect();
            format!("{first} and {} are on call", rest.join(", "))
        }
    }
}

fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Contact(alias) => Some(alias.to_string()),
        Actor::Source(_) | Actor::Operator | Actor::Caller(_) | Actor::Reveille => None,
    }
}

fn note(at: Timestamp, by: &Actor, text: &str) -> Vec<Told> {
    let (kind, text) = (Kind::Note, format!("{by}: {text}"));
    vec![Told { at, kind, contact: person(by), channel: None, stage: None, outcome: None, text }]
}

fn each(
    at: Timestamp,
    kind: Kind,
    contact: &str,
    channels: &[(ChannelId, ChannelKind)],
    text: impl Fn(&str) -> String,
) -> Vec<Told> {
    let told = |(_, channel): &(ChannelId, ChannelKind)| Told {
        at,
        kind,
        contact: Some(contact.to_owned()),
        channel: Some(channel.name().to_owned()),
        stage: None,
        outcome: None,
        text: text(channel.name()),
    };
    channels.iter().map(told).collect()
}

fn receipts(record: &ReceiptsRecord) -> Vec<Told> {
    let told = |receipt: &reveille_engine::record::ReceiptRecord| {
        let kind = if receipt.kind.is_some() { Kind::Receipt } else { Kind::Runbook };
        let whom = record.contact.clone().unwrap_or_else(|| receipt.channel.clone());
        let by = receipt.kind.as_ref().map(|kind| format!(" by {kind}")).unwrap_or_default();
        let outcome = receipt.outcome.replace('_', " ");
        // The provider's id of a message that was sent is for programs; why one was not sent is for people.
        let why = receipt.text.as_ref().filter(|_| !matches!(receipt.outcome.as_str(), "sent" | "started"));
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        // The operators' topic is no channel of anybody.
        let channel = receipt.kind.clone().filter(|_| record.contact.is_some());
        let by = if channel.is_some() { by } else { String::new() };
        Told {
            at: record.at,
            kind,
            contact: record.contact.clone(),
            channel,
            stage: None,
            outcome: Some(receipt.outcome.clone()),
            text: format!("{whom}{by}: {outcome}{why}"),
        }
    };
    record.receipts.iter().map(told).collect()
}
