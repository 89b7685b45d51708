//! Whatever reaches `ingest`: an event, a message of its queue, the body of a post. All of it becomes signals, and each signal that
//! fires becomes an incident that can be answered.

use reveille_domain::{Actor, Facts, IncidentId, Input, Signal, SignalState, limits};
use reveille_engine::{Applied, Intake, Raw, Received, Taken, key};
use reveille_wire::{QueueRecord, one_line, paragraphs, read_deliveries, read_event, read_queued, read_webhook};
use serde_json::Value;

use super::table::{at_once, engine};

/// The bound of one message, and one signal that counts the rest.
const SIGNALS_MAX: usize = 501;
/// What an incident keeps of one signal: the row of 400 KB has to hold its engagements, too.
const DETAILS_BYTES_MAX: usize = 180_000;
/// Signals of one input that are taken in: they are alike, and a transaction takes longer than reading.
const TAKEN_MAX: usize = 2;

pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let record = QueueRecord { message_id: "m-1".to_owned(), body: text.clone().into_owned(), receives: 1 };
    check(&text, "webhook", || read_webhook(&text, "r-1", super::now()));
    read(|| read_queued(&record, super::now()));
    let Ok(event) = serde_json::from_str::<Value>(&text) else { return };
    read(|| read_event(&event, super::now()));
    for report in read_deliveries(&event).into_iter().flatten() {
        let said = format!("{:?}", report.receipt);
        assert!(said.len() < 200 && !said.contains('@'), "{said}");
    }
}

/// Holds what is read of a text against what a signal promises, and takes it in.
pub(super) fn check(raw: &str, scope: &str, reader: impl Fn() -> Vec<Signal>) {
    for signal in read(reader).iter().take(TAKEN_MAX) {
        taken(signal, raw, scope);
    }
}

fn read(reader: impl Fn() -> Vec<Signal>) -> Vec<Signal> {
    let signals = reader();
    assert!(!signals.is_empty(), "what fits nothing fires all the same");
    assert!(signals.len() <= SIGNALS_MAX, "{} signals", signals.len());
    assert_eq!(signals, reader(), "reading is no matter of chance");
    signals.iter().for_each(bounded);
    signals
}

fn bounded(signal: &Signal) {
    assert!(!signal.title.is_empty() && !signal.dedupe_key.is_empty() && !signal.cause.is_empty());
    assert_eq!(one_line(&signal.title, limits::TITLE_CHARACTERS_MAX), signal.title);
    assert_eq!(one_line(&signal.name, limits::TITLE_CHARACTERS_MAX), signal.name);
    assert_eq!(one_line(&signal.dedupe_key, limits::DEDUPE_CHARACTERS_MAX), signal.dedupe_key);
    assert_eq!(paragraphs(&signal.summary, limits::SUMMARY_CHARACTERS_MAX), signal.summary);
    let labels = signal.tags.iter().chain(&signal.dimensions).flat_map(|(name, value)| [name, value]);
    for line in labels.chain(&signal.resources) {
        assert_eq!(one_line(line, usize::MAX - 1), *line, "it is one line without anything hidden");
    }
    assert!(signal.tags.len() <= 50 && signal.dimensions.len() <= 50 && signal.resources.len() <= 50);
    let bytes: usize = Facts::of(signal).0.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes <= DETAILS_BYTES_MAX, "{bytes} bytes of facts");
}

/// What fires opens an incident with its raw text, once however often it comes, and the incident can be ended.
fn taken(signal: &Signal, raw: &str, scope: &str) {
    let engine = engine();
    let intake = Intake::new(engine.clone());
    let take = || {
        let received =
            Received { signal, raw: &Raw::of(raw), scope, key_hash: None, named_in_url: None, is_synthetic: false };
        at_once(intake.take(&received)).expect("the table takes it")
    };
    let first = take();
    if signal.state != SignalState::Firing {
        assert!(matches!(first, Taken::Nothing(_)), "nothing is open: {first:?}");
        return;
    }
    let Taken::Opened(id) = first else { panic!("{first:?} of a signal that fires") };
    assert_eq!(take(), Taken::Duplicate(id.clone()));
    let kept = at_once(engine.table().get(&key::raw(&id))).expect("the table answers").expect("the raw text is kept");
    let text = kept["text"].as_str().expect("a text");
    assert!(raw.starts_with(text) && (text.len() == raw.len() || text.len() > 60_000), "{} bytes", text.len());
    end(&engine, &id);
}

fn end(engine: &reveille_engine::Engine, id: &IncidentId) {
    let ended = at_once(engine.apply(id, &Input::Resolve { by: Actor::Operator }, None)).expect("it can be ended");
    assert!(matches!(ended, Applied::Committed(_)), "an open incident is ended");
}
