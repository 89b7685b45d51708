//! One run of a document: a place, the values so far, and the instant at which it goes on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::account::Account;
use super::call;
use super::choice;
use super::document::{Action, Body, OnFailure, Step};
use super::schema;
use super::selector::Selector;
use super::variables::{self, plain};

/// How long a call takes.
const CALL: SignedDuration = SignedDuration::from_secs(1);
/// How long a command takes.
const COMMAND: SignedDuration = SignedDuration::from_secs(3);
/// How often a wait asks.
const POLL: SignedDuration = SignedDuration::from_secs(5);
/// AWS's own limit for a step without one.
const TIMEOUT_S: u32 = 3_600;

/// A run, ended or not.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    pub(super) document: usize,
    values: BTreeMap<String, Value>,
    place: usize,
    step_began: Timestamp,
    /// When the next thing happens.
    pub(super) wake: Timestamp,
    /// The first failure of a critical step.
    failure: Option<Failure>,
    pub(super) end: Option<End>,
    pub(super) told: bool,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) at: Timestamp,
    /// AWS's word for it.
    pub(super) status: &'static str,
    pub(super) message: Option<String>,
}

#[derive(Clone, Debug)]
struct Failure {
    status: &'static str,
    message: String,
}

/// What a step came to.
enum Outcome {
    /// It goes on asking.
    Waits,
    /// It succeeded, after so long.
    Done(SignedDuration),
    /// It succeeded and says itself where to go.
    GoesTo(String),
    /// It failed.
    Failed(String),
    /// Its time was over.
    TimedOut,
}

impl Execution {
    pub(super) fn new(document: usize, id: &str, mut values: BTreeMap<String, Value>, now: Timestamp) -> Self {
        values.insert("automation:EXECUTION_ID".to_owned(), Value::from(id));
        Self { document, values, place: 0, step_began: now, wake: now, failure: None, end: None, told: false }
    }

    /// Does what happens at [`Self::wake`].
    pub(super) fn turn(&mut self, body: &Body, account: &mut Account) {
        let Some(step) = body.main_steps.get(self.place) else {
            self.finish();
            return;
        };
        let outcome = self.play(step, account).unwrap_or_else(Outcome::Failed);
        match outcome {
            Outcome::Waits => self.wake += POLL,
            Outcome::Done(took) => {
                self.wake += took;
                self.go_on(body, step, step.next_step.as_deref());
            }
            Outcome::GoesTo(target) => self.go_on(body, step, Some(&target)),
            Outcome::Failed(why) => self.fail(body, step, "Failed", &why),
            Outcome::TimedOut => self.fail(body, step, "TimedOut", "the step took longer than its timeout"),
        }
    }

    /// Stops it; `false`: it had ended before.
    pub(super) fn cancel(&mut self, now: Timestamp) -> bool {
        let runs = self.end.as_ref().is_none_or(|end| end.at > now);
        if runs {
            self.end = Some(End { at: now, status: "Cancelled", message: None });
        }
        runs
    }

    fn play(&mut self, step: &Step, account: &mut Account) -> Result<Outcome, String> {
        let inputs = variables::resolve(&Value::Object(step.inputs.clone()), &self.values)?;
        let inputs = inputs.as_object().cloned().unwrap_or_default();
        match step.action {
            Action::ExecuteAwsApi => {
                let answer = ask(account, &inputs, self.wake)?;
                self.keep_outputs(step, &answer)?;
                Ok(Outcome::Done(CALL))
            }
            Action::AssertProperty => {
                let (found, there) = property(account, &inputs, self.wake)?;
                if there {
                    return Ok(Outcome::Done(CALL));
                }
                let desired = &inputs["DesiredValues"];
                Err(format!("the property's value from the API output is {found}; desired values: {desired}"))
            }
            Action::WaitForProperty => {
                let timeout = SignedDuration::from_secs(i64::from(step.timeout_seconds.unwrap_or(TIMEOUT_S)));
                let (_, there) = property(account, &inputs, self.wake)?;
                Ok(if there {
                    Outcome::Done(CALL)
                } else if self.wake.duration_since(self.step_began) >= timeout {
                    Outcome::TimedOut
                } else {
                    Outcome::Waits
                })
            }
            Action::Branch => Ok(branch(&inputs)),
            Action::RunCommand => self.command(step, &inputs, account),
            Action::Sleep => Ok(Outcome::Done(SignedDuration::from_secs(schema::seconds(step).unwrap_or(0)))),
        }
    }

    fn command(&mut self, step: &Step, inputs: &Map<String, Value>, account: &mut Account) -> Result<Outcome, String> {
        let id = inputs["InstanceIds"][0].as_str().unwrap_or_default();
        let lines = inputs.get("Parameters").and_then(|parameters| parameters["commands"].as_array());
        let lines: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
        let ran = call::run(account, id, &lines.join("\n"), self.wake)?;
        if !ran.succeeded {
            return Err(format!("the command failed: {}", ran.output));
        }
        self.values.insert(format!("{}.Output", step.name), Value::from(ran.output));
        self.values.insert(format!("{}.Status", step.name), Value::from("Success"));
        Ok(Outcome::Done(COMMAND))
    }

    fn keep_outputs(&mut self, step: &Step, answer: &Value) -> Result<(), String> {
        for output in &step.outputs {
            let found = Selector::parse(&output.selector).and_then(|selector| selector.select(answer));
            let found = found.ok_or_else(|| format!("the answer has no {}", output.selector))?;
            if !output.kind.fits(&found) {
                return Err(format!("{} is not of the type {:?}", output.selector, output.kind));
            }
            self.values.insert(format!("{}.{}", step.name, output.name), found);
        }
        Ok(())
    }

    fn fail(&mut self, body: &Body, step: &Step, status: &'static str, why: &str) {
        self.wake += CALL;
        let message = format!("step {} failed: {why}", step.name);
        let next = step.on_failure().unwrap_or(OnFailure::Abort);
        if self.failure.is_none() && (step.critical() || next == OnFailure::Abort) {
            self.failure = Some(Failure { status, message });
        }
        match next {
            OnFailure::Abort => self.finish(),
            OnFailure::Continue => self.go_on(body, step, step.next_step.as_deref()),
            OnFailure::Step(name) => self.go_on(body, step, Some(name)),
        }
    }

    fn go_on(&mut self, body: &Body, step: &Step, next: Option<&str>) {
        self.step_began = self.wake;
        if step.is_end {
            self.finish();
            return;
        }
        self.place = match next {
            Some(name) => body.step(name).map_or(body.main_steps.len(), |(place, _)| place),
            None => self.place + 1,
        };
        if self.place >= body.main_steps.len() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        let failure = self.failure.take();
        self.end = Some(End {
            at: self.wake,
            status: failure.as_ref().map_or("Success", |failure| failure.status),
            message: failure.map(|failure| failure.message),
        });
    }
}

fn branch(inputs: &Map<String, Value>) -> Outcome {
    let choices = inputs.get("Choices").and_then(Value::as_array);
    let taken = choices.into_iter().flatten().find(|candidate| choice::holds(candidate));
    let target = taken.map(|taken| &taken["NextStep"]).or_else(|| inputs.get("Default"));
    target.map_or(Outcome::Done(SignedDuration::ZERO), |target| Outcome::GoesTo(plain(target)))
}

/// What is not the step's own input is the call's.
fn ask(account: &mut Account, inputs: &Map<String, Value>, now: Timestamp) -> Result<Value, String> {
    let text = |key: &str| inputs.get(key).and_then(Value::as_str).unwrap_or_default();
    call::answer(account, (text("Service"), text("Api")), inputs, now)
}

/// The property as text, and whether it is one of the desired values.
fn property(account: &mut Account, inputs: &Map<String, Value>, now: Timestamp) -> Result<(String, bool), String> {
    let answer = ask(account, inputs, now)?;
    let selector = inputs.get("PropertySelector").and_then(Value::as_str).and_then(Selector::parse);
    let found = selector.and_then(|selector| selector.select(&answer));
    let desired = inputs.get("DesiredValues").and_then(Value::as_array);
    let there = found.as_ref().is_some_and(|found| desired.into_iter().flatten().any(|one| plain(one) == plain(found)));
    Ok((found.as_ref().map_or_else(|| "nothing".to_owned(), plain), there))
}
