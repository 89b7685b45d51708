//! What a function's role in `template.yaml` allows, decided as IAM decides it.

use std::fmt;

use reveille_local::names::{
    ACCOUNT, INGEST_FAILURE_QUEUE, INVOCATION_DEAD_QUEUE, NUDGE_QUEUE, OPERATORS_TOPIC, PAGE_QUEUE, REGION,
    RUNBOOK_QUEUE, SCHEDULE_GROUP, SIGNING_KEY_SECRET, SLOW_PAGE_QUEUE, queue_arn,
};
use reveille_tests::embedded::Permission;
use serde_json::Value;

/// The name that the secret with the dead man's switch's URL has here.
pub(crate) const HEARTBEAT_SECRET: &str = "reveille-heartbeat";

/// A role's statements.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) statements: Vec<Statement>,
}

/// A statement that allows something.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Everything but these.
    pub(crate) not_resources: Vec<String>,
    /// Patterns of partition keys; none: whatever the key is.
    pub(crate) leading_keys: Vec<String>,
    /// Condition keys and the only value that each may have.
    pub(crate) equals: Vec<(String, String)>,
}

/// One thing that a statement allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    Action(String),
    Resource(String),
    LeadingKey(String),
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(action) => formatter.write_str(action),
            Self::Resource(resource) => write!(formatter, "on {resource}"),
            Self::LeadingKey(key) => write!(formatter, "rows {key}"),
        }
    }
}

impl Policy {
    /// The role of a function, with the names that the local stack has for what the template makes.
    pub(crate) fn of(template: &Value, function: &str) -> Self {
        let role = format!("{}{}Role", function[..1].to_uppercase(), &function[1..]);
        let resources = &template["Resources"];
        let own = resources[&role]["Properties"]["Policies"].as_array().expect("policies").iter();
        // Others hang on parameters. With a key of the customer's, it is the services that use it, in the function's name: no
        // request of ours shows that, and `tests/tests/template/functions.rs` has its sentences.
        let others = resources.as_object().expect("resources").values().filter(|resource| {
            let of_the_key = resource["Condition"].as_str().is_some_and(|condition| condition.contains("KmsKey"));
            resource["Type"] == "AWS::IAM::RolePolicy" && resource["Properties"]["RoleName"] == role && !of_the_key
        });
        let policies = own.chain(others.map(|resource| &resource["Properties"]));
        let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        Self { statements: statements.flatten().map(Statement::of).collect() }
    }

    /// Whether a statement allows it. A request is allowed by one statement or not at all.
    pub(crate) fn allows(&self, asked: &Permission) -> bool {
        self.statements.iter().any(|statement| statement.allows(asked))
    }

    /// The policy without one grant.
    pub(crate) fn without(&self, sid: &str, grant: &Grant) -> Self {
        let mut less = self.clone();
        for statement in less.statements.iter_mut().filter(|statement| statement.sid == sid) {
            statement.take_away(grant);
        }
        less
    }

    /// Everything that is granted, by the statement.
    pub(crate) fn grants(&self) -> Vec<(String, Grant)> {
        let of = |statement: &Statement| -> Vec<(String, Grant)> {
            let actions = statement.actions.iter().cloned().map(Grant::Action);
            let resources = statement.resources.iter().cloned().map(Grant::Resource);
            let keys = statement.leading_keys.iter().cloned().map(Grant::LeadingKey);
            actions.chain(resources).chain(keys).map(|grant| (statement.sid.clone(), grant)).collect()
        };
        self.statements.iter().flat_map(of).collect()
    }
}

impl Statement {
    fn of(value: &Value) -> Self {
        assert_eq!(value["Effect"], "Allow", "roles of functions forbid nothing, they do not allow it");
        let mut statement = Self {
            sid: value["Sid"].as_str().expect("a Sid").to_owned(),
            actions: texts(&value["Action"]),
            resources: texts(&value["Resource"]).iter().map(|name| resolved(name)).collect(),
            not_resources: texts(&value["NotResource"]).iter().map(|name| resolved(name)).collect(),
            leading_keys: Vec::new(),
            equals: Vec::new(),
        };
        for (operator, conditions) in value["Condition"].as_object().into_iter().flatten() {
            for (key, wanted) in conditions.as_object().into_iter().flatten() {
                match (operator.as_str(), key.as_str()) {
                    ("ForAllValues:StringLike", "dynamodb:LeadingKeys") => statement.leading_keys = texts(wanted),
                    // A condition on all of no values holds: without this one, a request that names no key would be allowed.
                    ("Null", "dynamodb:LeadingKeys") => assert_eq!(wanted, "false"),
                    ("StringEquals", key) => {
                        let wanted = wanted.as_str().expect("one value");
                        statement.equals.push((key.to_owned(), resolved(wanted)));
                    }
                    other => panic!("nobody here knows the condition {other:?}"),
                }
            }
        }
        let has_null = !value["Condition"]["Null"]["dynamodb:LeadingKeys"].is_null();
        assert_eq!(has_null, !statement.leading_keys.is_empty(), "{}: both conditions or none", statement.sid);
        statement
    }

    fn allows(&self, asked: &Permission) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| matches(pattern, text));
        let is_meant = any(&self.resources, &asked.resource)
            || !self.not_resources.is_empty() && !any(&self.not_resources, &asked.resource);
        let keys = &asked.leading_keys;
        let keys_fit =
            self.leading_keys.is_empty() || !keys.is_empty() && keys.iter().all(|key| any(&self.leading_keys, key));
        let equal =
            |(key, wanted): &(String, String)| asked.context.get(key.as_str()).is_some_and(|found| found == wanted);
        self.actions.contains(&asked.action) && is_meant && keys_fit && self.equals.iter().all(equal)
    }

    fn take_away(&mut self, grant: &Grant) {
        match grant {
            Grant::Action(action) => self.actions.retain(|other| other != action),
            Grant::Resource(resource) => self.resources.retain(|other| other != resource),
            Grant::LeadingKey(key) => {
                self.leading_keys.retain(|other| other != key);
                // A statement whose last key is gone allows nothing, not everything.
                if self.leading_keys.is_empty() {
                    self.actions.clear();
                }
            }
        }
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    let one = value.as_str().into_iter();
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many).map(str::to_owned).collect()
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(place) = rest.find(piece) else { return false };
        rest = &rest[place + piece.len()..];
    }
    rest.ends_with(last)
}

/// A name of the template as it is on the local stack. Tags of CloudFormation are passed over while reading, so that
/// `!GetAtt Table.Arn` is `Table.Arn`.
fn resolved(name: &str) -> String {
    if let Some(known) = known(name) {
        return known;
    }
    let mut resolved = String::new();
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once("${") {
        let (placeholder, after) = behind.split_once('}').expect("a placeholder ends");
        resolved.push_str(before);
        resolved.push_str(&known(placeholder).unwrap_or_else(|| panic!("nobody here knows {placeholder}")));
        rest = after;
    }
    assert!(!rest.ends_with(".Arn"), "nobody here knows {name}");
    resolved + rest
}

fn known(name: &str) -> Option<String> {
    Some(match name {
        "AWS::Partition" => "aws".to_owned(),
        "AWS::Region" => REGION.to_owned(),
        "AWS::AccountId" => ACCOUNT.to_owned(),
        "Table.Arn" => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/reveille"),
        "NudgeQueue.Arn" => queue_arn(NUDGE_QUEUE),
        "PageQueue.Arn" => queue_arn(PAGE_QUEUE),
        "SlowPageQueue.Arn" => queue_arn(SLOW_PAGE_QUEUE),
        "RunbookQueue.Arn" => queue_arn(RUNBOOK_QUEUE),
        "IngestFailureQueue.Arn" => queue_arn(INGEST_FAILURE_QUEUE),
        "InvocationDeadQueue.Arn" => queue_arn(INVOCATION_DEAD_QUEUE),
        "OperatorsTopic" => OPERATORS_TOPIC.to_owned(),
        "SigningSecret" => format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{SIGNING_KEY_SECRET}"),
        "HeartbeatSecret" => format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{HEARTBEAT_SECRET}"),
        "Deadlines" => SCHEDULE_GROUP.to_owned(),
        "DeadlineRole.Arn" => format!("arn:aws:iam::{ACCOUNT}:role/reveille/schedules"),
        "EmailFrom" => "reveille@localhost".to_owned(),
        "WebServerRestart" | "AddCapacity" | "RunChecks" => name.to_owned(),
        "RunbookPrefix" => "Reveille-".to_owned(),
        logs if logs.ends_with("Logs.Arn") => format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logs}"),
        _ => return None,
    })
}

#[test]
fn patterns_match_as_iam_matches_them() {
    for (pattern, text, fits) in [
        ("INCIDENT#*", "INCIDENT#7", true),
        ("INCIDENT#*", "ADDRESS#INCIDENT#", false),
        ("SETTINGS", "SETTINGS", true),
        ("SETTINGS", "SETTINGS#1", false),
        ("arn:aws:sns:*:*:*", "arn:aws:sns:eu-west-1:1:topic", true),
        ("arn:aws:sns:*:*:*", "+15550101", false),
        ("a*b*c", "a1b2c", true),
        ("a*b*c", "a1c2b", false),
        ("*", "anything", true),
    ] {
        assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
    }
}
