//! What providers report of messages that we sent: End User Messaging and SES, over a topic or a rule.
//!
//! A report about a message of somebody else, or of a kind that changes nothing, is passed over. Texts are our own words: a
//! provider's diagnosis quotes addresses.

use jiff::Timestamp;
use reveille_domain::{Attribution, ChannelKind, DeliveryReport, Disabled, Receipt};
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
        kind: if kind.starts_with("VOICE_") { ChannelKind::Voice } else { ChannelKind::Sms },
        receipt,
        disables,
    })
}

/// A report of SES.
fn mail(kind: &str, report: &Value) -> Option<DeliveryReport> {
    let (receipt, disables, part) = match kind {
        "Delivery" => (Receipt::Delivered, None, "delivery"),
        "DeliveryDelay" => (
            Receipt::Delayed(detail("the mail is delayed", report, "deliveryDelay", "delayType")),
            None,
            "deliveryDelay",
        ),
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
        kind: ChannelKind::Email,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn only(event: &Value) -> DeliveryReport {
        let mut reports = read_deliveries(event).expect("it is a report");
        assert_eq!(reports.len(), 1, "{reports:?}");
        reports.remove(0)
    }

    fn sms(kind: &str) -> Value {
        json!({
            "eventType": kind, "eventVersion": "1.0", "eventTimestamp": 1_729_099_299_998_i64, "isFinal": true,
            "originationPhoneNumber": "+18445550123", "destinationPhoneNumber": "+14255550156",
            "messageId": "9539975a-e71f-45f3-b496-8d98dc098a77", "messageType": "TRANSACTIONAL",
            "context": { "incident": "4f1c", "order": "2-0", "contact": "natsu", "channel": "sms", "address": "09af" },
        })
    }

    fn over_topic(message: &Value) -> Value {
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": {
            "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:reports",
            "Message": message.to_string() } }] })
    }

    #[test]
    fn every_final_word_of_end_user_messaging_is_understood() {
        for (kind, receipt, disables) in [
            ("TEXT_DELIVERED", "delivered", None),
            ("TEXT_SUCCESSFUL", "delivered", None),
            ("TEXT_INVALID", "not_delivered", Some(Disabled::Invalid)),
            ("TEXT_BLOCKED", "not_delivered", Some(Disabled::Blocked)),
            ("TEXT_INVALID_MESSAGE", "not_delivered", None),
            ("TEXT_UNREACHABLE", "not_delivered", None),
            ("TEXT_CARRIER_UNREACHABLE", "not_delivered", None),
            ("TEXT_CARRIER_BLOCKED", "not_delivered", None),
            ("TEXT_PROTECT_BLOCKED", "not_delivered", None),
            ("TEXT_SPAM", "not_delivered", None),
            ("TEXT_TTL_EXPIRED", "not_delivered", None),
            ("TEXT_UNKNOWN", "not_delivered", None),
            ("VOICE_ANSWERED", "answered", None),
            ("VOICE_COMPLETED", "delivered", None),
            ("VOICE_BUSY", "not_delivered", None),
            ("VOICE_NO_ANSWER", "not_delivered", None),
            ("VOICE_FAILED", "not_delivered", None),
            ("VOICE_TTL_EXPIRED", "not_delivered", None),
        ] {
            let report = only(&over_topic(&sms(kind)));
            assert_eq!((report.receipt.name(), report.disables), (receipt, disables), "{kind}");
            assert_eq!(report.at.to_string(), "2024-10-16T17:21:39.998Z");
            assert_eq!(report.kind, if kind.starts_with("TEXT") { ChannelKind::Sms } else { ChannelKind::Voice });
            assert!(!format!("{:?}", report.receipt).contains("4255550156"));
        }
        for on_its_way in ["TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT", "VOICE_INITIATED", "VOICE_RINGING"] {
            assert_eq!(read_deliveries(&sms(on_its_way)), Some(Vec::new()), "{on_its_way}");
        }
    }

    #[test]
    fn a_rule_and_a_topic_carry_the_same_report() {
        let ruled = json!({ "source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
            "detail": sms("TEXT_INVALID") });
        assert_eq!(only(&ruled), only(&over_topic(&sms("TEXT_INVALID"))));
    }

    fn ses(kind: &str, part: &str, said: &Value) -> Value {
        let mut event = json!({ "eventType": kind, "mail": {
            "timestamp": "2026-11-23T03:00:00.000Z", "messageId": "0100", "destination": ["natsu@devopsvn.tech"],
            "tags": { "incident": ["4f1c"], "order": ["2-0"], "contact": ["natsu"], "channel": ["mail"],
                "address": ["09af"], "ses:configuration-set": ["reveille"] } } });
        event[part] = said.clone();
        event
    }

    #[test]
    fn what_ses_says_of_a_mail_is_understood_without_its_addresses() {
        let at = "2026-11-23T03:00:05.000Z";
        let bounced = |kind: &str| {
            json!({ "bounceType": kind, "bounceSubType": "General", "timestamp": at, "feedbackId": "f-1",
                "bouncedRecipients": [{ "emailAddress": "natsu@devopsvn.tech",
                    "diagnosticCode": "smtp; 550 5.1.1 natsu@devopsvn.tech unknown" }] })
        };
        let rows = [
            ("Bounce", "bounce", bounced("Permanent"), "not_delivered", Some(Disabled::Bounced)),
            ("Bounce", "bounce", bounced("Transient"), "not_delivered", None),
            ("Bounce", "bounce", bounced("Undetermined"), "not_delivered", None),
            (
                "Complaint",
                "complaint",
                json!({ "timestamp": at, "feedbackId": "c-1" }),
                "complained",
                Some(Disabled::Complained),
            ),
            ("Delivery", "delivery", json!({ "timestamp": at }), "delivered", None),
            ("DeliveryDelay", "deliveryDelay", json!({ "timestamp": at, "delayType": "MailboxFull" }), "delayed", None),
            ("Reject", "reject", json!({ "reason": "Bad content" }), "not_delivered", None),
        ];
        for (kind, part, said, receipt, disables) in rows {
            let report = only(&over_topic(&ses(kind, part, &said)));
            assert_eq!((report.receipt.name(), report.disables), (receipt, disables), "{said}");
            assert_eq!(report.of.contact.as_str(), "natsu");
            assert!(!format!("{:?} {}", report.receipt, report.id).contains('@'));
        }
        assert_eq!(read_deliveries(&ses("Send", "send", &json!({}))), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_report_or_not_ours_is_told_apart() {
        let mut foreign = sms("TEXT_INVALID");
        foreign["context"] = json!({ "account": "bar" });
        assert_eq!(read_deliveries(&foreign), Some(Vec::new()));
        assert_eq!(read_deliveries(&json!({ "tick": true })), None);
        assert_eq!(read_deliveries(&json!({ "AlarmName": "x" })), None);
        assert_eq!(read_deliveries(&over_topic(&json!({ "AlarmName": "x" }))), None);
    }

    #[test]
    fn the_same_report_has_the_same_id_and_another_one_has_another() {
        let first = only(&sms("TEXT_INVALID"));
        assert_eq!(first.id, only(&over_topic(&sms("TEXT_INVALID"))).id);
        assert_ne!(first.id, only(&sms("TEXT_BLOCKED")).id);
    }
}
