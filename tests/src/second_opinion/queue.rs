//! The queues on moto's SQS.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::{Message as Received, QueueAttributeName};
use reveille_aws::SqsQueue;
use reveille_engine::port::{Message, Queue, QueueError, QueueName};

use super::{Check, Moto, check};

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("queue: a message comes as it was sent, and once it is removed no more", |moto| Box::pin(one(moto))),
        check("queue: twenty-five messages all come", |moto| Box::pin(many(moto))),
        check("queue: a delay is kept, and is fifteen minutes at most", |moto| Box::pin(delayed(moto))),
        check("queue: a character that SQS does not take is refused with its message alone", |moto| {
            Box::pin(unwelcome(moto))
        }),
        check("queue: a queue that is gone is out of reach", |moto| Box::pin(gone(moto))),
    ]
}

async fn queue(moto: &Moto) -> (SqsQueue, String) {
    let made = moto.clients.sqs().create_queue().queue_name("nudges").send().await.expect("a queue");
    let url = made.queue_url.expect("its URL");
    (SqsQueue::new(moto.clients.sqs(), [(QueueName::Nudges, url.clone())]), url)
}

fn message(body: impl Into<String>, delay_s: u32) -> Message {
    Message { body: body.into(), delay_s }
}

/// As the event source of a function receives.
async fn receive(moto: &Moto, url: &str) -> Vec<Received> {
    let call = moto.clients.sqs().receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(180);
    call.send().await.expect("an answer").messages.unwrap_or_default()
}

async fn one(moto: &Moto) {
    let (queue, url) = queue(moto).await;
    let body = "{ \"incident\": \"ö\\n & <x>\" }";
    queue.send(QueueName::Nudges, &[message(body, 0)]).await.expect("it is sent");
    let received = receive(moto, &url).await;
    assert_eq!(received.iter().map(Received::body).collect::<Vec<_>>(), [Some(body)]);
    assert!(receive(moto, &url).await.is_empty(), "whoever has received it hides it");
    let receipt = received[0].receipt_handle().expect("a receipt");
    moto.clients.sqs().delete_message().queue_url(&url).receipt_handle(receipt).send().await.expect("it is removed");
    assert_eq!(counts(moto, &url).await, [0, 0, 0]);
}

async fn many(moto: &Moto) {
    let (queue, url) = queue(moto).await;
    let messages: Vec<Message> = (0..25).map(|number| message(number.to_string(), 0)).collect();
    queue.send(QueueName::Nudges, &messages).await.expect("they are sent");
    let mut bodies = BTreeSet::new();
    for _ in 0..3 {
        bodies.extend(receive(moto, &url).await.into_iter().filter_map(|message| message.body));
    }
    assert_eq!(bodies, messages.into_iter().map(|message| message.body).collect());
}

async fn delayed(moto: &Moto) {
    let (queue, url) = queue(moto).await;
    queue.send(QueueName::Nudges, &[message("at once", 0)]).await.expect("it is sent");
    queue.send(QueueName::Nudges, &[message("later", 900)]).await.expect("it is sent");
    queue.send(QueueName::Nudges, &[message("much later", 86_400)]).await.expect("it is sent");
    queue.send(QueueName::Nudges, &[message("a", 900), message("b", 86_400)]).await.expect("they are sent");
    assert_eq!(counts(moto, &url).await, [1, 0, 4]);
}

/// No provider writes one; an answer of success that refuses single messages is what this is about.
async fn unwelcome(moto: &Moto) {
    let (queue, _) = queue(moto).await;
    let outcome = queue.send(QueueName::Nudges, &[message("fine", 0), message("\u{1}", 0)]).await;
    assert!(matches!(outcome, Err(QueueError::Partial { failed: 1, sent: 2 })), "{outcome:?}");
}

async fn gone(moto: &Moto) {
    let (_, url) = queue(moto).await;
    let queue = SqsQueue::new(moto.clients.sqs(), [(QueueName::Nudges, format!("{url}-gone"))]);
    for messages in [vec![message("x", 0)], vec![message("x", 0), message("y", 0)]] {
        let outcome = queue.send(QueueName::Nudges, &messages).await;
        assert!(matches!(outcome, Err(QueueError::Unavailable(_))), "{outcome:?}");
    }
    let outcome = queue.send(QueueName::Pages, &[message("x", 0)]).await;
    assert!(matches!(outcome, Err(QueueError::Unknown(QueueName::Pages))), "{outcome:?}");
}

/// How many messages wait, are in flight, and are delayed.
async fn counts(moto: &Moto, url: &str) -> [u32; 3] {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let call = moto.clients.sqs().get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
    let counted = call.send().await.expect("an answer").attributes.unwrap_or_default();
    names.map(|name| counted.get(&name).and_then(|count| count.parse().ok()).expect("a number"))
}
