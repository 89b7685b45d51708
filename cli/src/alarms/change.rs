//! One change of an alarm or a rule: done, and undone. Each is safe to repeat.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Account;
use super::alarm::{Actions, AlarmKind, differences, input};
use super::target::{change, same};

/// An alarm or a rule as it was, and what takes the place of its actions or targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub(super) enum Change {
    Alarm { kind: AlarmKind, name: String, before: Value, after: Actions },
    Rule { name: String, bus: String, before: Vec<Value>, after: Vec<Value> },
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// It was so already.
    Already,
}

impl Change {
    /// As people call the thing.
    pub(super) fn subject(&self) -> String {
        match self {
            Change::Alarm { name, .. } => format!("alarm {name}"),
            Change::Rule { name, bus, .. } => format!("rule {bus}/{name}"),
        }
    }

    /// Does it, if everything is as it was when it was planned, and looks whether it has come out so.
    pub(super) async fn apply(&self, account: &Account) -> Result<Outcome, String> {
        match self {
            Change::Alarm { kind, name, before, after } => {
                let now = current(account, *kind, name).await?;
                if !differences(before, &now).is_empty() {
                    return Err("it has been changed meanwhile, and is left alone: run this again".to_owned());
                }
                write(account, *kind, name, &now, after).await
            }
            Change::Rule { name, bus, before, after } => {
                let now = account.targets(name, bus).await.map_err(said)?;
                if !same(&now, before) {
                    return Err(
                        "its targets have been changed meanwhile, and are left alone: run this again".to_owned()
                    );
                }
                retarget(account, name, bus, &now, after).await
            }
        }
    }

    /// Takes it back. Of an alarm only the actions: what somebody has changed since stays.
    pub(super) async fn undo(&self, account: &Account) -> Result<Outcome, String> {
        match self {
            Change::Alarm { kind, name, before, after } => {
                let now = current(account, *kind, name).await?;
                let (actions, was) = (Actions::of(&now), Actions::of(before));
                if actions == was {
                    return Ok(Outcome::Already);
                }
                if actions != *after {
                    return Err("its actions have been changed since, and are left alone: set them by hand".to_owned());
                }
                write(account, *kind, name, &now, &was).await
            }
            Change::Rule { name, bus, before, after } => {
                let now = account.targets(name, bus).await.map_err(said)?;
                if same(&now, before) {
                    return Ok(Outcome::Already);
                }
                if !same(&now, after) {
                    return Err("its targets have been changed since, and are left alone: set them by hand".to_owned());
                }
                retarget(account, name, bus, &now, before).await
            }
        }
    }
}

async fn current(account: &Account, kind: AlarmKind, name: &str) -> Result<Value, String> {
    account.alarm(kind, name).await.map_err(said)?.ok_or_else(|| "it is gone".to_owned())
}

/// Writes an alarm with other actions, and reads it back: writing one overwrites all of it, and a setting that was lost on
/// the way must not go unnoticed.
async fn write(
    account: &Account,
    kind: AlarmKind,
    name: &str,
    now: &Value,
    actions: &Actions,
) -> Result<Outcome, String> {
    let written = input(now, actions);
    account.put_alarm(kind, &written).await.map_err(said)?;
    let lost = differences(&written, &current(account, kind, name).await?);
    if lost.is_empty() { Ok(Outcome::Done) } else { Err(format!("it was written, but {}", lost.join("; "))) }
}

async fn retarget(account: &Account, name: &str, bus: &str, now: &[Value], after: &[Value]) -> Result<Outcome, String> {
    let (put, removed) = change(now, after);
    account.retarget(name, bus, &put, &removed).await.map_err(said)?;
    let read = account.targets(name, bus).await.map_err(said)?;
    if same(&read, after) {
        Ok(Outcome::Done)
    } else {
        Err("it was written, but its targets read back otherwise".to_owned())
    }
}

fn said(error: reveille_aws::CallError) -> String {
    error.to_string()
}
