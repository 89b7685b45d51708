//! `reveille incidents --watch`: the list as it is now, again and again. On a terminal it is redrawn; elsewhere each change is a line.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Row, Table};
use reveille_engine::{Chain, Engine, EngineError};
use serde::Serialize;

use super::limits::WATCH_FAILURES_MAX;
use super::list::{Filter, HEAD, Listing, list, say_unreadable};
use super::span;
use super::summary::{State, Summary};
use crate::columns::one_line;
use crate::command::Failure;
use crate::output;

/// The index is a second behind anyway, and eight partitions every two seconds cost a fraction of a cent an hour.
const EVERY: Duration = Duration::from_secs(2);
/// How long a key waits until somebody looks.
const KEYS_EVERY: Duration = Duration::from_millis(50);
/// A list that is older says how old it is: the reading takes longer than it should.
const OLD: Duration = Duration::from_secs(10);

/// One change between two looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// When it was seen.
    pub at: Timestamp,
    /// `opened`, `acknowledged`, `snoozed`, `reopened`, `resolved`, `repeated`, `asked` or `listed`, of what was there at the start.
    pub change: &'static str,
    /// In words.
    pub text: String,
    /// The incident as it is now.
    pub incident: Summary,
}

/// Watches until somebody has seen enough.
pub(crate) async fn run(engine: &Engine, filter: &Filter, json: bool) -> Result<(), Failure> {
    if !json && std::io::stdout().is_terminal() {
        let mut terminal = ratatui::try_init()?;
        let ended = on_terminal(engine, filter, &mut terminal).await;
        ratatui::try_restore()?;
        return ended;
    }
    tokio::select! {
        ended = on_pipe(engine, filter, json) => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

async fn on_pipe(engine: &Engine, filter: &Filter, json: bool) -> Result<(), Failure> {
    let mut before: Option<BTreeMap<String, Summary>> = None;
    let mut failures = 0;
    loop {
        match look(engine, filter).await {
            Ok(listing) => {
                failures = 0;
                if before.is_none() {
                    say_unreadable(&listing);
                }
                let now = by_id(listing);
                for change in changes(before.as_ref(), &now, engine.now()) {
                    if !written(&change, json)? {
                        return Ok(());
                    }
                }
                before = Some(now);
            }
            Err(error) => {
                failures += 1;
                output::aside(Chain(&error));
                if failures >= WATCH_FAILURES_MAX || !error.retryable() {
                    return Err(error.into());
                }
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Prints a change; `false`: the reader has heard enough.
fn written(change: &Change, json: bool) -> Result<bool, Failure> {
    let line = if json { serde_json::to_string(change)? } else { change.to_string() };
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).map_err(Failure::from),
    }
}

/// What is open, and what of it has been over since the watch began: a change into nothing would say nothing.
async fn look(engine: &Engine, filter: &Filter) -> Result<Listing, EngineError> {
    if filter.closed {
        return list(engine, filter).await;
    }
    let day = engine.now().saturating_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let recent =
        Filter { open: false, closed: true, since: Some(filter.since.unwrap_or(day).max(day)), ..filter.clone() };
    let mut listing = list(engine, filter).await?;
    let over = list(engine, &recent).await?;
    listing.incidents.extend(over.incidents);
    Ok(listing)
}

fn by_id(listing: Listing) -> BTreeMap<String, Summary> {
    let mut all: BTreeMap<String, Summary> = BTreeMap::new();
    for summary in listing.incidents {
        // In both partitions at once, it is the one that is further.
        let known = all.get(&summary.id).map(|known| known.state);
        if known.is_none_or(|known| summary.state >= known) {
            all.insert(summary.id.clone(), summary);
        }
    }
    all
}

/// What has changed between two looks, the oldest incident first. `None`: this is the first look, which lists what is open.
pub fn changes(
    before: Option<&BTreeMap<String, Summary>>,
    now: &BTreeMap<String, Summary>,
    at: Timestamp,
) -> Vec<Change> {
    let mut seen: Vec<&Summary> = now.values().collect();
    seen.sort_by_key(|summary| summary.opened_at);
    let change = |summary: &&Summary| {
        let (change, text) = match before {
            None => (summary.state != State::Resolved)
                .then(|| ("listed", format!("{}: {}", summary.state.word(), summary.who())))?,
            Some(before) => difference(before.get(&summary.id), summary)?,
        };
        Some(Change { at, change, text, incident: (*summary).clone() })
    };
    seen.iter().filter_map(change).collect()
}

fn difference(before: Option<&Summary>, now: &Summary) -> Option<(&'static str, String)> {
    let Some(before) = before else {
        // What was over before anybody looked is no news.
        return (now.state != State::Resolved).then(|| ("opened", now.who()));
    };
    if before.state != now.state {
        return Some(match now.state {
            State::Open => ("reopened", now.who()),
            State::Acknowledged => ("acknowledged", format!("by {}", now.who())),
            State::Snoozed => ("snoozed", format!("by {}", now.who())),
            State::Resolved => ("resolved", format!("by {}", now.who())),
        });
    }
    if before.holders != now.holders {
        return Some(("acknowledged", format!("by {}", now.who())));
    }
    if before.asked != now.asked && now.state != State::Resolved {
        return Some(("asked", format!("asking {}", now.asked.join(", "))));
    }
    (before.repeats != now.repeats).then(|| ("repeated", format!("{} times", now.repeats)))
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Change { at, change, text, incident } = self;
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
        let (title, text) = (one_line(&incident.title), one_line(text));
        write!(f, "{at}  {}  {change:<12}  {title}  ({text})", incident.short_id)
    }
}

/// What is known on the terminal.
#[derive(Debug, Default)]
struct Known {
    /// The newest list, and when it was read; `None`: there was none yet.
    last: Option<(Listing, Timestamp)>,
    /// Why the newest attempt has failed.
    trouble: Option<String>,
}

impl Known {
    fn take(&mut self, read: Result<Listing, EngineError>, now: Timestamp) {
        match read {
            Ok(listing) => (self.last, self.trouble) = (Some((listing, now)), None),
            Err(error) => self.trouble = Some(one_line(&Chain(&error).to_string())),
        }
    }

    /// How many there are, and of when that is, if it is not of now.
    fn title(&self, now: Timestamp) -> String {
        let clock = span::instant(now);
        let Some((listing, read_at)) = &self.last else {
            return format!(" Reveille · reading incidents … · {clock}");
        };
        let count = listing.incidents.len();
        let incidents = if count == 1 { "incident" } else { "incidents" };
        let is_old = self.trouble.is_some() || now.duration_since(*read_at).unsigned_abs() >= OLD;
        let age = if is_old { format!(", as it was {} ago", span::between(*read_at, now)) } else { String::new() };
        format!(" Reveille · {count} {incidents}{age} · {clock}")
    }

    fn foot(&self) -> Line<'static> {
        self.trouble.as_ref().map_or_else(
            || Line::from(" q or Ctrl-C ends this; `reveille show ID` shows one whole").dim(),
            |trouble| Line::from(format!(" {trouble}")).red(),
        )
    }
}

/// Reads on and on, and looks at the keys meanwhile: in raw mode Ctrl-C is one of them, and AWS may never answer.
async fn on_terminal(engine: &Engine, filter: &Filter, terminal: &mut DefaultTerminal) -> Result<(), Failure> {
    let read_after = |pause: Duration| async move {
        tokio::time::sleep(pause).await;
        list(engine, filter).await
    };
    let mut known = Known::default();
    let mut reading = Box::pin(read_after(Duration::ZERO));
    let mut keys = tokio::time::interval(KEYS_EVERY);
    loop {
        tokio::select! {
            read = &mut reading => {
                known.take(read, engine.now());
                reading.set(read_after(EVERY));
            }
            _ = keys.tick() => if ends()? {
                return Ok(());
            }
        }
        terminal.draw(|frame| {
            let area = frame.area();
            let [head, body, foot] =
                Layout::vertical([Constraint::Length(2), Constraint::Min(1), Constraint::Length(1)]).areas(area);
            frame.render_widget(Paragraph::new(Line::from(known.title(engine.now())).bold()), head);
            if let Some((listing, _)) = &known.last {
                frame.render_widget(body_of(listing, engine.now()), body);
            }
            frame.render_widget(Paragraph::new(known.foot()), foot);
        })?;
    }
}

fn body_of(listing: &Listing, now: Timestamp) -> Table<'static> {
    let head = Row::new(HEAD).dim();
    let rows = listing.incidents.iter().map(|summary| {
        let style = match summary.state {
            State::Open => Style::new().red(),
            State::Acknowledged | State::Snoozed => Style::new().yellow(),
            State::Resolved => Style::new().green(),
        };
        let repeats = if summary.repeats == 0 { String::new() } else { summary.repeats.to_string() };
        let cells = [
            Line::from(summary.short_id.clone()).bold(),
            Line::from(summary.state.word()).style(style),
            Line::from(summary.impact.to_string()),
            Line::from(span::between(summary.opened_at, now)),
            Line::from(one_line(&summary.title)),
            Line::from(one_line(&summary.plan)),
            Line::from(one_line(&summary.who())),
            Line::from(repeats),
        ];
        Row::new(cells)
    });
    let widths = [
        Constraint::Length(9),
        Constraint::Length(12),
        Constraint::Length(6),
        Constraint::Length(7),
        Constraint::Min(20),
        Constraint::Max(28),
        Constraint::Max(32),
        Constraint::Length(7),
    ];
    Table::new(rows, widths).header(head)
}

/// Whether somebody has pressed a key that ends it.
fn ends() -> Result<bool, Failure> {
    while event::poll(Duration::ZERO)? {
        if let Event::Key(key) = event::read()?
            && is_end(&key)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_end(key: &KeyEvent) -> bool {
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}

#[cfg(test)]
mod tests {
    use reveille_engine::port::TableError;

    use super::*;

    fn summary(id: &str, state: State) -> Summary {
        Summary {
            id: id.to_owned(),
            short_id: id.to_owned(),
            title: format!("title of {id}"),
            plan: "p".to_owned(),
            impact: 3,
            state,
            source: "manual".to_owned(),
            opened_at: Timestamp::UNIX_EPOCH,
            resolved_at: None,
            resolved_by: None,
            holders: Vec::new(),
            asked: vec!["natsu".to_owned()],
            next_at: None,
            repeats: 0,
        }
    }

    fn look(summaries: &[Summary]) -> BTreeMap<String, Summary> {
        summaries.iter().map(|summary| (summary.id.clone(), summary.clone())).collect()
    }

    #[test]
    fn each_change_is_said_once() {
        let now = Timestamp::UNIX_EPOCH;
        let open = summary("a", State::Open);
        let held = Summary { holders: vec!["bob".to_owned()], ..summary("a", State::Acknowledged) };
        let also = Summary { holders: vec!["bob".to_owned(), "natsu".to_owned()], ..held.clone() };
        let more = Summary { repeats: 3, ..open.clone() };
        let others = Summary { asked: vec!["natsu".to_owned(), "bob".to_owned()], ..open.clone() };
        let over = Summary { resolved_by: Some("bob".to_owned()), ..summary("a", State::Resolved) };
        let rows: [(Vec<Summary>, Vec<Summary>, &[&str]); 10] = [
            (vec![], vec![open.clone()], &["opened asking natsu"]),
            (vec![open.clone()], vec![open.clone()], &[]),
            (vec![open.clone()], vec![held.clone()], &["acknowledged by bob"]),
            (vec![held.clone()], vec![also.clone()], &["acknowledged by bob, natsu"]),
            (vec![held.clone()], vec![open.clone()], &["reopened asking natsu"]),
            (vec![open.clone()], vec![more], &["repeated 3 times"]),
            (vec![open.clone()], vec![others], &["asked asking natsu, bob"]),
            (vec![open.clone()], vec![over.clone()], &["resolved by bob"]),
            (vec![], vec![over], &[]),
            (vec![open.clone()], vec![open.clone(), summary("b", State::Open)], &["opened asking natsu"]),
        ];
        for (before, after, expected) in rows {
            let found = changes(Some(&look(&before)), &look(&after), now);
            let found: Vec<String> = found.iter().map(|change| format!("{} {}", change.change, change.text)).collect();
            assert_eq!(found, expected, "{before:?} → {after:?}");
        }
        let first = changes(None, &look(&[open, summary("c", State::Resolved)]), now);
        assert_eq!(first.iter().map(|change| change.change).collect::<Vec<_>>(), ["listed"]);
        let red = Change {
            incident: Summary { title: "red\u{1b}[31m".to_owned(), ..summary("a", State::Open) },
            ..first[0].clone()
        };
        assert_eq!(red.to_string(), "1970-01-01T00:00:00Z  a  listed        red\u{fffd}[31m  (open: asking natsu)");
        assert_eq!(first[0].to_string(), "1970-01-01T00:00:00Z  a  listed        title of a  (open: asking natsu)");
    }

    #[test]
    fn what_is_not_known_is_not_counted() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failed = || Err(EngineError::Table(TableError::Unavailable("it is away".into())));
        let mut known = Known::default();
        assert_eq!(known.title(at(0)), " Reveille · reading incidents … · 1970-01-01 00:00:00 UTC");
        known.take(failed(), at(1));
        assert!(known.title(at(1)).contains("reading incidents …"), "{}", known.title(at(1)));
        assert!(known.foot().to_string().contains("it is away"), "{}", known.foot());
        known.take(Ok(Listing { incidents: vec![summary("a", State::Open)], unreadable: 0 }), at(2));
        assert_eq!(known.title(at(3)), " Reveille · 1 incident · 1970-01-01 00:00:03 UTC");
        assert!(known.foot().to_string().contains("q or Ctrl-C ends this"), "{}", known.foot());
        assert!(
            known.title(at(30)).contains("1 incident, as it was 28s ago"),
            "no answer for long: {}",
            known.title(at(30))
        );
        known.take(failed(), at(4));
        assert!(known.title(at(5)).contains("1 incident, as it was 3s ago"), "{}", known.title(at(5)));
        assert!(known.foot().to_string().contains("it is away"), "{}", known.foot());
    }

    #[test]
    fn a_few_keys_end_it() {
        for (code, modifiers, expected) in [
            (KeyCode::Char('q'), KeyModifiers::NONE, true),
            (KeyCode::Esc, KeyModifiers::NONE, true),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, true),
            (KeyCode::Char('c'), KeyModifiers::NONE, false),
            (KeyCode::Enter, KeyModifiers::NONE, false),
        ] {
            assert_eq!(is_end(&KeyEvent::new(code, modifiers)), expected, "{code:?}");
        }
    }
}
