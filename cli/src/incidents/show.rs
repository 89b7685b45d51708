//! `reveille show`: one incident whole. What happened, who was paged and why, what comes next.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use reveille_domain::{Incident, IncidentId, RunbookOutcome, RunbookState};
use reveille_engine::record::OrderRecord;
use reveille_engine::{Engine, EngineError};
use serde::Serialize;

use super::find::{find, typed_id};
use super::list::terminal_width;
use super::next::{Next, next};
use super::page::{Page, PagedChannel, pages};
use super::span;
use super::summary::{State, Summary};
use super::whole::{Raw, Whole, read};
use crate::columns::{Cell, Columns, harmless, one_line};
use crate::command::Failure;
use crate::installation::Installation;
use crate::output;
use crate::paint::{Ink, Paint};
use crate::progress;
use crate::screen::word;
use crate::timeline::{Kind, Told};

/// Show an incident: its timeline, its pages with receipts and reasons, its runbooks
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The incident: its id, or as much of its beginning as tells it apart
    #[arg(value_name = "ID", value_parser = typed_id)]
    incident: String,
    /// Print the text that it was opened from, and nothing else
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// One incident whole, as JSON has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// As in the list.
    pub incident: Summary,
    /// Longer text for people.
    pub summary: String,
    /// What makes two signals speak about it.
    pub dedupe_key: String,
    /// When its source saw it.
    pub occurred_at: Timestamp,
    /// What is affected.
    pub resources: Vec<String>,
    /// The template's tags and the signal's.
    pub tags: BTreeMap<String, String>,
    /// Where more is to be seen.
    pub links: Vec<String>,
    /// When the newest of the repeats occurred.
    pub last_repeat_at: Option<Timestamp>,
    /// What it does by itself next.
    pub next: Option<Next>,
    /// Oldest first.
    pub pages: Vec<Page>,
    /// In the order in which they were ordered.
    pub runbooks: Vec<Runbook>,
    /// By time.
    pub timeline: Vec<Told>,
    /// The text that it was opened from.
    raw: Option<Raw>,
    /// Rows that were written by another version and are left out.
    pub unreadable: usize,
}

/// One runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Runbook {
    /// The SSM document.
    pub document: String,
    /// `ordered`, `running`, `succeeded`, `failed`, `cancelled` or `timed_out`.
    pub state: String,
    /// Why it failed.
    pub why: Option<String>,
    /// The execution.
    pub execution: Option<String>,
    /// When its end was learned.
    pub ended_at: Option<Timestamp>,
}

impl Show {
    /// Shows it.
    pub async fn run(&self) -> Result<(), Failure> {
        let engine = self.installation.find().await?.engine();
        let id = progress::with("looking for the incident", find(&engine, &self.incident)).await?;
        let shown = progress::with("reading the incident", shown(&engine, &id))
            .await?
            .ok_or_else(|| format!("there is no incident `{id}` any more"))?;
        if self.raw {
            let raw = shown.raw.ok_or_else(|| format!("no text is kept of what opened {id}"))?;
            output::say_foreign(&format!("{}\n", raw.text))?;
            if (raw.text.len() as u64) < raw.bytes {
                let (kept, raw) = (raw.text.len(), raw);
                output::aside(format_args!(
                    "the first {kept} of {} bytes; SHA-256 of the whole: {}",
                    raw.bytes, raw.sha256
                ));
            }
        } else if self.json {
            output::line(serde_json::to_string(&shown)?)?;
        } else {
            output::say(text(&shown, engine.now(), terminal_width(), Paint::of_stdout()))?;
        }
        Ok(())
    }
}

/// Reads one incident whole. `None`: there is none.
pub async fn shown(engine: &Engine, id: &IncidentId) -> Result<Option<Shown>, EngineError> {
    let Some(whole) = read(engine, id).await? else { return Ok(None) };
    let (incident, now) = (&whole.incident, engine.now());
    let opening = &incident.opening;
    let summary = Summary::of(incident, whole.repeats.total());
    Ok(Some(Shown {
        summary: opening.summary.clone(),
        dedupe_key: opening.dedupe_key.clone(),
        occurred_at: opening.occurred_at,
        resources: resources(incident),
        tags: opening.tags.clone(),
        links: links(incident),
        last_repeat_at: whole.repeats.newest(),
        next: next(incident),
        pages: pages(&whole, now),
        runbooks: runbooks(&whole),
        incident: summary,
        timeline: whole.timeline,
        raw: whole.raw,
        unreadable: whole.unreadable,
    }))
}

/// `resources.0`, `resources.1`, … of the facts, in their order.
fn resources(incident: &Incident) -> Vec<String> {
    let facts = &incident.opening.facts.0;
    (0..).map_while(|place| facts.get(&format!("resources.{place}")).cloned()).collect()
}

/// The console's page of the alarm, and what the sender has put into tags.
fn links(incident: &Incident) -> Vec<String> {
    let opening = &incident.opening;
    let alarm = opening.dedupe_key.strip_prefix("arn:aws:cloudwatch:").and_then(|rest| {
        let (region, rest) = rest.split_once(':')?;
        let (_, name) = rest.split_once(":alarm:")?;
        // A contributor's key goes on after its alarm's name, which ends where it does not fit a name.
        let name =
            opening.facts.0.get("name").filter(|known| name.starts_with(known.as_str())).map_or(name, String::as_str);
        let name = name.replace('%', "%25").replace(' ', "+").replace('/', "%2F");
        Some(format!("https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"))
    });
    let tagged = opening.tags.values().filter(|value| value.starts_with("https://") || value.starts_with("http://"));
    alarm.into_iter().chain(tagged.cloned()).collect()
}

fn runbooks(whole: &Whole) -> Vec<Runbook> {
    let runs = whole.incident.runbooks.iter().zip(0_u32..);
    runs.map(|(run, place)| {
        let started = started(whole, place);
        let (state, why, execution, ended_at) = match &run.state {
            RunbookState::Ordered if started.is_some() => ("running", None, started, None),
            RunbookState::Ordered => ("ordered", None, None, None),
            RunbookState::Ended { at, outcome, execution } => {
                let why = match outcome {
                    RunbookOutcome::Failed(why) => Some(why.clone()),
                    RunbookOutcome::Succeeded | RunbookOutcome::Cancelled | RunbookOutcome::TimedOut => None,
                };
                (outcome.name(), why, execution.as_ref().map(ToString::to_string).or(started), Some(*at))
            }
        };
        Runbook { document: run.document.clone(), state: state.to_owned(), why, execution, ended_at }
    })
    .collect()
}

/// The execution of a run, as soon as it has been started.
fn started(whole: &Whole, run: u32) -> Option<String> {
    let is_its = |order: &&reveille_engine::record::OutboxRecord| matches!(&order.order, OrderRecord::Runbook { run: ordered, .. } if *ordered == run);
    let order = whole.orders.iter().find(is_its)?.id();
    let receipts = whole.receipts.iter().filter(|(of, _)| *of == order).flat_map(|(_, record)| &record.receipts);
    receipts.filter(|receipt| receipt.outcome == "started").find_map(|receipt| receipt.text.clone())
}

/// One incident for people.
pub(crate) fn text(shown: &Shown, now: Timestamp, width: Option<usize>, paint: Paint) -> String {
    let mut lines = vec![paint.ink(Ink::Strong, &one_line(&shown.incident.title)), String::new()];
    lines.extend(head(shown, now, paint));
    if !shown.summary.is_empty() {
        lines.extend([String::new(), harmless(&shown.summary)]);
    }
    lines.extend(section("Pages", paged(&shown.pages, width, paint), paint));
    lines.extend(section("Runbooks", ran(&shown.runbooks, width, paint), paint));
    lines.extend(section("Timeline", shown.timeline.iter().map(|told| line(told, paint)).collect(), paint));
    if shown.unreadable > 0 {
        lines.extend([
            String::new(),
            format!("{} rows were written by another version and are left out", shown.unreadable),
        ]);
    }
    lines.join("\n") + "\n"
}

fn head(shown: &Shown, now: Timestamp, paint: Paint) -> Vec<String> {
    let incident = &shown.incident;
    let who = one_line(&incident.who());
    let state = match incident.state {
        State::Open => paint.ink(Ink::Bad, &format!("open, {who}")),
        State::Acknowledged | State::Snoozed => paint.ink(Ink::Waiting, &format!("{} by {who}", incident.state.word())),
        State::Resolved => {
            let at = incident.resolved_at.map(|at| format!(" at {}", span::instant(at))).unwrap_or_default();
            paint.ink(Ink::Good, &format!("over: {who}{at}"))
        }
    };
    let opened = format!("{} ({} ago)", span::instant(incident.opened_at), span::between(incident.opened_at, now));
    let last = shown.last_repeat_at.map(|at| format!(", the newest at {}", span::instant(at))).unwrap_or_default();
    let next = shown.next.as_ref().map(|next| {
        let wait =
            if next.at > now { format!("in {}", span::between(now, next.at)) } else { "at any moment".to_owned() };
        format!("{} at {} ({wait})", one_line(&next.what), span::instant(next.at))
    });
    let fields = [
        ("id", Some(incident.id.clone())),
        ("state", Some(state)),
        ("impact", Some(incident.impact.to_string())),
        ("plan", Some(one_line(&incident.plan))),
        ("source", Some(one_line(&incident.source))),
        ("opened", Some(opened)),
        ("dedupe key", Some(one_line(&shown.dedupe_key))),
        ("repeats", (incident.repeats > 0).then(|| format!("{}{last}", incident.repeats))),
        ("next", next),
    ];
    let one = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let many = shown.resources.iter().map(|resource| ("resource", one_line(resource)));
    let links = shown.links.iter().map(|link| ("link", one_line(link)));
    let tags = shown.tags.iter().map(|(key, value)| ("tag", one_line(&format!("{key}: {value}"))));
    one.chain(many)
        .chain(links)
        .chain(tags)
        .map(|(name, value)| format!("  {}  {value}", paint.ink(Ink::Faint, &format!("{name:<10}"))))
        .collect()
}

fn section(title: &str, lines: Vec<String>, paint: Paint) -> Vec<String> {
    if lines.is_empty() {
        return lines;
    }
    let head = [String::new(), paint.ink(Ink::Strong, title)];
    head.into_iter().chain(lines.into_iter().map(|line| format!("  {line}"))).collect()
}

fn paged(pages: &[Page], width: Option<usize>, paint: Paint) -> Vec<String> {
    let row = |page: &Page, channel: &PagedChannel| {
        let newest = channel.receipts.last();
        let words = newest.filter(|receipt| receipt.outcome != "sent").and_then(|receipt| receipt.text.clone());
        let state = words.map_or_else(|| channel.state.clone(), |words| format!("{}: {words}", channel.state));
        [
            page.at.strftime("%m-%d %H:%M:%S").to_string().into(),
            Cell::inked(Ink::Strong, &page.contact),
            Cell::from(&channel.kind),
            Cell::inked(ink_of(&channel.state), &state.replace('_', " ")),
            Cell::from(&page.reason),
        ]
    };
    let mut columns = Columns::new(["TIME (UTC)", "WHO", "BY", "STATE", "WHY"]);
    for (page, channel) in pages.iter().flat_map(|page| page.channels.iter().map(move |channel| (page, channel))) {
        columns.row(row(page, channel));
    }
    indented(&columns, 3, width, paint)
}

fn ink_of(state: &str) -> Ink {
    match state {
        "sent" | "delivered" | "answered" => Ink::Good,
        "failed" | "refused" | "given_up" | "not_delivered" | "complained" => Ink::Bad,
        _ => Ink::Waiting,
    }
}

fn ran(runbooks: &[Runbook], width: Option<usize>, paint: Paint) -> Vec<String> {
    let row = |run: &Runbook| {
        let ink = match run.state.as_str() {
            "succeeded" => Ink::Good,
            "ordered" | "running" => Ink::Waiting,
            _ => Ink::Bad,
        };
        let state = run.why.as_ref().map_or_else(|| run.state.clone(), |why| format!("{}: {why}", run.state));
        let execution = run.execution.clone().unwrap_or_default();
        [Cell::inked(Ink::Strong, &run.document), Cell::inked(ink, &state.replace('_', " ")), execution.into()]
    };
    let mut columns = Columns::new(["DOCUMENT", "STATE", "EXECUTION"]);
    for run in runbooks {
        columns.row(row(run));
    }
    indented(&columns, 1, width, paint)
}

/// The lines of a table that stands within a section; none without rows.
fn indented<const N: usize>(
    columns: &Columns<N>,
    giving_way: usize,
    width: Option<usize>,
    paint: Paint,
) -> Vec<String> {
    let width = width.map(|width| width.saturating_sub(2));
    if columns.is_empty() { Vec::new() } else { columns.lines(paint, giving_way, width) }
}

fn line(told: &Told, paint: Paint) -> String {
    let ink = match told.kind {
        Kind::Opened | Kind::Error | Kind::Exhausted => Ink::Bad,
        Kind::Page | Kind::Stage => Ink::Waiting,
        Kind::Acknowledged | Kind::Snoozed | Kind::Resolved => Ink::Good,
        Kind::Note | Kind::Runbook => Ink::Told,
        Kind::Repeated | Kind::Receipt | Kind::Announced => Ink::Faint,
    };
    let at = paint.ink(Ink::Faint, &told.at.strftime("%m-%d %H:%M:%S").to_string());
    // A note has lines of its own; they stand under its first.
    let text = harmless(&told.text).replace('\n', &format!("\n{}", " ".repeat(33)));
    format!("{at}  {}  {text}", paint.ink(ink, &format!("{:<12}", word(told.kind))))
}
