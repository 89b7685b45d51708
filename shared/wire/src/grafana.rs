//! Grafana's webhook: Alertmanager's shape with additions of its own.

use reveille_domain::{Signal, Source};
use serde_json::Value;

use crate::alertmanager;
use crate::json::list;
use crate::via::Via;

/// Whether this is Grafana's: it adds `orgId` to the group, and links and values to the alerts.
pub(crate) fn fits(value: &Value) -> bool {
    let of_alert = ["silenceURL", "dashboardURL", "panelURL", "valueString"];
    let alerts = list(value, &["alerts"]);
    let in_alert = alerts.first().is_some_and(|alert| of_alert.iter().any(|key| alert.get(key).is_some()));
    alertmanager::has_alerts(value) && (value.get("orgId").is_some() || in_alert)
}

/// Reads every alert. One post can hold alerts of different rules, so each is named by its own labels.
pub(crate) fn read(group: &Value, via: Via<'_>) -> Vec<Signal> {
    alertmanager::read_as(Source::Grafana, group, via)
}
