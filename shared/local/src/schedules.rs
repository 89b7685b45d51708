//! One-time schedules: made once, fired by the local clock, gone afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reveille_engine::port::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::changes::Changes;
use crate::clock::LocalClock;
use crate::lock::lock;
use crate::queues::Queues;
use crate::random::random_id;

/// A schedule as it was ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    at_ms: i64,
    request: Value,
}

/// All schedules that have not fired.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    schedules: Mutex<BTreeMap<String, Schedule>>,
    changes: Changes,
}

/// A schedule whose time has come.
#[derive(Debug)]
pub(crate) struct Fired {
    pub(crate) target_arn: String,
    pub(crate) input: Value,
    /// Where it goes if the target cannot be invoked; empty: nowhere.
    dead_letter_arn: String,
}

impl Fired {
    /// As after the last of its attempts: what the target was to get waits in the queue for dead letters.
    pub(crate) fn give_up(&self, queues: &Queues) {
        let name = self.dead_letter_arn.rsplit(':').next().unwrap_or_default();
        if let Some(queue) = queues.get(name) {
            queue.send(self.input.to_string(), Duration::ZERO);
        }
    }
}

impl Schedules {
    pub(crate) fn create(&self, name: &str, request: Value, clock: &LocalClock) -> Result<Value, Refusal> {
        let expression = request["ScheduleExpression"].as_str().unwrap_or_default();
        let at = instant(expression).ok_or_else(|| {
            Refusal::refused("ValidationException", format!("Invalid Schedule Expression {expression}."))
        })?;
        let mut schedules = lock(&self.schedules);
        if schedules.contains_key(name) {
            let conflict = Refusal::refused("ConflictException", format!("Schedule {name} already exists."));
            return Err(conflict.with_status(StatusCode::CONFLICT));
        }
        if at <= clock.now() {
            let message = format!("Invalid Schedule Expression {expression}. The time is in the past.");
            return Err(Refusal::refused("ValidationException", message));
        }
        let at_ms = at.as_millisecond();
        schedules.insert(name.to_owned(), Schedule { at_ms, request });
        drop(schedules);
        self.changes.announce();
        Ok(json!({ "ScheduleArn": format!("arn:aws:scheduler:us-east-1:000000000000:schedule/reveille/{name}") }))
    }

    pub(crate) fn get(&self, name: &str) -> Result<Value, Refusal> {
        let found = lock(&self.schedules).get(name).map(|schedule| schedule.request.clone());
        let mut answer = found.ok_or_else(|| not_found(name))?;
        answer["Name"] = name.into();
        Ok(answer)
    }

    pub(crate) fn delete(&self, name: &str) -> Result<Value, Refusal> {
        let removed = lock(&self.schedules).remove(name);
        removed.map(|_| json!({})).ok_or_else(|| not_found(name))
    }

    /// Waits for the next schedule whose time comes, and removes it.
    pub(crate) async fn next(&self, clock: &LocalClock) -> Fired {
        let mut watcher = self.changes.watch();
        loop {
            let first = self.first();
            let at = first.as_ref().map_or(Timestamp::MAX, |(at, _)| *at);
            if first.is_some()
                && at <= clock.now()
                && let Some(fired) = self.take_next()
            {
                return fired;
            }
            tokio::select! {
                () = watcher.changed() => {}
                () = clock.sleep_until(at) => {}
            }
        }
    }

    /// When the next one fires; `None`: there is none.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.first().map(|(at, _)| at)
    }

    /// Takes the next one, whatever time it is.
    pub(crate) fn take_next(&self) -> Option<Fired> {
        let (at, name) = self.first()?;
        lock(&self.schedules).remove(&name).map(|schedule| fired(&schedule.request, at))
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<String, Schedule> {
        lock(&self.schedules).clone()
    }

    pub(crate) fn restore(&self, schedules: BTreeMap<String, Schedule>) {
        *lock(&self.schedules) = schedules;
        self.changes.announce();
    }

    fn first(&self) -> Option<(Timestamp, String)> {
        let schedules = lock(&self.schedules);
        let (name, schedule) = schedules.iter().min_by_key(|(_, schedule)| schedule.at_ms)?;
        let at = Timestamp::from_millisecond(schedule.at_ms).unwrap_or(Timestamp::MAX);
        Some((at, name.clone()))
    }
}

fn not_found(name: &str) -> Refusal {
    let error = Refusal::refused("ResourceNotFoundException", format!("Schedule {name} does not exist."));
    error.with_status(StatusCode::NOT_FOUND)
}

fn instant(expression: &str) -> Option<Timestamp> {
    let inner = expression.strip_prefix("at(")?.strip_suffix(')')?;
    let civil: DateTime = inner.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// The service fills in what only it knows of the run.
fn fired(request: &Value, at: Timestamp) -> Fired {
    let target = &request["Target"];
    let input = target["Input"].as_str().unwrap_or("{}");
    let input = input
        .replace("<aws.scheduler.scheduled-time>", &at.to_string())
        .replace("<aws.scheduler.execution-id>", &random_id())
        .replace("<aws.scheduler.attempt-number>", "1");
    Fired {
        target_arn: target["Arn"].as_str().unwrap_or_default().to_owned(),
        dead_letter_arn: target["DeadLetterConfig"]["Arn"].as_str().unwrap_or_default().to_owned(),
        input: serde_json::from_str(&input).unwrap_or(Value::String(input)),
    }
}
