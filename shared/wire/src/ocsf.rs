//! Security findings in the Open Cybersecurity Schema Framework, as Security Hub sends them in `Findings Imported V2`. What
//! a finding is follows from its numbers; its words stand in where a number is missing.

use reveille_domain::{Impact, Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::eventbridge::Event;
use crate::json::{Agreement, at, first_text, list, scalar, text};
use crate::via::Via;
use crate::{digest, instant, severity};

/// `activity_id`: the finding is closed.
const CLOSE: u64 = 3;
/// `status_id`: suppressed, resolved, archived, deleted.
const OVER: [u64; 4] = [3, 4, 5, 6];
/// `compliance.status_id`: the check passes.
const PASS: u64 = 1;
/// `severity_id`: no action required.
const INFORMATIONAL: u64 = 1;

/// Whether a finding is in OCSF: AWS's own format has no `finding_info`.
pub(crate) fn fits(finding: &Value) -> bool {
    at(finding, &["finding_info"]).is_object()
}

/// Reads one finding. `finding_info.uid` stays the same for as long as the finding lives.
pub(crate) fn read(finding: &Value, event: &Event<'_>, via: Via<'_>) -> Signal {
    let mut draft = event.draft(Source::SecurityHub, state(finding));
    let info = at(finding, &["finding_info"]);
    draft.title = text(info, &["title"]).unwrap_or_default().to_owned();
    draft.name = draft.title.clone();
    draft.summary = text(info, &["desc"]).unwrap_or_default().to_owned();
    draft.impact = impact(finding);
    let uid = scalar(at(info, &["uid"])).or_else(|| scalar(at(finding, &["metadata", "uid"])));
    let uid = uid.unwrap_or_else(|| digest::of(&[&draft.title, &draft.summary]));
    let stated = [at(info, &["modified_time_dt"]), at(info, &["modified_time"]), at(finding, &["time_dt"])];
    let stated = stated.into_iter().chain([at(finding, &["time"])]);
    let modified_at = stated.filter_map(instant::read).next();
    if let Some(instant) = modified_at {
        draft.cause = format!("{uid} {}", instant.as_millisecond());
    }
    draft.dedupe_key = uid;
    draft.occurred_at = modified_at.or(event.time);
    draft.account = scalar(at(finding, &["cloud", "account", "uid"])).or(draft.account);
    draft.region = text(finding, &["cloud", "region"]).map(str::to_owned).or(draft.region);
    about(finding, &mut draft);
    draft.finish(via)
}

/// What is affected, with the tags on which all of it agrees.
fn about(finding: &Value, draft: &mut Draft) {
    let resources = list(finding, &["resources"]);
    draft.resources = resources.iter().filter_map(|resource| scalar(at(resource, &["uid"]))).collect();
    let mut tags = Agreement::default();
    for resource in resources {
        let pairs = list(resource, &["tags"]).iter();
        tags.add(pairs.filter_map(|tag| Some((scalar(at(tag, &["name"]))?, scalar(at(tag, &["value"]))?))).collect());
    }
    draft.tags = tags.agreed();
}

/// What is over is looked at first: a check that passes is called informational as well.
fn state(finding: &Value) -> SignalState {
    let number = |path: &[&str]| at(finding, path).as_u64();
    let word = |path: &[&str]| text(finding, path).unwrap_or_default().to_ascii_lowercase();
    let over = match number(&["status_id"]) {
        Some(status) => OVER.contains(&status),
        None => ["suppressed", "resolved", "archived", "deleted"].contains(&word(&["status"]).as_str()),
    };
    let passes = match number(&["compliance", "status_id"]) {
        Some(status) => status == PASS,
        None => word(&["compliance", "status"]) == "pass",
    };
    let informs = match number(&["severity_id"]) {
        Some(severity) => severity == INFORMATIONAL,
        None => word(&["severity"]) == "informational",
    };
    if over || passes || number(&["activity_id"]) == Some(CLOSE) {
        SignalState::Recovered
    } else if informs {
        SignalState::Ignored("Security Hub calls the finding informational: nothing needs to be done".to_owned())
    } else {
        SignalState::Firing
    }
}

fn impact(finding: &Value) -> Option<Impact> {
    match at(finding, &["severity_id"]).as_u64() {
        Some(5 | 6) => Some(Impact::Critical),
        Some(4) => Some(Impact::High),
        Some(3) => Some(Impact::Medium),
        Some(2) => Some(Impact::Low),
        // Informational ones open nothing, and unknown ones have no impact of their own.
        Some(_) => None,
        None => first_text(finding, &["severity"]).and_then(severity::impact),
    }
}
