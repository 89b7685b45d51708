//! Each function's role allows what the function asks for, and nothing that it does not: the requests of many nights are written
//! down, as the real SDK sends them, and held against `template.yaml` in both directions.
//!
//! A grant is one action on one resource, on one kind of rows where a statement names rows: each is there because a request would be
//! refused without it.

mod policy;
mod recorded;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use policy::{Policy, Single};
use recorded::{Recorded, record};
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("../../../template.yaml");

const FUNCTIONS: [&str; 7] = ["ingest", "respond", "escalate", "notify", "runbook", "acknowledge", "rotate"];

static RECORDED: LazyLock<Recorded> = LazyLock::new(record);

/// Statements of which no request of a function can tell, and who uses them. Everything in them is passed over, and nothing else.
const UNSEEN: [(&str, &str); 7] = [
    ("WriteItsOwnLog", "Lambda writes what the function prints"),
    ("LeaveFailedInvocations", "Lambda leaves what the function failed on"),
    ("TakeItsFailuresAgain", "Lambda reads the queue and invokes the function"),
    ("TakeNudges", "Lambda reads the queue and invokes the function"),
    ("TakePages", "Lambda reads the queues and invokes the function"),
    ("TakeRunbooks", "Lambda reads the queue and invokes the function"),
    ("PassTheRolesOfRunbooks", "the document names the role, not the request"),
];

/// What is asked for only if something happens at one moment that no night here has: function, statement, what, and when.
const BY_CHANCE: [(&str, &str, &str, &str); 3] = [
    (
        "notify",
        "ReadOneOrder",
        "dynamodb:GetItem, rows PAGED#*",
        "somebody else has written what its contact was told since it was read",
    ),
    (
        "notify",
        "CommitSteps",
        "dynamodb:UpdateItem, rows CAUSE#*",
        "a report stops an order, and IAM looks at all keys of a transaction",
    ),
    (
        "runbook",
        "CommitSteps",
        "dynamodb:UpdateItem, rows CAUSE#*",
        "an end stops an order, and IAM looks at all keys of a transaction",
    ),
];

fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).expect("the template is YAML")
}

/// What a function asked for and its role refuses.
fn missing(template: &Value, recorded: &Recorded) -> Vec<String> {
    let mut missing = Vec::new();
    for (function, asked) in recorded {
        let policy = Policy::of(template, function);
        let refused = asked.iter().filter(|asked| !policy.allows(asked));
        missing.extend(refused.map(|asked| format!("{function}: {asked:?}")));
    }
    missing
}

/// What could be taken out of a role without any request being refused: function, statement, and what it allows.
fn unused(template: &Value, recorded: &Recorded) -> BTreeSet<(String, String, String)> {
    let mut unused = BTreeSet::new();
    for function in FUNCTIONS {
        let policy = Policy::of(template, function);
        let asked = || recorded.get(function).into_iter().flatten().filter(|asked| policy.allows(asked));
        let is_needed =
            |(sid, single): &(String, Single)| asked().any(|asked| !policy.allows_without(sid, single, asked));
        let is_seen = |(sid, _): &(String, Single)| !UNSEEN.iter().any(|(unseen, _)| unseen == sid);
        let found = policy.singles().into_iter().filter(is_seen).filter(|single| !is_needed(single));
        unused.extend(found.map(|(sid, single)| (function.to_owned(), sid, single.to_string())));
    }
    unused
}

/// The roles' statements, as they stand in the template.
fn statement<'t>(template: &'t mut Value, function: &str, sid: &str) -> &'t mut Value {
    let role = format!("{}{}Role", function[..1].to_uppercase(), &function[1..]);
    let policy = &mut template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = policy["Statement"].as_array_mut().expect("statements");
    statements.iter_mut().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("{function} has no {sid}"))
}

const ACTION: &str = "/Action";
const RESOURCE: &str = "/Resource";
const ROWS: &str = "/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys";

/// A template in which a list of a statement is another one.
fn changed(function: &str, sid: &str, place: &str, change: impl Fn(&mut Vec<Value>)) -> Value {
    let mut template = template();
    let list = statement(&mut template, function, sid).pointer_mut(place).expect("a place");
    let mut members = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
    change(&mut members);
    *list = json!(members);
    template
}

#[test]
fn no_function_asks_for_what_its_role_refuses() {
    let missing = missing(&template(), &RECORDED);
    assert!(missing.is_empty(), "roles refuse what functions need:\n{}", missing.join("\n"));
}

#[test]
fn no_role_allows_what_its_function_never_asks_for() {
    let table =
        Policy::of(&template(), "ingest").statements.iter().find_map(|one| one.table().cloned()).expect("a table");
    let by_chance = BY_CHANCE.map(|(function, sid, what, _)| {
        let what = what.replacen(',', &format!(" on {table},"), 1);
        (function.to_owned(), sid.to_owned(), what)
    });
    assert_eq!(unused(&template(), &RECORDED), by_chance.into(), "what roles allow, and what no night needs of it");
}

#[test]
fn one_grant_less_is_missed_at_once() {
    let recorded = &RECORDED;
    let template = template();
    for (function, sid, place, less) in [
        ("ingest", "CommitSteps", ROWS, "COUNT#*"),
        ("ingest", "ReadSettingsAndWhatIsOpen", ROWS, "SETTINGS"),
        ("ingest", "ReadOrdersAndParts", ACTION, "dynamodb:Query"),
        ("respond", "ReadIncidentsAndPlans", ROWS, "SCHEDULE#*"),
        ("respond", "HandOutWork", RESOURCE, "SlowPageQueue.Arn"),
        ("respond", "ArmDeadlines", ACTION, "scheduler:CreateSchedule"),
        ("respond", "PassTheRoleOfDeadlines", ACTION, "iam:PassRole"),
        ("escalate", "CommitSteps", ACTION, "dynamodb:PutItem"),
        ("escalate", "CommitSteps", ACTION, "dynamodb:UpdateItem"),
        ("respond", "TakeTurns", ACTION, "dynamodb:UpdateItem"),
        ("notify", "ReadIncidentsAndAddresses", ROWS, "ADDRESS#*"),
        ("notify", "SendSmsToPhoneNumbersOnly", ACTION, "sns:Publish"),
        ("notify", "SendSmsThroughEndUserMessaging", ACTION, "sms-voice:SendTextMessage"),
        ("notify", "CallThroughEndUserMessaging", ACTION, "sms-voice:SendVoiceMessage"),
        ("notify", "TellTheOperators", RESOURCE, "OperatorsTopic"),
        ("notify", "SendEmailAsItself", ACTION, "ses:SendEmail"),
        ("notify", "FindWhatIsOverdue", ACTION, "dynamodb:Query"),
        ("runbook", "FollowRunbooks", ACTION, "ssm:GetAutomationExecution"),
        ("acknowledge", "ReadWhoAnswers", ROWS, "PAGER#*"),
        ("acknowledge", "ReadIncidentsAndPlans", ROWS, "SETTINGS"),
        ("acknowledge", "FindIncidentsByTheirCodes", ACTION, "dynamodb:Query"),
        ("acknowledge", "ReadSigningKey", RESOURCE, "SigningSecret"),
        ("acknowledge", "CommitSteps", ROWS, "CHANNELS#*"),
        ("rotate", "RotateSigningKey", ACTION, "secretsmanager:UpdateSecretVersionStage"),
    ] {
        let was = Policy::of(&template, function).singles().len();
        let fewer = changed(function, sid, place, |members| members.retain(|member| member != less));
        assert!(Policy::of(&fewer, function).singles().len() < was, "{function}/{sid} has no {less}");
        let missing = missing(&fewer, recorded);
        let of_it = missing.iter().all(|line| line.starts_with(function));
        assert!(!missing.is_empty() && of_it, "{function} without {less} of {sid}: {missing:?}");
    }
}

#[test]
fn another_sender_of_mail_is_refused() {
    let mut template = template();
    let statement = statement(&mut template, "notify", "SendEmailAsItself");
    statement["Condition"]["StringEquals"]["ses:FromAddress"] = json!("somebody@example.com");
    let missing = missing(&template, &RECORDED);
    assert!(!missing.is_empty() && missing.iter().all(|line| line.contains("ses:SendEmail")), "{missing:?}");
}

#[test]
fn one_grant_more_is_found() {
    let usual = unused(&template(), &RECORDED);
    for (function, sid, place, more) in [
        ("ingest", "CommitSteps", ROWS, "CONTACT#*"),
        ("ingest", "CommitSteps", ACTION, "dynamodb:DeleteItem"),
        ("ingest", "Nudge", RESOURCE, "PageQueue.Arn"),
        ("respond", "FindWhatIsOverdue", RESOURCE, "${Table.Arn}/index/list"),
        ("escalate", "CommitSteps", ROWS, "DEDUPE#*"),
        ("notify", "ReadIncidentsAndAddresses", ROWS, "NUMBER#*"),
        ("notify", "TakeChannelsOutOfUse", ACTION, "dynamodb:UpdateItem"),
        ("runbook", "FollowRunbooks", ACTION, "ssm:StopAutomationExecution"),
        ("acknowledge", "ReadIncidentsAndPlans", ROWS, "ADDRESS#*"),
        ("acknowledge", "FindIncidentsByTheirCodes", RESOURCE, "${Table.Arn}/index/due"),
        ("acknowledge", "ReadSigningKey", ACTION, "secretsmanager:PutSecretValue"),
        ("rotate", "DrawRandomText", ACTION, "secretsmanager:ListSecrets"),
        ("respond", "ReadOrders", ROWS, "CONTACT#*"),
        ("notify", "CallThroughEndUserMessaging", RESOURCE, "arn:aws:sms-voice:us-east-1:000000000000:sender-id/*"),
    ] {
        let template = changed(function, sid, place, |members| members.push(json!(more)));
        let found: Vec<_> = unused(&template, &RECORDED).difference(&usual).cloned().collect();
        let is_it = found.iter().all(|(in_function, in_sid, _)| in_function == function && in_sid == sid);
        assert!(!found.is_empty() && is_it, "{function} with {more} in {sid}: {found:?}");
    }
}

#[test]
fn what_nobody_can_see_is_in_the_template() {
    let template = template();
    let granted = |function: &&str| Policy::of(&template, function).statements.into_iter().map(|granted| granted.sid);
    let sids: BTreeSet<String> = FUNCTIONS.iter().flat_map(granted).collect();
    for (sid, why) in UNSEEN {
        assert!(sids.contains(sid), "no role has {sid} ({why})");
    }
}
