//! Text messages and the operators' topic on moto's SNS.

use aws_sdk_sqs::types::QueueAttributeName;
use reveille_aws::{AwsReadiness, OperatorsTopic, SmsSender, SnsSms};
use reveille_engine::port::{Envelope, Form, Operators, Provider, Readiness, SendError};
use serde_json::{Value, json};

use super::{Check, Moto, check};

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("sms: a message is sent to its number", |moto| Box::pin(sent(moto))),
        check("sms: what is no number is refused", |moto| Box::pin(no_number(moto))),
        check("sms: a message that is too long is refused", |moto| Box::pin(too_long(moto))),
        check("sms: an attribute that SNS does not take is refused", |moto| Box::pin(no_sender(moto))),
        check("sms: a number that has opted out is known", |moto| Box::pin(opted_out(moto))),
        check("sms: the account answers what may be spent", |moto| Box::pin(spend_limit(moto))),
        check("sms: the account answers whether it is in the sandbox", |moto| Box::pin(sandbox(moto))),
        check("topic: the operators hear what they are told", |moto| Box::pin(told(moto))),
        check("topic: a topic that is gone is an error", |moto| Box::pin(topic_gone(moto))),
    ]
}

fn page(address: &str, text: &str) -> Envelope {
    let (subject, text) = ("Disk full".to_owned(), text.to_owned());
    Envelope { address: address.to_owned(), subject, text, form: Form::Text, secret: None, attribution: None }
}

fn sms(moto: &Moto, origination: Option<&str>) -> SnsSms {
    SnsSms::new(moto.clients.sns(), SmsSender::from_origination(origination.map(str::to_owned)))
}

async fn sent(moto: &Moto) {
    let text = "Disk full on web-1 ö & <x>. Answer: https://example.com/a/t?x=1";
    let mut expected = Vec::new();
    for origination in [None, Some("+15550100"), Some("REVEILLE")] {
        let sent = sms(moto, origination).send(&page("+84312712567", text)).await.expect("it is sent");
        let id = sent.message_id.expect("its id");
        expected.push(json!({ "message": text, "message_id": id, "phone_number": "+84312712567" }));
    }
    let mut kept = moto.kept("sns", "SMS").await;
    let by_id = |message: &Value| message["message_id"].to_string();
    kept.sort_by_key(by_id);
    expected.sort_by_key(by_id);
    assert_eq!(kept, expected);
}

async fn refused(moto: &Moto, origination: Option<&str>, page: Envelope) {
    let outcome = sms(moto, origination).send(&page).await;
    let Err(SendError::Refused(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("InvalidParameter"), "{why}");
    assert_eq!(moto.kept("sns", "SMS").await, Vec::<Value>::new());
}

async fn no_number(moto: &Moto) {
    refused(moto, None, page("natsu", "x")).await;
}

async fn too_long(moto: &Moto) {
    refused(moto, None, page("+84312712567", &"x".repeat(1_601))).await;
}

async fn no_sender(moto: &Moto) {
    refused(moto, Some(""), page("+84312712567", "x")).await;
}

/// To moto, every number that ends so has opted out.
async fn opted_out(moto: &Moto) {
    let account = AwsReadiness::new(&moto.clients);
    assert!(account.has_opted_out("+15550199").await.expect("an answer"));
    assert!(!account.has_opted_out("+15550100").await.expect("an answer"));
}

async fn spend_limit(moto: &Moto) {
    let account = AwsReadiness::new(&moto.clients);
    assert_eq!(account.sms_spend_limit().await.expect("an answer").monthly_usd, None, "nobody has said");
    let set = moto.clients.sns().set_sms_attributes().attributes("MonthlySpendLimit", "25");
    set.send().await.expect("it is set");
    assert_eq!(account.sms_spend_limit().await.expect("an answer").monthly_usd, Some(25));
}

async fn sandbox(moto: &Moto) {
    AwsReadiness::new(&moto.clients).sms_sandbox().await.expect("an answer");
}

async fn told(moto: &Moto) {
    let (sns, sqs) = (moto.clients.sns(), moto.clients.sqs());
    let topic = sns.create_topic().name("operators").send().await.expect("a topic").topic_arn.expect("its ARN");
    let queue = sqs.create_queue().queue_name("inbox").send().await.expect("a queue").queue_url.expect("its URL");
    let asked = sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::QueueArn).send().await;
    let arn = asked.expect("an answer").attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
    let subscribed = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn.expect("its ARN")).send().await;
    subscribed.expect("it is subscribed");
    let subject = format!("Zugang gesperrt für natsu{}", "!".repeat(100));
    OperatorsTopic::new(sns, &topic).tell(&subject, "One line\nand ö another").await.expect("they are told");
    let received =
        sqs.receive_message().queue_url(&queue).send().await.expect("an answer").messages.unwrap_or_default();
    let heard: Value = serde_json::from_str(received[0].body().expect("a body")).expect("JSON");
    assert_eq!(heard["Message"], "One line\nand ö another");
    let subject = heard["Subject"].as_str().expect("a subject");
    assert!(subject.starts_with("Zugang gesperrt f?r natsu!") && subject.len() < 100, "{subject}");
}

async fn topic_gone(moto: &Moto) {
    let topic = OperatorsTopic::new(moto.clients.sns(), "arn:aws:sns:us-east-1:123456789012:gone");
    topic.tell("x", "y").await.expect_err("there is no such topic");
}
