//! What a request to AWS asks for, read from the request itself: the actions that IAM would look at, each with its resource and
//! what conditions of a policy may look at.

use std::collections::{BTreeMap, BTreeSet};

use http::Request;
use reveille_local::names::{ACCOUNT, REGION, queue_arn};
use serde_json::Value;

/// One thing that has to be allowed for a request to be done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// As policies spell it: `dynamodb:GetItem`.
    pub action: String,
    /// The ARN; of a message to a phone number, the number's place.
    pub resource: String,
    /// The partition keys of the rows that are asked for (`dynamodb:LeadingKeys`); of an index none.
    pub leading_keys: BTreeSet<String>,
    /// What else a condition may look at, by the names of condition keys.
    pub context: BTreeMap<&'static str, String>,
}

/// A request, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The operation, as AWS spells it; of a post to another server, `POST`.
    pub operation: String,
    /// All that has to be allowed. None for a server that is not AWS's.
    pub permissions: Vec<Permission>,
    /// Whether it changes anything, if it is done.
    pub changes: bool,
}

/// Operations that leave everything as it was.
const READING: [&str; 6] =
    ["GetItem", "BatchGetItem", "Query", "GetSecretValue", "DescribeSecret", "GetAutomationExecution"];

impl Permission {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            leading_keys: BTreeSet::new(),
            context: BTreeMap::new(),
        }
    }

    fn with(mut self, key: &'static str, value: &str) -> Self {
        self.context.insert(key, value.to_owned());
        self
    }
}

impl Asked {
    /// Reads a request. What it does not know is a bug here: then nobody could say whether it is allowed.
    pub fn of(request: &Request<Vec<u8>>) -> Self {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let (operation, permissions) = match target.and_then(|target| target.split_once('.')) {
            Some((service, operation)) => {
                let permissions = match service {
                    "DynamoDB_20120810" => table(operation, &body),
                    "AmazonSQS" => queue(&body),
                    "AmazonSSM" => automation(operation, &body),
                    "secretsmanager" => vec![secret(operation, &body)],
                    "PinpointSMSVoiceV2" => messaging(operation, &body),
                    other => panic!("nobody here knows the service {other}"),
                };
                (operation.to_owned(), permissions)
            }
            None => by_path(request, &body),
        };
        let changes = !READING.contains(&operation.as_str()) && operation != "GetRandomPassword";
        Self { operation, permissions, changes }
    }
}

/// Services that say by method and path what is asked.
fn by_path(request: &Request<Vec<u8>>, body: &Value) -> (String, Vec<Permission>) {
    let path = request.uri().path();
    if path.starts_with("/outgoing/") || path.starts_with("/a/") {
        return (request.method().to_string(), Vec::new());
    }
    if let Some(name) = path.strip_prefix("/schedules/") {
        return ("CreateSchedule".to_owned(), schedule(name, body));
    }
    if path == "/v2/email/outbound-emails" {
        return ("SendEmail".to_owned(), email(body));
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(request.body()).into_owned().collect();
    assert_eq!(form.get("Action").map(String::as_str), Some("Publish"), "{path} is nothing that functions ask for");
    let topic = form.get("TopicArn").cloned();
    let number = form.get("PhoneNumber").cloned();
    // A phone number has no ARN: what is no topic is matched by `NotResource` alone.
    ("Publish".to_owned(), vec![Permission::new("sns:Publish", topic.or(number).expect("a place to publish to"))])
}

/// The table's actions are those of its rows: a transaction is allowed if its puts, updates and checks are.
fn table(operation: &str, body: &Value) -> Vec<Permission> {
    let mut by_action: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut add = |action: &str, resource: String, keys: Vec<String>| {
        by_action.entry((format!("dynamodb:{action}"), resource)).or_default().extend(keys);
    };
    let arn = |of: &Value| {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", of["TableName"].as_str().unwrap_or_default())
    };
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => add(operation, arn(body), pk_of(&body["Key"])),
        "PutItem" => add(operation, arn(body), pk_of(&body["Item"])),
        "BatchGetItem" => {
            for (table, asked) in body["RequestItems"].as_object().into_iter().flatten() {
                let keys = asked["Keys"].as_array().into_iter().flatten().flat_map(pk_of).collect();
                add(operation, format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"), keys);
            }
        }
        "Query" => match body["IndexName"].as_str() {
            // An index has keys of its own, of which the role knows nothing.
            Some(index) => add(operation, format!("{}/index/{index}", arn(body)), Vec::new()),
            None => add(operation, arn(body), vec![queried(body)]),
        },
        "TransactWriteItems" => {
            for write in body["TransactItems"].as_array().into_iter().flatten() {
                let (kind, write) = write.as_object().and_then(|write| write.iter().next()).expect("a write");
                match kind.as_str() {
                    "Put" => add("PutItem", arn(write), pk_of(&write["Item"])),
                    "Update" => add("UpdateItem", arn(write), pk_of(&write["Key"])),
                    "Delete" => add("DeleteItem", arn(write), pk_of(&write["Key"])),
                    _ => add("ConditionCheckItem", arn(write), pk_of(&write["Key"])),
                }
            }
        }
        other => panic!("functions do not ask for {other}"),
    }
    // Whether IAM looks at the keys of a transaction for each of its actions alone or for all of them together is written nowhere: a role
    // has to allow it either way.
    let all: BTreeSet<String> = by_action.values().flatten().cloned().collect();
    let together: Vec<_> = by_action.keys().map(|asked| (asked.clone(), all.clone())).collect();
    let permission =
        |((action, resource), leading_keys)| Permission { leading_keys, ..Permission::new(action, resource) };
    let asked: BTreeSet<_> = by_action.into_iter().chain(together).collect();
    asked.into_iter().map(permission).collect()
}

fn pk_of(key: &Value) -> Vec<String> {
    key["pk"]["S"].as_str().map(str::to_owned).into_iter().collect()
}

/// The partition that a query names: our adapter compares the key of the index first.
fn queried(body: &Value) -> String {
    let expression = body["KeyConditionExpression"].as_str().unwrap_or_default();
    let (_, value) = expression.split_once('=').expect("a query of one partition");
    let placeholder = value.split_whitespace().next().unwrap_or_default();
    body["ExpressionAttributeValues"][placeholder]["S"].as_str().expect("a partition's key is text").to_owned()
}

/// Batches are allowed by the same action as single messages.
fn queue(body: &Value) -> Vec<Permission> {
    let name = body["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    vec![Permission::new("sqs:SendMessage", queue_arn(name))]
}

fn secret(operation: &str, body: &Value) -> Permission {
    let action = format!("secretsmanager:{operation}");
    let id = body["SecretId"].as_str().map(|id| id.rsplit(':').next().unwrap_or(id));
    let arn = |name| format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}");
    // Random text is asked of no secret.
    Permission::new(action, id.map_or_else(|| "*".to_owned(), arn))
}

fn automation(operation: &str, body: &Value) -> Vec<Permission> {
    let arn = |kind: &str, name: &str| format!("arn:aws:ssm:{REGION}:{ACCOUNT}:{kind}/{name}");
    let action = format!("ssm:{operation}");
    if operation == "GetAutomationExecution" {
        let id = body["AutomationExecutionId"].as_str().unwrap_or_default();
        return vec![Permission::new(action, arn("automation-execution", id))];
    }
    // Older versions of the authorization name `automation-definition`, newer ones the other two.
    let document = body["DocumentName"].as_str().unwrap_or_default();
    vec![
        Permission::new(action.clone(), arn("automation-definition", &format!("{document}:$DEFAULT"))),
        Permission::new(action.clone(), arn("document", document)),
        Permission::new(action, arn("automation-execution", "new")),
    ]
}

fn messaging(operation: &str, body: &Value) -> Vec<Permission> {
    let arn = |kind: &str, name: &str| format!("arn:aws:sms-voice:{REGION}:{ACCOUNT}:{kind}/{name}");
    let action = format!("sms-voice:{operation}");
    let origin = body["OriginationIdentity"].as_str().map(|origin| {
        let kind = match origin {
            pool if pool.starts_with("pool-") => "pool",
            number if number.starts_with('+') || number.starts_with("phone-") => "phone-number",
            _ => "sender-id",
        };
        arn(kind, origin)
    });
    let set = body["ConfigurationSetName"].as_str().map(|set| arn("configuration-set", set));
    let resources: Vec<String> = origin.into_iter().chain(set).collect();
    assert!(!resources.is_empty(), "a message leaves from somewhere");
    resources.into_iter().map(|resource| Permission::new(action.clone(), resource)).collect()
}

fn email(body: &Value) -> Vec<Permission> {
    let from = body["FromEmailAddress"].as_str().unwrap_or_default();
    let arn = |kind: &str, name: &str| format!("arn:aws:ses:{REGION}:{ACCOUNT}:{kind}/{name}");
    let set = body["ConfigurationSetName"].as_str().map(|set| arn("configuration-set", set));
    let resources = std::iter::once(arn("identity", from)).chain(set);
    resources.map(|resource| Permission::new("ses:SendEmail", resource).with("ses:FromAddress", from)).collect()
}

fn schedule(name: &str, body: &Value) -> Vec<Permission> {
    let group = body["GroupName"].as_str().unwrap_or("default");
    let role = body["Target"]["RoleArn"].as_str().unwrap_or_default();
    vec![
        Permission::new(
            "scheduler:CreateSchedule",
            format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}"),
        ),
        Permission::new("iam:PassRole", role).with("iam:PassedToService", "scheduler.amazonaws.com"),
    ]
}
