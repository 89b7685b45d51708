//! `reveille alarms rewire` against a double of CloudWatch and EventBridge on loopback, which speaks their JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock, Mutex};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use reveille_tests::botocore::{Models, Sample};
use serde_json::{Value, json};

const TO: &str = "arn:aws:lambda:eu-west-1:111122223333:function:reveille-ingest";
const PLAN: &str = "arn:aws:ssm-incidents::111122223333:response-plan/web-application";
const ELSEWHERE: &str = "arn:aws:ssm-incidents::999988887777:response-plan/nowhere";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:topic";

static MODELS: LazyLock<Models> = LazyLock::new(Models::read);

/// What the account has, and how it misbehaves.
#[derive(Default)]
struct State {
    /// By list (`MetricAlarms` …) and name.
    alarms: BTreeMap<(String, String), Value>,
    /// By bus and rule.
    targets: BTreeMap<(String, String), Vec<Value>>,
    /// Alarms that cannot be written.
    refused: Vec<String>,
    /// A setting that is lost whenever an alarm is written.
    forgotten: Option<String>,
    /// Whether alarms on logs may not be looked at.
    denied_log_alarms: bool,
    /// So many calls are throttled first.
    throttled: u32,
    /// Every operation that has been called.
    calls: Vec<String>,
    /// The same as botocore's models have them, and what these say against the requests.
    asked: BTreeSet<String>,
    wrong: Vec<String>,
}

/// The double, as long as this value.
struct Account {
    endpoint: String,
    state: Arc<Mutex<State>>,
    folder: PathBuf,
}

impl Account {
    fn with(name: &str, change: impl FnOnce(&mut State)) -> Self {
        let mut state = State::default();
        change(&mut state);
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = state.clone();
        // It ends with the test's process.
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &shared)));
        let folder = std::env::temp_dir().join(format!("reveille-rewire-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self { endpoint, state, folder }
    }

    fn rewire(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
        command.env_clear().current_dir(&self.folder).args(["alarms", "rewire"]).args(arguments);
        let environment = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        command.envs(environment).output().expect("the command runs")
    }

    fn to_ours(&self, arguments: &[&str]) -> Output {
        self.rewire(&[&["--to", TO], arguments].concat())
    }

    fn alarm(&self, list: &str, name: &str) -> Value {
        self.state.lock().expect("whole").alarms[&(list.to_owned(), name.to_owned())].clone()
    }

    fn everything(&self) -> (Vec<Value>, Vec<Vec<Value>>) {
        let state = self.state.lock().expect("whole");
        (state.alarms.values().cloned().collect(), state.targets.values().cloned().collect())
    }

    fn calls_of(&self, word: &str) -> usize {
        self.state.lock().expect("whole").calls.iter().filter(|call| call.contains(word)).count()
    }

    fn backup(&self) -> PathBuf {
        self.folder.join("backup.json")
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
        if !std::thread::panicking() {
            // What nobody knows is written back as it was read: the models are of their day.
            let state = self.state.lock().expect("whole");
            let wrong: Vec<&String> =
                state.wrong.iter().filter(|wrong| !wrong.contains("there is no NobodyKnows")).collect();
            assert!(wrong.is_empty(), "not as botocore's models have it: {wrong:#?}");
        }
    }
}

/// One request: AWS JSON over HTTP, signed.
fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut headers = HeaderMap::new();
    let (mut operation, mut length, mut signed, mut line) = (String::new(), 0, false, String::new());
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let lower = line.trim().to_lowercase();
        if let Some((name, value)) = line.trim().split_once(": ") {
            let name = HeaderName::try_from(name).expect("a name");
            headers.insert(name, HeaderValue::try_from(value).expect("a value"));
        }
        if let Some(target) = lower.strip_prefix("x-amz-target: ") {
            let from = line.trim().len() - target.len();
            operation = line.trim()[from..].to_owned();
        }
        length = lower.strip_prefix("content-length: ").map_or(length, |text| text.parse().expect("a length"));
        signed |= lower.starts_with("authorization: aws4-hmac-sha256 credential=key/");
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let wrong = match MODELS.asked("POST", "/", &headers, &body) {
        Ok(asked) => {
            state.lock().expect("whole").asked.insert(asked.to_string());
            asked.wrong()
        }
        Err(why) => vec![why],
    };
    state.lock().expect("whole").wrong.extend(wrong);
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let (status, answer) =
        if signed { answer(&operation, &body, state) } else { error("MissingAuthenticationToken", "sign it") };
    let text = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    drop(stream.write_all(format!("{head}{text}").as_bytes()));
}

fn error(code: &str, message: &str) -> (u16, Value) {
    (400, json!({ "__type": format!("com.amazonaws#{code}"), "message": message }))
}

fn answer(operation: &str, body: &Value, state: &Mutex<State>) -> (u16, Value) {
    let mut state = state.lock().expect("whole");
    if state.throttled > 0 {
        state.throttled -= 1;
        return error("ThrottlingException", "Rate exceeded");
    }
    state.calls.push(operation.to_owned());
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    let key = (text("EventBusName"), text("Rule"));
    match operation {
        "GraniteServiceVersion20100801.DescribeAlarms" => described(body, &state),
        "GraniteServiceVersion20100801.PutMetricAlarm" => put("MetricAlarms", body, &mut state),
        "GraniteServiceVersion20100801.PutLogAlarm" => put("LogAlarms", body, &mut state),
        "GraniteServiceVersion20100801.PutCompositeAlarm" => put("CompositeAlarms", body, &mut state),
        "AWSEvents.ListEventBuses" => {
            let buses: Vec<Value> = ["default", "shop"].iter().map(|bus| json!({ "Name": bus })).collect();
            (200, json!({ "EventBuses": buses }))
        }
        "AWSEvents.ListRules" => {
            let prefix = text("NamePrefix");
            let rules = state.targets.keys().filter(|(bus, name)| *bus == key.0 && name.starts_with(&prefix));
            (200, json!({ "Rules": rules.map(|(_, name)| json!({ "Name": name })).collect::<Vec<_>>() }))
        }
        "AWSEvents.ListTargetsByRule" => (200, json!({ "Targets": state.targets[&key] })),
        "AWSEvents.PutTargets" => {
            let targets = state.targets.get_mut(&key).expect("a rule");
            for target in body["Targets"].as_array().expect("targets") {
                targets.retain(|known| known["Id"] != target["Id"]);
                targets.push(target.clone());
            }
            (200, json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
        }
        "AWSEvents.RemoveTargets" => {
            let ids = body["Ids"].as_array().expect("ids").clone();
            state.targets.get_mut(&key).expect("a rule").retain(|target| !ids.contains(&target["Id"]));
            (200, json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
        }
        other => error("UnknownOperationException", other),
    }
}

/// Two alarms a page, so that there is more than one.
fn described(body: &Value, state: &State) -> (u16, Value) {
    let kind = body["AlarmTypes"][0].as_str().expect("a kind");
    if kind == "LogAlarm" && state.denied_log_alarms {
        return error("AccessDeniedException", "no identity-based policy allows cloudwatch:DescribeAlarms");
    }
    // Where there are none, this is a region that does not know them.
    if kind == "LogAlarm" && !state.alarms.keys().any(|(list, _)| list == "LogAlarms") {
        return error("ValidationError", "1 validation error detected: LogAlarm");
    }
    let list = format!("{kind}s");
    let prefix = body["AlarmNamePrefix"].as_str().unwrap_or_default();
    let named = |name: &str| body["AlarmNames"].as_array().is_none_or(|names| names.contains(&json!(name)));
    let meant = state.alarms.iter().filter(|((of, name), _)| *of == list && name.starts_with(prefix) && named(name));
    let from: usize = body["NextToken"].as_str().map_or(0, |token| token.parse().expect("ours"));
    let all: Vec<&Value> = meant.map(|(_, alarm)| alarm).collect();
    let page: Vec<&&Value> = all.iter().skip(from).take(2).collect();
    let next = (from + 2 < all.len()).then(|| (from + 2).to_string());
    (200, json!({ list: page, "NextToken": next }))
}

fn put(list: &str, body: &Value, state: &mut State) -> (u16, Value) {
    let name = body["AlarmName"].as_str().expect("a name").to_owned();
    if state.refused.contains(&name) {
        return error("ValidationError", "no");
    }
    let old = state.alarms[&(list.to_owned(), name.clone())].clone();
    let mut alarm = body.clone();
    for member in ["AlarmArn", "StateValue", "StateReason", "StateUpdatedTimestamp"] {
        assert!(body.get(member).is_none(), "{member} cannot be written");
        alarm[member] = old[member].clone();
    }
    if let Some(forgotten) = &state.forgotten {
        alarm.as_object_mut().expect("an object").remove(forgotten);
    }
    state.alarms.insert((list.to_owned(), name), alarm);
    (200, json!({}))
}

fn alarm(name: &str, actions: &[&str], more: Value) -> Value {
    let mut alarm = json!({ "AlarmName": name, "AlarmArn": format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{name}"),
        "StateValue": "OK", "StateReason": "fine", "StateUpdatedTimestamp": 1.5, "ActionsEnabled": true,
        "AlarmActions": actions, "OKActions": [], "InsufficientDataActions": [] });
    alarm.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    alarm
}

/// An account with an alarm of each kind, and two rules.
fn account(state: &mut State) {
    let metric = |name: &str, actions: &[&str], more: Value| {
        let mut alarm = alarm(name, actions, more);
        let always = json!({ "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Dimensions": [] });
        alarm.as_object_mut().expect("an object").extend(always.as_object().expect("an object").clone());
        (("MetricAlarms".to_owned(), name.to_owned()), alarm)
    };
    let rich = json!({ "MetricName": "Errors", "Namespace": "Web", "Threshold": 80.5, "Period": 60, "NobodyKnows": { "a": [1] } });
    let math = json!({ "Metrics": [{ "Id": "e1", "Expression": "m1/m2" }], "ThresholdMetricId": "e1" });
    let composite =
        json!({ "AlarmRule": "ALARM(a)", "ActionsSuppressor": "deploys", "ActionsSuppressorWaitPeriod": 60 });
    state.alarms = BTreeMap::from([
        metric("web-5xx", &[TOPIC, PLAN], rich),
        metric("web-api-latency", &[PLAN], math),
        metric("other", &[TOPIC], json!({})),
        metric("quiet", &[ELSEWHERE], json!({ "ActionsEnabled": false })),
        (("CompositeAlarms".to_owned(), "web-all".to_owned()), alarm("web-all", &[PLAN], composite)),
    ]);
    let target = json!({ "Id": "incident", "Arn": PLAN, "RoleArn": "arn:aws:iam::111122223333:role/r" });
    state.targets = BTreeMap::from([
        (("default".to_owned(), "health".to_owned()), vec![json!({ "Id": "1", "Arn": TOPIC })]),
        (("shop".to_owned(), "orders".to_owned()), vec![target]),
    ]);
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let account = Account::with("dry", account);
    let before = account.everything();
    let output = account.to_ours(&[]);
    let said = out(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for expected in [
        "alarm web-5xx: response plan web-application\n",
        &format!("    ALARM             - {PLAN}\n    ALARM             + {TO}\n    OK                + {TO}\n"),
        "alarm web-all: response plan web-application\n",
        "rule shop/orders: response plan web-application\n",
        "its actions are disabled, and stay so",
        "  - { match: { source: cloudwatch, name: \"web-5xx\" }, response_plan: web-application }\n",
        "  - { match: { source: cloudwatch, name: \"quiet\" }, response_plan: nowhere }\n",
        "Nothing has been changed. --write rewires 5, after a backup.\n",
    ] {
        assert!(said.contains(expected), "{expected:?} in {said}");
    }
    assert!(!said.contains("alarm other") && !said.contains("default/health"), "{said}");
    assert_eq!(account.everything(), before);
    assert_eq!(account.calls_of("Put") + account.calls_of("Remove"), 0);
    assert_eq!(std::fs::read_dir(&account.folder).expect("the folder").count(), 0, "a dry run writes no file");
    let few = out(&account.to_ours(&["--name-prefix", "web-5"]));
    assert!(few.contains("--write rewires 1,") && few.contains("web-5xx"), "{few}");
}

#[test]
fn what_is_written_keeps_every_other_setting_and_goes_back() {
    let account = Account::with("write", account);
    let before = account.everything();
    let output = account.to_ours(&["--write", "--backup", "backup.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let rewired = account.alarm("MetricAlarms", "web-5xx");
    assert_eq!((&rewired["AlarmActions"], &rewired["OKActions"]), (&json!([TOPIC, TO]), &json!([TO])));
    for setting in ["MetricName", "Namespace", "Threshold", "Period", "NobodyKnows", "ActionsEnabled", "StateValue"] {
        assert_eq!(
            rewired[setting],
            before.0.iter().find(|alarm| alarm["AlarmName"] == "web-5xx").expect("it")[setting]
        );
    }
    assert_eq!(account.alarm("CompositeAlarms", "web-all")["ActionsSuppressor"], "deploys");
    assert_eq!(account.alarm("MetricAlarms", "other")["AlarmActions"], json!([TOPIC]));
    let target = account.everything().1[1][0].clone();
    assert_eq!((&target["Id"], &target["Arn"], target.get("RoleArn")), (&json!("incident"), &json!(TO), None));

    // Once more: there is nothing left, and no second backup over the first.
    let again = account.to_ours(&["--write", "--backup", "backup.json"]);
    assert!(out(&again).contains("No alarm and no rule starts an incident"), "{}", out(&again));

    let dry = account.rewire(&["--roll-back", "backup.json"]);
    assert!(out(&dry).contains("Nothing has been changed. --write gives 5"), "{}", out(&dry));
    assert_eq!(account.alarm("MetricAlarms", "web-5xx")["AlarmActions"], json!([TOPIC, TO]));

    // Somebody has changed a threshold since: it stays, and the actions go back.
    let key = ("MetricAlarms".to_owned(), "web-5xx".to_owned());
    account.state.lock().expect("whole").alarms.get_mut(&key).expect("it")["Threshold"] = json!(99);
    let back = account.rewire(&["--roll-back", "backup.json", "--write"]);
    assert_eq!(back.status.code(), Some(0), "{}", out(&back));
    let restored = account.alarm("MetricAlarms", "web-5xx");
    assert_eq!((&restored["AlarmActions"], &restored["OKActions"]), (&json!([TOPIC, PLAN]), &json!([])));
    assert_eq!(restored["Threshold"], json!(99));
    assert_eq!(account.everything().1, before.1);
    let mut asked = account.state.lock().expect("whole").asked.clone();
    // The next two tests ask for these, and `last_tick` for the third.
    let elsewhere = ["cloudwatch PutLogAlarm", "events RemoveTargets", "cloudwatch GetMetricStatistics"];
    asked.extend(elsewhere.map(str::to_owned));
    let modelled = MODELS.operations().filter(|name| name.starts_with("cloudwatch ") || name.starts_with("events "));
    assert_eq!(asked, modelled.collect(), "see tests/models/operations.txt");
    let twice = account.rewire(&["--roll-back", "backup.json", "--write"]);
    assert!(twice.status.success() && out(&twice).contains("alarm web-5xx: is as it was"), "{}", out(&twice));
}

/// An alarm of each kind with every member that its description has in the models: what the operation does not take is left out, and
/// nothing else.
#[test]
fn an_alarm_with_every_setting_there_is_is_written_as_its_operation_takes_it() {
    let kinds = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];
    let account = Account::with("models", |state| {
        for kind in kinds {
            let mut alarm = MODELS.get("cloudwatch").sample(kind, Sample::Most);
            let own = alarm.as_object_mut().expect("an object");
            own.extend([
                ("AlarmName".to_owned(), json!(kind)),
                ("AlarmActions".to_owned(), json!([PLAN])),
                ("OKActions".to_owned(), json!([])),
                ("InsufficientDataActions".to_owned(), json!([])),
            ]);
            state.alarms.insert((format!("{kind}s"), kind.to_owned()), alarm);
        }
    });
    let output = account.to_ours(&["--write", "--backup", "backup.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    for kind in kinds {
        assert_eq!(account.calls_of(&format!("Put{kind}")), 1, "{kind}");
        let operation = format!("Put{kind}");
        let model = MODELS.get("cloudwatch");
        let written = account.alarm(&format!("{kind}s"), kind);
        let taken = model.sample(
            model.operation(&operation).expect("it is modelled")["input"]["shape"].as_str().expect("a shape"),
            Sample::Most,
        );
        let described = model.sample(kind, Sample::Most);
        for member in taken.as_object().expect("an object").keys().filter(|member| described.get(member).is_some()) {
            assert!(written.get(member).is_some(), "{operation} takes {member}, and it is lost");
        }
    }
}

#[test]
fn a_trial_keeps_incident_manager_and_the_switch_ends_it() {
    let account = Account::with("trial", account);
    let trial = account.to_ours(&["--write", "--keep", "--backup", "trial.json"]);
    assert_eq!(trial.status.code(), Some(0), "{}", out(&trial));
    assert_eq!(account.alarm("MetricAlarms", "web-api-latency")["AlarmActions"], json!([PLAN, TO]));
    assert_eq!(account.everything().1[1].len(), 2);
    let calls = account.calls_of("Put");
    let again = account.to_ours(&["--write", "--keep", "--backup", "again.json"]);
    assert!(out(&again).contains("5 page here already"), "{}", out(&again));
    assert_eq!(account.calls_of("Put"), calls);
    let switch = account.to_ours(&["--write", "--backup", "switch.json"]);
    assert_eq!(switch.status.code(), Some(0), "{}", out(&switch));
    assert_eq!(account.alarm("MetricAlarms", "web-api-latency")["AlarmActions"], json!([TO]));
    let targets = account.everything().1[1].clone();
    assert_eq!((targets.len(), &targets[0]["Arn"]), (1, &json!(TO)));
    assert!(account.state.lock().expect("whole").asked.contains("events RemoveTargets"));
}

#[test]
fn a_failure_is_told_and_the_rest_goes_on() {
    let account = Account::with("failure", |state| {
        account(state);
        state.refused = vec!["web-5xx".to_owned()];
        state.throttled = 3;
    });
    let output = account.to_ours(&["--write", "--backup", "backup.json"]);
    let said = out(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("alarm web-5xx: failed: PutMetricAlarm: ValidationError: no\n"), "{said}");
    assert!(
        said.contains("alarm web-api-latency: rewired\n") && said.contains("rule shop/orders: rewired\n"),
        "{said}"
    );
    account.state.lock().expect("whole").refused.clear();
    let again = account.to_ours(&["--write", "--backup", "again.json"]);
    assert!(again.status.success() && out(&again).contains("alarm web-5xx: rewired"), "{}", out(&again));
}

#[test]
fn a_setting_that_is_lost_by_writing_is_named() {
    let account = Account::with("lost", |state| {
        account(state);
        state.forgotten = Some("ActionsSuppressor".to_owned());
    });
    let output = account.to_ours(&["--write", "--backup", "backup.json", "--name-prefix", "web-all"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "alarm web-all: failed: it was written, but ActionsSuppressor is nothing and should be \"deploys\"";
    assert!(out(&output).contains(expected), "{}", out(&output));
}

#[test]
fn a_backup_is_whole_private_and_never_overwritten() {
    let account = Account::with("backup", account);
    std::fs::write(account.backup(), "precious").expect("written");
    let output = account.to_ours(&["--write", "--backup", "backup.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("is there already"), "{}", out(&output));
    assert_eq!(account.calls_of("Put"), 0, "without a backup nothing is changed");
    assert_eq!(std::fs::read_to_string(account.backup()).expect("it"), "precious");
    std::fs::remove_file(account.backup()).expect("removed");
    assert!(account.to_ours(&["--write", "--backup", "backup.json"]).status.success());
    let backup: Value = serde_json::from_str(&std::fs::read_to_string(account.backup()).expect("it")).expect("JSON");
    let saved = backup["changes"].as_array().expect("changes").iter().find(|change| change["name"] == "web-5xx");
    assert_eq!(saved.expect("it")["before"]["NobodyKnows"], json!({ "a": [1] }));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(account.backup()).expect("it").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_configuration_is_held_against_it() {
    let account = Account::with("config", account);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let config = root.join("examples/three-engineers.yaml");
    let output = account.to_ours(&["--config", config.to_str().expect("text")]);
    let said = out(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("alarm quiet: the configuration has no response plan nowhere\n"), "{said}");
    assert!(said.contains("alarm web-5xx: the rules of the configuration lead to critical-web-application, and not to web-application\n"), "{said}");
    assert!(!said.contains("alarm web-api-latency: the"), "its rule leads to its plan: {said}");
    let output = account.to_ours(&["--config", config.to_str().expect("text"), "--write"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    assert!(out(&output).contains("nothing was written"), "{}", out(&output));
    assert_eq!(account.calls_of("Put"), 0, "no alarm leaves a plan that works for one that is not there");
    assert!(!account.backup().exists());
}

#[test]
fn programs_get_json_and_mistakes_of_typing_end_with_2() {
    let account = Account::with("json", account);
    let output = account.to_ours(&["--json"]);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", out(&output)));
    assert_eq!(report["changes"].as_array().expect("changes").len(), 5);
    assert_eq!(report["rules"][0]["response_plan"], "nowhere");
    for (arguments, expected) in [
        (&["--to", TOPIC][..], "the ARN of a Lambda function"),
        (&["--to", "arn:aws:lambda:us-east-1:111122223333:function:ingest"], "is not in eu-west-1"),
        (&["--keep", "--roll-back", "backup.json"], "cannot be used with"),
        (&["--local"], "the local stack has neither alarms nor rules"),
    ] {
        let output = account.rewire(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", out(&output));
        assert!(out(&output).contains(expected), "{}", out(&output));
    }
    let nowhere = account.rewire(&["--roll-back", "no-such-file.json"]);
    assert!(nowhere.status.code() == Some(1) && out(&nowhere).contains("no-such-file.json"), "{}", out(&nowhere));
}

#[test]
fn alarms_that_may_not_be_looked_at_are_not_none() {
    let account = Account::with("denied", |state| state.denied_log_alarms = true);
    let output = account.to_ours(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("DescribeAlarms: AccessDeniedException: no identity-based policy allows"), "{said}");
}
