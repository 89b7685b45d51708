//! Alarms and rules of the account, read and written whole: what this program does not know about them stays as it is.

use reveille_aws::{CallError, Clients, Dialect, JsonService};
use serde_json::{Value, json};

use super::alarm::AlarmKind;

/// The account and region that the credentials lead to.
pub(super) struct Account {
    cloudwatch: JsonService,
    eventbridge: JsonService,
}

/// A rule with its targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) bus: String,
    pub(super) targets: Vec<Value>,
}

impl Account {
    pub(super) fn of(clients: &Clients) -> Self {
        Self { cloudwatch: clients.json(Dialect::CLOUDWATCH), eventbridge: clients.json(Dialect::EVENTBRIDGE) }
    }

    /// The region.
    pub(super) fn region(&self) -> &str {
        self.cloudwatch.region().unwrap_or_default()
    }

    /// Every alarm whose name begins so.
    pub(super) async fn alarms(&self, prefix: Option<&str>) -> Result<Vec<(AlarmKind, Value)>, CallError> {
        let mut all = Vec::new();
        for kind in AlarmKind::ALL {
            let mut request = json!({ "AlarmTypes": [kind.name()], "MaxRecords": 100 });
            if let Some(prefix) = prefix {
                request["AlarmNamePrefix"] = json!(prefix);
            }
            match pages(&self.cloudwatch, "DescribeAlarms", request, kind.list()).await {
                Ok(alarms) => all.extend(alarms.into_iter().map(|alarm| (kind, alarm))),
                // A region that does not know this kind of alarm yet has none of it. Whoever may not look does not know.
                Err(CallError::Refused { code, .. }) if kind == AlarmKind::Log && is_of_the_request(&code) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// One alarm; `None`: it is gone.
    pub(super) async fn alarm(&self, kind: AlarmKind, name: &str) -> Result<Option<Value>, CallError> {
        let request = json!({ "AlarmNames": [name], "AlarmTypes": [kind.name()] });
        let answer = self.cloudwatch.call("DescribeAlarms", &request).await?;
        Ok(answer[kind.list()].as_array().and_then(|alarms| alarms.first()).cloned())
    }

    /// Writes an alarm, all of it.
    pub(super) async fn put_alarm(&self, kind: AlarmKind, input: &Value) -> Result<(), CallError> {
        self.cloudwatch.call(kind.put(), input).await.map(drop)
    }

    /// Every rule whose name begins so, on every bus, with its targets.
    pub(super) async fn rules(&self, prefix: Option<&str>) -> Result<Vec<Rule>, CallError> {
        let mut all = Vec::new();
        for bus in pages(&self.eventbridge, "ListEventBuses", json!({}), "EventBuses").await? {
            let bus = text(&bus, "Name");
            let mut request = json!({ "EventBusName": bus });
            if let Some(prefix) = prefix {
                request["NamePrefix"] = json!(prefix);
            }
            for rule in pages(&self.eventbridge, "ListRules", request, "Rules").await? {
                let name = text(&rule, "Name");
                let targets = self.targets(&name, &bus).await?;
                all.push(Rule { name, bus: bus.clone(), targets });
            }
        }
        Ok(all)
    }

    /// The targets of a rule.
    pub(super) async fn targets(&self, rule: &str, bus: &str) -> Result<Vec<Value>, CallError> {
        let request = json!({ "Rule": rule, "EventBusName": bus });
        pages(&self.eventbridge, "ListTargetsByRule", request, "Targets").await
    }

    /// Puts targets, then removes others: in between both are called, and never none.
    pub(super) async fn retarget(
        &self,
        rule: &str,
        bus: &str,
        put: &[Value],
        removed: &[String],
    ) -> Result<(), CallError> {
        if !put.is_empty() {
            let request = json!({ "Rule": rule, "EventBusName": bus, "Targets": put });
            taken("PutTargets", &self.eventbridge.call("PutTargets", &request).await?)?;
        }
        if !removed.is_empty() {
            let request = json!({ "Rule": rule, "EventBusName": bus, "Ids": removed });
            taken("RemoveTargets", &self.eventbridge.call("RemoveTargets", &request).await?)?;
        }
        Ok(())
    }
}

/// Whether a refusal is about what was asked, and not about who asks.
fn is_of_the_request(code: &str) -> bool {
    ["ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterValueException"]
        .contains(&code)
}

/// Every page of a list.
async fn pages(
    service: &JsonService,
    operation: &str,
    mut request: Value,
    list: &str,
) -> Result<Vec<Value>, CallError> {
    let mut all = Vec::new();
    loop {
        let mut answer = service.call(operation, &request).await?;
        if let Value::Array(items) = answer[list].take() {
            all.extend(items);
        }
        match answer["NextToken"].as_str().filter(|token| !token.is_empty()) {
            None => return Ok(all),
            Some(token) => request["NextToken"] = json!(token),
        }
    }
}

/// EventBridge answers 200 and says inside which targets it has not taken.
fn taken(operation: &str, answer: &Value) -> Result<(), CallError> {
    let failed = answer["FailedEntries"].as_array().and_then(|entries| entries.first());
    match failed {
        None => Ok(()),
        Some(entry) => Err(CallError::Refused {
            operation: operation.to_owned(),
            code: text(entry, "ErrorCode"),
            message: text(entry, "ErrorMessage"),
        }),
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}
