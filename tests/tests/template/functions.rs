//! Holds `template.yaml` against the design: what each function is, what it is told, and what it may do. CloudFormation's tags
//! are passed over while reading: `!GetAtt Table.Arn` reads as `Table.Arn`.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use std::collections::{BTreeMap, BTreeSet};

use reveille_cli::doctor::alarms::{ALARMS, OPTIONAL_ALARMS};
use reveille_cli::environment::FUNCTIONS;
use reveille_cli::installation::{Parts, parameter_name};
use reveille_engine::limits;
use reveille_local::{age_max, retries};
use reveille_tests::cloudwatch::template;
use serde_json::{Value, json};

/// What functions may write; contacts, addresses and plans are not among it. Of a contact they may say what it was
/// sent and how its channels stand, and nothing that leads a page elsewhere.
const WRITABLE: [&str; 10] = [
    "INCIDENT#*",
    "DEDUPE#*",
    "CAUSE#*",
    "COUNT#*",
    "AUTOMATION#*",
    "ORDER#*",
    "PAGER#*",
    "PAGED#*",
    "CHANNELS#*",
    "TURN#*",
];

struct Template(&'static Value);

/// A statement of a role that allows something.
struct Statement<'a> {
    role: &'a str,
    value: &'a Value,
}

impl Template {
    fn read() -> Self {
        Self(template())
    }

    fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.0["Resources"].as_object().unwrap();
        let of_kind = all.iter().filter(|(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
    }

    fn resource(&self, name: &str) -> &Value {
        let found = &self.0["Resources"][name]["Properties"];
        assert!(found.is_object(), "there is no {name}");
        found
    }

    fn function(&self, binary: &str) -> &Value {
        self.resource(&format!("{}Function", capitalized(binary)))
    }

    /// The statements of the functions' roles.
    fn statements(&self) -> Vec<Statement<'_>> {
        FUNCTIONS.iter().flat_map(|(function, _)| self.statements_of(function)).collect()
    }

    fn statements_of<'a>(&'a self, function: &'a str) -> Vec<Statement<'a>> {
        let role = format!("{}Role", capitalized(function));
        self.role_statements(&role).into_iter().map(|value| Statement { role: function, value }).collect()
    }

    /// What a role allows: by itself, and by the policies that only some installations add to it.
    fn role_statements(&self, role: &str) -> Vec<&Value> {
        let own = self.resource(role)["Policies"].as_array().unwrap().iter().map(|policy| &policy["PolicyDocument"]);
        let added = self.resources("AWS::IAM::RolePolicy").into_iter().filter(|(_, policy)| policy["RoleName"] == role);
        let documents = own.chain(added.map(|(_, policy)| &policy["PolicyDocument"]));
        documents.flat_map(|document| listed(&document["Statement"])).collect()
    }

    /// The functions whose role allows an action.
    fn who_may(&self, action: &str) -> Vec<String> {
        let found: BTreeSet<String> = self
            .statements()
            .iter()
            .filter(|statement| statement.actions().contains(&action))
            .map(|statement| statement.role.to_owned())
            .collect();
        found.into_iter().collect()
    }
}

impl Statement<'_> {
    fn actions(&self) -> Vec<&str> {
        texts(&self.value["Action"])
    }

    fn leading_keys(&self) -> Vec<&str> {
        texts(&self.value["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    }
}

fn capitalized(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

/// The members of a list. One that only some installations have stands under `!If`, as its condition, itself, and nothing.
fn listed(list: &Value) -> Vec<&Value> {
    list.as_array().unwrap().iter().map(|member| if member.is_array() { &member[1] } else { member }).collect()
}

/// What `!If` has where its condition holds, and where it does not.
fn either(value: &Value) -> (&Value, &Value, &Value) {
    (&value[0], &value[1], &value[2])
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| value.as_str().into_iter().collect(), |list| list.iter().filter_map(Value::as_str).collect())
}

#[test]
fn the_functions_are_those_of_the_design() {
    let template = Template::read();
    let built: BTreeMap<&str, &str> = template
        .resources("AWS::Serverless::Function")
        .into_iter()
        .map(|(name, _)| {
            let metadata = &template.0["Resources"][name]["Metadata"];
            assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{name}");
            (metadata["BuildProperties"]["Binary"].as_str().unwrap(), name)
        })
        .collect();
    let wanted: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(built.keys().copied().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(template.0["Globals"]["Function"]["CodeUri"], ".", "or every function compiles everything");
    assert_eq!(template.0["Globals"]["Function"]["Runtime"], "provided.al2023");
}

#[test]
fn a_build_selects_all_functions_and_nothing_else() {
    let names = FUNCTIONS.map(|(name, _)| format!("{name:?}")).join(", ");
    let section = format!("[workspace.metadata.lambda.build]\npackages = [{names}]\n");
    assert!(include_str!("../../../Cargo.toml").contains(&section), "{section}");
}

#[test]
fn each_function_is_told_exactly_what_it_reads() {
    let template = Template::read();
    assert!(template.0["Globals"]["Function"]["Environment"].is_null());
    for (name, wanted) in FUNCTIONS {
        let variables = template.function(name)["Environment"]["Variables"].as_object();
        let given: BTreeSet<&str> = variables.into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
        assert_eq!(given, wanted.into_iter().flatten().copied().collect(), "{name}");
    }
}

#[test]
fn each_function_has_a_role_and_a_log_of_its_own_that_is_kept_for_a_time() {
    let template = Template::read();
    for (name, _) in FUNCTIONS {
        let function = template.function(name);
        let logs = format!("{}Logs", capitalized(name));
        assert_eq!(function["Role"], format!("{}Role.Arn", capitalized(name)));
        assert!(function["Policies"].is_null(), "{name}: SAM would make a wider role");
        assert_eq!(function["LoggingConfig"]["LogGroup"], logs.as_str());
        assert_eq!(template.resource(&logs)["RetentionInDays"], "LogRetentionDays");
        let role = template.resource(&format!("{}Role", capitalized(name)));
        assert!(role["ManagedPolicyArns"].is_null(), "{name}");
    }
}

#[test]
fn only_notify_reaches_people() {
    let template = Template::read();
    assert_eq!(template.who_may("sns:Publish"), ["notify"]);
    assert_eq!(template.who_may("ses:SendEmail"), ["notify"]);
    for statement in template.statements() {
        let actions = statement.actions();
        if actions.contains(&"sns:Publish") && statement.value["Resource"] != "OperatorsTopic" {
            assert!(statement.value["Resource"].is_null());
            assert_eq!(statement.value["NotResource"], "arn:${AWS::Partition}:sns:*:*:*", "phone numbers only");
        }
        for action in actions {
            let sends = ["sns:", "ses:", "sms-voice:", "mobiletargeting:", "connect:"];
            assert!(statement.role == "notify" || !sends.iter().any(|service| action.starts_with(service)), "{action}");
        }
    }
}

#[test]
fn only_runbook_changes_the_account() {
    let template = Template::read();
    assert_eq!(template.who_may("ssm:StartAutomationExecution"), ["runbook"]);
    for statement in template.statements() {
        let actions = statement.actions();
        for action in &actions {
            let harmless = ["logs:", "dynamodb:", "sqs:", "secretsmanager:", "kms:"]
                .iter()
                .any(|service| action.starts_with(service));
            let own = match statement.role {
                "notify" => ["sns:Publish", "ses:SendEmail", "sms-voice:SendTextMessage", "sms-voice:SendVoiceMessage"]
                    .contains(action),
                "respond" => ["scheduler:CreateSchedule", "iam:PassRole"].contains(action),
                "runbook" => {
                    ["ssm:StartAutomationExecution", "ssm:GetAutomationExecution", "iam:PassRole"].contains(action)
                }
                _ => false,
            };
            assert!(harmless || own, "{} may {action}", statement.role);
        }
        if actions.contains(&"iam:PassRole") {
            let (resource, service) = match statement.role {
                "runbook" => ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/reveille/*", "ssm.amazonaws.com"),
                _ => ("DeadlineRole.Arn", "scheduler.amazonaws.com"),
            };
            assert_eq!(statement.value["Resource"], resource);
            assert_eq!(statement.value["Condition"]["StringEquals"]["iam:PassedToService"], service);
        }
    }
}

#[test]
fn runbooks_start_only_by_the_names_of_this_stack_or_the_prefix() {
    let template = Template::read();
    let statements = template.statements_of("runbook");
    let start = statements.iter().find(|statement| statement.actions() == ["ssm:StartAutomationExecution"]).unwrap();
    for resource in texts(&start.value["Resource"]) {
        let name = resource.rsplit_once("${AWS::AccountId}:").unwrap().1;
        let known = ["${WebServerRestart}", "${AddCapacity}", "${RunChecks}", "${RunbookPrefix}*"];
        let named = known.iter().any(|known| {
            name == format!("document/{known}") || name.starts_with(&format!("automation-definition/{known}"))
        });
        assert!(named || name == "automation-execution/*", "{resource}");
    }
}

#[test]
fn the_roles_of_runbooks_are_the_only_ones_that_can_be_passed() {
    let template = Template::read();
    for (name, document) in template.resources("AWS::SSM::Document") {
        let role = document["Content"]["assumeRole"].as_str().unwrap().strip_suffix(".Arn").unwrap();
        assert_eq!(role, format!("{name}Role"));
        assert_eq!(template.resource(role)["Path"], "/reveille/");
        assert_eq!(document["UpdateMethod"], "NewVersion", "a named document cannot be replaced");
        assert_eq!(document["Name"], name);
    }
    let under_path = template.resources("AWS::IAM::Role").into_iter().filter(|(_, role)| role["Path"] == "/reveille/");
    assert_eq!(under_path.count(), template.resources("AWS::SSM::Document").len());
}

#[test]
fn no_function_writes_contacts_addresses_or_plans() {
    let template = Template::read();
    for statement in template.statements() {
        let writes = ["dynamodb:PutItem", "dynamodb:UpdateItem"];
        let (role, actions) = (statement.role, statement.actions());
        for action in actions.iter().filter(|action| action.starts_with("dynamodb:")) {
            let reads = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
            assert!(writes.contains(action) || reads.contains(action), "{role} may {action}");
        }
        if !actions.iter().any(|action| writes.contains(action)) {
            continue;
        }
        let keys = statement.leading_keys();
        assert!(!keys.is_empty(), "{role} writes anywhere");
        assert!(keys.iter().all(|key| WRITABLE.contains(key)), "{role} writes {keys:?}");
        // Without it, a request that names no key would be allowed.
        assert_eq!(statement.value["Condition"]["Null"]["dynamodb:LeadingKeys"], "false", "{role}");
    }
}

#[test]
fn each_function_writes_the_rows_that_it_has_to() {
    let template = Template::read();
    let writers = |key: &str| -> Vec<&str> {
        let may_write = |function: &str| {
            template.statements_of(function).iter().any(|statement| {
                let writes = ["dynamodb:PutItem", "dynamodb:UpdateItem"];
                let may_write = statement.actions().iter().any(|action| writes.contains(action));
                may_write && statement.leading_keys().contains(&key)
            })
        };
        FUNCTIONS.iter().map(|(function, _)| *function).filter(|function| may_write(function)).collect()
    };
    // How a channel stands: providers report it to the one, its owner says STOP to the other.
    assert_eq!(writers("CHANNELS#*"), ["notify", "acknowledge"]);
    // Whoever takes a step writes it; `rotate` takes none. What has come for a deadline has no cause that could come twice.
    let steps = ["ingest", "respond", "escalate", "notify", "runbook", "acknowledge"];
    assert_eq!(writers("INCIDENT#*"), steps);
    assert_eq!(writers("CAUSE#*"), ["ingest", "notify", "runbook", "acknowledge"]);
    // Only a signal or a person closes an incident, and so gives its dedupe key back.
    assert_eq!(writers("DEDUPE#*"), ["ingest", "acknowledge"]);
    // Repeats are counted as they come in, and sealed by whoever closes the incident: a signal or a person.
    assert_eq!(writers("COUNT#*"), ["ingest", "acknowledge"]);
    assert_eq!(writers("AUTOMATION#*"), ["runbook"]);
    // Whoever may begin an escalation plan takes its turn: a deadline, or a responder who escalates or adds somebody.
    assert_eq!(writers("TURN#*"), ["respond", "escalate", "acknowledge"]);
    // Who sends keeps the book of what was sent, and nobody else can write into it.
    for key in ["PAGER#*", "PAGED#*"] {
        assert_eq!(writers(key), ["notify"], "{key}");
    }
    assert_eq!(writers("ORDER#*"), ["notify", "acknowledge"]);
    assert_eq!(writers("NUMBER#*"), [""; 0], "whose number it is, only an operator says");
}

#[test]
fn replies_come_from_numbers_of_this_account_and_none_is_lost() {
    let template = Template::read();
    let policy = &template.resource("RepliesTopicPolicy")["PolicyDocument"]["Statement"];
    let statements = policy.as_array().unwrap();
    assert_eq!(statements.len(), 1, "nobody else can speak with anybody's number");
    assert_eq!(statements[0]["Principal"]["Service"], "sms-voice.amazonaws.com");
    assert_eq!(statements[0]["Condition"]["StringEquals"]["aws:SourceAccount"], "AWS::AccountId");
    let subscription = template.resource("RepliesSubscription");
    assert_eq!(subscription["TopicArn"], "RepliesTopic");
    assert_eq!(subscription["Endpoint"], "AcknowledgeFunction.Arn");
    assert_eq!(subscription["RedrivePolicy"]["deadLetterTargetArn"], "InvocationDeadQueue.Arn");
    assert_eq!(template.resource("RepliesPermission")["SourceArn"], "RepliesTopic");
    let dead = &template.resource("InvocationDeadQueuePolicy")["PolicyDocument"]["Statement"];
    let topic =
        |statement: &&Value| texts(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]).contains(&"RepliesTopic");
    assert_eq!(dead.as_array().unwrap().iter().filter(topic).count(), 1);
}

#[test]
fn only_notify_reads_addresses_and_nobody_reads_the_whole_table() {
    let template = Template::read();
    for statement in template.statements() {
        if statement.value["Resource"] == "Table.Arn" {
            let keys = statement.leading_keys();
            let addresses = keys.iter().any(|key| "ADDRESS#natsu".starts_with(key.trim_end_matches('*')));
            assert!(
                !keys.is_empty() && (!addresses || statement.role == "notify"),
                "{} reads {keys:?}",
                statement.role
            );
        } else if statement.actions().contains(&"dynamodb:Query") {
            // What is overdue is looked for by whoever works it; what is open, by whoever is sent a code of it.
            let index = if statement.role == "acknowledge" { "list" } else { "due" };
            assert_eq!(statement.value["Resource"], format!("${{Table.Arn}}/index/{index}"));
            assert!(["respond", "notify", "runbook", "acknowledge"].contains(&statement.role));
        }
    }
}

#[test]
fn the_signing_key_is_read_where_links_are_made_checked_and_rotated() {
    let template = Template::read();
    let readers = FUNCTIONS.iter().map(|(function, _)| *function).filter(|function| {
        let reads = |statement: &Statement<'_>| statement.actions().contains(&"secretsmanager:GetSecretValue");
        let statements = template.statements_of(function);
        statements.iter().any(|statement| reads(statement) && statement.value["Resource"] == "SigningSecret")
    });
    assert_eq!(readers.collect::<Vec<_>>(), ["notify", "acknowledge", "rotate"]);
    assert_eq!(template.who_may("secretsmanager:PutSecretValue"), ["rotate"]);
    assert_eq!(template.resource("SigningSecret")["GenerateSecretString"]["PasswordLength"], 64);
}

#[test]
fn each_statement_names_its_intent_and_no_action_is_a_wildcard() {
    let template = Template::read();
    let roles = template.resources("AWS::IAM::Role").into_iter();
    let roles = roles.map(|(name, _)| (name, template.role_statements(name)));
    let people = template.resources("AWS::IAM::ManagedPolicy").into_iter();
    let people = people.map(|(name, policy)| (name, listed(&policy["PolicyDocument"]["Statement"])));
    for (name, statements) in roles.chain(people) {
        let mut intents = BTreeSet::new();
        for statement in statements {
            let intent = statement["Sid"].as_str().unwrap_or_else(|| panic!("{name}: a statement has no Sid"));
            assert!(intents.insert(intent), "{name}: {intent} twice");
            assert!(texts(&statement["Action"]).iter().all(|action| !action.contains('*')), "{name}: {intent}");
            if texts(&statement["Resource"]).contains(&"*") {
                let looks = |action: &&str| {
                    let api = action.split_once(':').map_or(*action, |(_, api)| api);
                    ["Check", "Describe", "Get", "List"].iter().any(|verb| api.starts_with(verb))
                };
                assert!(texts(&statement["Action"]).iter().all(looks), "{name}: {intent} changes anything anywhere");
            }
        }
    }
}

#[test]
fn each_queue_has_a_dead_letter_queue_and_each_of_those_an_alarm() {
    let template = Template::read();
    let queues = template.resources("AWS::SQS::Queue");
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let watched = |queue: &str, metric: &str| {
        alarms.iter().any(|(_, alarm)| {
            alarm["MetricName"] == metric && alarm["Dimensions"][0]["Value"] == format!("{queue}.QueueName")
        })
    };
    for (name, queue) in &queues {
        if let Some(dead) = queue["RedrivePolicy"]["deadLetterTargetArn"].as_str() {
            assert!(queues.iter().any(|(other, _)| dead == format!("{other}.Arn")), "{name}");
            assert!(watched(name, "ApproximateAgeOfOldestMessage"), "nobody sees {name} grow old");
        } else {
            assert!(name.ends_with("DeadQueue"), "{name} has no dead-letter queue");
            assert!(watched(name, "ApproximateNumberOfMessagesVisible"), "nobody sees what falls into {name}");
        }
    }
}

#[test]
fn a_queue_hides_its_messages_six_times_as_long_as_its_function_may_take() {
    let template = Template::read();
    let mut consumers = BTreeMap::new();
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let events = function["Events"].as_object();
        for event in events.into_iter().flat_map(|events| events.values()).filter(|event| event["Type"] == "SQS") {
            let properties = &event["Properties"];
            assert_eq!(texts(&properties["FunctionResponseTypes"]), ["ReportBatchItemFailures"], "{name}");
            let queue = properties["Queue"].as_str().unwrap().strip_suffix(".Arn").unwrap();
            let visibility = template.resource(queue)["VisibilityTimeout"].as_u64().unwrap();
            assert!(visibility >= 6 * function["Timeout"].as_u64().unwrap(), "{queue} and {name}");
            assert!(consumers.insert(queue, name).is_none(), "{queue} has two consumers");
        }
    }
    let wanted = ["IngestFailureQueue", "NudgeQueue", "PageQueue", "RunbookQueue", "SlowPageQueue"];
    assert_eq!(consumers.keys().copied().collect::<Vec<_>>(), wanted);
    // The lease of an outbox row lasts 20 s: its holder must be gone before somebody else may claim it.
    for function in ["notify", "runbook"] {
        assert!(template.function(function)["Timeout"].as_u64().unwrap() < 20);
    }
}

#[test]
fn what_fails_asynchronously_is_kept_and_the_function_may_keep_it() {
    let template = Template::read();
    for function in ["ingest", "respond", "escalate", "notify", "runbook", "acknowledge", "rotate"] {
        let destination = &template.function(function)["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
        let wanted = if function == "ingest" { "IngestFailureQueue.Arn" } else { "InvocationDeadQueue.Arn" };
        assert_eq!(destination["Destination"], wanted, "{function}");
        let may = template.statements_of(function).iter().any(|statement| {
            statement.actions() == ["sqs:SendMessage"] && texts(&statement.value["Resource"]).contains(&wanted)
        });
        assert!(may, "{function} may not leave its failures");
    }
    for (name, rule) in template.resources("AWS::Events::Rule") {
        let target = &rule["Targets"][0];
        assert!(target["DeadLetterConfig"]["Arn"].is_string(), "{name}");
    }
    for (name, schedule) in template.resources("AWS::Scheduler::Schedule") {
        assert_eq!(schedule["Target"]["DeadLetterConfig"]["Arn"], "ScheduleDeadQueue.Arn", "{name}");
    }
}

#[test]
fn the_local_world_tries_again_as_often_and_as_long_as_the_stack() {
    let template = Template::read();
    for (function, _) in FUNCTIONS {
        let wanted = &template.function(function)["EventInvokeConfig"];
        assert_eq!(json!(retries(function)), wanted["MaximumRetryAttempts"], "{function}");
        assert_eq!(json!(age_max(function).as_secs()), wanted["MaximumEventAgeInSeconds"], "{function}");
    }
}

#[test]
fn providers_report_to_notify_and_to_nobody_else() {
    let template = Template::read();
    let subscription = template.resource("ReportSubscription");
    assert_eq!(subscription["Endpoint"], "NotifyFunction.Arn");
    assert_eq!(subscription["RedrivePolicy"]["deadLetterTargetArn"], "InvocationDeadQueue.Arn");
    let statement = &template.resource("ReportTopicPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!(texts(&statement["Principal"]["Service"]), ["ses.amazonaws.com", "sms-voice.amazonaws.com"]);
    for service in ["ses", "sms-voice"] {
        let set = "${AWS::Region}:${AWS::AccountId}:configuration-set/${AWS::StackName}-pages";
        let arn = format!("arn:${{AWS::Partition}}:{service}:{set}");
        assert!(texts(&statement["Condition"]["ArnLike"]["aws:SourceArn"]).contains(&arn.as_str()), "{arn}");
    }
    assert_eq!(template.resource("EmailReports")["EventDestination"]["SnsDestination"]["TopicARN"], "ReportTopic");
    let messaging = &template.resource("MessagingConfigurationSet")["EventDestinations"][0];
    assert_eq!(messaging["SnsDestination"]["TopicArn"], "ReportTopic");
}

#[test]
fn servers_that_hang_cannot_take_all_of_notify() {
    let template = Template::read();
    let events = &template.function("notify")["Events"];
    assert!(events["Pages"]["Properties"]["ScalingConfig"].is_null(), "an SMS waits for nobody");
    assert_eq!(events["SlowPages"]["Properties"]["ScalingConfig"]["MaximumConcurrency"], 5);
}

#[test]
fn the_nudge_loop_is_not_cut_off_after_sixteen_hops() {
    let template = Template::read();
    for (name, _) in FUNCTIONS.iter().filter(|(name, _)| *name != "rotate") {
        assert_eq!(template.function(name)["RecursiveLoop"], "Allow", "{name}");
    }
}

#[test]
fn the_tick_wakes_those_who_work_overdue_rows_each_minute() {
    let template = Template::read();
    let ticks: BTreeSet<&str> = template
        .resources("AWS::Scheduler::Schedule")
        .into_iter()
        .filter(|(name, _)| *name != "SyntheticSchedule")
        .map(|(_, schedule)| {
            assert_eq!(schedule["ScheduleExpression"], "rate(1 minute)");
            let input: Value = serde_json::from_str(schedule["Target"]["Input"].as_str().unwrap()).unwrap();
            assert_eq!(input, serde_json::json!({ "tick": true }));
            schedule["Target"]["Arn"].as_str().unwrap()
        })
        .collect();
    assert_eq!(ticks, BTreeSet::from(["NotifyFunction.Arn", "RespondFunction.Arn", "RunbookFunction.Arn"]));
}

#[test]
fn no_beat_is_an_alarm_and_each_function_is_watched() {
    let template = Template::read();
    let heartbeat = template.resource("HeartbeatAlarm");
    assert_eq!(heartbeat["TreatMissingData"], "breaching");
    assert_eq!(heartbeat["Threshold"], limits::OVERDUE_S_MAX, "what the switch outside hears is what the alarm says");
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let names: BTreeSet<String> =
        alarms.iter().flat_map(|(_, alarm)| texts(&alarm["AlarmName"])).map(str::to_owned).collect();
    let optional: BTreeSet<String> = alarms
        .iter()
        .filter(|(id, _)| template.0["Resources"][id]["Condition"].is_string())
        .flat_map(|(_, alarm)| texts(&alarm["AlarmName"]))
        .map(str::to_owned)
        .collect();
    let named = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| format!("${{AWS::StackName}}-{name}")).collect()
    };
    let looked_at = named(&[&ALARMS[..], &OPTIONAL_ALARMS[..]].concat());
    assert_eq!((names, optional), (looked_at, named(&OPTIONAL_ALARMS)), "the doctor looks at all of them");
    for (function, _) in FUNCTIONS {
        for metric in ["Errors", "Throttles"] {
            let dimension = format!("{}Function", capitalized(function));
            let watched =
                |alarm: &Value| alarm["MetricName"] == metric && alarm["Dimensions"][0]["Value"] == dimension.as_str();
            assert!(alarms.iter().any(|(_, alarm)| watched(alarm)), "{metric} of {function}");
        }
    }
}

/// Whoever floods a webhook takes no room of those who acknowledge: each route of `ingest` has limits of its own, and those of
/// `acknowledge` have the others.
#[test]
fn every_route_is_throttled_and_webhooks_take_no_room_of_the_acknowledge_page() {
    let template = Template::read();
    let front = template.resource("Front");
    let limits = |burst: &str, rate: &str| json!({ "ThrottlingBurstLimit": burst, "ThrottlingRateLimit": rate });
    assert_eq!(front["DefaultRouteSettings"], limits("HttpBurst", "HttpRate"));
    let routes = |function: &str| -> BTreeSet<String> {
        let events = template.function(function)["Events"].as_object().unwrap();
        let of_http = events.values().filter(|event| event["Type"] == "HttpApi").map(|event| &event["Properties"]);
        of_http.map(|of| format!("{} {}", of["Method"].as_str().unwrap(), of["Path"].as_str().unwrap())).collect()
    };
    let own = front["RouteSettings"].as_object().unwrap();
    assert_eq!(own.keys().cloned().collect::<BTreeSet<_>>(), routes("ingest"));
    assert!(own.values().all(|settings| *settings == limits("WebhookBurst", "WebhookRate")), "{own:?}");
    assert_eq!(routes("acknowledge").len(), 2, "looking and answering have the default limits");
}

#[test]
fn the_access_log_has_no_path_query_or_address() {
    let template = Template::read();
    let format = template.resource("Front")["AccessLogSettings"]["Format"].as_str().unwrap();
    serde_json::from_str::<Value>(format).expect("a line of the access log is JSON");
    for part in ["path", "query", "sourceIp", "userAgent", "authorizer", "body"] {
        assert!(!format.to_lowercase().contains(&part.to_lowercase()), "{part}");
    }
}

#[test]
fn the_way_in_is_open_to_this_account_only() {
    let template = Template::read();
    for (name, permission) in template.resources("AWS::Lambda::Permission") {
        let bound = permission["SourceAccount"] == "AWS::AccountId" || permission["SourceArn"].is_string();
        assert!(bound, "{name} lets anybody's {} in", permission["Principal"]);
    }
    let alarms = template.resource("AlarmActionPermission");
    assert_eq!(alarms["Principal"], "lambda.alarms.cloudwatch.amazonaws.com");
    assert_eq!(alarms["SourceAccount"], "AWS::AccountId");
    let rules = template.resource("RulePermission");
    assert_eq!(rules["Principal"], "events.amazonaws.com");
    assert_eq!(rules["SourceAccount"], "AWS::AccountId");
}

#[test]
fn the_internet_reaches_five_routes_and_each_is_throttled() {
    let template = Template::read();
    let mut routes = BTreeSet::new();
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let events = function["Events"].as_object();
        for event in events.into_iter().flat_map(|events| events.values()).filter(|event| event["Type"] == "HttpApi") {
            let properties = &event["Properties"];
            let (method, path) = (properties["Method"].as_str().unwrap(), properties["Path"].as_str().unwrap());
            routes.insert(format!("{method} {path} → {name}"));
        }
    }
    let wanted = [
        "GET /a/{token} → AcknowledgeFunction",
        "POST /a/{token} → AcknowledgeFunction",
        "POST /v2/enqueue → IngestFunction",
        "POST /webhook → IngestFunction",
        "POST /webhook/{proxy+} → IngestFunction",
    ];
    assert_eq!(routes, wanted.map(str::to_owned).into());
    let settings = &template.resource("Front")["DefaultRouteSettings"];
    assert!(settings["ThrottlingBurstLimit"].is_string() && settings["ThrottlingRateLimit"].is_string());
}

#[test]
fn the_table_outlives_the_stack_and_has_the_two_sparse_indexes() {
    let template = Template::read();
    assert_eq!(template.0["Resources"]["Table"]["DeletionPolicy"], "Retain");
    let table = template.resource("Table");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "ttl");
    let keys: Vec<Vec<&str>> = table["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| {
            let schema = index["KeySchema"].as_array().unwrap();
            let names = schema.iter().map(|key| key["AttributeName"].as_str().unwrap());
            std::iter::once(index["IndexName"].as_str().unwrap()).chain(names).collect()
        })
        .collect();
    assert_eq!(keys, [["due", "due_pk", "due_at"], ["list", "list_pk", "list_sk"]]);
}

/// The text of the parameter that tells commands what the stack consists of, with something in each placeholder's place.
fn installation_text(template: &Template, filled: impl Fn(&str) -> String) -> String {
    let value = template.resource("InstallationParameter")["Value"][0].as_str().unwrap();
    let mut parts = value.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap();
        text += &format!("{}{rest}", filled(placeholder));
    }
    text
}

#[test]
fn the_stack_writes_down_all_that_a_command_wants_to_know() {
    let template = Template::read();
    assert_eq!(template.resource("InstallationParameter")["Name"], parameter_name("${AWS::StackName}"));
    let text = installation_text(&template, str::to_owned);
    let parts: Parts = serde_json::from_str(&text).unwrap();
    assert_eq!(parts.doubt(), None, "the template has another version than the command");
    let written: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&parts).unwrap(), written, "each part, and nothing that no command knows");
    for queue in template.resources("AWS::SQS::Queue").into_iter().map(|(name, _)| name) {
        assert!(text.contains(&format!("\"{queue}\"")), "{queue} is not written down");
    }
    // Where the signing key is says nothing of what it is.
    assert!(!text.contains("OperatorsEmail"), "an address stands where many can read it");
}

#[test]
fn the_longest_names_leave_the_parameter_within_its_four_kilobytes() {
    let longest = |placeholder: &str| match placeholder {
        // Of a name with 80 characters, and about 55 before it.
        name if name.ends_with("Queue") || name.ends_with("Topic") || name.ends_with(".Arn") => 140,
        "EmailFrom" => 254,
        "RunbookPrefix" => 100,
        "Table" | "FrontAddress" | "Front.ApiEndpoint" => 80,
        // Regions, the stack's own documents, the two senders.
        _ => 20,
    };
    let text = installation_text(&Template::read(), |placeholder| "x".repeat(longest(placeholder)));
    assert!(text.len() < 4_096, "{} bytes", text.len());
}

#[test]
fn responders_read_no_address_and_change_no_configuration() {
    let template = Template::read();
    let statements = |policy: &str| -> Vec<Value> {
        listed(&template.resource(policy)["PolicyDocument"]["Statement"]).into_iter().cloned().collect()
    };
    let writes = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
    let configuration = ["SETTINGS", "CONTACT#", "CHANNELS#", "PLAN#", "SCHEDULE#", "RESPONSE#"];
    for value in statements("ResponderPolicy") {
        let statement = Statement { role: "ResponderPolicy", value: &value };
        assert!(
            !statement.actions().contains(&"dynamodb:DeleteItem") && !statement.actions().contains(&"dynamodb:Scan")
        );
        let changes = statement.actions().iter().any(|action| writes.contains(action));
        for key in statement.leading_keys() {
            assert!(!["ADDRESS#*", "NUMBER#*", "PAGED#*", "PAGER#*", "ORDER#*"].contains(&key), "{key}");
            assert!(!changes || !configuration.iter().any(|kind| key.starts_with(kind)), "responders write {key}");
        }
    }
    for policy in ["OperatorPolicy", "ResponderPolicy"] {
        for value in statements(policy).iter().filter(|value| value["Resource"] == "Table.Arn") {
            let statement = Statement { role: policy, value };
            // What describes the table shows none of its rows.
            if statement.actions().iter().all(|action| action.starts_with("dynamodb:Describe")) {
                continue;
            }
            assert!(!statement.leading_keys().is_empty(), "{policy} reaches the whole table");
            assert_eq!(value["Condition"]["Null"]["dynamodb:LeadingKeys"], "false", "{policy}");
        }
        let output = &template.0["Outputs"][format!("{policy}Arn")]["Value"];
        assert_eq!(output, policy, "its ARN is an output");
    }
}

#[test]
fn operators_may_ask_an_account_what_lint_asks_and_the_document_says_the_same() {
    let template = Template::read();
    let allowed: BTreeSet<String> =
        template.0["Resources"]["OperatorPolicy"]["Properties"]["PolicyDocument"]["Statement"]
            .as_array()
            .expect("statements")
            .iter()
            .filter(|statement| statement["Sid"].as_str().is_some_and(|sid| sid.starts_with("AskWh")))
            .flat_map(|statement| texts(&statement["Action"]).into_iter().map(str::to_owned).collect::<Vec<_>>())
            .collect();
    let document = include_str!("../../../docs/lint/README.md");
    let policy = document.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a policy");
    let policy: Value = serde_json::from_str(policy).expect("the policy is JSON");
    let mut written: BTreeSet<String> =
        texts(&policy["Statement"][0]["Action"]).into_iter().map(str::to_owned).collect();
    assert!(written.remove("ssm:GetParameter"), "the installation is found first");
    assert_eq!(written, allowed);
}

#[test]
fn the_url_of_the_dead_mans_switch_is_a_secret_that_respond_alone_reads() {
    let template = Template::read();
    let parameter = &template.0["Parameters"]["HeartbeatUrl"];
    assert_eq!((&parameter["NoEcho"], &parameter["Default"]), (&true.into(), &"".into()));
    assert!(parameter["AllowedPattern"].as_str().unwrap().starts_with("^$|^https://"), "nothing leaves unencrypted");
    let uses = include_str!("../../../template.yaml").lines().filter(|line| line.contains("!Ref HeartbeatUrl"));
    assert_eq!(
        uses.map(str::trim).collect::<Vec<_>>(),
        ["HasHeartbeatUrl: !Not [!Equals [!Ref HeartbeatUrl, \"\"]]", "SecretString: !Ref HeartbeatUrl",]
    );
    let readers: Vec<&str> = template
        .statements()
        .iter()
        .filter(|one| one.value["Resource"] == "HeartbeatSecret")
        .map(|one| one.role)
        .collect();
    assert_eq!(readers, ["respond"]);
    assert_eq!(template.0["Resources"]["HeartbeatSecret"]["Condition"], "HasHeartbeatUrl");
    let told = &template.function("respond")["Environment"]["Variables"]["REVEILLE_HEARTBEAT_SECRET_ARN"];
    assert_eq!(either(told), (&"HasHeartbeatUrl".into(), &"HeartbeatSecret".into(), &"".into()));
}

#[test]
fn the_synthetic_alarm_is_known_by_the_name_that_ingest_is_told() {
    let template = Template::read();
    let target = &template.resource("SyntheticSchedule")["Target"];
    assert_eq!(target["Arn"], "SyntheticTopic");
    let heard =
        template.resources("AWS::SNS::Subscription").into_iter().filter(|(_, one)| one["TopicArn"] == "SyntheticTopic");
    let heard: Vec<&str> = heard.map(|(_, one)| one["Endpoint"].as_str().unwrap()).collect();
    assert_eq!(heard, ["IngestFunction.Arn"], "nobody else hears of it");
    let dead = &template.resource("IngestFailureQueuePolicy")["PolicyDocument"]["Statement"];
    let topics = dead.as_array().unwrap().iter().flat_map(|one| texts(&one["Condition"]["ArnEquals"]["aws:SourceArn"]));
    assert_eq!(topics.collect::<Vec<_>>(), ["AlarmTopic", "SyntheticTopic"], "what a topic cannot hand over is kept");
    let message: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
    assert_eq!(
        message["AlarmName"],
        template.function("ingest")["Environment"]["Variables"]["REVEILLE_SYNTHETIC_ALARM"]
    );
    let ours = template.resources("AWS::CloudWatch::Alarm");
    assert!(ours.iter().all(|(_, alarm)| alarm["AlarmName"] != message["AlarmName"]), "and no real alarm has it");
    // An `ingest` that does not know it yet would page somebody.
    let schedule = &template.0["Resources"]["SyntheticSchedule"];
    assert!(texts(&schedule["DependsOn"]).contains(&"IngestFunction"));
    for parts in ["SyntheticSchedule", "SyntheticRole", "SyntheticAlarms", "SyntheticPageAlarm", "SyntheticAnswerAlarm"]
    {
        assert_eq!(template.0["Resources"][parts]["Condition"], "TestsItself", "{parts}");
    }
    let rates = texts_of_numbers(&template.0["Parameters"]["SyntheticMinutes"]["AllowedValues"]);
    let periods = template.0["Mappings"]["Synthetic"].as_object().unwrap();
    assert_eq!(rates, periods.keys().cloned().collect());
    for (minutes, row) in periods.iter().filter(|(minutes, _)| *minutes != "0") {
        assert_eq!(row["Period"].as_u64().unwrap(), 60 * minutes.parse::<u64>().unwrap());
    }
}

fn texts_of_numbers(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(ToString::to_string).collect()
}

// ── The customer's key. ──

#[test]
fn everything_that_rests_is_under_the_customers_key_if_there_is_one() {
    let template = Template::read();
    let (has_key, key, none) = ("HasKmsKey".into(), "KmsKeyArn".into(), "AWS::NoValue".into());
    let customers = (&has_key, &key, &none);
    let kinds = [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
    ];
    for (kind, property) in kinds {
        let resources = template.resources(kind);
        assert!(resources.len() > 1, "{kind}");
        for (name, resource) in resources {
            assert_eq!(either(&resource[property]), customers, "{name}");
        }
    }
    let sse = &template.resource("Table")["SSESpecification"];
    assert_eq!((&sse["SSEEnabled"], either(&sse["KMSMasterKeyId"])), (&true.into(), customers));
    // Without it each queue has SQS's own key, and never both.
    for (name, queue) in template.resources("AWS::SQS::Queue") {
        assert_eq!(either(&queue["SqsManagedSseEnabled"]), (&has_key, &none, &true.into()), "{name}");
    }
}

/// Services through which an action goes, as `kms:ViaService` names them.
fn through(statement: &Value) -> BTreeSet<&str> {
    let services = texts(&statement["Condition"]["StringEquals"]["kms:ViaService"]).into_iter();
    services.map(|service| service.strip_suffix(".${AWS::Region}.amazonaws.com").unwrap()).collect()
}

/// What a principal has done with the key follows from what else it may do: whoever reads or writes rows or takes messages has
/// something decrypted, whoever sends has a data key made and decrypted, whoever reads a secret decrypts it.
fn needs_of_key(statements: &[&Value]) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for action in statements.iter().filter(|one| one["NotResource"].is_null()).flat_map(|one| texts(&one["Action"])) {
        let (decrypts, encrypts) = match action {
            "dynamodb:GetItem"
            | "dynamodb:BatchGetItem"
            | "dynamodb:Query"
            | "dynamodb:PutItem"
            | "dynamodb:UpdateItem"
            | "dynamodb:DeleteItem"
            | "dynamodb:ConditionCheckItem" => (Some("dynamodb"), None),
            "sqs:ReceiveMessage" => (Some("sqs"), None),
            "sqs:SendMessage" => (Some("sqs"), Some("sqs")),
            "sns:Publish" => (Some("sns"), Some("sns")),
            "secretsmanager:GetSecretValue" => (Some("secretsmanager"), None),
            "secretsmanager:PutSecretValue" => (Some("secretsmanager"), Some("secretsmanager")),
            _ => (None, None),
        };
        needs.entry("kms:Decrypt").or_default().extend(decrypts);
        needs.entry("kms:GenerateDataKey").or_default().extend(encrypts);
    }
    needs.retain(|_, services| !services.is_empty());
    needs
}

#[test]
fn each_role_has_exactly_what_it_needs_done_with_the_customers_key() {
    let template = Template::read();
    let roles = template.resources("AWS::IAM::Role").into_iter().filter(|(_, role)| role["Path"] != "/reveille/");
    let roles = roles.map(|(name, _)| (name, template.role_statements(name)));
    let people = ["OperatorPolicy", "ResponderPolicy"]
        .map(|policy| (policy, listed(&template.resource(policy)["PolicyDocument"]["Statement"])));
    for (name, statements) in roles.chain(people) {
        let mut has: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let on_key = |one: &&&Value| texts(&one["Action"]).iter().any(|action| action.starts_with("kms:"));
        for statement in statements.iter().filter(on_key) {
            assert_eq!(statement["Resource"], "KmsKeyArn", "{name}");
            assert!(!through(statement).is_empty(), "{name}: only through a service");
            for action in texts(&statement["Action"]) {
                has.entry(action).or_default().extend(through(statement));
            }
        }
        assert_eq!(has, needs_of_key(&statements), "{name}");
    }
    for (name, policy) in &template.resources("AWS::IAM::RolePolicy") {
        let condition = template.0["Resources"][name]["Condition"].as_str().unwrap();
        let is_key = policy["PolicyName"].as_str().unwrap().ends_with("key");
        assert_eq!(is_key, condition.ends_with("KmsKey"), "{name} is there only where there is a key");
    }
}

#[test]
fn the_document_says_what_the_policy_of_the_key_must_allow() {
    let document = include_str!("../../../docs/OPERATING.md");
    let (_, section) = document.split_once("\n### A key of your own\n").expect("a section");
    let policy = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a policy");
    let policy: Value = serde_json::from_str(policy).expect("the policy is JSON");
    let allowed = |service: &str| {
        let statements = policy["Statement"].as_array().unwrap().iter();
        let mut of_service = statements.filter(|one| texts(&one["Principal"]["Service"]).contains(&service));
        let actions: BTreeSet<&str> = of_service.by_ref().flat_map(|one| texts(&one["Action"])).collect();
        actions
    };
    let publishes = BTreeSet::from(["kms:Decrypt", "kms:GenerateDataKey*"]);
    let template = Template::read();
    // Whoever may publish to a topic or put something into a queue by the policy of that topic or queue.
    let kinds = ["AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"];
    let policies = kinds.into_iter().flat_map(|kind| template.resources(kind));
    let mut services = BTreeSet::new();
    for (_, of_resource) in policies {
        for statement in of_resource["PolicyDocument"]["Statement"].as_array().unwrap() {
            services.extend(texts(&statement["Principal"]["Service"]));
        }
    }
    assert!(services.len() >= 5, "{services:?}");
    for service in services {
        assert!(allowed(service).is_superset(&publishes), "{service} {:?}", allowed(service));
    }
    assert!(allowed("logs.REGION.amazonaws.com").contains("kms:Encrypt*"));
}
