//! Every key of the table, built here only. Numbers are padded so that text order is their order.

use reveille_domain::{
    AutomationId, ChannelId, ContactAlias, IncidentId, OutboxId, PlanAlias, ResponsePlanName, ScheduleAlias, hex,
};
use sha2::{Digest, Sha256};

use crate::order_place::OrderPlace;
use crate::port::{Attribute, Item, Key};

/// What the partitions of orders that stand alone begin with.
const ALONE: &str = "ORDER#";

/// Partition of the sparse index `due`.
pub const DUE_PK: Attribute = "due_pk";
/// When a row of the index `due` wants attention, in milliseconds since the epoch.
pub const DUE_AT: Attribute = "due_at";
/// Partition of the sparse index `list`.
pub const LIST_PK: Attribute = "list_pk";
/// Order in the index `list`.
pub const LIST_SK: Attribute = "list_sk";

/// Shards of the `due` index for each role: one partition takes 1,000 writes a second.
pub const DUE_SHARDS: u64 = 8;
/// Shards of the counters of one incident, so that a storm of one alarm does not queue up behind one row.
pub const COUNT_SHARDS: u64 = 16;

/// What the sort keys of the parts of a whole begin with.
pub(crate) const PARTS: &str = "PART#";

/// Whose work a due row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Incidents with a deadline, for `respond`.
    Respond,
    /// Pages and announcements, for `notify`.
    Notify,
    /// Runbooks to start and executions to follow, for `runbook`.
    Runbook,
}

/// The rows that tell what one contact has been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal {
    /// What has left lately.
    Traffic,
    /// What this contact has been told about an incident.
    Paged(ContactAlias),
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Respond, Self::Notify, Self::Runbook];

    /// The function whose work it is.
    pub fn name(self) -> &'static str {
        match self {
            Role::Respond => "respond",
            Role::Notify => "notify",
            Role::Runbook => "runbook",
        }
    }
}

/// The state of an incident.
pub fn state(id: &IncidentId) -> Key {
    Key::new(partition(id), "STATE")
}

/// The plan frozen into an incident.
pub fn frozen_plan(id: &IncidentId) -> Key {
    Key::new(partition(id), "PLAN")
}

/// The raw text of the event that opened an incident.
pub fn raw(id: &IncidentId) -> Key {
    Key::new(partition(id), "RAW#0")
}

/// The events of one revision.
pub fn events(id: &IncidentId, revision: u64) -> Key {
    Key::new(partition(id), format!("EVENT#{revision:010}"))
}

/// What became of one attempt at one order; sorts right after the events of the revision that ordered it.
pub fn receipt(place: &OrderPlace, order: OutboxId, attempt: u64) -> Key {
    Key::new(place.partition(), format!("EVENT#{:010}#{:04}#RECEIPT#{attempt:04}", order.revision, order.number))
}

/// One report of a provider about a page, by the provider's id of the report: what is told twice stands there once.
pub fn report(id: &IncidentId, page: OutboxId, report: &str) -> Key {
    let report = hash(report);
    Key::new(partition(id), format!("EVENT#{:010}#{:04}#RECEIPT#REPORT#{report}", page.revision, page.number))
}

/// One order.
pub fn outbox(place: &OrderPlace, order: OutboxId) -> Key {
    Key::new(place.partition(), format!("OUTBOX#{:010}#{:04}", order.revision, order.number))
}

/// The partition of an incident.
pub fn partition(id: &IncidentId) -> String {
    format!("INCIDENT#{id}")
}

/// The partition of an order that stands alone.
pub(crate) fn alone_partition(name: &str) -> String {
    format!("{ALONE}{name}")
}

/// The counter of an incident's repeats on one shard.
pub fn count(id: &IncidentId, shard: u64) -> Key {
    Key::new(format!("COUNT#{id}#{shard}"), "COUNT")
}

/// Which turn of a round-robin plan is next.
pub fn turn(plan: &PlanAlias) -> Key {
    Key::new(format!("TURN#{plan}"), "TURN")
}

/// Every counter of an incident.
pub fn counts(id: &IncidentId) -> Vec<Key> {
    (0..COUNT_SHARDS).map(|shard| count(id, shard)).collect()
}

/// The counter that a signal with this cause adds to.
pub fn count_shard(cause: &str) -> u64 {
    digest_number(cause) % COUNT_SHARDS
}

/// Who holds a dedupe key of a response plan.
pub fn dedupe(plan: &ResponsePlanName, dedupe_key: &str) -> Key {
    Key::new(["DEDUPE#", plan.as_str(), "#", &hash(dedupe_key)].concat(), "DEDUPE")
}

/// Where the incident of a signal's own key is, for signals that do not say enough to be routed again.
pub fn origin(signal_key: &str) -> Key {
    Key::new(["DEDUPE##", &hash(signal_key)].concat(), "ORIGIN")
}

/// Where the incident of a part is, under the key of its whole: whatever ends the whole finds all of its parts.
pub fn part(whole_key: &str, signal_key: &str) -> Key {
    Key::new(origin(whole_key).pk, format!("{PARTS}{}", hash(signal_key)))
}

/// That a cause has been applied.
pub fn cause(cause: &str) -> Key {
    Key::new(["CAUSE#", &hash(cause)].concat(), "CAUSE")
}

/// A running automation.
pub fn automation(id: &AutomationId) -> Key {
    Key::new(format!("AUTOMATION#{id}"), "META")
}

/// A contact, without addresses.
pub fn contact(alias: &ContactAlias) -> Key {
    Key::new(format!("CONTACT#{alias}"), "META")
}

/// The address of a contact's channel. A partition of its own: `notify` alone may read it, and no function may write it.
pub fn address(alias: &ContactAlias, channel: &ChannelId) -> Key {
    Key::new(format!("ADDRESS#{alias}"), format!("CHANNEL#{channel}"))
}

/// Whose telephone number it is. The number itself stands in no key.
pub fn number(e164: &str) -> Key {
    Key::new(format!("NUMBER#{}", hash(e164)), "META")
}

/// What a contact has been sent lately.
pub fn traffic(alias: &ContactAlias) -> Key {
    Key::new(format!("PAGER#{alias}"), "STATE")
}

/// What a contact has been told about an incident.
pub fn paged(alias: &ContactAlias, incident: &IncidentId) -> Key {
    Key::new(paged_partition(alias), incident.as_str())
}

/// The partition of everything that a contact has been told about.
pub fn paged_partition(alias: &ContactAlias) -> String {
    format!("PAGED#{alias}")
}

/// How a contact's channels stand: what functions may write of a contact, and nothing else.
pub fn channel_state(alias: &ContactAlias) -> Key {
    Key::new(format!("CHANNELS#{alias}"), "STATE")
}

/// A code that is waited for on a contact's channel.
pub fn verification(alias: &ContactAlias, channel: &ChannelId) -> Key {
    Key::new(format!("CHANNELS#{alias}"), format!("CODE#{channel}"))
}

/// An escalation plan.
pub fn plan(alias: &PlanAlias) -> Key {
    Key::new(format!("PLAN#{alias}"), "META")
}

/// An on-call schedule, with its earlier versions.
pub fn schedule(alias: &ScheduleAlias) -> Key {
    Key::new(format!("SCHEDULE#{alias}"), "META")
}

/// A response plan.
pub fn response_plan(name: &ResponsePlanName) -> Key {
    Key::new(format!("RESPONSE#{name}"), "META")
}

/// Rules, defaults, incident templates and webhook keys: what `ingest` reads for every signal.
pub fn settings() -> Key {
    Key::new("SETTINGS", "META")
}

/// Which rows an operator has applied: what an installation has can be listed without looking through it.
pub fn index() -> Key {
    Key::new("SETTINGS", "INDEX")
}

/// The `due` partition of an incident's rows for one role.
pub fn due_partition(home: &str, role: Role, id: &IncidentId) -> String {
    due_shard(home, role, digest_number(id.as_str()) % DUE_SHARDS)
}

/// The `due` partition of an order that stands alone.
pub fn due_partition_alone(home: &str, role: Role, name: &str) -> String {
    due_shard(home, role, digest_number(name) % DUE_SHARDS)
}

/// One `due` partition.
pub fn due_shard(home: &str, role: Role, shard: u64) -> String {
    format!("{home}#{}#{shard}", role.name())
}

/// The `list` partition of an incident: open and closed ones apart, eight shards each.
pub fn list_partition(open: bool, id: &IncidentId) -> String {
    list_shard(open, digest_number(id.as_str()) % DUE_SHARDS)
}

/// Every `list` partition of the incidents that are open, or of those that are over.
pub fn list_partitions(open: bool) -> Vec<String> {
    (0..DUE_SHARDS).map(|shard| list_shard(open, shard)).collect()
}

/// The `list` partition of tests, open or over: no list shows them, and their ids are found all the same.
pub fn test_partition() -> String {
    "tests".to_owned()
}

fn list_shard(open: bool, shard: u64) -> String {
    let status = if open { "open" } else { "closed" };
    format!("incidents#{status}#{shard}")
}

/// A stable name for a text, of fixed length and without its contents.
pub fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..16])
}

/// A text that must stay distinct in so many characters: one that is longer is cut and ends in the digest of the whole.
pub fn distinct(text: String, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text;
    }
    let digest = hash(&text);
    let start: String = text.chars().take(characters_max.saturating_sub(digest.len() + 1)).collect();
    format!("{start}~{digest}")
}

fn digest_number(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The incident whose row this is.
pub fn incident_of(item: &Item) -> IncidentId {
    IncidentId::new(text(item, "pk").strip_prefix("INCIDENT#").unwrap_or_default())
}

/// The order that this row of receipts belongs to; `None`: it is another row.
pub fn order_of_receipt(item: &Item) -> Option<OutboxId> {
    let (order, _) = text(item, "sk").strip_prefix("EVENT#")?.split_once("#RECEIPT#")?;
    let (revision, number) = order.split_once('#')?;
    Some(OutboxId { revision: revision.parse().ok()?, number: number.parse().ok()? })
}

/// Where the order of this row stands.
pub fn order_place_of(item: &Item) -> OrderPlace {
    match text(item, "pk").strip_prefix(ALONE) {
        Some(name) => OrderPlace::Alone(name.to_owned()),
        None => OrderPlace::Incident(incident_of(item)),
    }
}

/// The channel whose address this row is; `None`: it is another row.
pub fn channel_of(item: &Item) -> Option<ChannelId> {
    text(item, "sk").strip_prefix("CHANNEL#").map(ChannelId::new)
}

/// What a row that concerns one contact is; `None`: it is another row.
pub fn personal_of(item: &Item) -> Option<Personal> {
    let (kind, alias) = text(item, "pk").split_once('#')?;
    match kind {
        "PAGER" => Some(Personal::Traffic),
        "PAGED" => Some(Personal::Paged(ContactAlias::new(alias))),
        _ => None,
    }
}

/// The contact whose channels' state this row is; `None`: it is another row.
pub fn channel_state_of(item: &Item) -> Option<ContactAlias> {
    text(item, "pk").strip_prefix("CHANNELS#").map(ContactAlias::new)
}

/// The execution whose row this is; `None`: it is another row.
pub fn automation_of(item: &Item) -> Option<AutomationId> {
    text(item, "pk").strip_prefix("AUTOMATION#").map(AutomationId::new)
}

fn text<'a>(item: &'a Item, attribute: &str) -> &'a str {
    item.get(attribute).and_then(serde_json::Value::as_str).unwrap_or_default()
}
