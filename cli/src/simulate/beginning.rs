//! How a night begins: an event of a file in the way in which it would come, or a plain alarm with all that a plan asks of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{ResponsePlan, Signal, Source};
use reveille_wire::{read_event, read_webhook};
use serde_json::Value;

use crate::scenario::Beginning;
use crate::world::INSTANCE;

/// The name of the alarm that nobody has described.
const ALARM: &str = "simulated-alarm";

/// What a template begins with that asks for a dimension of an alarm.
const DIMENSION: &str = "dimensions.";

/// The event of a file, and the signals that are read of it. What AWS would never invoke a function with comes over HTTP.
pub(super) fn of_text(text: &str, plan: Option<&str>, now: Timestamp) -> (Beginning, Vec<Signal>) {
    let payload = |body: Value| {
        let beginning = Beginning::Payload { body, plan: plan.map(str::to_owned) };
        (beginning, read_webhook(text, "simulate", now))
    };
    let Ok(event) = serde_json::from_str::<Value>(text) else { return payload(Value::String(text.to_owned())) };
    let signals = read_event(&event, now);
    if signals.iter().all(|signal| signal.source != Source::Unknown) {
        return (Beginning::Event(event), signals);
    }
    payload(event)
}

/// An alarm with every dimension that the texts and runbooks of a plan name.
pub(super) fn alarm_for(plan: &ResponsePlan) -> Beginning {
    let runbooks = plan.stages.iter().flat_map(|stage| &stage.runbooks);
    let parameters = runbooks.flat_map(|runbook| runbook.parameters.values().flatten());
    let incident = &plan.incident;
    let texts = [&incident.title, &incident.summary, &incident.dedupe];
    let templates = parameters.chain(texts).chain(incident.tags.values());
    let asked =
        templates.flat_map(|template| dimensions_in(template)).map(|name| (name.to_owned(), format!("some-{name}")));
    let mut dimensions: BTreeMap<String, String> = asked.collect();
    dimensions.insert("InstanceId".to_owned(), INSTANCE.to_owned());
    Beginning::Alarm { name: ALARM.to_owned(), dimensions }
}

fn dimensions_in(template: &str) -> impl Iterator<Item = &str> {
    let names = template.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    names.filter_map(|(name, _)| name.trim().strip_prefix(DIMENSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_found_wherever_a_template_names_them() {
        let rows: [(&str, &[&str]); 4] = [
            ("{{ dimensions.InstanceId }}", &["InstanceId"]),
            ("{{title}} on {{dimensions.A}}, {{ dimensions.B.C }}", &["A", "B.C"]),
            ("dimensions.A", &[]),
            ("{{ dimensions.A", &[]),
        ];
        for (template, expected) in rows {
            assert_eq!(dimensions_in(template).collect::<Vec<_>>(), expected, "{template}");
        }
    }
}
