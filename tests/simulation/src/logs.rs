//! Whatever is logged while tests run is read as it is written: no telephone number, no address and no way to a page may stand in it
//! (invariant 11). One listener for the whole process, whichever test begins it.
//!
//! It listens to our own crates, with everything that they say. `tests/tests/logs.rs` reads those of others too.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::checks::Violation;

/// The crates that are ours, as `tracing` names what logs.
const OURS: [&str; 14] = [
    "acknowledge",
    "escalate",
    "ingest",
    "notify",
    "respond",
    "reveille",
    "reveille_aws",
    "reveille_cli",
    "reveille_domain",
    "reveille_engine",
    "reveille_local",
    "reveille_wire",
    "rotate",
    "runbook",
];

/// A telephone number has at least so many digits behind its plus.
const DIGITS_MIN: usize = 7;
/// The token behind a link has more characters.
const TOKEN_MIN: usize = 20;
/// Lines that are kept: of a mistake that many tests make, the first say enough.
const KEPT_MAX: usize = 20;

/// What has been overheard in this process, with the thread in which it was.
static OVERHEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Whoever holds it is in a world that is listened to, and is failed at its end by what has been overheard since the process began.
/// libtest names a thread after its test, so the line says whose it is.
#[derive(Debug)]
pub struct Ears(());

impl Ears {
    /// Listens from now on, unless somebody does already.
    pub fn open() -> Self {
        listen();
        Self(())
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        // A test that has failed already says why.
        if !std::thread::panicking() {
            let overheard = OVERHEARD.lock().unwrap_or_else(PoisonError::into_inner);
            assert!(overheard.is_empty(), "what no log may hold was logged: {overheard:#?}");
        }
    }
}

/// Listens to every thread of this process.
///
/// # Panics
/// Somebody else listens, so that nothing would be overheard.
pub fn listen() {
    listen_as(|| Listener);
}

/// The same with somebody of the test's own, who hands on to [`hear`] what is logged.
pub fn listen_as<S: Subscriber + Send + Sync + 'static>(subscriber: impl FnOnce() -> S) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let set = tracing::subscriber::set_global_default(subscriber());
        set.expect("nobody else listens to what this process logs");
    });
}

/// What this thread has logged and should not have, since it was asked last.
pub fn overheard() -> Option<String> {
    HEARD.with_borrow_mut(Option::take)
}

/// The same, as a night is told of it.
pub(crate) fn violation() -> Option<Violation> {
    overheard().map(|line| Violation { invariant: 11, text: format!("an address stands in the log: {line}") })
}

/// What stands in a line and should not: a telephone number, an address, or the way to a page.
pub fn secret_in(line: &str) -> Option<&str> {
    number_in(line).or_else(|| address_in(line)).or_else(|| hook_in(line)).or_else(|| token_in(line))
}

fn number_in(line: &str) -> Option<&str> {
    line.match_indices('+').find_map(|(at, _)| {
        let rest = &line[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        (digits >= DIGITS_MIN).then(|| &line[at..=at + digits])
    })
}

fn address_in(line: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    line.match_indices('@').find_map(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + 1..]);
        let from = before.trim_end_matches(is_part).len();
        let domain = after.len() - after.trim_start_matches(is_part).len();
        let is_address = from < at && after[..domain].trim_matches('.').contains('.');
        is_address.then(|| &line[from..at + 1 + domain])
    })
}

/// The URL of a chat or of somebody's own server is the permission to post there.
fn hook_in(line: &str) -> Option<&str> {
    let at = line.find("hooks.")?;
    line[at..].split_whitespace().next()
}

fn token_in(line: &str) -> Option<&str> {
    line.match_indices("/a/").find_map(|(at, _)| {
        let rest = &line[at + 3..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let length = rest.len() - rest.trim_start_matches(is_part).len();
        (length >= TOKEN_MIN).then(|| &line[at..at + 3 + length])
    })
}

/// Reads one thing that is logged.
pub fn hear(event: &Event<'_>) {
    if !is_ours(event.metadata()) {
        return;
    }
    let mut line = Line(String::with_capacity(128));
    event.record(&mut line);
    if secret_in(&line.0).is_none() {
        return;
    }
    let thread = std::thread::current();
    let mut kept = OVERHEARD.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT_MAX {
        let target = event.metadata().target();
        kept.push(format!("{target}, in the thread of {}: {}", thread.name().unwrap_or("nobody"), line.0));
    }
    drop(kept);
    HEARD.with_borrow_mut(|heard| *heard = Some(line.0));
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    OURS.contains(&target.split_once("::").map_or(target, |(name, _)| name))
}

struct Listener;

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_event() && is_ours(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        hear(event);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
