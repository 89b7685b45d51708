//! What providers report of messages, as SNS hands it to `notify`.

use std::sync::Arc;

use reveille_engine::port::Clock;
use serde_json::{Value, json};

use crate::names::{ACCOUNT, REGION};
use crate::random::random_id;
use crate::services::Services;

/// Tells `notify`, once there are functions.
pub(crate) fn tell(services: &Arc<Services>, report: &Value) {
    if !services.invoker.is_connected() && services.later.is_none() {
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
            "Timestamp": services.clock.now().to_string(),
            "MessageAttributes": {},
        },
    }] });
    services.invoke_later("notify", event);
}
