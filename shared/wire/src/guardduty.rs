//! Amazon GuardDuty: findings, and the results of malware scans. Forwarded ones come without source and account, so they
//! are known by their detail type.

use reveille_domain::{Impact, Signal, SignalState, Source};
use serde_json::Value;

use crate::eventbridge::Event;
use crate::json::{at, list, scalar, text};
use crate::via::Via;
use crate::{digest, instant};

/// Reads a finding. All of them fire, with the impact that their severity means, until somebody archives them; rules and
/// plans decide who hears.
pub(crate) fn read(event: &Event<'_>, via: Via<'_>) -> Signal {
    let detail = event.detail;
    let say = |key: &str| text(detail, &[key]).unwrap_or_default();
    let is_archived = at(detail, &["service", "archived"]) == &Value::Bool(true);
    let state = if is_archived { SignalState::Recovered } else { SignalState::Firing };
    let mut draft = event.draft(Source::GuardDuty, state);
    draft.name = if say("type").is_empty() { event.detail_type } else { say("type") }.to_owned();
    draft.title = say("title").to_owned();
    draft.summary = say("description").to_owned();
    let severity = scalar(at(detail, &["severity"])).and_then(|number| number.parse::<f64>().ok());
    draft.impact = severity.filter(|number| number.is_finite()).map(impact);
    let id = scalar(at(detail, &["id"])).unwrap_or_else(|| digest::of(&[&draft.name, &draft.title]));
    draft.dedupe_key = format!("guardduty {id}");
    // GuardDuty repeats a finding while it goes on, each time as a new event.
    if draft.cause.is_empty() {
        let count = scalar(at(detail, &["service", "count"])).unwrap_or_default();
        let seen = text(detail, &["service", "eventLastSeen"]).unwrap_or_default();
        draft.cause = format!("guardduty {id} {count} {seen}");
    }
    draft.account = draft.account.or_else(|| scalar(at(detail, &["accountId"])));
    draft.region = draft.region.or_else(|| scalar(at(detail, &["region"])));
    draft.resources.extend(scalar(at(detail, &["resource", "instanceDetails", "instanceId"])));
    draft.resources.extend(scalar(at(detail, &["arn"])));
    draft.occurred_at = instant::read(at(detail, &["updatedAt"]))
        .or_else(|| instant::read(at(detail, &["service", "eventLastSeen"])))
        .or(event.time);
    draft.finish(via)
}

/// Reads the result of a malware scan. One that did not come to a result is worth a look too.
pub(crate) fn read_scan(event: &Event<'_>, via: Via<'_>) -> Signal {
    let detail = event.detail;
    let result = text(detail, &["scanResultDetails", "scanResultStatus"])
        .or(text(detail, &["scanResultDetails", "scanResult"]))
        .or(text(detail, &["scanStatus"]))
        .unwrap_or("without a result");
    let object = scanned(event);
    let (state, impact, headline) = match result {
        "NO_THREATS_FOUND" => {
            let why = format!("GuardDuty scanned {object} and found no threats");
            (SignalState::Ignored(why), None, "No malware in")
        }
        "THREATS_FOUND" => (SignalState::Firing, Some(Impact::Critical), "Malware found in"),
        _ => (SignalState::Firing, Some(Impact::Medium), "Malware scan failed for"),
    };
    let threats: Vec<&str> =
        list(detail, &["scanResultDetails", "threats"]).iter().filter_map(|threat| text(threat, &["name"])).collect();
    let mut draft = event.draft(Source::GuardDuty, state);
    draft.impact = impact;
    draft.title = format!("{headline} {object}");
    draft.summary = format!("{result}: {}", threats.join(", "));
    draft.dedupe_key = format!("guardduty-malware {object}");
    draft.resources.push(object);
    draft.finish(via)
}

/// What was scanned: an object with its version, or else the resource that the event names.
fn scanned(event: &Event<'_>) -> String {
    let object: &Value = at(event.detail, &["s3ObjectDetails"]);
    let say = |key: &str| text(object, &[key]).unwrap_or_default();
    match (say("bucketName"), say("objectKey"), say("versionId")) {
        ("", "", _) => event.resources.first().cloned().unwrap_or_else(|| "an unnamed resource".to_owned()),
        (bucket, key, "") => format!("s3://{bucket}/{key}"),
        (bucket, key, version) => format!("s3://{bucket}/{key}?versionId={version}"),
    }
}

/// The bands of GuardDuty's scale of 1 to 10.
fn impact(severity: f64) -> Impact {
    if severity >= 9.0 {
        Impact::Critical
    } else if severity >= 7.0 {
        Impact::High
    } else if severity >= 4.0 {
        Impact::Medium
    } else {
        Impact::Low
    }
}
