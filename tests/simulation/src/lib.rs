//! The whole system in virtual time, from a seed: six functions, three incidents and more, five people, and a night in which
//! queues lose messages, schedules come late, functions die between any two calls and the table says nothing of what it did.
//!
//! Everything under test is the product's own: the functions' `handle`, the engine, the domain. Only the ports are made of memory,
//! and the clock jumps. [`Script::of`] makes a night from a seed, [`play`] plays it, the checkers look at every step, and
//! [`shorten`] leaves of a night that broke something what breaks it still.

#![expect(clippy::wildcard_enum_match_arm, reason = "a checker looks for one thing among all that can happen")]

mod agenda;
mod books;
mod chance;
mod checks;
mod executions;
mod homes;
mod interleavings;
pub mod logs;
mod mail;
mod mutants;
mod night;
mod platform;
mod ports;
mod reports;
mod script;
mod shorten;

use std::sync::Arc;

use jiff::Timestamp;
use reveille_cli::world::{alarm, dawn, request};
use reveille_domain::ResponsePlanName;
use serde_json::{Value, json};

use books::{Books, Known};
use homes::{ALARMS, Home, PLANS, POSTED, WEBHOOK, WEBHOOK_KEY};
use night::{Night, Shared};
use script::{Ms, SECOND, What};

pub use checks::Violation;
pub use interleavings::{Explored, Unless, explore};
pub use mutants::{MUTANTS, Mutant};
pub use script::{Outage, Script};
pub use shorten::shorten;

/// Where acknowledge links lead.
const FRONT_URL: &str = "https://front.test";

/// Milliseconds that the tick takes for each of the thousands that wait for nothing else, while the queues are out.
const WORKED_OFF_MS: Ms = 20;

/// Where nothing but a storm happens, its first page leaves so many milliseconds after the first alarm at most.
const FIRST_PAGE_MS: Ms = 5 * SECOND;

/// A recovery that overtakes its firing leaves a night with an incident less: one with fewer than these is played, and not counted.
pub const INCIDENTS_MIN: usize = 3;

/// How a night went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// Calls, deliveries, invocations and commits.
    pub steps: u64,
    /// What the steps come to: two plays of one night have the same.
    pub trace: u64,
    /// Incidents that were opened.
    pub incidents: usize,
    /// Messages that providers took.
    pub messages: usize,
    /// Milliseconds from the beginning of a storm to the first of them, where nothing else happens.
    pub first_page_ms: Option<i64>,
    /// What was out for an hour, and was asked for meanwhile.
    pub met: Vec<Outage>,
    /// Every step in words, if they were asked for.
    pub told: Vec<String>,
}

impl Played {
    /// Whether it had so many incidents that it counts.
    pub fn counts(&self) -> bool {
        self.incidents >= INCIDENTS_MIN
    }
}

/// Plays a night.
pub fn play(script: &Script) -> Played {
    play_telling(script, false)
}

/// Plays a night and tells every step.
pub fn tell(script: &Script) -> Played {
    play_telling(script, true)
}

fn play_telling(script: &Script, told: bool) -> Played {
    logs::listen();
    let home = Home::number(script.home, dawn());
    let table = Arc::new(home.table.copy());
    let mut night = Night::new(script, dawn(), books(script, home));
    night.told = told.then(Vec::new);
    let night = Shared::new(night);
    platform::run(&night, table, script);
    let mut night = night.lock();
    let taken = |order: &books::Order| order.channels.values().map(Vec::len).sum::<usize>();
    Played {
        violation: night.books.violation.take(),
        steps: night.steps,
        trace: night.trace,
        incidents: night.books.dossiers.len(),
        messages: night.books.orders.values().map(taken).sum(),
        first_page_ms: night.books.first_page_ms(),
        met: std::mem::take(&mut night.met).into_iter().map(Outage).collect(),
        told: night.told.take().unwrap_or_default(),
    }
}

/// The books of a night that has not begun.
fn books(script: &Script, home: Arc<Home>) -> Books {
    let mut books = Books::new(dawn(), home);
    for (place, line) in script.lines.iter().enumerate() {
        match line.what {
            What::Clock { off, .. } => books.skew = books.skew.max(2 * off.abs()),
            What::Alarm { name, firing, .. } => {
                books.will_hear(place, changes(ALARMS[name], firing, line.at));
            }
            What::Storm { plan, count, within } => {
                books.first_by = Some(line.at + FIRST_PAGE_MS).filter(|_| script.len() == 1);
                books.backlog += WORKED_OFF_MS * Ms::from(count);
                for number in 0..Ms::from(count) {
                    let name = format!("{}-storm-{place}-{number}", PLANS[plan]);
                    let at = line.at + within * number / Ms::from(count);
                    books.will_hear(place, known(&name, alarm(&name, "ALARM", instant(at)), at));
                }
            }
            What::Unreadable { .. } => {
                let event = json!({ "what": "is this", "line": place, "of": [script.seed, null] });
                books.will_hear(place, known("something unreadable", event, line.at));
            }
            _ => {}
        }
    }
    books
}

impl Books {
    fn first_page_ms(&self) -> Option<Ms> {
        Some(self.first_at? - (self.first_by? - FIRST_PAGE_MS))
    }
}

fn known(name: &str, event: Value, at: Ms) -> Known {
    let signal = reveille_wire::read_event(&event, instant(at)).into_iter().next().expect("it is a signal");
    Known { name: name.to_owned(), signal, event, is_sent: false, is_done: false }
}

/// An alarm changes its state.
fn changes(name: &str, firing: bool, at: Ms) -> Known {
    if name == POSTED {
        return posted(name, firing, at);
    }
    known(name, alarm(name, if firing { "ALARM" } else { "OK" }, instant(at)), at)
}

/// The same as Alertmanager says it. What comes through a webhook is told apart from what others say by the webhook's name.
fn posted(name: &str, firing: bool, at: Ms) -> Known {
    let (status, time) = (if firing { "firing" } else { "resolved" }, instant(at).to_string());
    let alert = json!({ "status": status, "labels": { "alertname": name }, "annotations": {}, "startsAt": time,
        "endsAt": time, "fingerprint": name });
    let body = json!({ "version": "4", "receiver": "reveille", "alerts": [alert] }).to_string();
    let mut signal = reveille_wire::read_webhook(&body, "", instant(at)).into_iter().next().expect("it is a signal");
    signal.cause = format!("{WEBHOOK}/{}", signal.cause);
    signal.dedupe_key = format!("{WEBHOOK}/{}", signal.dedupe_key);
    let event = request("POST", &format!("/webhook/{WEBHOOK_KEY}"), &body);
    Known { name: name.to_owned(), signal, event, is_sent: false, is_done: false }
}

fn instant(at: Ms) -> Timestamp {
    dawn() + jiff::SignedDuration::from_millis(at)
}

/// The plan that the rules of every configuration lead an alarm to; `disk` is the default one.
fn plan_of(alarm: &str) -> ResponsePlanName {
    let plan = alarm.split_once('-').map(|(plan, _)| plan).filter(|plan| PLANS.contains(plan));
    ResponsePlanName::new(plan.unwrap_or("disk"))
}
