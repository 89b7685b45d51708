//! The dead-letter queues: how much is in each, what the first of it is, and what to do.

use super::check::Check;
use crate::dead_letters::{Content, DeadLetterQueue, Messages};
use crate::installation::Reached;

/// Messages that are looked into. They come back at once, and nobody works these queues but people.
const PEEKED: usize = 5;

/// Long enough to give them back one by one.
const HIDDEN_S: i32 = 10;

pub(super) async fn examine(reached: &Reached) -> Vec<Check> {
    let messages = Messages::of(reached);
    let mut checks = Vec::new();
    for queue in DeadLetterQueue::ALL {
        if let Some(url) = queue.url(&reached.parts) {
            checks.push(of_queue(&messages, queue, url).await);
        }
    }
    if checks.is_empty() {
        checks.push(Check::warning(
            "dead letters",
            "where the dead-letter queues are is not known",
            "leave --table out; deploy the stack again if it has no parameter yet",
        ));
    }
    checks
}

async fn of_queue(messages: &Messages, queue: DeadLetterQueue, url: &str) -> Check {
    let check = format!("dead {}", queue.name());
    let depth = match messages.depth(url).await {
        Ok(depth) => depth,
        Err(error) => return Check::unknown(check, &error),
    };
    let count = depth.waiting + depth.in_flight + depth.delayed;
    if count == 0 {
        return Check::ok(check, "empty");
    }
    let says = if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
    let details = peek(messages, queue, url).await;
    let found = match queue {
        // Lost for good after two weeks, unlike everything that the table still knows.
        DeadLetterQueue::IngestFailures => Check::failure(check, says, queue.advice()),
        DeadLetterQueue::Nudges
        | DeadLetterQueue::Pages
        | DeadLetterQueue::SlowPages
        | DeadLetterQueue::Runbooks
        | DeadLetterQueue::Invocations
        | DeadLetterQueue::Schedules => Check::warning(check, says, queue.advice()),
    };
    found.about(details)
}

/// What the first few are. Who may not receive still learns how many there are.
async fn peek(messages: &Messages, queue: DeadLetterQueue, url: &str) -> Vec<String> {
    let Ok(letters) = messages.receive(url, PEEKED, HIDDEN_S).await else { return Vec::new() };
    let mut details = Vec::new();
    for letter in &letters {
        messages.release(url, letter).await;
        let sent = letter.sent_at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC: ").to_string()).unwrap_or_default();
        details.push(format!("{sent}{}", Content::of(queue, letter).words));
    }
    details
}
