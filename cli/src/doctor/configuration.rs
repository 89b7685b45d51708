//! What has been applied: whether every event finds a plan, and every page a person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{ContactAlias, ScheduleAlias, ScheduleHistory};
use reveille_engine::key;
use reveille_engine::port::Table;
use reveille_engine::record::{SettingsRecord, from_item};

use super::check::Check;
use crate::contacts::{ContactLine, Standing};
use crate::installation::Reached;
use crate::installed::{Applied, AppliedError};

pub(super) async fn examine(reached: &Reached, now: Timestamp) -> Vec<Check> {
    let table = reached.table();
    match of_table(table.as_ref(), now).await {
        Ok(checks) => checks,
        Err(AppliedError::Nothing) => vec![Check::failure(
            "configuration",
            "nothing has been applied: every event opens an incident that pages nobody",
            "reveille apply FILE",
        )],
        Err(error) => {
            let why = reveille_engine::Chain(&error).to_string();
            vec![Check::failure("configuration", format!("cannot be read: {why}"), "apply it again")]
        }
    }
}

async fn of_table(table: &dyn Table, now: Timestamp) -> Result<Vec<Check>, AppliedError> {
    let applied = Applied::read(table).await?;
    let settings = table.get(&key::settings()).await?.ok_or(AppliedError::Nothing)?;
    let settings: SettingsRecord = from_item(&settings)?;
    let contacts: Vec<ContactLine> = applied.contacts().await?.into_iter().map(ContactLine::from).collect();
    let schedules = applied.schedules().await?;
    let default = settings.routing().default_plan;
    let plan = table.get(&key::response_plan(&default)).await?;
    let mut checks = vec![
        Check::ok("configuration", format!("revision {}", settings.rev)),
        match plan {
            Some(_) => Check::ok("default plan", format!("`{default}` answers whatever no rule matches")),
            None => Check::failure(
                "default plan",
                format!("`{default}` is not there: what no rule matches pages the safety contact alone"),
                "apply a configuration that has it",
            ),
        },
        safety_contact(settings.safety_contact(), &contacts),
        people(&contacts),
        channels(&contacts),
    ];
    checks.extend(on_call(&schedules, &contacts, now));
    Ok(checks)
}

fn safety_contact(alias: Option<ContactAlias>, contacts: &[ContactLine]) -> Check {
    let Some(alias) = alias else {
        return Check::warning(
            "safety contact",
            "there is none: an incident that nobody answers ends with a mail to the operators",
            "name one under `defaults` in the configuration, then apply",
        );
    };
    match contacts.iter().find(|line| line.contact == alias.as_str()) {
        Some(line) if line.reachable => Check::ok("safety contact", format!("{alias} can be reached")),
        Some(_) | None => Check::failure(
            "safety contact",
            format!("{alias} has no channel that is verified and in use"),
            format!("reveille contacts {alias} says why"),
        ),
    }
}

fn people(contacts: &[ContactLine]) -> Check {
    let unreachable: Vec<&str> =
        contacts.iter().filter(|line| !line.reachable).map(|line| line.contact.as_str()).collect();
    match (contacts.len(), unreachable.as_slice()) {
        (0, _) => {
            Check::failure("contacts", "there are none: nobody can be paged", "apply a configuration that has some")
        }
        (all, []) => Check::ok("contacts", format!("{all}, and each can be reached")),
        (all, some) => Check::failure(
            "contacts",
            format!("{} of {all} have no channel that is verified and in use: {}", some.len(), some.join(", ")),
            "reveille contacts says why, reveille verify CONTACT CHANNEL mends it",
        ),
    }
}

/// Channels that are not paged although somebody has put them into the configuration.
fn channels(contacts: &[ContactLine]) -> Check {
    let idle: Vec<String> = contacts
        .iter()
        .flat_map(|line| {
            let idle = line.channels.iter().filter(|channel| channel.state != Standing::InUse);
            idle.map(|channel| {
                let why = match channel.state {
                    Standing::Unverified => "is not verified",
                    Standing::OptedOut => "has answered STOP",
                    Standing::OutOfUse | Standing::InUse => "is out of use",
                };
                format!("{}'s {} {why}", line.contact, channel.channel)
            })
        })
        .collect();
    if idle.is_empty() {
        return Check::ok("channels", "all are verified and in use");
    }
    Check::warning(
        "channels",
        format!("{} are not paged", idle.len()),
        "reveille contacts, then reveille verify CONTACT CHANNEL",
    )
    .about(idle)
}

fn on_call(
    schedules: &BTreeMap<ScheduleAlias, ScheduleHistory>,
    contacts: &[ContactLine],
    now: Timestamp,
) -> Vec<Check> {
    let of = |(alias, history): (&ScheduleAlias, &ScheduleHistory)| {
        let check = format!("schedule {alias}");
        let people = history.on_call(now).unwrap_or_default();
        if people.is_empty() {
            let next = history.next_handoff(now);
            let until =
                next.map_or("for years".to_owned(), |at| format!("until {}", at.strftime("%Y-%m-%d %H:%M UTC")));
            return Check::warning(
                check,
                format!("nobody is on call now, {until}: a page to it reaches nobody"),
                "if that is not meant: reveille shifts, then mend the rotations, or reveille override add",
            );
        }
        let reaches =
            |alias: &&ContactAlias| contacts.iter().any(|line| line.contact == alias.as_str() && line.reachable);
        let names: Vec<&str> = people.iter().map(ContactAlias::as_str).collect();
        match people.iter().find(|alias| !reaches(alias)) {
            None => Check::ok(check, format!("{} on call", names.join(", "))),
            Some(alias) => Check::failure(
                check,
                format!("{alias} is on call now, and cannot be reached"),
                format!(
                    "reveille contacts {alias}; until then reveille override add --schedule … --remove {alias} --add …"
                ),
            ),
        }
    };
    schedules.iter().map(of).collect()
}
