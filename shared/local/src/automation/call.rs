//! What the account answers to an AWS call or a command. Calls that no document makes are errors.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::account::{Account, Group, Instance, InstanceState};

/// The outcome of a command on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) succeeded: bool,
    pub(super) output: String,
}

/// Answers a call; the error is the service's text.
pub(super) fn answer(
    account: &mut Account,
    call: (&str, &str),
    inputs: &Map<String, Value>,
    now: Timestamp,
) -> Result<Value, String> {
    account.settle(now);
    let (service, api) = call;
    if account.broken.contains(&format!("{service}:{api}")) {
        return Err(format!("an error occurred (AccessDenied) when calling the {api} operation"));
    }
    match (service, api) {
        ("ec2", "DescribeInstances") => described(account, inputs),
        ("ec2", "DescribeInstanceStatus") => statuses(account, inputs),
        ("ec2", "StartInstances") => {
            instance(account, &first(inputs, "InstanceIds"))?.start(now);
            Ok(json!({ "StartingInstances": [] }))
        }
        ("ssm", "DescribeInstanceInformation") => Ok(information(account, inputs, now)),
        ("autoscaling", "DescribeAutoScalingGroups") => Ok(groups(account, inputs)),
        ("autoscaling", "DescribeScalingActivities") => Ok(activities(group(account, inputs)?)),
        ("autoscaling", "PutScalingPolicy" | "ExecutePolicy" | "DeletePolicy") => policy(account, api, inputs, now),
        ("cloudwatch", "DescribeAlarms") => Ok(alarms(account, inputs)),
        ("cloudwatch", "DescribeAlarmHistory") => Ok(json!({ "AlarmHistoryItems": [] })),
        ("elbv2", "DescribeTargetHealth") => Ok(json!({ "TargetHealthDescriptions": targets(account) })),
        _ => Err(format!("the local account does not know {service}:{api}")),
    }
}

/// Plays a script: its first line says what it is for, its loop over services names them.
pub(super) fn run(account: &mut Account, id: &str, script: &str, now: Timestamp) -> Result<Ran, String> {
    account.settle(now);
    let instance = instance(account, id)?;
    if !instance.online(now) {
        return Err(format!("InvalidInstanceId: the instance {id} is not in a valid state for the account"));
    }
    let purpose = script.lines().next().and_then(|line| line.strip_prefix("# purpose: ")).unwrap_or_default();
    let names: Vec<&str> = script
        .split_once("for service in ")
        .and_then(|(_, rest)| rest.split_once(';'))
        .map(|(names, _)| names.split_whitespace().collect())
        .unwrap_or_default();
    let verdict = verdict(instance, &names);
    let ran = |succeeded: bool, output: String| Ok(Ran { succeeded, output });
    match purpose {
        "diagnose" => ran(true, format!("VERDICT={verdict}\n")),
        "restart" => ran(true, restart(instance, &names, false)),
        "restart-all" => ran(true, restart(instance, &names, true)),
        "verify" => {
            let down: Vec<&str> =
                names.iter().copied().filter(|name| instance.services.get(*name).is_some_and(|s| !s.active)).collect();
            ran(
                down.is_empty(),
                if down.is_empty() {
                    "active".to_owned()
                } else {
                    format!("{} did not stay up after the restart", down.join(", "))
                },
            )
        }
        "disk-full" => ran(false, "the disk is full; a restart does not help, make room".to_owned()),
        "no-service" => ran(false, "none of these services is installed here".to_owned()),
        "healthy" => ran(false, "the web service runs and answers on this server".to_owned()),
        _ => Err(format!("the local account cannot play a script for the purpose {purpose:?}")),
    }
}

fn verdict(instance: &Instance, names: &[&str]) -> &'static str {
    let installed: Vec<_> = names.iter().filter_map(|name| instance.services.get(*name)).collect();
    if instance.disk_full {
        "disk-full"
    } else if installed.is_empty() {
        "no-service"
    } else if installed.iter().any(|service| !service.active) {
        "crashed"
    } else if installed.iter().any(|service| !service.answers) {
        "hung"
    } else {
        "healthy"
    }
}

fn restart(instance: &mut Instance, names: &[&str], all: bool) -> String {
    let mut said = String::new();
    for name in names {
        if let Some(service) = instance.services.get_mut(*name).filter(|service| all || !service.active) {
            service.restart();
            said.push_str("restarted ");
            said.push_str(name);
            said.push('\n');
        }
    }
    said
}

fn described(account: &mut Account, inputs: &Map<String, Value>) -> Result<Value, String> {
    let id = first(inputs, "InstanceIds");
    let state = instance(account, &id)?.state.name();
    let placement = json!({ "AvailabilityZone": "eu-west-1a" });
    let found =
        json!({ "InstanceId": id, "InstanceType": "t4g.small", "State": { "Name": state }, "Placement": placement });
    Ok(json!({ "Reservations": [{ "Instances": [found] }] }))
}

fn statuses(account: &mut Account, inputs: &Map<String, Value>) -> Result<Value, String> {
    let id = first(inputs, "InstanceIds");
    let status = if instance(account, &id)?.state == InstanceState::Running { "ok" } else { "not-applicable" };
    let status = json!({ "Status": status });
    Ok(json!({ "InstanceStatuses": [{ "SystemStatus": status, "InstanceStatus": status }] }))
}

/// A server whose agent never came up is not in the list at all.
fn information(account: &Account, inputs: &Map<String, Value>, now: Timestamp) -> Value {
    let id = inputs["Filters"][0]["Values"][0].as_str().unwrap_or_default();
    let online = account.instances.get(id).map(|instance| instance.online(now));
    let list: Vec<Value> = online
        .into_iter()
        .map(|online| json!({ "InstanceId": id, "PingStatus": if online { "Online" } else { "ConnectionLost" } }))
        .collect();
    json!({ "InstanceInformationList": list })
}

fn groups(account: &Account, inputs: &Map<String, Value>) -> Value {
    let name = first(inputs, "AutoScalingGroupNames");
    let found: Vec<Value> = account
        .groups
        .get(&name)
        .into_iter()
        .map(|group| {
            let servers: Vec<Value> = group
                .servers(&name)
                .into_iter()
                .map(|id| json!({ "InstanceId": id, "HealthStatus": "Healthy", "LifecycleState": "InService" }))
                .collect();
            json!({ "DesiredCapacity": group.desired, "MaxSize": group.maximum, "Instances": servers })
        })
        .collect();
    json!({ "AutoScalingGroups": found })
}

fn activities(group: &Group) -> Value {
    let list: Vec<Value> = group
        .activities
        .iter()
        .map(|activity| {
            let status = if activity.done { "Successful" } else { "InProgress" };
            json!({ "Description": activity.description, "StatusCode": status })
        })
        .collect();
    json!({ "Activities": list })
}

fn policy(account: &mut Account, api: &str, inputs: &Map<String, Value>, now: Timestamp) -> Result<Value, String> {
    let name = text(inputs, "PolicyName");
    let group = group(account, inputs)?;
    if api == "PutScalingPolicy" {
        let adjustment = inputs.get("ScalingAdjustment").and_then(Value::as_i64);
        let adjustment = adjustment.ok_or("ValidationError: ScalingAdjustment is not a number")?;
        group.policies.insert(name, adjustment);
        return Ok(json!({}));
    }
    let adjustment = *group.policies.get(&name).ok_or("ValidationError: there is no such policy")?;
    if api == "ExecutePolicy" {
        group.add(adjustment, now);
    } else {
        group.policies.remove(&name);
    }
    Ok(json!({}))
}

fn alarms(account: &Account, inputs: &Map<String, Value>) -> Value {
    let wanted = first(inputs, "AlarmNames");
    let list: Vec<Value> = account
        .firing
        .iter()
        .filter(|name| wanted.is_empty() || **name == wanted)
        .map(|name| json!({ "AlarmName": name, "StateValue": "ALARM", "StateReason": "Threshold crossed" }))
        .collect();
    json!({ "MetricAlarms": list })
}

fn targets(account: &Account) -> Vec<Value> {
    account
        .instances
        .iter()
        .map(|(id, instance)| {
            let well =
                instance.state == InstanceState::Running && instance.services.values().all(|s| s.active && s.answers);
            let state = if well { "healthy" } else { "unhealthy" };
            json!({ "Target": { "Id": id }, "TargetHealth": { "State": state } })
        })
        .collect()
}

fn instance<'a>(account: &'a mut Account, id: &str) -> Result<&'a mut Instance, String> {
    account.instances.get_mut(id).ok_or_else(|| format!("InvalidInstanceID.NotFound: the instance {id} does not exist"))
}

fn group<'a>(account: &'a mut Account, inputs: &Map<String, Value>) -> Result<&'a mut Group, String> {
    account
        .groups
        .get_mut(&text(inputs, "AutoScalingGroupName"))
        .ok_or_else(|| "ValidationError: Group name not found".to_owned())
}

fn text(inputs: &Map<String, Value>, key: &str) -> String {
    inputs.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn first(inputs: &Map<String, Value>, key: &str) -> String {
    inputs.get(key).and_then(|list| list.get(0)?.as_str()).unwrap_or_default().to_owned()
}
