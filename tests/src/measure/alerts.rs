//! The alerts of the storm: the same labels, texts and times for whoever receives them.

use jiff::{SignedDuration, Timestamp};
use reveille_cli::configuration::hash_webhook_key;
use reveille_domain::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key of the webhook that they come through.
const WEBHOOK_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// One alert: one more occurrence of what a key is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alert {
    key: usize,
    starts_at: Timestamp,
}

/// So many alerts of so many keys, mixed as a storm mixes them, and the same in every run; each starts a millisecond after the one before.
pub(super) fn mixed(alerts: usize, keys: usize, first: Timestamp) -> Vec<Alert> {
    let mut order: Vec<usize> = (0..alerts).map(|number| number % keys).collect();
    // xorshift: no secret hangs on it.
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    for place in (1..order.len()).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        order.swap(place, usize::try_from(random % (place as u64 + 1)).expect("it is a place"));
    }
    (0..).zip(order).map(|(ms, key)| Alert { key, starts_at: first + SignedDuration::from_millis(ms) }).collect()
}

impl Alert {
    /// The first of a key of its own.
    pub(super) fn alone(key: usize, starts_at: Timestamp) -> Self {
        Self { key, starts_at }
    }

    /// What people read of it first.
    pub(super) fn title(&self) -> String {
        format!("Latency of checkout on host-{:05} is above 500 ms", self.key)
    }

    /// The label that no other key has.
    pub(super) fn instance(&self) -> String {
        format!("host-{:05}:9100", self.key)
    }

    fn labels(&self) -> Value {
        json!({ "alertname": "HighRequestLatency", "instance": self.instance(), "job": "checkout",
            "severity": "critical", "team": "payments", "region": "eu-west-1" })
    }

    fn annotations(&self) -> Value {
        json!({ "summary": self.title(), "description": "The 99th percentile of the last five minutes is 0.73 s.",
            "runbook_url": "https://runbooks.example.com/checkout/latency" })
    }

    /// As Prometheus posts it to Alertmanager.
    pub(super) fn for_alertmanager(&self) -> Value {
        json!({ "labels": self.labels(), "annotations": self.annotations(), "startsAt": self.starts_at.to_string(),
            "generatorURL": "http://prometheus.example.com/graph" })
    }

    /// As Alertmanager posts it to a webhook.
    fn for_webhook(&self) -> Value {
        let mut alert = self.for_alertmanager();
        alert["status"] = json!("firing");
        alert["endsAt"] = json!("0001-01-01T00:00:00Z");
        alert["fingerprint"] = json!(fingerprint(&alert["labels"].to_string()));
        alert
    }
}

/// The post of these alerts, as API Gateway hands it to `ingest`.
pub(super) fn event(alerts: &[Alert]) -> String {
    let body = json!({ "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing",
        "receiver": "reveille", "groupLabels": {}, "commonLabels": { "alertname": "HighRequestLatency" },
        "commonAnnotations": {}, "externalURL": "http://alertmanager.example.com",
        "alerts": alerts.iter().map(Alert::for_webhook).collect::<Vec<_>>() });
    let path = format!("/webhook/{WEBHOOK_KEY}");
    json!({ "version": "2.0", "routeKey": "POST /webhook/{key}", "rawPath": path, "rawQueryString": "",
        "headers": { "content-type": "application/json", "user-agent": "Alertmanager/0.28.0" },
        "requestContext": { "http": { "method": "POST", "path": path, "sourceIp": "192.0.2.1" }, "requestId": "r" },
        "pathParameters": { "key": WEBHOOK_KEY }, "body": body.to_string(), "isBase64Encoded": false })
    .to_string()
}

/// A configuration, with the webhook that the alerts come through.
pub(super) fn with_webhook(yaml: &str) -> String {
    let hash = hash_webhook_key(WEBHOOK_KEY);
    format!("{yaml}\nwebhooks:\n  prometheus: {{ keys: [\"{hash}\"] }}\n")
}

/// Sixteen hexadecimal digits that follow from the labels, as Prometheus makes them.
fn fingerprint(labels: &str) -> String {
    hex(&Sha256::digest(labels.as_bytes())[..8])
}
