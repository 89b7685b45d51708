//! AWS Security Hub: an event holds findings, and each speaks for itself.

use reveille_domain::{Impact, Signal, SignalState, Source};
use serde_json::Value;

use crate::eventbridge::Event;
use crate::json::{Agreement, at, list, scalar, text, text_map};
use crate::via::Via;
use crate::{digest, event, instant};

/// Whether the event holds findings.
pub(crate) fn fits(event: &Event<'_>) -> bool {
    let ours = event.source == "aws.securityhub" || event.detail_type.starts_with("Security Hub Findings");
    ours && !list(event.detail, &["findings"]).is_empty()
}

/// Reads every finding.
pub(crate) fn read(event: &Event<'_>, via: Via<'_>) -> Vec<Signal> {
    event::each(list(event.detail, &["findings"]), via, |finding| vec![read_finding(finding, event, via)])
}

fn read_finding(finding: &Value, event: &Event<'_>, via: Via<'_>) -> Signal {
    let mut draft = event.draft(Source::SecurityHub, state(finding));
    let say = |key: &str| text(finding, &[key]).unwrap_or_default();
    draft.name = say("Title").to_owned();
    draft.title = say("Title").to_owned();
    draft.summary = say("Description").to_owned();
    draft.impact = text(finding, &["Severity", "Label"]).and_then(impact);
    let id = scalar(at(finding, &["Id"])).unwrap_or_else(|| digest::of(&[&finding.to_string()]));
    draft.cause = format!("{id} {}", say("UpdatedAt"));
    draft.dedupe_key = id;
    draft.occurred_at = instant::read(at(finding, &["UpdatedAt"])).or(event.time);
    draft.account = scalar(at(finding, &["AwsAccountId"])).or(draft.account);
    let resources = list(finding, &["Resources"]);
    let of_resource = resources.iter().find_map(|resource| text(resource, &["Region"]));
    draft.region = text(finding, &["Region"]).or(of_resource).map(str::to_owned).or(draft.region);
    draft.resources = resources.iter().filter_map(|resource| scalar(at(resource, &["Id"]))).collect();
    let mut tags = Agreement::default();
    for resource in resources {
        tags.add(text_map(at(resource, &["Tags"])));
    }
    draft.tags = tags.agreed();
    draft.finish(via)
}

/// A control that passes becomes INFORMATIONAL as well, so what is over is looked at first.
fn state(finding: &Value) -> SignalState {
    let is = |path: &[&str], words: &[&str]| text(finding, path).is_some_and(|word| words.contains(&word));
    if is(&["Workflow", "Status"], &["RESOLVED", "SUPPRESSED"])
        || is(&["RecordState"], &["ARCHIVED"])
        || is(&["Compliance", "Status"], &["PASSED"])
    {
        SignalState::Recovered
    } else if is(&["Severity", "Label"], &["INFORMATIONAL"]) {
        SignalState::Ignored("Security Hub calls the finding INFORMATIONAL: nothing needs to be done".to_owned())
    } else {
        SignalState::Firing
    }
}

fn impact(label: &str) -> Option<Impact> {
    match label {
        "CRITICAL" => Some(Impact::Critical),
        "HIGH" => Some(Impact::High),
        "MEDIUM" => Some(Impact::Medium),
        "LOW" => Some(Impact::Low),
        _ => None,
    }
}
