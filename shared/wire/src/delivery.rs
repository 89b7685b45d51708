//! What providers report of messages that we sent: End User Messaging and SES, over a topic or a rule.
//!
//! A report about a message of somebody else, or of a kind that changes nothing, is passed over. Texts are our own words: a
//! provider's diagnosis quotes addresses.

use jiff::Timestamp;
use reveille_domain::{Attribution, DeliveryReport, Disabled, Receipt};
use serde_json::Value;

use crate::json::{self, at, list, text};
use crate::{instant, sns};

/// Reads an invocation's event; `None`: it holds no report of a provider.
pub fn read_deliveries(event: &Value) -> Option<Vec<DeliveryReport>> {
    let records = list(event, &["Records"]);
    if records.is_empty() {
        return told(event).map(|report| report.into_iter().collect());
    }
    let envelopes: Option<Vec<Value>> = records.iter().map(|record| carried(at(record, &["Sns"]))).collect();
    let told: Option<Vec<Option<DeliveryReport>>> = envelopes?.iter().map(told).collect();
    Some(told?.into_iter().flatten().collect())
}

/// What an SNS envelope carries.
fn carried(envelope: &Value) -> Option<Value> {
    if sns::fits(envelope) { json::embedded(text(envelope, &["Message"])?) } else { None }
}

/// The outer `None`: no report. The inner one: a report that concerns no page of ours.
fn told(event: &Value) -> Option<Option<DeliveryReport>> {
    let detail = at(event, &["detail"]);
    let report = if detail.is_object() { detail } else { event };
    let kind = text(report, &["eventType"])?;
    if at(report, &["mail"]).is_object() {
        return Some(mail(kind, report));
    }
    (kind.starts_with("TEXT_") || kind.starts_with("VOICE_")).then(|| message(kind, report))
}

/// A report of End User Messaging: what the page came to, and whether anything will ever arrive there.
fn message(kind: &str, report: &Value) -> Option<DeliveryReport> {
    let failed = |why: &str| (Receipt::NotDelivered(why.to_owned()), None);
    let (receipt, disables) = match kind {
        // Which of the two comes differs from country to country.
        "TEXT_DELIVERED" | "TEXT_SUCCESSFUL" | "VOICE_COMPLETED" => (Receipt::Delivered, None),
        "VOICE_ANSWERED" => (Receipt::Answered, None),
        "TEXT_INVALID" => (Receipt::NotDelivered("there is no such number".to_owned()), Some(Disabled::Invalid)),
        "TEXT_BLOCKED" => {
            (Receipt::NotDelivered("the device or carrier blocks it".to_owned()), Some(Disabled::Blocked))
        }
        "TEXT_INVALID_MESSAGE" => failed("the carrier does not take this text"),
        "TEXT_UNREACHABLE" => failed("the device is out of reach"),
        "TEXT_CARRIER_UNREACHABLE" => failed("the carrier is out of reach"),
        "TEXT_CARRIER_BLOCKED" => failed("the carrier blocks this message"),
        "TEXT_PROTECT_BLOCKED" => failed("the account's protect configuration blocks this country or number"),
        "TEXT_SPAM" => failed("the carrier takes it for spam"),
        "TEXT_TTL_EXPIRED" | "VOICE_TTL_EXPIRED" => failed("it could not be delivered in time"),
        "TEXT_UNKNOWN" => failed("the carrier does not say what became of it"),
        "VOICE_BUSY" => failed("the line is busy"),
        "VOICE_NO_ANSWER" => failed("nobody answers the call"),
        "VOICE_FAILED" => failed("the call failed"),
        // On its way: TEXT_QUEUED, TEXT_PENDING, TEXT_SENT, VOICE_INITIATED, VOICE_RINGING.
        _ => return None,
    };
    let at_ms = at(report, &["eventTimestamp"]).as_i64()?;
    let id = text(report, &["messageId"])?;
    Some(DeliveryReport {
        id: format!("{id} {kind} {at_ms}"),
        at: Timestamp::from_millisecond(at_ms).ok()?,
        of: Attribution::from_tags(|name| text(report, &["context", name]))?,
        receipt,
        disables,
    })
}

/// A report of SES.
fn mail(kind: &str, report: &Value) -> Option<DeliveryReport> {
    let (receipt, disables, part) = match kind {
        "Delivery" => (Receipt::Delivered, None, "delivery"),
        "DeliveryDelay" => (Receipt::Delayed(detail("the mail is delayed", report, "deliveryDelay", "delayType")), None, "deliveryDelay"),
        "Bounce" => bounce(report),
        "Complaint" => {
            let why = "the recipient reported it as spam".to_owned();
            (Receipt::Complained(why), Some(Disabled::Complained), "complaint")
        }
        "Reject" => (Receipt::NotDelivered("SES refused the mail's content".to_owned()), None, "reject"),
        "Rendering Failure" => (Receipt::NotDelivered("SES could not make the mail".to_owned()), None, "failure"),
        // What a reader did with it, and that it was taken, which we know.
        _ => return None,
    };
    let message = text(report, &["mail", "messageId"])?;
    let happened = at(report, &[part, "timestamp"]);
    let id = text(report, &[part, "feedbackId"]).or(happened.as_str()).unwrap_or_default();
    Some(DeliveryReport {
        id: format!("{message} {kind} {id}"),
        at: instant::read(happened).or_else(|| instant::read(at(report, &["mail", "timestamp"])))?,
        of: Attribution::from_tags(|name| list(report, &["mail", "tags", name]).first()?.as_str())?,
        receipt,
        disables,
    })
}

/// SES has tried for hours before it reports a transient bounce: the page is lost all the same, the address is not.
fn bounce(report: &Value) -> (Receipt, Option<Disabled>, &'static str) {
    let why = |words| Receipt::NotDelivered(detail(words, report, "bounce", "bounceSubType"));
    if text(report, &["bounce", "bounceType"]) == Some("Permanent") {
        (why("the mail came back for good"), Some(Disabled::Bounced), "bounce")
    } else {
        (why("the mail came back"), None, "bounce")
    }
}

/// Our words and the kind that SES names: one word of a fixed list, kept to letters so that it can be nothing else.
fn detail(words: &str, report: &Value, part: &str, field: &str) -> String {
    let named: String =
        text(report, &[part, field]).unwrap_or_default().chars().filter(char::is_ascii_alphabetic).take(40).collect();
    if named.is_empty() { words.to_owned() } else { format!("{words} ({named})") }
}
