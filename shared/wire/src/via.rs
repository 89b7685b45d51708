//! How a payload came to us: says what the payload leaves out, and makes a cause for what has none of its own.

use jiff::Timestamp;
use reveille_domain::Source;
use serde_json::Value;

use crate::{digest, limits};

static NO_ATTRIBUTES: Value = Value::Null;

/// The last carrier of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Invocation,
    Queue,
    Topic,
    Http,
}

impl Carrier {
    /// The source of what fits nothing.
    pub(crate) fn source(self) -> Source {
        match self {
            Carrier::Invocation | Carrier::Queue => Source::Unknown,
            Carrier::Topic => Source::Sns,
            Carrier::Http => Source::Webhook,
        }
    }
}

/// The envelopes around a payload, outermost first, flattened: an inner one overrides what an outer one said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Via<'e> {
    pub(crate) received_at: Timestamp,
    pub(crate) carrier: Carrier,
    /// The id that the carrier keeps when it delivers again.
    pub(crate) message_id: Option<&'e str>,
    /// The ARN of the topic, the queue or the function that carried it.
    pub(crate) carrier_arn: Option<&'e str>,
    pub(crate) subject: Option<&'e str>,
    pub(crate) sent_at: Option<Timestamp>,
    /// SNS message attributes.
    pub(crate) attributes: &'e Value,
    pub(crate) envelopes: usize,
}

impl<'e> Via<'e> {
    /// No envelope at all.
    pub(crate) fn new(carrier: Carrier, received_at: Timestamp) -> Self {
        Self {
            received_at,
            carrier,
            message_id: None,
            carrier_arn: None,
            subject: None,
            sent_at: None,
            attributes: &NO_ATTRIBUTES,
            envelopes: 0,
        }
    }

    /// The way to what is inside this payload; `None` when it has been wrapped more often than anybody does in earnest.
    pub(crate) fn inside(self) -> Option<Self> {
        let envelopes = self.envelopes + 1;
        (envelopes <= limits::ENVELOPES_MAX).then_some(Self { envelopes, ..self })
    }

    /// A cause from the carrier's own id and the content. Without an id it is the time of arrival: better to page twice
    /// for one statement than to take next week's for today's.
    pub(crate) fn cause(self, content: &str) -> String {
        let content = digest::of(&[content]);
        let place = self.carrier_arn.unwrap_or_default();
        match self.message_id {
            Some(id) => format!("{place} {id} {content}"),
            None => format!("{place} {} {content}", self.received_at.as_millisecond()),
        }
    }
}
