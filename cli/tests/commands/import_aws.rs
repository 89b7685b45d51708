//! `reveille import aws`, with the real SDK against a double of the APIs that is built on botocore's service models.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod double;

use double::{Double, Fault};
use jiff::Timestamp;
use reveille_cli::configuration::{Configuration, example_addresses, parse};
use reveille_cli::import::note::Kind;
use reveille_cli::import::{Finished, Options, aws, finish};
use reveille_domain::{EscalationTarget, TargetKind};
use serde_json::Value;

const NOW: &str = "2026-03-02T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is an instant")
}

fn account() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/import/aws/account.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn import(account: Value, faults: Vec<Fault>) -> (Finished, Configuration, Double) {
    let double = Double::start(account, faults).await;
    let imported =
        aws::read(&double.incident_manager(), at(NOW), &|_| {}).await.unwrap_or_else(|error| panic!("{error}"));
    let finished = finish(imported, &Options::default(), "reveille import aws");
    let configuration =
        parse(&finished.yaml, "aws.yaml").unwrap_or_else(|errors| panic!("{errors}\n{}", finished.yaml));
    assert_eq!(double.wrong(), Vec::<String>::new());
    (finished, configuration, double)
}

fn says(finished: &Finished, kind: Kind, object: &str, field: &str, done: &str) -> bool {
    let notes = finished.report.notes.iter().filter(|note| note.kind == kind);
    notes.into_iter().any(|note| note.object.contains(object) && note.field.contains(field) && note.done.contains(done))
}

fn on_call(configuration: &Configuration, schedule: &str, when: &str) -> Vec<String> {
    configuration.schedule(schedule).unwrap().on_call(at(when)).iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_account_becomes_a_configuration() {
    let (finished, configuration, double) = import(account(), Vec::new()).await;
    let akuam = configuration.contacts.values().find(|contact| contact.alias.as_str() == "akuam").unwrap();
    assert_eq!(akuam.name, "Akua Mansa");
    let channels: Vec<(String, bool)> = akuam.channels.iter().map(|one| (one.id.to_string(), one.verified)).collect();
    assert_eq!(channels, [("sms".to_owned(), true), ("voice".to_owned(), true), ("email".to_owned(), false)]);
    let steps: Vec<(u32, String)> = akuam
        .engagement
        .as_ref()
        .unwrap()
        .steps
        .iter()
        .map(|step| (step.after_minutes, step.channels.iter().map(ToString::to_string).collect()))
        .collect();
    // A stage without targets is a wait: the voice call comes five minutes after the text, the mail five after that.
    assert_eq!(steps, [(0, "sms".to_owned()), (5, "voice".to_owned()), (10, "email".to_owned())]);
    let plan =
        configuration.escalation_plans.values().find(|plan| plan.alias.as_str() == "example_escalation").unwrap();
    let stages: Vec<(u32, Vec<(String, bool)>)> =
        plan.stages.iter().map(|stage| (stage.minutes, stage.targets.iter().map(target).collect())).collect();
    let expected = [
        (15, vec![("akuam".to_owned(), true)]),
        (5, vec![("schedule primary".to_owned(), false)]),
        (0, vec![("anasi".to_owned(), false)]),
    ];
    assert_eq!(stages, expected);
    let names: Vec<&str> = configuration.response_plans.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["critical_plan", "example-response-plan"]);
    let example = configuration.response_plans.values().find(|plan| plan.name.as_str().starts_with("example")).unwrap();
    assert_eq!(example.incident.summary, "Look at { { the }} runbook");
    assert_eq!(example.stages[0].engage.len(), 3);
    let parameters = &example.stages[0].runbooks[0].parameters;
    assert_eq!(parameters["InstanceId"], ["i-1", "i-2"]);
    assert_eq!(parameters["resources"], ["{{ resources.0 }}"]);
    assert_eq!(parameters.len(), 2);
    // Nine contacts, and channels of nobody twice: no call is made that is not needed.
    assert_eq!(double.calls()["ListContacts"], 5);
    assert_eq!(double.calls()["GetContact"], 9);
    assert_eq!(double.calls()["GetRotation"], 4);
    assert_eq!(double.calls().get("GetContactChannel"), None);
    let asked = double.calls().into_keys().chain(["GetContactChannel".to_owned()]).collect();
    assert_eq!(double::modelled(), asked, "see tests/models/operations.txt");
    assert_eq!(finished.report.count(Kind::Failed), 0);
}

fn target(target: &EscalationTarget) -> (String, bool) {
    let who = match &target.kind {
        TargetKind::Contact(alias) => alias.to_string(),
        TargetKind::Schedule(alias) => format!("schedule {alias}"),
        TargetKind::Plan(alias) => format!("plan {alias}"),
    };
    (who, target.essential)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_in_json_is_all_that_a_program_reads() {
    let double = Double::start(account(), Vec::new()).await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.env_clear().args(["import", "aws", "--json"]).env("AWS_ENDPOINT_URL", double.endpoint());
    command.envs([("AWS_REGION", "us-east-2"), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let mut values = serde_json::Deserializer::from_slice(&output.stderr).into_iter::<Value>();
    let report = values.next().expect("a report").expect("JSON and nothing before it");
    let rest = String::from_utf8_lossy(&output.stderr[values.byte_offset()..]).trim().to_owned();
    assert!(rest.lines().count() <= 1 && !rest.contains("reading"), "behind it stands why it failed, at most: {rest}");
    assert_eq!(report["source"], "AWS Incident Manager");
    parse(&String::from_utf8(output.stdout).unwrap(), "aws.yaml").expect("the configuration");
}

#[tokio::test]
async fn what_has_no_equivalent_is_said() {
    let (finished, configuration, _) = import(account(), Vec::new()).await;
    let said = [
        (Kind::NoEquivalent, "Akua Mansa", "RetryIntervalInMinutes", "tried again by itself"),
        (Kind::NoEquivalent, "Akua Mansa", "engagement", "contact-channel/akuam/gone"),
        (Kind::Decided, "Alejandro Rosalez", "Plan", "pages nobody"),
        (Kind::Missing, "no_channel", "channels", "placeholder"),
        (Kind::Missing, "example_escalation", "Targets", "without a contact"),
        (Kind::NoEquivalent, "example_escalation", "stage 4", "444455556666:contact/shared"),
        (Kind::NoEquivalent, "circle", "targets", "leads back to itself"),
        (Kind::Decided, "rotation unused", "schedules", "stands in no schedule"),
        (Kind::NoEquivalent, "example-response-plan", "notificationTargets", "1 SNS topics"),
        (Kind::NoEquivalent, "example-response-plan", "chatChannel", "left out"),
        (Kind::NoEquivalent, "example-response-plan", "integrations", "PagerDuty `pd`"),
        (Kind::NoEquivalent, "example-response-plan", "documentVersion", "$DEFAULT"),
        (Kind::NoEquivalent, "example-response-plan", "dynamicParameters", "incident was left out"),
        (Kind::Decided, "example-response-plan", "dynamicParameters", "first of the involved resources"),
        (Kind::NoEquivalent, "example-response-plan", "parameters", "Templated was left out"),
        (Kind::Decided, "example-response-plan", "summary", "a space was put into it"),
        (Kind::Decided, "example-response-plan", "roleArn", "is not used"),
        (Kind::Decided, "Critical_Plan", "name", "`critical_plan`"),
        (Kind::NoEquivalent, "tells-only", "stages", "engages nobody"),
        (Kind::NoEquivalent, "shared-only", "stages", "engages nobody"),
        (Kind::Decided, "defaults", "response_plan", "first plan"),
    ];
    for (kind, object, field, done) in said {
        assert!(
            says(&finished, kind, object, field, done),
            "{object} {field} {done}\n{}",
            finished.report.for_people()
        );
    }
    let placeholders: Vec<String> =
        example_addresses(&configuration).iter().map(|one| one.contact.to_string()).collect();
    assert_eq!(placeholders, ["no_channel"]);
}

#[tokio::test]
async fn shifts_are_those_that_the_service_lists() {
    let (finished, configuration, _) = import(account(), Vec::new()).await;
    assert_eq!(finished.report.count(Kind::Differs), 0, "{}", finished.report.for_people());
    assert_eq!(finished.report.count(Kind::Checked), 3, "{}", finished.report.for_people());
    // One rotation lets days off use turns and the other does not; the listed shifts say which.
    let burns = |schedule: &str, rotation: usize| {
        configuration.schedule(schedule).unwrap().rotations()[rotation].rules().days_off_burn_turns
    };
    assert!(burns("primary", 1));
    assert!(!burns("secondary", 0));
    assert!(says(&finished, Kind::Decided, "schedule primary", "rotation office-burn", "days_off_burn_turns: true"));
    let rows: [(&str, &str, &[&str]); 8] = [
        ("primary", "2026-03-02T20:00:00Z", &["anasi"]),
        // The week in New York changes at one o'clock by UTC since 8 March, not at two.
        ("primary", "2026-03-09T12:59:00Z", &["anasi", "alejr"]),
        ("primary", "2026-03-09T13:00:00Z", &["akuam", "alejr"]),
        // The override of the weekly rotation leaves the other one alone.
        ("primary", "2026-03-11T20:00:00Z", &["anasi"]),
        ("secondary", "2026-03-03T04:59:00Z", &["akuam", "alejr"]),
        ("secondary", "2026-03-06T22:00:00Z", &["anasi", "akuam"]),
        ("secondary", "2026-03-07T12:00:00Z", &[]),
        ("monthly", "2026-03-15T08:00:00Z", &["anasi"]),
    ];
    for (schedule, when, people) in rows {
        assert_eq!(on_call(&configuration, schedule, when), people, "{schedule} {when}");
    }
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let faults = vec![
        Fault { operation: "ListContacts", about: "", error: "ThrottlingException", times: 3 },
        Fault { operation: "GetContact", about: "akuam", error: "InternalServerException", times: 2 },
        Fault { operation: "ListResponsePlans", about: "", error: "ThrottlingException", times: 4 },
    ];
    let (throttled, _, _) = import(account(), faults).await;
    let (smooth, _, _) = import(account(), Vec::new()).await;
    assert_eq!(throttled.yaml, smooth.yaml);
}

#[tokio::test]
async fn what_is_denied_is_said_and_the_rest_is_read() {
    const ALWAYS: usize = usize::MAX;
    let denied = |operation, about| Fault { operation, about, error: "AccessDeniedException", times: ALWAYS };
    let rows: [(Fault, &str, &str); 8] = [
        (denied("GetContact", "contact/akuam"), "Akua", "Plan"),
        (denied("ListContactChannels", "contact/alejr"), "Alejandro", "channels"),
        (denied("GetContact", "example_escalation"), "example_escalation", "Plan"),
        (denied("GetContact", "contact/primary"), "schedule primary", "Plan"),
        (denied("GetRotation", "months"), "schedule monthly", "RotationIds"),
        (denied("ListRotationOverrides", "weekly-ny"), "schedule primary", "rotation weekly-ny"),
        (denied("ListResponsePlans", ""), "response plans", "list"),
        (denied("GetResponsePlan", "Critical_Plan"), "response plan Critical_Plan", "plan"),
    ];
    for (fault, object, field) in rows {
        let operation = fault.operation;
        let (finished, configuration, _) = import(account(), vec![fault]).await;
        // Without its display name a contact is called by its alias.
        let object = if object == "Akua" { "akuam" } else { object };
        assert!(says(&finished, Kind::Failed, object, field, operation), "{object}\n{}", finished.report.for_people());
        assert!(finished.yaml.contains("INCOMPLETE"), "{object}");
        assert_eq!(configuration.contacts.len(), 4, "everybody is there: {object}");
    }
    // What only helps to compare costs no more than the comparison.
    let (finished, _, _) = import(account(), vec![denied("ListRotationShifts", "months")]).await;
    assert_eq!(finished.report.count(Kind::Failed), 0);
    assert!(says(&finished, Kind::Decided, "monthly", "months", "could not be compared"));
}

#[tokio::test]
async fn where_nothing_can_be_listed_nothing_is_made() {
    let denied = Fault { operation: "ListContacts", about: "", error: "AccessDeniedException", times: usize::MAX };
    let double = Double::start(account(), vec![denied]).await;
    let error = aws::read(&double.incident_manager(), at(NOW), &|_| {}).await.expect_err("it is denied").to_string();
    assert!(error.contains("ssm-contacts:ListContacts") && error.contains("AccessDenied"), "{error}");
    let mut empty = account();
    for list in ["contacts", "channels", "rotations", "responsePlans", "replicationSets"] {
        empty[list] = Value::Array(Vec::new());
    }
    let double = Double::start(empty, Vec::new()).await;
    let imported = aws::read(&double.incident_manager(), at(NOW), &|_| {}).await.unwrap();
    let finished = finish(imported, &Options::default(), "reveille import aws");
    assert!(says(&finished, Kind::Failed, "replication set", "list", "not set up"));
}

#[tokio::test]
async fn an_address_that_the_list_hides_is_asked_for() {
    let mut account = account();
    let channels = account["channels"].as_array_mut().unwrap();
    channels[4]["DeliveryAddress"] = serde_json::json!({});
    let (finished, configuration, double) = import(account, Vec::new()).await;
    assert_eq!(double.calls()["GetContactChannel"], 1);
    assert!(says(&finished, Kind::Missing, "Ana Carolina Silva", "sms", "placeholder"));
    assert!(example_addresses(&configuration).iter().any(|one| one.contact.as_str() == "anasi"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_reads_an_account_with_the_credentials_of_the_environment() {
    let denied =
        Fault { operation: "GetContact", about: "contact/akuam", error: "AccessDeniedException", times: usize::MAX };
    let double = Double::start(account(), vec![denied]).await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_reveille"));
    command
        .args(["import", "aws", "--region", "us-east-2", "--default", "Critical_Plan"])
        .env("AWS_ENDPOINT_URL", double.endpoint())
        .env("AWS_ACCESS_KEY_ID", "double")
        .env("AWS_SECRET_ACCESS_KEY", "double")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE");
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.unwrap();
    let (yaml, report) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let configuration = parse(&yaml, "aws.yaml").unwrap_or_else(|errors| panic!("{errors}\n{report}"));
    assert_eq!(configuration.routing.default_plan.as_str(), "critical_plan");
    assert_eq!(double.wrong(), Vec::<String>::new());
    // One contact could not be read: the rest is written, and the status says that something is missing.
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(!report.contains("reading contact") && report.contains("the configuration is incomplete: 1"), "{report}");
    assert!(!report.contains("StatusCode"), "what an answer looked like is nothing for a report: {report}");
}
