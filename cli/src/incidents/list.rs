//! `reveille incidents`: what there is, from the index that lists incidents and from nothing else.

use clap::Args;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{ContactAlias, Incident, ResponsePlanName};
use reveille_engine::limits::KEYS_PER_READ_MAX;
use reveille_engine::port::{Index, Item, Key, Query, Table, TableError};
use reveille_engine::record::{IncidentRecord, from_item};
use reveille_engine::{Engine, EngineError, Repeats, key};

use super::caller;
use super::limits::{LISTED_DAYS, LISTED_PER_QUERY_MAX};
use super::summary::{State, Summary};
use super::{span, watch};
use crate::columns::{Cell, Columns};
use crate::command::{Failure, usage_of};
use crate::duration;
use crate::installation::Installation;
use crate::installed::{self, Kind};
use crate::output;
use crate::paint::{Ink, Paint};
use crate::progress;
use crate::unknown_name::{UnknownName, did_you_mean};

/// List incidents: those that are open, unless something else is asked for
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only those that are open
    #[arg(long, conflicts_with_all = ["closed", "all"])]
    open: bool,
    /// Those that are over, of the last 7 days unless --since says otherwise
    #[arg(long, conflicts_with = "all")]
    closed: bool,
    /// Both
    #[arg(long)]
    all: bool,
    /// Only of this response plan
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
    /// Only those about which this contact was asked
    #[arg(long, value_name = "CONTACT")]
    contact: Option<String>,
    /// Only of this impact: 1 (critical) to 5 (none)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    impact: Option<u8>,
    /// Only opened since: an instant of RFC 3339, or a length of time before now such as 90m, 24h or 7d
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only with this text in title, summary, dedupe key, resources or tags
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Go on, and show what changes, until q or Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print JSON; with --watch one object a line for each change
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Which incidents are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those that are open.
    pub open: bool,
    /// Those that are over.
    pub closed: bool,
    /// Only of this response plan.
    pub plan: Option<ResponsePlanName>,
    /// Only those about which this contact was asked.
    pub contact: Option<ContactAlias>,
    /// Only of this impact.
    pub impact: Option<u8>,
    /// Only opened since.
    pub since: Option<Timestamp>,
    /// Only with this text, in lower case.
    pub search: Option<String>,
}

/// What is listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The newest first.
    pub incidents: Vec<Summary>,
    /// Rows that this version cannot read.
    pub unreadable: usize,
}

impl List {
    /// Lists, once or on and on.
    pub async fn run(&self) -> Result<(), Failure> {
        let engine = self.installation.find().await?.engine();
        let filter = progress::with("reading names", self.filter(&engine)).await?;
        if self.watch {
            return watch::run(&engine, &filter, self.json).await;
        }
        let listing = progress::with("reading incidents", list(&engine, &filter)).await?;
        if self.json {
            output::line(serde_json::to_string(&listing.incidents)?)?;
        } else {
            output::say(text(&listing, &filter, engine.now(), terminal_width(), Paint::of_stdout()))?;
        }
        say_unreadable(&listing);
        Ok(())
    }

    /// What the flags mean; names that do not exist are refused rather than found nowhere.
    async fn filter(&self, engine: &Engine) -> Result<Filter, Failure> {
        let now = engine.now();
        let since = match &self.since {
            Some(text) => Some(span::since(text, now).ok_or_else(|| {
                let message = format!("--since {text}: an instant such as 2026-01-05T14:00:00Z, or {}", duration::FORM);
                usage_of("incidents", message)
            })?),
            None => None,
        };
        let contact = match &self.contact {
            Some(alias) => Some(caller::contact(engine, alias).await?),
            None => None,
        };
        if let Some(plan) = &self.plan {
            let known = installed::names(engine.table(), Kind::ResponsePlan).await?;
            // Incidents of a plan that is gone are still there.
            if !known.contains(plan) && did_you_mean(plan, known.iter().map(String::as_str)).is_some() {
                return Err(UnknownName::installed(Kind::ResponsePlan.word(), plan, known).into());
            }
        }
        let week = || now.saturating_sub(SignedDuration::from_hours(24 * LISTED_DAYS)).unwrap_or(Timestamp::MIN);
        Ok(Filter {
            open: !self.closed,
            closed: self.closed || self.all,
            plan: self.plan.clone().map(ResponsePlanName::new),
            contact,
            impact: self.impact,
            // What is open is never too old to be seen.
            since: since.or_else(|| (self.closed || self.all).then(week)),
            search: self.search.as_ref().map(|text| text.to_lowercase()),
        })
    }
}

/// The incidents that a filter means, with what has been counted on them.
pub async fn list(engine: &Engine, filter: &Filter) -> Result<Listing, EngineError> {
    let wanted = [(true, filter.open), (false, filter.closed)].into_iter().filter(|(_, wanted)| *wanted);
    let rows =
        try_join_all(wanted.map(|(open, _)| rows_of(engine.table(), key::list_partitions(open), filter.since))).await?;
    let (mut incidents, mut unreadable) = (Vec::new(), 0);
    for row in rows.into_iter().flatten() {
        match from_item::<IncidentRecord>(&row) {
            Ok(record) => incidents.push(Incident::from(record)),
            Err(_) => unreadable += 1,
        }
    }
    // While an incident moves from one partition to the other, the index may show it in both.
    incidents.sort_by_key(|incident| {
        (std::cmp::Reverse(incident.opened_at), incident.opening.id.clone(), std::cmp::Reverse(incident.revision))
    });
    incidents.dedup_by(|a, b| a.opening.id == b.opening.id);
    incidents.retain(|incident| filter.means(incident));
    let repeats = repeats(engine, &incidents).await?;
    let mut summaries: Vec<Summary> =
        incidents.iter().zip(repeats).map(|(incident, repeats)| Summary::of(incident, repeats)).collect();
    shorten(&mut summaries);
    Ok(Listing { incidents: summaries, unreadable })
}

/// The rows of these list partitions, of those opened since, in no order.
pub(crate) async fn rows_of(
    table: &dyn Table,
    partitions: Vec<String>,
    since: Option<Timestamp>,
) -> Result<Vec<Item>, TableError> {
    let partitions = partitions.into_iter().map(|list_pk| partition(table, list_pk, since));
    Ok(try_join_all(partitions).await?.into_iter().flatten().collect())
}

/// The rows of one list partition. They come the newest first, so whatever follows an old one is older.
async fn partition(table: &dyn Table, list_pk: String, since: Option<Timestamp>) -> Result<Vec<Item>, TableError> {
    let mut query = Query { index: Index::List { list_pk }, limit: LISTED_PER_QUERY_MAX, after: None };
    let mut rows = Vec::new();
    loop {
        let page = table.query(&query).await?;
        let is_new = |row: &Item| since.is_none_or(|since| opened_at(row) >= Some(since));
        let (new, old): (Vec<Item>, Vec<Item>) = page.items.into_iter().partition(is_new);
        rows.extend(new);
        let reached_the_old = !old.is_empty();
        match page.next.filter(|_| !reached_the_old) {
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}

fn opened_at(row: &Item) -> Option<Timestamp> {
    row.get("opened_at")?.as_str()?.parse().ok()
}

/// What has been counted on each, in their order.
async fn repeats(engine: &Engine, incidents: &[Incident]) -> Result<Vec<u64>, EngineError> {
    let per_read = KEYS_PER_READ_MAX / usize::try_from(key::COUNT_SHARDS).unwrap_or(KEYS_PER_READ_MAX);
    let reads = incidents.chunks(per_read.max(1)).map(|incidents| async move {
        let keys: Vec<Key> = incidents.iter().flat_map(|incident| key::counts(&incident.opening.id)).collect();
        let rows = engine.table().get_many(&keys).await?;
        let of = |incident: &Incident| {
            let keys = key::counts(&incident.opening.id);
            let is_its = |row: &&Item| keys.iter().any(|key| row.get("pk").and_then(|pk| pk.as_str()) == Some(&key.pk));
            Repeats::from_counters(rows.iter().filter(is_its).cloned().collect()).total()
        };
        Ok::<_, EngineError>(incidents.iter().map(of).collect::<Vec<u64>>())
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// Ids as short as tells them apart, and never shorter than people are used to.
fn shorten(summaries: &mut [Summary]) {
    let ids: Vec<String> = summaries.iter().map(|summary| summary.id.clone()).collect();
    for summary in summaries {
        let apart = |length: usize| {
            let beginning = summary.id.get(..length).unwrap_or(&summary.id);
            ids.iter().filter(|id| id.starts_with(beginning)).count() <= 1
        };
        let length =
            (summary.short_id.len()..summary.id.len()).find(|length| apart(*length)).unwrap_or(summary.id.len());
        summary.short_id = summary.id.get(..length).unwrap_or(&summary.id).to_owned();
    }
}

impl Filter {
    fn means(&self, incident: &Incident) -> bool {
        let opening = &incident.opening;
        self.plan.as_ref().is_none_or(|plan| opening.response_plan == *plan)
            && self.impact.is_none_or(|impact| opening.impact.number() == impact)
            && self.since.is_none_or(|since| incident.opened_at >= since)
            && self.contact.as_ref().is_none_or(|c| incident.engagements.iter().any(|e| e.contact() == Some(c)))
            && self.search.as_ref().is_none_or(|text| has_text(incident, text))
    }
}

fn has_text(incident: &Incident, text: &str) -> bool {
    let opening = &incident.opening;
    let plain = [&opening.title, &opening.summary, &opening.dedupe_key].into_iter();
    let tags = opening.tags.iter().flat_map(|(key, value)| [key, value]);
    plain.chain(tags).chain(opening.facts.0.values()).any(|field| field.to_lowercase().contains(text))
}

/// The list for people.
pub(crate) fn text(listing: &Listing, filter: &Filter, now: Timestamp, width: Option<usize>, paint: Paint) -> String {
    if listing.incidents.is_empty() {
        return format!("{}\n", nothing(filter));
    }
    let mut columns = Columns::new(HEAD);
    for summary in &listing.incidents {
        columns.row(row(summary, now));
    }
    columns.lines(paint, TITLE_COLUMN, width).join("\n") + "\n"
}

/// What stands above the list.
pub(super) const HEAD: [&str; 8] = ["ID", "STATE", "IMPACT", "AGE", "TITLE", "PLAN", "WHO", "REPEATS"];

/// The column that gives way on a narrow terminal.
const TITLE_COLUMN: usize = 4;

fn row(summary: &Summary, now: Timestamp) -> [Cell; 8] {
    let state = match summary.state {
        State::Open => Ink::Bad,
        State::Acknowledged | State::Snoozed => Ink::Waiting,
        State::Resolved => Ink::Good,
    };
    [
        Cell::inked(Ink::Strong, &summary.short_id),
        Cell::inked(state, summary.state.word()),
        summary.impact.to_string().into(),
        span::between(summary.opened_at, now).into(),
        Cell::from(&summary.title),
        Cell::from(&summary.plan),
        summary.who().into(),
        if summary.repeats == 0 { String::new() } else { summary.repeats.to_string() }.into(),
    ]
}

fn nothing(filter: &Filter) -> String {
    let state = match (filter.open, filter.closed) {
        (true, false) => "no incident is open",
        (false, true) => "no incident is over",
        (true, true) | (false, false) => "there is no incident",
    };
    let narrowed =
        filter.plan.is_some() || filter.contact.is_some() || filter.impact.is_some() || filter.search.is_some();
    let since =
        filter.since.map(|since| format!(" that was opened since {}", span::instant(since))).unwrap_or_default();
    format!("{state}{since}{}", if narrowed { " and fits these filters" } else { "" })
}

pub(crate) fn say_unreadable(listing: &Listing) {
    if listing.unreadable > 0 {
        output::aside(format_args!(
            "{} incidents were written by another version and are left out: use its command",
            listing.unreadable
        ));
    }
}

/// The terminal's width, where there is a terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    use std::io::IsTerminal;
    let is_terminal = std::io::stdout().is_terminal();
    let (width, _) = ratatui::crossterm::terminal::size().ok().filter(|_| is_terminal)?;
    Some(usize::from(width))
}
