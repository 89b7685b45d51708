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

/// One thing that a statement allows: an action on a resource, on rows of one kind where the statement names rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Single {
    action: String,
    /// `None`: whatever is none of those that the statement leaves out.
    resource: Option<String>,
    rows: Option<String>,
}

impl fmt::Display for Single {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource.as_deref().unwrap_or("anything else"))?;
        self.rows.iter().try_for_each(|rows| write!(formatter, ", rows {rows}"))
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

    /// The same, if one thing were taken out of one statement.
    pub(crate) fn allows_without(&self, sid: &str, single: &Single, asked: &Permission) -> bool {
        let without = |statement: &Statement| (statement.sid == sid).then_some(single);
        self.statements.iter().any(|statement| statement.allows_without(without(statement), asked))
    }

    /// Everything that is allowed, one by one, by the statement.
    pub(crate) fn singles(&self) -> Vec<(String, Single)> {
        let of = |statement: &Statement| {
            let singles = statement.singles();
            singles.into_iter().map(|single| (statement.sid.clone(), single)).collect::<Vec<_>>()
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

    /// The table that it is about, if it is about rows.
    pub(crate) fn table(&self) -> Option<&String> {
        self.resources.first().filter(|_| !self.leading_keys.is_empty())
    }

    fn allows(&self, asked: &Permission) -> bool {
        self.allows_without(None, asked)
    }

    fn allows_without(&self, without: Option<&Single>, asked: &Permission) -> bool {
        let equal =
            |(key, wanted): &(String, String)| asked.context.get(key.as_str()).is_some_and(|found| found == wanted);
        let is_there = |resource: Option<&String>, rows: Option<&String>| {
            let is = |single: &Single| {
                single.action == asked.action && single.resource.as_ref() == resource && single.rows.as_ref() == rows
            };
            !without.is_some_and(is)
        };
        let keys = &asked.leading_keys;
        let rows_fit = |resource: Option<&String>| match self.leading_keys.as_slice() {
            [] => is_there(resource, None),
            patterns => {
                let fits =
                    |key: &String| patterns.iter().any(|rows| matches(rows, key) && is_there(resource, Some(rows)));
                !keys.is_empty() && keys.iter().all(fits)
            }
        };
        let is_meant = |pattern: &&String| matches(pattern, &asked.resource);
        let is_left_out = self.not_resources.iter().any(|pattern| matches(pattern, &asked.resource));
        let on_the_rest = !self.not_resources.is_empty() && !is_left_out && rows_fit(None);
        let on_a_resource = || self.resources.iter().filter(is_meant).any(|resource| rows_fit(Some(resource)));
        self.actions.contains(&asked.action) && self.equals.iter().all(equal) && (on_the_rest || on_a_resource())
    }

    fn singles(&self) -> Vec<Single> {
        let some = |texts: &[String]| texts.iter().cloned().map(Some).collect::<Vec<_>>();
        let resources = if self.not_resources.is_empty() { some(&self.resources) } else { vec![None] };
        let rows = if self.leading_keys.is_empty() { vec![None] } else { some(&self.leading_keys) };
        let mut singles = Vec::new();
        for action in &self.actions {
            for resource in &resources {
                let of = |rows: &Option<String>| Single {
                    action: action.clone(),
                    resource: resource.clone(),
                    rows: rows.clone(),
                };
                singles.extend(rows.iter().map(of));
            }
        }
        singles
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
