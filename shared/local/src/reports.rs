//! What providers report of messages, as SNS hands it to `notify`.

use std::sync::Arc;

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::doubles::Doubles;
use crate::names::{ACCOUNT, REGION};
use crate::random::random_id;

/// Tells `notify`, once there are functions.
pub(crate) fn tell(doubles: &Arc<Doubles>, report: &Value) {
    if !doubles.invoker.is_connected() && doubles.later.is_none() {
        return;
    }
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:reveille-reports");
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:{}", random_id()),
        "Sns": {
            "Type": "Notification",
            "MessageId": random_id(),
            "TopicArn": topic,
            "Subject": null,
            "Message": report.to_string(),
            "Timestamp": doubles.clock.now().to_string(),
            "MessageAttributes": {},
        },
    }] });
    doubles.invoke_later("notify", event);
}
