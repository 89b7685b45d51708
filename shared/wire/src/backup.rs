//! AWS Backup, over SNS (text with attributes) and EventBridge. Only the stated state counts: a failed copy job says in
//! words that it "was completed but was failed".

use reveille_domain::{Signal, SignalState, Source};

use crate::draft::Draft;
use crate::eventbridge::Event;
use crate::json::{first_text, text};
use crate::sns::attribute;
use crate::via::Via;
use crate::{arn, instant};

/// Whether the attributes of an SNS message are those of AWS Backup.
pub(crate) fn fits(via: Via<'_>) -> bool {
    let kind =
        attribute(via.attributes, "EventType").is_some_and(|kind| kind.ends_with("_JOB") || kind == "RECOVERY_POINT");
    kind && attribute(via.attributes, "State").is_some()
}

/// Reads the text of an SNS message and its attributes.
pub(crate) fn read(message: &str, via: Via<'_>) -> Signal {
    let say = |name| attribute(via.attributes, name).unwrap_or_default();
    let (kind, job_state, id) = (say("EventType"), say("State"), say("Id"));
    let mut draft = draft(kind, job_state, id);
    message.clone_into(&mut draft.summary);
    let words = message.split_whitespace().map(|word| word.trim_end_matches(['.', ',']));
    draft.resources = words.filter(|word| word.starts_with("arn:")).map(str::to_owned).collect();
    let place = |part: fn(&str) -> Option<&str>| {
        let mut arns = draft.resources.iter().map(String::as_str).chain(via.carrier_arn);
        arns.find_map(part).map(str::to_owned)
    };
    draft.region = place(arn::region);
    draft.account = attribute(via.attributes, "AccountId").map(str::to_owned).or_else(|| place(arn::account));
    if id.is_empty() {
        draft.dedupe_key = format!("aws-backup {message}");
        draft.cause = String::new();
    }
    draft.finish(via)
}

/// Reads an event such as `Backup Job State Change`.
pub(crate) fn read_event(event: &Event<'_>, via: Via<'_>) -> Signal {
    let kind = event.detail_type.trim_end_matches(" State Change").to_ascii_uppercase().replace(' ', "_");
    let job_state = first_text(event.detail, &["state", "status"]).unwrap_or_default();
    let id = first_text(event.detail, &["backupJobId", "copyJobId", "restoreJobId", "jobId"]).unwrap_or_default();
    let found = draft(&kind, job_state, id);
    let mut draft = event.draft(Source::Backup, found.state);
    (draft.name, draft.title, draft.tags) = (found.name, found.title, found.tags);
    draft.summary = text(event.detail, &["statusMessage"]).unwrap_or_default().to_owned();
    draft.resources.extend(text(event.detail, &["resourceArn"]).map(str::to_owned));
    if !id.is_empty() {
        (draft.dedupe_key, draft.cause) = (found.dedupe_key, found.cause);
    }
    draft.occurred_at = instant::read(crate::json::at(event.detail, &["completionDate"])).or(event.time);
    draft.finish(via)
}

/// What both transports agree on, so that a job heard of twice is one incident.
fn draft(kind: &str, job_state: &str, id: &str) -> Draft {
    let job = match kind.to_ascii_lowercase().replace('_', " ") {
        job if job.is_empty() => "job".to_owned(),
        job => job,
    };
    let mut draft = Draft::new(Source::Backup, state(&job, job_state));
    draft.name = kind.to_owned();
    draft.title = format!("AWS Backup: {job} {job_state} {id}");
    draft.dedupe_key = format!("aws-backup {kind} {id}");
    draft.cause = format!("aws-backup {kind} {id} {job_state}");
    draft.tags.insert("event_type".to_owned(), kind.to_owned());
    draft.tags.insert("state".to_owned(), job_state.to_owned());
    draft
}

fn state(job: &str, job_state: &str) -> SignalState {
    match job_state.to_ascii_uppercase().as_str() {
        "COMPLETED" => SignalState::Ignored(format!("the {job} completed")),
        "CREATED" | "PENDING" | "STARTED" | "RUNNING" => SignalState::Ignored(format!("the {job} is under way")),
        _ => SignalState::Firing,
    }
}
