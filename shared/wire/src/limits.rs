//! Bounds on what one payload may make of us. Text has the bounds of `reveille_domain::limits`.

/// Envelopes within envelopes: the deepest that AWS makes is five (queue, failure destination, SNS, EventBridge, event).
pub(crate) const ENVELOPES_MAX: usize = 8;

/// One alarm storm in one post. Each signal costs transactions, and a function has a minute; the rest is counted in one.
pub(crate) const SIGNALS_MAX: usize = 500;

/// An alert's labels are kept in the incident's row.
pub(crate) const TAGS_MAX: usize = 50;

/// A tag's value in AWS holds 256 characters; labels elsewhere may be longer, but no rule matches them.
pub(crate) const TAG_CHARACTERS_MAX: usize = 256;

/// All labels of an alert together: what 50 of plain letters take. They stand in the incident's row of 400 KB twice, and beside them
/// the incident needs room to be answered.
pub(crate) const TAGS_BYTES_MAX: usize = 50 * 512;

/// Affected resources are for people; AWS Health can name thousands.
pub(crate) const RESOURCES_MAX: usize = 50;

/// An ARN holds at most 2,048 characters.
pub(crate) const RESOURCE_CHARACTERS_MAX: usize = 2_048;

/// All resources together: what 50 ARNs of a kilobyte take. An incident that opens with a full row could never be answered.
pub(crate) const RESOURCES_BYTES_MAX: usize = 50 * 1_024;

/// The longest code of a region has 14 characters; whatever is much longer is none.
pub(crate) const REGION_CHARACTERS_MAX: usize = 32;

/// Why a signal was ignored: a line or two in a log.
pub(crate) const REASON_CHARACTERS_MAX: usize = 500;

/// A cause becomes part of a key in the table.
pub(crate) const CAUSE_CHARACTERS_MAX: usize = 1_000;

/// PagerDuty's limit of `dedup_key`.
pub(crate) const PAGERDUTY_KEY_CHARACTERS_MAX: usize = 255;

/// PagerDuty's limit of `payload.summary`.
pub(crate) const PAGERDUTY_SUMMARY_CHARACTERS_MAX: usize = 1_024;

/// PagerDuty's limit of a whole event: 512 KB.
pub(crate) const PAGERDUTY_EVENT_BYTES_MAX: usize = 512 * 1_024;

/// What is read of an SMS reply: two concatenated SMS. Whoever writes more says more than an answer.
pub(crate) const REPLY_CHARACTERS_MAX: usize = 306;

/// Codes in one reply: each is a transaction, and a function has seconds.
pub(crate) const REPLY_CODES_MAX: usize = 10;
