//! Fills a world with incidents of other people and with contacts: rows like those that functions and operators have written there.

use jiff::SignedDuration;
use reveille_cli::scenario::Ground;
use reveille_domain::{ChannelId, ContactAlias, IncidentId};
use reveille_engine::key;
use reveille_engine::port::{Action, Condition, Item, Key, Write};
use serde_json::Value;

use super::MeasureError;
use super::growth::Size;
use crate::alarm;
use crate::cost::{Nights, TEAM};
use crate::embedded::EmbeddedGround;

/// Whose incidents and contacts fill the table, and nobody's of the nights.
const OTHER: &str = "somebody-else";
const OTHER_NUMBER: &str = "+15550119";
/// With whom the team of the nights has so many people.
const PEOPLE: usize = 5;
/// Until a plan has run out with everything that it leaves behind.
const RUN_OUT: SignedDuration = SignedDuration::from_mins(60);
/// What partitions are called whose keys are digests.
const DIGESTED: [&str; 3] = ["DEDUPE#", "CAUSE#", "NUMBER#"];
/// Rows of one transaction.
const ROWS_AT_ONCE: usize = 96;

/// A world for nights in which there is so much beside them.
pub(super) async fn filled(size: Size) -> Result<Nights, MeasureError> {
    let nights = Nights::in_one(&team()).await;
    let ground = nights.one().ok_or("the nights are apart")?;
    let answer = ground.ingest(alarm("other-0", "ALARM", 0)).await?;
    let id = IncidentId::new(answer["taken"][0]["opened"].as_str().ok_or("nothing was opened")?);
    ground.pass(RUN_OUT).await;
    let rows = rows_of_an_incident(ground, &id)?;
    fill(ground, 1..size.incidents, |number| copies(&rows, &[(id.to_string(), another_id(number))], number)).await?;
    let contact = ContactAlias::new(OTHER);
    let own = [key::contact(&contact), key::address(&contact, &ChannelId::new("sms")), key::number(OTHER_NUMBER)];
    let rows = ground.doubles().table().rows_where(&|key| own.contains(key));
    if rows.len() != own.len() {
        return Err(format!("a contact is its row, an address and a number: {rows:?}").into());
    }
    fill(ground, PEOPLE..size.contacts, |number| {
        let other =
            [(OTHER.to_owned(), format!("person-{number:06}")), (OTHER_NUMBER.to_owned(), format!("+1556{number:06}"))];
        copies(&rows, &other, number)
    })
    .await?;
    Ok(nights)
}

/// The team of the nights, and one person more with a plan of their own.
fn team() -> String {
    let sms = format!("sms: {{ type: sms, address: \"{OTHER_NUMBER}\", verified: true }}");
    let contact = format!("contacts:\n  {OTHER}: {{ name: Other, channels: {{ {sms} }} }}\n");
    let plan = format!("response_plans:\n  elsewhere: {{ stages: [{{ engage: [{OTHER}] }}] }}\n");
    let rule = "rules:\n  - { match: { name: \"other-*\" }, response_plan: elsewhere }\n";
    TEAM.replace("\ncontacts:\n", &format!("\n{contact}"))
        .replace("\nresponse_plans:\n", &format!("\n{plan}"))
        .replace("\nrules:\n", &format!("\n{rule}"))
}

/// What an open incident whose plan has run out has in the table. Of its timeline only the beginning is taken: nobody but its own
/// visitors reads that, and a hundred thousand of them do not fit into the memory of a small machine.
fn rows_of_an_incident(ground: &EmbeddedGround, id: &IncidentId) -> Result<Vec<Item>, MeasureError> {
    let own = [key::state(id), key::frozen_plan(id), key::raw(id), key::events(id, 1)];
    let is_own = |key: &Key| own.contains(key);
    let is_of_its_alarm = |key: &Key| key.pk.starts_with("DEDUPE#") || key.pk.starts_with("CAUSE#");
    let rows = ground.doubles().table().rows_where(&|key| is_own(key) || is_of_its_alarm(key));
    let state = rows.iter().find(|row| row.get("sk").is_some_and(|sk| sk == "STATE")).ok_or("it is not stored")?;
    let is_open = state.get("list_pk").and_then(Value::as_str) == Some(key::list_partition(true, id).as_str());
    if !is_open || state.contains_key("due_pk") {
        return Err(format!("it is open, and nothing is done about it any more: {state:?}").into());
    }
    Ok(rows)
}

/// Writes the rows of each number.
async fn fill(
    ground: &EmbeddedGround,
    numbers: std::ops::Range<usize>,
    rows: impl Fn(usize) -> Vec<Write>,
) -> Result<(), MeasureError> {
    let mut writes: Vec<Write> = Vec::new();
    for number in numbers {
        writes.extend(rows(number));
        if writes.len() >= ROWS_AT_ONCE {
            let rest = writes.split_off(ROWS_AT_ONCE);
            ground.engine().table().transact(&writes).await?;
            writes = rest;
        }
    }
    if !writes.is_empty() {
        ground.engine().table().transact(&writes).await?;
    }
    Ok(())
}

/// The rows with other names in them. A row whose key is a digest gets another one.
fn copies(rows: &[Item], names: &[(String, String)], number: usize) -> Vec<Write> {
    let copy = |row: &Item| {
        let renamed = row.iter().map(|(name, value)| (name.clone(), renamed(value, names)));
        let mut item = Item::from_iter(renamed);
        let mut taken =
            |name: &str| item.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let (mut pk, sk) = (taken("pk"), taken("sk"));
        if DIGESTED.iter().any(|kind| pk.starts_with(kind)) {
            let digest = key::hash(&format!("{pk} {number}"));
            pk = pk.rsplit_once('#').map_or(digest.clone(), |(kind, _)| format!("{kind}#{digest}"));
        }
        if item.contains_key("list_pk") {
            let id = pk.strip_prefix("INCIDENT#").unwrap_or_default();
            item.insert("list_pk".to_owned(), key::list_partition(true, &IncidentId::new(id)).into());
        }
        Write { key: Key::new(pk, sk), action: Action::Put(item), condition: Condition::Always }
    };
    rows.iter().map(copy).collect()
}

/// The same value with other names in it, however deep they stand.
fn renamed(value: &Value, names: &[(String, String)]) -> Value {
    let text = names.iter().fold(value.to_string(), |text, (from, to)| text.replace(from.as_str(), to));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// As long as ids are.
fn another_id(number: usize) -> String {
    let digest = key::hash(&format!("other {number}"));
    let parts = [&digest[..8], &digest[8..12], &digest[12..16], &digest[16..20], &digest[20..]];
    parts.join("-")
}
