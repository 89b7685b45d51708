//! Bounds of the commands about incidents.

/// Characters of an id that name an incident: fewer are more likely a slip than an id.
pub(crate) const ID_CHARACTERS_MIN: usize = 4;

/// Days after its opening in which an incident that is over is found by the beginning of its id: looking through all that has
/// ever been would read years for one row.
pub(crate) const FOUND_DAYS_MAX: i64 = 30;

/// Days that incidents that are over are listed for, unless `--since` says otherwise.
pub(crate) const LISTED_DAYS: i64 = 7;

/// Rows of one answer of the index that lists incidents: a row has some kilobytes, and an answer one megabyte at most.
pub(crate) const LISTED_PER_QUERY_MAX: u32 = 200;

/// Failures in a row after which a watch on a pipe gives up: half a minute of them.
pub(crate) const WATCH_FAILURES_MAX: usize = 15;
