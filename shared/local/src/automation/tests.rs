//! The three documents of the template, held against the schema and run against the simulated account.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Account, Document, Fault, InstanceState, LocalRunbooks, StartError, documents};

const TEMPLATE: &str = include_str!("../../../../template.yaml");
const SERVER: &str = "i-0123456789abcdef0";

fn start_of_time() -> Timestamp {
    "2026-01-05T09:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start_of_time() + SignedDuration::from_secs(seconds)
}

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect()
}

fn document(name: &str) -> Document {
    documents(TEMPLATE).unwrap().into_iter().find(|document| document.name() == name).unwrap()
}

/// Runs a document to its end and answers with status, message and how long it took.
fn run(name: &str, parameters: &[(&str, &str)], account: Account) -> (String, String, i64, LocalRunbooks) {
    let runbooks = LocalRunbooks::new(documents(TEMPLATE).unwrap(), account);
    let id = runbooks.start(name, given(parameters), "token", start_of_time()).unwrap();
    for seconds in 0..7_200 {
        let (status, message) = runbooks.status(&id, after(seconds)).unwrap();
        if status != "InProgress" {
            return (status, message.unwrap_or_default(), seconds, runbooks);
        }
    }
    panic!("{name} did not end within two hours");
}

#[test]
fn the_template_has_the_three_documents() {
    let names: Vec<String> = documents(TEMPLATE).unwrap().iter().map(|document| document.name().to_owned()).collect();
    assert_eq!(names, ["AddCapacity", "RunChecks", "WebServerRestart"]);
}

#[test]
fn run_checks_only_looks() {
    let document = document("RunChecks");
    let calls = document.calls();
    assert!(calls.len() >= 8, "{calls:?}");
    for call in calls {
        let api = call.split_once(':').unwrap().1;
        assert!(["Describe", "Get", "List"].iter().any(|verb| api.starts_with(verb)), "{call} is not a mere look");
    }
    assert!(!document.runs_commands());
}

/// What a scenario does to the account before the run.
type Change = fn(&mut Account);

/// A server that runs nginx, changed.
fn nginx_server(change: Change) -> Account {
    let mut account = Account::default().with_web_server(SERVER, "nginx");
    change(&mut account);
    account
}

fn in_state(account: &mut Account, state: InstanceState) {
    account.instances.get_mut(SERVER).unwrap().state = state;
}

#[test]
fn web_server_restart_mends_what_a_restart_can_mend() {
    let cases: [(&str, Change); 5] = [
        ("crashed", |a| a.crash(SERVER, "nginx")),
        ("hung", |a| a.hang(SERVER, "nginx")),
        ("stopped", |a| in_state(a, InstanceState::Stopped)),
        ("stopping", |a| in_state(a, InstanceState::Stopping)),
        ("starting", |a| in_state(a, InstanceState::Pending)),
    ];
    for (name, change) in cases {
        let ended = run("WebServerRestart", &[("InstanceId", SERVER)], nginx_server(change));
        assert_eq!((ended.0.as_str(), ended.1.as_str()), ("Success", ""), "{name}");
        assert!(ended.2 <= 120, "{name} took {} s", ended.2);
        let nginx = ended.3.with_account(|account| account.instances[SERVER].services["nginx"]);
        assert!(nginx.active && nginx.answers, "{name}");
    }
}

#[test]
fn web_server_restart_says_what_a_restart_cannot_mend() {
    let useless = |a: &mut Account| {
        a.crash(SERVER, "nginx");
        a.make_restarts_useless(SERVER, "nginx");
    };
    let cases: [(Change, &str); 6] = [
        (useless, "step Verify failed: the command failed: nginx did not stay up"),
        (
            |a| in_state(a, InstanceState::Terminated),
            "step ServerIsGone failed: the property's value from the API output is terminated",
        ),
        (
            |a| a.instances.get_mut(SERVER).unwrap().agent = false,
            "step AgentIsNotOnline failed: the property's value from the API output is ConnectionLost",
        ),
        (
            |a| a.instances.get_mut(SERVER).unwrap().disk_full = true,
            "step DiskIsFull failed: the command failed: the disk is full",
        ),
        (|_| {}, "step NothingToRestart failed: the command failed: the web service runs and answers"),
        (|a| a.instances.clear(), "step FindServer failed: InvalidInstanceID.NotFound"),
    ];
    for (change, message) in cases {
        let ended = run("WebServerRestart", &[("InstanceId", SERVER)], nginx_server(change));
        assert_eq!(ended.0, "Failed", "{message}");
        assert!(ended.1.starts_with(message), "{message}: {}", ended.1);
        assert!(ended.2 <= 120, "{message}: took {} s", ended.2);
    }
}

#[test]
fn web_server_restart_needs_a_service_that_is_installed() {
    let account = Account::default().with_web_server(SERVER, "caddy");
    let ended = run("WebServerRestart", &[("InstanceId", SERVER)], account.clone());
    assert!(ended.1.starts_with("step NoWebServiceInstalled failed"), "{}", ended.1);

    let mut crashed = account;
    crashed.crash(SERVER, "caddy");
    let ended = run("WebServerRestart", &[("InstanceId", SERVER), ("Services", "caddy")], crashed);
    assert_eq!(ended.0, "Success");
}

#[test]
fn add_capacity_adds_up_to_the_maximum_and_no_further() {
    let cases = [
        ("two by default", 2, 6, None, "Success", 4, ""),
        ("one", 2, 6, Some("1"), "Success", 3, ""),
        ("four", 2, 6, Some("4"), "Success", 6, ""),
        ("less room than asked for", 5, 6, Some("4"), "Success", 6, ""),
        (
            "at the maximum",
            6,
            6,
            None,
            "Failed",
            6,
            "step GroupIsAtItsMaximum failed: the property's value from the API output is 6; \
             desired values: [\"less than the maximum of 6\"]",
        ),
    ];
    for (name, desired, maximum, add, status, then, message) in cases {
        let mut parameters = vec![("AutoScalingGroupName", "web")];
        parameters.extend(add.map(|add| ("Add", add)));
        let ended = run("AddCapacity", &parameters, Account::default().with_group("web", desired, maximum));
        assert_eq!((ended.0.as_str(), ended.1.as_str()), (status, message), "{name}");
        let group = ended.3.with_account(|account| account.groups["web"].clone());
        assert_eq!(group.desired, then, "{name}");
        assert!(group.policies.is_empty(), "{name}: the policy was left behind");
    }
}

#[test]
fn add_capacity_says_when_aws_has_no_servers() {
    let mut account = Account::default().with_group("web", 2, 6);
    account.groups.get_mut("web").unwrap().launches_fail = true;
    let ended = run("AddCapacity", &[("AutoScalingGroupName", "web")], account);
    assert_eq!(ended.0, "TimedOut");
    assert!(ended.1.starts_with("step WaitForServer1 failed"), "{}", ended.1);
}

#[test]
fn add_capacity_cleans_up_after_a_refusal_and_stays_failed() {
    let mut account = Account::default().with_group("web", 2, 6);
    account.broken.insert("autoscaling:ExecutePolicy".to_owned());
    let ended = run("AddCapacity", &[("AutoScalingGroupName", "web")], account);
    assert_eq!(ended.0, "Failed");
    assert!(ended.1.starts_with("step AddServers failed"), "{}", ended.1);
    assert!(ended.3.with_account(|account| account.groups["web"].policies.is_empty()));
}

#[test]
fn run_checks_goes_on_after_a_check_that_fails() {
    let account = || Account::default().with_web_server(SERVER, "nginx").with_group("web", 2, 4);
    let all = [("InstanceId", SERVER), ("AutoScalingGroupName", "web"), ("AlarmName", "web-unhealthy")];
    for broken in ["", "ec2:DescribeInstances", "autoscaling:DescribeAutoScalingGroups", "cloudwatch:DescribeAlarms"] {
        let mut account = account();
        account.broken.insert(broken.to_owned());
        let before = format!("{:?}", account.instances);
        let ended = run("RunChecks", &all, account);
        assert_eq!(ended.0, "Success", "{broken}: {}", ended.1);
        assert_eq!(ended.3.with_account(|account| format!("{:?}", account.instances)), before, "it changed a server");
    }
    assert_eq!(run("RunChecks", &[], Account::default()).0, "Success");
}

#[test]
fn the_same_token_is_the_same_run() {
    let account = Account::default().with_group("web", 2, 9);
    let runbooks = LocalRunbooks::new(documents(TEMPLATE).unwrap(), account);
    let parameters = given(&[("AutoScalingGroupName", "web")]);
    let first = runbooks.start("AddCapacity", parameters.clone(), "one", start_of_time()).unwrap();
    assert_eq!(runbooks.start("AddCapacity", parameters.clone(), "one", after(3)).unwrap(), first);
    assert_ne!(runbooks.start("AddCapacity", parameters, "two", after(4)).unwrap(), first);
    for (document, parameters) in [("AddCapacity", given(&[("AutoScalingGroupName", "db")])), ("RunChecks", given(&[]))]
    {
        let refused = runbooks.start(document, parameters, "one", after(4)).unwrap_err();
        assert_eq!(refused.code(), "IdempotentParameterMismatch", "{document}");
    }
    assert_eq!(runbooks.ended_since(after(10)), []);
    assert_eq!(runbooks.ended_since(after(1_000)).len(), 2);
    assert_eq!(runbooks.ended_since(after(1_001)), []);
    assert_eq!(runbooks.with_account(|account| account.groups["web"].desired), 6);
}

#[test]
fn a_cancelled_run_does_nothing_more() {
    let mut account = Account::default().with_web_server(SERVER, "nginx");
    account.crash(SERVER, "nginx");
    let runbooks = LocalRunbooks::new(documents(TEMPLATE).unwrap(), account);
    let id = runbooks.start("WebServerRestart", given(&[("InstanceId", SERVER)]), "one", start_of_time()).unwrap();
    assert_eq!(runbooks.status(&id, after(2)).unwrap().0, "InProgress");
    assert_eq!(runbooks.cancel(&id, after(3)), Ok(()));
    assert_eq!(runbooks.status(&id, after(600)).unwrap(), ("Cancelled".to_owned(), None));
    assert!(!runbooks.with_account(|account| account.instances[SERVER].services["nginx"].active));
    assert_eq!(runbooks.status("another", after(600)), None);
    let code = |id: &str| runbooks.cancel(id, after(601)).map_err(|error| error.code());
    assert_eq!(code(&id), Err("InvalidAutomationStatusUpdateException"));
    assert_eq!(code("another"), Err("AutomationExecutionNotFoundException"));
}

#[test]
fn what_cannot_start_is_refused_with_the_code_of_the_api() {
    let runbooks = LocalRunbooks::new(documents(TEMPLATE).unwrap(), Account::default());
    let start = |name: &str, parameters: &[(&str, &str)]| {
        runbooks.start(name, given(parameters), &format!("{name}{parameters:?}"), start_of_time()).unwrap_err()
    };
    assert_eq!(start("Nothing", &[]).code(), "AutomationDefinitionNotFoundException");
    let wrong: [(&str, &[(&str, &str)]); 7] = [
        ("WebServerRestart", &[]),
        ("WebServerRestart", &[("InstanceId", "web-1")]),
        ("WebServerRestart", &[("InstanceId", SERVER), ("Services", "nginx; rm -rf /")]),
        ("WebServerRestart", &[("InstanceId", SERVER), ("Other", "x")]),
        ("AddCapacity", &[("AutoScalingGroupName", "web"), ("Add", "100")]),
        ("AddCapacity", &[("AutoScalingGroupName", "web"), ("Add", "many")]),
        ("RunChecks", &[("InstanceId", "none of them")]),
    ];
    for (name, parameters) in wrong {
        let error = start(name, parameters);
        assert_eq!(error.code(), "InvalidAutomationExecutionParametersException", "{parameters:?}");
        assert!(matches!(error, StartError::InvalidParameters(_)));
    }
}

/// A small document that keeps all rules, changed in one place.
fn faults(change: impl FnOnce(&mut Value)) -> Vec<Fault> {
    let mut content = json!({
        "schemaVersion": "0.3",
        "description": "d",
        "assumeRole": "r",
        "parameters": { "Name": { "type": "String", "description": "d", "default": "x" } },
        "mainSteps": [
            {
                "name": "Look",
                "action": "aws:executeAwsApi",
                "inputs": { "Service": "ec2", "Api": "DescribeInstances", "InstanceIds": ["{{ Name }}"] },
                "outputs": [{ "Name": "State", "Selector": "$.Reservations[0].State", "Type": "String" }],
                "nextStep": "Choose"
            },
            {
                "name": "Choose",
                "action": "aws:branch",
                "inputs": {
                    "Choices": [{ "Variable": "{{ Look.State }}", "StringEquals": "a", "NextStep": "Rest" }],
                    "Default": "Rest"
                }
            },
            { "name": "Rest", "action": "aws:sleep", "inputs": { "Duration": "PT1S" }, "isEnd": true }
        ]
    });
    change(&mut content);
    Document::parse("Example", &content).err().unwrap_or_default()
}

#[test]
fn a_document_that_breaks_a_rule_is_refused() {
    assert_eq!(faults(|_| {}), []);
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str); 17] = [
        (|d| d["schemaVersion"] = json!("2.2"), "schema version"),
        (|d| d["extra"] = json!(1), "unknown field"),
        (|d| d["mainSteps"][0]["retries"] = json!(1), "unknown field"),
        (|d| d["mainSteps"][0]["action"] = json!("aws:executeScript"), "unknown variant"),
        (|d| d["mainSteps"][2]["name"] = json!("Look"), "same name"),
        (|d| d["mainSteps"][0]["nextStep"] = json!("Nowhere"), "does not exist"),
        (|d| d["mainSteps"][0]["onFailure"] = json!("step:Nowhere"), "does not exist"),
        (|d| d["mainSteps"][0]["onFailure"] = json!("Retry"), "none of Abort"),
        (|d| d["mainSteps"][0]["inputs"]["InstanceIds"] = json!(["{{ Nobody }}"]), "refers to nothing"),
        (|d| d["mainSteps"][1]["inputs"]["Choices"][0]["Variable"] = json!("{{ Look.Other }}"), "refers to nothing"),
        (|d| d["mainSteps"][1]["inputs"]["Choices"][0]["StringEquals"] = json!("{{ Name }}"), "only constants"),
        (|d| d["mainSteps"][1]["inputs"]["Choices"][0]["Equals"] = json!("a"), "unknown key"),
        (|d| d["mainSteps"][0]["inputs"].as_object_mut().unwrap().retain(|key, _| key != "Api"), "Api is missing"),
        (|d| d["mainSteps"][2]["inputs"]["Until"] = json!("x"), "Until is unknown"),
        (|d| d["mainSteps"][0]["isEnd"] = json!(true), "no nextStep"),
        (|d| d["parameters"]["Name"]["default"] = json!(1), "default is refused"),
        (|d| d["outputs"] = json!(["Look.Other"]), "comes from no step"),
    ];
    for (number, (change, what)) in cases.into_iter().enumerate() {
        let found = faults(change);
        assert!(found.iter().any(|fault| fault.what.contains(what)), "case {number}: {what} not among {found:?}");
    }
    let lost = faults(|d| {
        d["mainSteps"].as_array_mut().unwrap().push(json!({
            "name": "Lost", "action": "aws:sleep", "inputs": { "Duration": "PT1S" }
        }))
    });
    assert!(lost.iter().any(|fault| fault.place == "Lost" && fault.what.contains("no way leads")), "{lost:?}");
}

/// Fake commands: name and body.
type World<'a> = &'a [(&'a str, &'a str)];

/// Runs a script of a document with `sh`, in a world of fake commands: exit status, standard output and error.
fn shell(step: &str, world: World<'_>) -> (i32, String, String) {
    let script = document("WebServerRestart").script(step).unwrap().replace("{{ Services }}", "nginx httpd apache2");
    let folder = std::env::temp_dir().join(format!("reveille-script-{}-{step}-{}", std::process::id(), world.len()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, body) in world {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("sh").arg("-c").arg(script).env("PATH", path).env("STATE", &folder).output().unwrap();
    std::fs::remove_dir_all(Path::new(&folder)).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

const ROOM: (&str, &str) = ("df", "printf 'Filesystem 1K Used Free Use%% Mounted\\n/dev/xvda1 9 3 6 33%% /\\n'");
const FULL: (&str, &str) = ("df", "printf 'Filesystem 1K Used Free Use%% Mounted\\n/dev/xvda1 9 9 0 100%% /\\n'");
const ANSWERS: (&str, &str) = ("curl", "printf 200");
const SILENT: (&str, &str) = ("curl", "printf 000; exit 7");
const UP: (&str, &str) = ("systemctl", r#"case "$1" in cat) [ "$2" = nginx ];; is-active) exit 0;; esac"#);
const DOWN: (&str, &str) = ("systemctl", r#"case "$1" in cat) [ "$2" = nginx ];; is-active) exit 3;; esac"#);
const ABSENT: (&str, &str) = ("systemctl", "exit 1");
const STUBBORN: (&str, &str) = (
    "systemctl",
    r#"case "$1" in cat) [ "$2" = nginx ];; is-active) exit 3;; restart) exit 1;; show) echo exit-code;; esac"#,
);

#[test]
fn the_diagnosis_tells_the_causes_apart() {
    let cases: [(World<'_>, &str); 5] = [
        (&[ROOM, ANSWERS, UP], "VERDICT=healthy"),
        (&[ROOM, SILENT, UP], "VERDICT=hung"),
        (&[ROOM, SILENT, DOWN], "VERDICT=crashed"),
        (&[FULL, SILENT, DOWN], "VERDICT=disk-full"),
        (&[ROOM, ANSWERS, ABSENT], "VERDICT=no-service"),
    ];
    for (world, verdict) in cases {
        let (status, out, error) = shell("Diagnose", world);
        assert_eq!((status, out.lines().next().unwrap_or_default()), (0, verdict), "{error}");
    }
}

#[test]
fn the_other_scripts_say_in_their_exit_status_what_they_found() {
    let cases: [(&str, World<'_>, i32, &str); 10] = [
        ("RestartService", &[DOWN], 0, "restarted nginx"),
        ("RestartService", &[UP], 0, ""),
        ("RestartService", &[STUBBORN], 1, "nginx does not start: exit-code"),
        ("RestartHungService", &[UP], 0, "restarted nginx"),
        ("Verify", &[UP], 0, "nginx is active"),
        ("Verify", &[DOWN], 1, "nginx did not stay up after the restart"),
        ("Verify", &[ABSENT], 1, "none of these services is installed here: nginx httpd apache2"),
        ("DiskIsFull", &[FULL], 1, "the disk is full; a restart does not help, make room:"),
        (
            "NoWebServiceInstalled",
            &[ABSENT],
            1,
            "none of these services is installed here: nginx httpd apache2; \
          name yours in the parameter Services",
        ),
        (
            "NothingToRestart",
            &[UP],
            1,
            "the web service runs and answers on this server; look at the load balancer, \
          the network and what stands behind it",
        ),
    ];
    for (step, world, status, said) in cases {
        let (code, out, error) = shell(step, world);
        let first = if code == 0 { out } else { error };
        assert_eq!((code, first.lines().next().unwrap_or_default()), (status, said), "{step}");
    }
}
