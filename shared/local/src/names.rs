//! Names in the local account: what the template makes in a real one.

/// The account that everything local belongs to.
pub const ACCOUNT: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";
/// Woken incidents, to `respond`.
pub const NUDGE_QUEUE: &str = "reveille-nudges";
/// Outbox rows with pages, to `notify`.
pub const PAGE_QUEUE: &str = "reveille-pages";
/// Outbox rows with pages through servers that may hang, to `notify`.
pub const SLOW_PAGE_QUEUE: &str = "reveille-slow-pages";
/// Outbox rows with runbooks, to `runbook`.
pub const RUNBOOK_QUEUE: &str = "reveille-runbooks";
/// Events that `ingest` failed on, to `ingest` again.
pub const INGEST_FAILURE_QUEUE: &str = "reveille-ingest-failures";
/// Nudges that failed ten times.
pub const NUDGE_DEAD_QUEUE: &str = "reveille-nudges-dead";
/// Pages that failed ten times.
pub const PAGE_DEAD_QUEUE: &str = "reveille-pages-dead";
/// Pages through servers that may hang that failed ten times.
pub const SLOW_PAGE_DEAD_QUEUE: &str = "reveille-slow-pages-dead";
/// Runbooks that failed ten times.
pub const RUNBOOK_DEAD_QUEUE: &str = "reveille-runbooks-dead";
/// Events that `ingest` failed on for a day.
pub const INGEST_FAILURE_DEAD_QUEUE: &str = "reveille-ingest-failures-dead";
/// Asynchronous invocations of other functions that failed three times.
pub const INVOCATION_DEAD_QUEUE: &str = "reveille-invocations-dead";
/// What Scheduler could not invoke.
pub const SCHEDULE_DEAD_QUEUE: &str = "reveille-schedules-dead";
/// The group that wakes are made in.
pub const SCHEDULE_GROUP: &str = "reveille";
/// The secret with the key that signs acknowledge links.
pub const SIGNING_KEY_SECRET: &str = "reveille-signing-key";

/// The topic by which the operators are told.
pub const OPERATORS_TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:reveille-operators";
/// The number that calls come from.
pub const VOICE_NUMBER: &str = "+15550100";

/// The ARN of a function.
pub fn function_arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:reveille-{function}")
}

/// The ARN of a queue.
pub fn queue_arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

/// The function that a name, `reveille-` name or ARN means.
pub(crate) fn function_of(name: &str) -> &str {
    let name = name.split_once(":function:").map_or(name, |(_, name)| name);
    let name = name.split(':').next().unwrap_or(name);
    name.strip_prefix("reveille-").unwrap_or(name)
}
