//! Amazon SES: what became of mail that was sent, and mail that was received.

use reveille_domain::{Signal, SignalState, Source};
use serde_json::Value;

use crate::draft::Draft;
use crate::json::{at, first_text, list, scalar, text, texts};
use crate::via::Via;
use crate::{arn, instant};

/// Whether this is a notice of SES.
pub(crate) fn fits(value: &Value) -> bool {
    let subscribed = text(value, &["notificationType"]).is_some_and(|kind| kind.starts_with("AmazonSns"));
    let has_kind = kind(value).is_some() || value.get("bounce").is_some() || value.get("complaint").is_some();
    subscribed || (has_kind && at(value, &["mail"]).is_object()) || is_inbound(value)
}

/// Reads a notice, or mail that came in.
pub(crate) fn read(value: &Value, via: Via<'_>) -> Signal {
    if is_inbound(value) || kind(value).is_none() && value.get("receipt").is_some() {
        read_inbound(value, via)
    } else {
        read_notice(value, via)
    }
}

fn is_inbound(value: &Value) -> bool {
    at(value, &["receipt"]).is_object() && at(value, &["mail"]).is_object()
}

fn kind(value: &Value) -> Option<&str> {
    first_text(value, &["notificationType", "eventType"])
}

fn read_notice(value: &Value, via: Via<'_>) -> Signal {
    let kind = kind(value).unwrap_or("notice");
    let mut draft = Draft::new(Source::Ses, notice_state(kind));
    let bounced = list(value, &["bounce", "bouncedRecipients"]).iter();
    let complained = list(value, &["complaint", "complainedRecipients"]).iter();
    let named: Vec<&str> =
        bounced.chain(complained).filter_map(|recipient| text(recipient, &["emailAddress"])).collect();
    let destination = texts(value, &["mail", "destination"]);
    let recipients = if named.is_empty() { destination.join(", ") } else { named.join(", ") };
    let bounce = text(value, &["bounce", "bounceType"]).unwrap_or_default();
    draft.name = kind.to_owned();
    draft.title = format!("SES {bounce} {}: {recipients}", kind.to_lowercase());
    draft.summary = list(value, &["bounce", "bouncedRecipients"])
        .iter()
        .filter_map(|recipient| text(recipient, &["diagnosticCode"]))
        .collect::<Vec<_>>()
        .join("\n");
    draft.dedupe_key = format!("ses {kind} {recipients}");
    let feedback = first_text(at(value, &["bounce"]), &["feedbackId"])
        .or(text(value, &["complaint", "feedbackId"]))
        .or(text(value, &["mail", "messageId"]));
    draft.cause = feedback.map(|id| format!("ses {kind} {id}")).unwrap_or_default();
    draft.occurred_at = instant::read(at(value, &["bounce", "timestamp"]))
        .or_else(|| instant::read(at(value, &["complaint", "timestamp"])))
        .or_else(|| instant::read(at(value, &["mail", "timestamp"])));
    let identity = text(value, &["mail", "sourceArn"]).unwrap_or_default();
    draft.account = scalar(at(value, &["mail", "sendingAccountId"]));
    draft.region = arn::region(identity).map(str::to_owned);
    draft.resources = vec![identity.to_owned()];
    draft.finish(via)
}

fn notice_state(kind: &str) -> SignalState {
    let why = match kind {
        "Delivery" | "Send" => "SES delivered the mail",
        "DeliveryDelay" => "SES is still trying to deliver the mail",
        "Open" | "Click" | "Subscription" => "it is about what a reader did with the mail",
        "AmazonSnsSubscriptionSucceeded" => "SES says that its notices now come to this topic",
        _ => return SignalState::Firing,
    };
    SignalState::Ignored(why.to_owned())
}

fn read_inbound(value: &Value, via: Via<'_>) -> Signal {
    let failed = |verdict: &str| text(value, &["receipt", verdict, "status"]) == Some("FAIL");
    let state = if failed("virusVerdict") {
        SignalState::Ignored("SES found a virus in the mail".to_owned())
    } else if failed("spamVerdict") {
        SignalState::Ignored("SES takes the mail for spam".to_owned())
    } else {
        SignalState::Firing
    };
    let subject = text(value, &["mail", "commonHeaders", "subject"]);
    let sender = text(value, &["mail", "source"])
        .or(list(value, &["mail", "commonHeaders", "from"]).first().and_then(Value::as_str))
        .unwrap_or("an unknown sender");
    let mut draft = Draft::new(Source::Ses, state);
    draft.name = subject.unwrap_or_default().to_owned();
    draft.title = subject.map_or_else(|| format!("Mail from {sender} without a subject"), str::to_owned);
    draft.summary = format!("Mail from {sender}");
    draft.dedupe_key = format!("mail {sender} {}", subject.unwrap_or_default());
    draft.cause = text(value, &["mail", "messageId"]).map(|id| format!("mail {id}")).unwrap_or_default();
    draft.occurred_at = instant::read(at(value, &["mail", "timestamp"]));
    draft.tags.insert("from".to_owned(), sender.to_owned());
    draft.finish(via)
}
