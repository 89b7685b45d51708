//! CloudWatch alarms: the direct Lambda action, the SNS notification and the EventBridge events say the same thing in
//! three shapes. Whatever the transport, one state change has one cause and one alarm has one key: its ARN.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{NoteReason, Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{Agreement, at, embedded, first_text, list, scalar, text, text_map};
use crate::via::Via;
use crate::{arn, instant};

/// What one payload says about one alarm.
struct Alarm<'p> {
    name: String,
    arn: String,
    account: Option<String>,
    region: Option<String>,
    change: Change<'p>,
    reason: &'p str,
    description: &'p str,
    changed_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    contributor: Option<Contributor>,
    children: Vec<String>,
    dimensions: Vec<BTreeMap<String, String>>,
}

/// What happened to the alarm.
enum Change<'p> {
    /// Its state changed; actions may be held back by a mute rule or a suppressor.
    State { value: &'p str, held_back: Option<NoteReason> },
    /// Somebody created, changed or deleted it; EventBridge's id is all that tells two such events apart.
    Configuration { operation: &'p str, event_id: &'p str },
}

/// One time series of an alarm on many, which changes state by itself.
struct Contributor {
    id: String,
    attributes: BTreeMap<String, String>,
}

/// Whether this is about a CloudWatch alarm, in any of the three shapes.
pub(crate) fn fits(value: &Value) -> bool {
    let action = at(value, &["alarmData"]).is_object();
    let notification = first_text(value, &["NewStateValue", "AlarmName", "AlarmArn"]).is_some();
    let event = text(value, &["detail-type"]).is_some_and(|kind| kind.starts_with("CloudWatch Alarm"))
        || (text(value, &["source"]) == Some("aws.cloudwatch") && text(value, &["detail", "alarmName"]).is_some());
    action || notification || event
}

/// Reads a payload about an alarm.
pub(crate) fn read(payload: &Value, via: Via<'_>) -> Signal {
    let alarm = if at(payload, &["alarmData"]).is_object() {
        from_action(payload)
    } else if at(payload, &["detail"]).is_object() {
        from_event(payload)
    } else {
        from_notification(payload, via)
    };
    alarm.signal(via)
}

/// The direct Lambda action.
fn from_action(payload: &Value) -> Alarm<'_> {
    let stated_arn = text(payload, &["alarmArn"]);
    let place =
        Place { account: scalar(at(payload, &["accountId"])), region: text(payload, &["region"]).map(str::to_owned) };
    from_data(payload, at(payload, &["alarmData"]), stated_arn, place)
}

/// The EventBridge event.
fn from_event(payload: &Value) -> Alarm<'_> {
    let mut resources = list(payload, &["resources"]).iter().filter_map(Value::as_str);
    let stated_arn = resources.find(|resource| resource.contains(":alarm:"));
    let place =
        Place { account: scalar(at(payload, &["account"])), region: text(payload, &["region"]).map(str::to_owned) };
    from_data(payload, at(payload, &["detail"]), stated_arn, place)
}

/// What the direct action and the event have in common.
fn from_data<'p>(payload: &'p Value, data: &'p Value, stated_arn: Option<&str>, place: Place) -> Alarm<'p> {
    let state = at(data, &["state"]);
    let (name, arn) = place.identify(text(data, &["alarmName"]), stated_arn);
    let kind = text(payload, &["detail-type"]).unwrap_or_default();
    let operation = text(data, &["operation"]).or(kind.ends_with("Configuration Change").then_some("change"));
    let change = match operation {
        Some(operation) => {
            Change::Configuration { operation, event_id: first_text(payload, &["id", "time"]).unwrap_or_default() }
        }
        None => Change::State { value: text(state, &["value"]).unwrap_or_default(), held_back: held_back(data, state) },
    };
    let reason_data = text(state, &["reasonData"]).and_then(embedded).unwrap_or_default();
    let triggering = list(&reason_data, &["triggeringAlarms"]).iter();
    let metrics = list(data, &["configuration", "metrics"]).iter();
    Alarm {
        account: place.account.clone().or_else(|| arn::account(&arn).map(str::to_owned)),
        region: place.region(&arn),
        name,
        arn,
        change,
        reason: text(state, &["reason"]).unwrap_or_default(),
        description: text(data, &["configuration", "description"]).unwrap_or_default(),
        changed_at: instant::read(at(state, &["timestamp"])),
        sent_at: instant::read(at(payload, &["time"])),
        contributor: contributor(at(data, &["alarmContributor"]), ["id", "attributes"]),
        children: triggering.filter_map(|child| scalar(at(child, &["arn"]))).collect(),
        dimensions: metrics.map(|metric| text_map(at(metric, &["metricStat", "metric", "dimensions"]))).collect(),
    }
}

/// The SNS notification. Its region is a name for people, and old ones have no ARN: the topic, which must be in the same
/// region, knows better.
fn from_notification<'p>(payload: &'p Value, via: Via<'_>) -> Alarm<'p> {
    let stated_region = text(payload, &["Region"]);
    let from_topic = via.carrier_arn.filter(|carrier| carrier.contains(":sns:")).and_then(arn::region);
    let place = Place {
        account: scalar(at(payload, &["AWSAccountId"])),
        region: stated_region
            .filter(|region| arn::is_region(region))
            .or(from_topic)
            .or_else(|| stated_region.and_then(region_of_display_name))
            .or_else(|| via.carrier_arn.and_then(arn::region))
            .map(str::to_owned),
    };
    let stated_arn = text(payload, &["AlarmArn"]);
    let (name, arn) = place.identify(text(payload, &["AlarmName"]), stated_arn);
    let children = list(payload, &["TriggeringChildren"]).iter();
    let metrics = list(payload, &["Trigger", "Metrics"]).iter();
    let of_metrics = metrics.map(|metric| at(metric, &["MetricStat", "Metric", "Dimensions"]));
    Alarm {
        account: place.account.clone().or_else(|| arn::account(&arn).map(str::to_owned)),
        // The ARN is exact where the notification has one; the names of regions have changed over the years.
        region: arn::region(&arn).map(str::to_owned).or(place.region),
        name,
        arn,
        change: Change::State {
            value: text(payload, &["NewStateValue"]).unwrap_or_default(),
            held_back: held_back(payload, payload),
        },
        reason: text(payload, &["NewStateReason"]).unwrap_or_default(),
        description: text(payload, &["AlarmDescription"]).unwrap_or_default(),
        changed_at: instant::read(at(payload, &["StateChangeTime"])),
        sent_at: None,
        contributor: contributor(payload, ["AlarmContributorId", "AlarmContributorAttributes"]),
        children: children.filter_map(|child| scalar(at(child, &["Arn"]))).collect(),
        dimensions: std::iter::once(at(payload, &["Trigger", "Dimensions"]))
            .chain(of_metrics)
            .map(named_values)
            .collect(),
    }
}

/// Where an alarm is, as its payload says.
struct Place {
    account: Option<String>,
    region: Option<String>,
}

impl Place {
    /// The alarm's name and ARN. An ARN that was not sent is built: it must equal the one that other transports send.
    fn identify(&self, name: Option<&str>, stated_arn: Option<&str>) -> (String, String) {
        let stated_arn = stated_arn.filter(|arn| arn.starts_with("arn:"));
        let in_arn = stated_arn.and_then(|arn| arn.splitn(7, ':').nth(6));
        let name = name.or(in_arn).unwrap_or("An alarm without a name").to_owned();
        let arn = stated_arn.map_or_else(
            || {
                let region = self.region.as_deref().unwrap_or_default();
                let account = self.account.as_deref().unwrap_or_default();
                let partition = arn::partition(region);
                format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
            },
            str::to_owned,
        );
        (name, arn)
    }

    fn region(&self, arn: &str) -> Option<String> {
        let stated = self.region.clone().filter(|region| arn::is_region(region));
        stated.or_else(|| arn::region(arn).map(str::to_owned))
    }
}

impl Alarm<'_> {
    fn signal(self, via: Via<'_>) -> Signal {
        let mut draft = Draft::new(Source::CloudWatch, self.state());
        draft.dedupe_key = self.key();
        draft.part_of = self.contributor.is_some().then(|| self.arn.clone());
        draft.cause = self.cause(via);
        draft.title = self.title();
        draft.summary = self.summary();
        draft.occurred_at = match self.change {
            Change::State { .. } => self.changed_at.or(self.sent_at),
            // The state may stand since long before somebody changed the alarm.
            Change::Configuration { .. } => self.sent_at.or(self.changed_at),
        };
        draft.resources = self.resources();
        let mut dimensions = Agreement::default();
        for of_metric in self.dimensions.into_iter().chain(self.contributor.map(|c| c.attributes)) {
            dimensions.add(of_metric);
        }
        draft.dimensions = dimensions.agreed();
        draft.name = self.name;
        draft.account = self.account;
        draft.region = self.region;
        draft.finish(via)
    }

    fn state(&self) -> SignalState {
        match self.change {
            Change::Configuration { operation: "delete", .. } => SignalState::Removed,
            Change::Configuration { .. } => SignalState::Noted(NoteReason::Reconfigured),
            // Muted or not, what is right again is right again.
            Change::State { value: "OK", .. } => SignalState::Recovered,
            Change::State { value: "INSUFFICIENT_DATA", .. } => SignalState::Noted(NoteReason::InsufficientData),
            Change::State { held_back: Some(reason), .. } => SignalState::Noted(reason),
            Change::State { held_back: None, .. } => SignalState::Firing,
        }
    }

    /// One incident per alarm, unless the event is about one time series of it.
    fn key(&self) -> String {
        match &self.contributor {
            Some(contributor) => format!("{}#{}", self.arn, contributor.id),
            None => self.arn.clone(),
        }
    }

    fn cause(&self, via: Via<'_>) -> String {
        let key = self.key();
        let instant = match self.changed_at {
            Some(instant) => instant.as_millisecond().to_string(),
            None => via.cause(self.reason),
        };
        match self.state() {
            // The state's own time is the cause of the signal that opened the incident.
            SignalState::Removed | SignalState::Noted(NoteReason::Reconfigured) => {
                self.configuration_cause(&key, &instant)
            }
            // When a mute ends the alarm speaks again with the same time, and then it must be heard.
            SignalState::Noted(reason @ (NoteReason::Muted | NoteReason::Suppressed)) => {
                format!("{key} {instant} {}", reason.name())
            }
            SignalState::Noted(NoteReason::InsufficientData)
            | SignalState::Firing
            | SignalState::Recovered
            | SignalState::Acknowledged
            | SignalState::Ignored(_) => format!("{key} {instant}"),
        }
    }

    fn configuration_cause(&self, key: &str, instant: &str) -> String {
        match self.change {
            Change::Configuration { operation, event_id } => format!("{key} {operation} {event_id}"),
            Change::State { .. } => format!("{key} {instant}"),
        }
    }

    fn title(&self) -> String {
        match &self.contributor {
            Some(contributor) if !contributor.attributes.is_empty() => {
                let values: Vec<&str> = contributor.attributes.values().map(String::as_str).collect();
                format!("{} ({})", self.name, values.join(", "))
            }
            Some(contributor) => format!("{} ({})", self.name, contributor.id),
            None => self.name.clone(),
        }
    }

    fn summary(&self) -> String {
        let children: Vec<&str> = self.children.iter().map(|child| arn::short_name(child)).collect();
        let triggered_by = match children.as_slice() {
            [] => String::new(),
            children => format!("Triggered by {}", children.join(", ")),
        };
        let parts = [self.description, self.reason, &triggered_by];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        said.join("\n\n")
    }

    fn resources(&self) -> Vec<String> {
        let instances = self.dimensions.iter().filter_map(|of_metric| of_metric.get("InstanceId").cloned());
        std::iter::once(self.arn.clone()).chain(self.children.iter().cloned()).chain(instances).collect()
    }
}

/// Why CloudWatch runs no actions for the state that it now reports. An earlier state's suppressor does not count.
fn held_back(data: &Value, state: &Value) -> Option<NoteReason> {
    let is_said = |value: &Value| value.is_object() || scalar(value).is_some();
    if is_said(at(data, &["muteDetail"])) || is_said(at(data, &["MuteDetail"])) {
        Some(NoteReason::Muted)
    } else if first_text(state, &["actionsSuppressedBy", "ActionsSuppressedBy"]).is_some() {
        Some(NoteReason::Suppressed)
    } else {
        None
    }
}

fn contributor(value: &Value, [id, attributes]: [&str; 2]) -> Option<Contributor> {
    Some(Contributor { id: scalar(at(value, &[id]))?, attributes: text_map(at(value, &[attributes])) })
}

/// `[{"name": "InstanceId", "value": "i-1"}]` as a map; SNS writes the keys in lower case, the API does not.
fn named_values(dimensions: &Value) -> BTreeMap<String, String> {
    let pairs = dimensions.as_array().into_iter().flatten();
    pairs
        .filter_map(|pair| {
            let name = first_text(pair, &["name", "Name"])?;
            Some((name.to_owned(), first_text(pair, &["value", "Value"])?.to_owned()))
        })
        .collect()
}

/// The code of a region that CloudWatch names for people, for notifications with neither ARN nor topic.
fn region_of_display_name(name: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 24] = [
        ("US (Virginia)", "us-east-1"),
        ("US East (N. Virginia)", "us-east-1"),
        ("US East (Ohio)", "us-east-2"),
        ("US West (N. California)", "us-west-1"),
        ("US West (Oregon)", "us-west-2"),
        ("Canada (Central)", "ca-central-1"),
        ("South America (Sao Paulo)", "sa-east-1"),
        ("EU (Ireland)", "eu-west-1"),
        ("EU (London)", "eu-west-2"),
        ("EU (Paris)", "eu-west-3"),
        ("EU (Frankfurt)", "eu-central-1"),
        ("EU (Stockholm)", "eu-north-1"),
        ("EU (Milan)", "eu-south-1"),
        ("Middle East (Bahrain)", "me-south-1"),
        ("Africa (Cape Town)", "af-south-1"),
        ("Asia Pacific (Hong Kong)", "ap-east-1"),
        ("Asia Pacific (Mumbai)", "ap-south-1"),
        ("Asia Pacific (Seoul)", "ap-northeast-2"),
        ("Asia Pacific (Singapore)", "ap-southeast-1"),
        ("Asia Pacific (Sydney)", "ap-southeast-2"),
        ("Asia Pacific (Jakarta)", "ap-southeast-3"),
        ("Asia Pacific (Tokyo)", "ap-northeast-1"),
        ("Asia Pacific (Osaka)", "ap-northeast-3"),
        ("AWS GovCloud (US-West)", "us-gov-west-1"),
    ];
    let name = name.replacen("Europe (", "EU (", 1);
    NAMES.into_iter().find(|(display, _)| *display == name).map(|(_, code)| code)
}
