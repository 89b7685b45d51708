//! AWS Security Hub: an event holds findings, and each speaks for itself. Findings in AWS's own format (ASFF) are read
//! here; those in OCSF, which the newer Security Hub sends, in `ocsf.rs`.

use reveille_domain::{Impact, Signal, SignalState, Source};
use serde_json::Value;

use crate::eventbridge::Event;
use crate::json::{Agreement, at, list, scalar, text, text_map};
use crate::via::Via;
use crate::{digest, event, instant, ocsf};

const INFORMATIONAL: &str = "INFORMATIONAL";
const LABELS: [&str; 5] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", INFORMATIONAL];

/// Whether the event has a list of findings.
pub(crate) fn fits(event: &Event<'_>) -> bool {
    let ours = event.source == "aws.securityhub"
        || event.detail_type.starts_with("Security Hub Findings")
        || event.detail_type.starts_with("Findings Imported");
    ours && at(event.detail, &["findings"]).is_array()
}

/// Reads every finding. A list without any says that nothing was found.
pub(crate) fn read(event: &Event<'_>, via: Via<'_>) -> Vec<Signal> {
    let findings = list(event.detail, &["findings"]);
    if findings.is_empty() {
        let why = "the event of Security Hub holds no findings".to_owned();
        return vec![event.draft(Source::SecurityHub, SignalState::Ignored(why)).finish(via)];
    }
    event::each(findings, via, |finding| {
        vec![if ocsf::fits(finding) { ocsf::read(finding, event, via) } else { read_finding(finding, event, via) }]
    })
}

fn read_finding(finding: &Value, event: &Event<'_>, via: Via<'_>) -> Signal {
    let mut draft = event.draft(Source::SecurityHub, state(finding));
    let say = |key: &str| text(finding, &[key]).unwrap_or_default();
    draft.name = say("Title").to_owned();
    draft.title = say("Title").to_owned();
    draft.summary = say("Description").to_owned();
    draft.impact = severity(finding).and_then(impact);
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
    } else if severity(finding) == Some(INFORMATIONAL) {
        SignalState::Ignored("Security Hub calls the finding INFORMATIONAL: nothing needs to be done".to_owned())
    } else {
        SignalState::Firing
    }
}

/// The label of a finding, or what its number stands for in ASFF's bands where a product sends no label.
fn severity(finding: &Value) -> Option<&'static str> {
    if let Some(stated) = text(finding, &["Severity", "Label"]) {
        return LABELS.into_iter().find(|label| stated.eq_ignore_ascii_case(label));
    }
    let normalized: f64 = scalar(at(finding, &["Severity", "Normalized"]))?.parse().ok()?;
    Some(match normalized {
        number if number >= 90.0 => "CRITICAL",
        number if number >= 70.0 => "HIGH",
        number if number >= 40.0 => "MEDIUM",
        number if number >= 1.0 => "LOW",
        _ => INFORMATIONAL,
    })
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
