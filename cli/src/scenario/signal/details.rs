//! What a signal says beside its name, in the words of each form in which it can be sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Sending;
use crate::world;

/// What a signal says beside its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Details {
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) key: Option<String>,
    pub(super) impact: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) dimensions: BTreeMap<String, String>,
    /// The configured webhook that it comes through.
    pub(super) through: Option<String>,
}

impl Details {
    pub(super) fn alarm(&self, name: &str, firing: bool, now: Timestamp) -> Value {
        let mut event = world::alarm(name, if firing { "ALARM" } else { "OK" }, now);
        let account = self.account.as_deref().unwrap_or("123456789012");
        let region = self.region.as_deref().unwrap_or("eu-west-1");
        let key = self.key.as_deref().unwrap_or(name);
        event["accountId"] = json!(account);
        event["region"] = json!(region);
        event["alarmArn"] = json!(format!("arn:aws:cloudwatch:{region}:{account}:alarm:{key}"));
        if let Some(summary) = &self.summary {
            event["alarmData"]["configuration"]["description"] = json!(summary);
        }
        if !self.dimensions.is_empty() {
            event["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] =
                json!(self.dimensions);
        }
        event
    }

    pub(super) fn generic(&self, name: &str, firing: bool) -> Value {
        let key = self.key.as_deref().unwrap_or(name);
        let mut body = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("title".to_owned(), json!(self.title.as_deref().unwrap_or(name))),
            ("dedupe_key".to_owned(), json!(key)),
            ("status".to_owned(), json!(if firing { "firing" } else { "resolved" })),
            ("tags".to_owned(), json!(self.tags)),
        ]);
        let said = [
            ("description", &self.summary),
            ("severity", &self.impact),
            ("response_plan", &self.plan),
            ("account", &self.account),
            ("region", &self.region),
        ];
        body.extend(said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?)))));
        Value::Object(body)
    }

    pub(super) fn alert(&self, name: &str, firing: bool, now: Timestamp) -> Value {
        let mut labels: BTreeMap<&str, &str> = self.tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        labels.insert("alertname", name);
        let said = [("severity", &self.impact), ("response_plan", &self.plan), ("region", &self.region)];
        labels.extend(said.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))));
        let status = if firing { "firing" } else { "resolved" };
        json!({
            "version": "4", "status": status, "receiver": "reveille", "groupKey": name,
            "alerts": [{
                "status": status, "labels": labels, "startsAt": now.to_string(), "endsAt": now.to_string(),
                "annotations": { "summary": self.title.as_deref().unwrap_or(name),
                    "description": self.summary.as_deref().unwrap_or_default() },
                "fingerprint": self.key.as_deref().unwrap_or(name),
            }],
        })
    }

    pub(super) fn post(&self, body: Value) -> Sending {
        Sending::Post { through: self.through.clone(), plan: self.plan.clone(), body }
    }
}
