//! Inbound two-way SMS. An answer to a page is for `acknowledge`; here it is only recognised, so that it opens nothing.

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{first_text, text};
use crate::via::Via;

/// Whether this is an SMS that somebody sent us.
pub(crate) fn fits(value: &Value) -> bool {
    text(value, &["originationNumber"]).is_some()
        && first_text(value, &["messageBody", "messageKeyword", "inboundMessageId"]).is_some()
}

/// Reads an inbound SMS. The number and the words stay out of the signal: both are somebody's private matter.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    let why = "an SMS reply belongs to `acknowledge`: subscribe that function to the two-way SMS topic, not `ingest`";
    let mut draft = Draft::new(Source::Sns, SignalState::Ignored(why.to_owned()));
    draft.title = "An SMS reply came to ingest".to_owned();
    draft.name = "two-way-sms".to_owned();
    let id = text(value, &["inboundMessageId"]).unwrap_or_default();
    draft.dedupe_key = format!("sms {id}");
    draft.finish(via)
}
