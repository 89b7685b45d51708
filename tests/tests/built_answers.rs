//! The adapters on answers that are built from botocore's models alone: the least that a service may say, all that it may say, and
//! each of its errors. What becomes of each stands in `tests/data/built-answers.txt`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reveille_aws::{
    AwsReadiness, Clients, DynamoTable, EndUserMessagingSms, EndUserMessagingVoice, EventBridgeScheduler,
    OperatorsTopic, SecretsManagerKeys, SesEmail, SmsSender, SnsSms, SqsQueue, SsmAutomation, WakeTarget,
};
use reveille_domain::AutomationId;
use reveille_engine::port::{
    Action, Automation, AutomationError, Change, Condition, Envelope, Form, Index, Key, KeyError, Message, Operators,
    Provider, Query, Queue, QueueError, QueueName, Readiness, ReadinessError, Scheduler, SchedulerError, SendError,
    SigningKeySource, Table, TableError, TransactError, Wake, Write,
};
use reveille_tests::botocore::{Built, Models, Sample};

static MODELS: LazyLock<Models> = LazyLock::new(Models::read);

/// What is answered next, to whatever is asked.
#[derive(Clone, Debug)]
enum Next {
    Output(Sample),
    Error(String, StatusCode),
    /// What some proxy says.
    Nonsense,
}

/// Errors that no model lists for every operation, and every operation may meet.
const COMMON: [(&str, StatusCode); 3] = [
    ("AccessDeniedException", StatusCode::BAD_REQUEST),
    ("ThrottlingException", StatusCode::BAD_REQUEST),
    ("InternalFailure", StatusCode::INTERNAL_SERVER_ERROR),
];

/// A server that knows nothing but the models.
struct Server {
    next: Arc<Mutex<Next>>,
    clients: Clients,
}

impl Server {
    async fn start() -> Self {
        let next = Arc::new(Mutex::new(Next::Nonsense));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let clients = Clients::at(&format!("http://{}", listener.local_addr().expect("an address")));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&next));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { next, clients }
    }
}

async fn answer(State(next): State<Arc<Mutex<Next>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let uri = head.uri.path_and_query().map_or("", |uri| uri.as_str());
    let asked = MODELS.asked(head.method.as_str(), uri, &head.headers, &body).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(asked.wrong(), [""; 0]);
    let next = next.lock().expect("nobody panics with it").clone();
    let built = match next {
        Next::Output(how) => asked.model.built_output(&asked.operation, how),
        Next::Error(code, status) => asked.model.built_error(&asked.operation, &code, status),
        Next::Nonsense => {
            let (status, body) = (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>".to_owned());
            Built { status, content_type: "text/html".to_owned(), body }
        }
    };
    let headers = [("content-type", built.content_type.as_str())];
    (built.status, headers, Body::from(built.body)).into_response()
}

/// The clients of the adapters without another attempt: what is answered first is what counts.
macro_rules! once {
    ($sdk:ident, $clients:expr) => {{
        let config = $sdk::config::Builder::from($clients.config());
        $sdk::Client::from_conf(config.retry_config($sdk::config::retry::RetryConfig::disabled()).build())
    }};
}

/// What an adapter makes of the answer to one call.
async fn outcome(call: &str, clients: &Clients) -> String {
    match call.split_once(' ').expect("a service and an operation").0 {
        "dynamodb" => table(call, clients).await,
        "sqs" => queue(call, clients).await,
        "secretsmanager" => key(clients).await,
        "ssm" => automation(call, clients).await,
        "scheduler" => wake(clients).await,
        _ => sent(call, clients).await,
    }
}

/// Every call whose answers an adapter tells apart.
const CALLS: [&str; 25] = [
    "dynamodb BatchGetItem",
    "dynamodb DeleteItem",
    "dynamodb GetItem",
    "dynamodb PutItem",
    "dynamodb Query",
    "dynamodb TransactWriteItems",
    "dynamodb UpdateItem",
    "pinpoint-sms-voice-v2 DescribeAccountAttributes",
    "pinpoint-sms-voice-v2 DescribeSpendLimits",
    "pinpoint-sms-voice-v2 SendTextMessage",
    "pinpoint-sms-voice-v2 SendVoiceMessage",
    "scheduler CreateSchedule",
    "secretsmanager GetSecretValue",
    "sesv2 GetAccount",
    "sesv2 GetEmailIdentity",
    "sesv2 SendEmail",
    "sns CheckIfPhoneNumberIsOptedOut",
    "sns GetSMSAttributes",
    "sns GetSMSSandboxAccountStatus",
    "sns Publish",
    "sqs SendMessage",
    "sqs SendMessageBatch",
    "ssm DescribeDocument",
    "ssm GetAutomationExecution",
    "ssm StartAutomationExecution",
];

async fn table(call: &str, clients: &Clients) -> String {
    let table = DynamoTable::new(once!(aws_sdk_dynamodb, clients), "reveille");
    let key = Key::new("A", "1");
    let write = |action| Write { key: key.clone(), action, condition: Condition::Always };
    let put = write(Action::Put(Default::default()));
    let done = match call {
        "dynamodb GetItem" => table.get(&key).await.map(|row| format!("{row:?}")),
        "dynamodb BatchGetItem" => table.get_many(&[key]).await.map(|rows| format!("{rows:?}")),
        "dynamodb Query" => {
            let index = Index::Table { pk: "A".into(), sk_prefix: String::new() };
            let page = table.query(&Query { index, limit: 1, after: None }).await;
            page.map(|page| format!("{:?} {:?}", page.items, page.next))
        }
        "dynamodb PutItem" => table.write(&put).await.map(|row| format!("{row:?}")),
        "dynamodb UpdateItem" => {
            table.write(&write(Action::Update(vec![Change::Add("n", 1)]))).await.map(|row| format!("{row:?}"))
        }
        "dynamodb DeleteItem" => table.write(&write(Action::Delete)).await.map(|row| format!("{row:?}")),
        _ => match table.transact(&[put]).await {
            Ok(()) => Ok("done".to_owned()),
            Err(TransactError::Refused(refusals)) => return format!("refused at {}", refusals.len()),
            Err(TransactError::Table(error)) => Err(error),
        },
    };
    match done {
        Ok(done) => done,
        Err(TableError::Refused(row)) => format!("refused with {row:?}"),
        Err(TableError::Throttled) => "throttled".to_owned(),
        Err(TableError::Conflict) => "conflict".to_owned(),
        Err(TableError::Unavailable(_)) => "unavailable".to_owned(),
        Err(TableError::Invalid(_)) => "invalid".to_owned(),
    }
}

async fn queue(call: &str, clients: &Clients) -> String {
    let queue = SqsQueue::new(once!(aws_sdk_sqs, clients), [(QueueName::Nudges, "http://127.0.0.1/1/q".to_owned())]);
    let message = Message { body: "x".to_owned(), delay_s: 0 };
    let messages = vec![message; if call == "sqs SendMessage" { 1 } else { 2 }];
    match queue.send(QueueName::Nudges, &messages).await {
        Ok(()) => "sent".to_owned(),
        Err(QueueError::Unavailable(_)) => "unavailable".to_owned(),
        Err(QueueError::Partial { failed, sent }) => format!("{failed} of {sent} not sent"),
        Err(QueueError::Unknown(name)) => format!("there is no {name:?}"),
    }
}

async fn key(clients: &Clients) -> String {
    match SecretsManagerKeys::new(once!(aws_sdk_secretsmanager, clients), "key").read().await {
        Ok(keys) => format!("a key, and one before: {}", keys.previous.is_some()),
        Err(KeyError::Unavailable(_)) => "unavailable".to_owned(),
        Err(KeyError::TooShort) => "too short".to_owned(),
    }
}

async fn automation(call: &str, clients: &Clients) -> String {
    let automation = SsmAutomation::new(once!(aws_sdk_ssm, clients));
    let done = match call {
        "ssm DescribeDocument" => return account(call, clients).await,
        "ssm GetAutomationExecution" => {
            let id = AutomationId::new("6ba7b810-9dad-41d1-80b4-00c04fd430c8");
            automation.status(&id).await.map(|status| format!("{status:?}"))
        }
        _ => {
            let started = automation.start("Restart", &BTreeMap::new(), "6ba7b810-9dad-41d1-80b4-00c04fd430c8").await;
            started.map(|_| "started".to_owned())
        }
    };
    match done {
        Ok(done) => done,
        Err(AutomationError::Refused(_)) => "refused".to_owned(),
        Err(AutomationError::Unavailable(_)) => "unavailable".to_owned(),
    }
}

async fn wake(clients: &Clients) -> String {
    let target = WakeTarget {
        group: "reveille".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:123456789012:function:escalate".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/scheduler".to_owned(),
        dead_letter_arn: "arn:aws:sqs:us-east-1:123456789012:schedules-dead".to_owned(),
    };
    let at = "2090-01-01T00:00:00Z".parse().expect("an instant");
    let wake = Wake { name: "x".to_owned(), at, payload: "{}".to_owned() };
    match EventBridgeScheduler::new(once!(aws_sdk_scheduler, clients), target).wake_at(&wake).await {
        Ok(outcome) => format!("{outcome:?}"),
        Err(SchedulerError::Unavailable(_)) => "unavailable".to_owned(),
        Err(SchedulerError::Invalid(_)) => "invalid".to_owned(),
    }
}

fn page(address: &str) -> Envelope {
    let (subject, text) = ("x".to_owned(), "x".to_owned());
    Envelope { address: address.to_owned(), subject, text, form: Form::Text, secret: None, attribution: None }
}

async fn sent(call: &str, clients: &Clients) -> String {
    let number = || Some("+15550101".to_owned());
    let sent = match call {
        "sns Publish" => {
            let operators = OperatorsTopic::new(clients.sns(), "arn:aws:sns:us-east-1:123456789012:operators");
            let told = if operators.tell("x", "x").await.is_ok() { "told" } else { "not told" };
            let sent = SnsSms::new(clients.sns(), SmsSender::default()).send(&page("+15550100")).await;
            return format!("{}, and the operators are {told}", said(sent));
        }
        "sesv2 SendEmail" => SesEmail::new(clients.ses(), "a@example.com").send(&page("b@example.com")).await,
        "pinpoint-sms-voice-v2 SendTextMessage" => {
            EndUserMessagingSms::new(clients.end_user_messaging(), None, None).send(&page("+15550100")).await
        }
        "pinpoint-sms-voice-v2 SendVoiceMessage" => {
            EndUserMessagingVoice::new(clients.end_user_messaging(), None, number()).send(&page("+15550100")).await
        }
        _ => return account(call, clients).await,
    };
    said(sent)
}

fn said(sent: Result<reveille_engine::port::Sent, SendError>) -> String {
    match sent {
        Ok(sent) => format!("sent as {:?}", sent.message_id),
        Err(SendError::Refused(_)) => "refused".to_owned(),
        Err(SendError::Unusable(why, _)) => format!("unusable: {why:?}"),
        Err(SendError::Failed(_)) => "failed".to_owned(),
    }
}

async fn account(call: &str, clients: &Clients) -> String {
    let account = AwsReadiness::new(clients);
    let said = match call {
        "pinpoint-sms-voice-v2 DescribeAccountAttributes" => {
            account.messaging_account().await.map(|it| format!("{it:?}"))
        }
        "pinpoint-sms-voice-v2 DescribeSpendLimits" => {
            account.messaging_spend_limits().await.map(|it| format!("{it:?}"))
        }
        "sesv2 GetAccount" => account.mail_account().await.map(|it| format!("{it:?}")),
        "sesv2 GetEmailIdentity" => account.may_send_as("example.com").await.map(|it| format!("{it:?}")),
        "sns CheckIfPhoneNumberIsOptedOut" => account.has_opted_out("+15550100").await.map(|it| format!("{it:?}")),
        "sns GetSMSAttributes" => account.sms_spend_limit().await.map(|it| format!("{it:?}")),
        "sns GetSMSSandboxAccountStatus" => account.sms_sandbox().await.map(|it| format!("{it:?}")),
        "ssm DescribeDocument" => account.document("Restart").await.map(|it| format!("{it:?}")),
        _ => panic!("nobody makes the call {call}"),
    };
    match said {
        Ok(said) => said,
        Err(ReadinessError::Denied { action }) => format!("denied {action}"),
        Err(ReadinessError::Unavailable { .. }) => "unavailable".to_owned(),
    }
}

/// The services whose account is asked by clients with three attempts, which a throttled answer would make wait.
fn waits(call: &str, next: &Next) -> bool {
    let asks_ssm = call == "ssm DescribeDocument";
    let passes = match next {
        Next::Output(_) => false,
        Next::Error(code, status) => {
            status.is_server_error() || code.contains("Thrott") || code.starts_with("Internal")
        }
        Next::Nonsense => true,
    };
    asks_ssm && passes
}

#[tokio::test]
async fn each_answer_that_a_service_may_give_is_understood() {
    let server = Server::start().await;
    let mut lines = Vec::new();
    for call in CALLS {
        let (service, operation) = call.split_once(' ').expect("a service and an operation");
        let model = MODELS.get(service);
        let modelled = model.errors(operation).into_keys().map(|code| (code.to_owned(), StatusCode::BAD_REQUEST));
        let common = COMMON.into_iter().filter(|(code, _)| !model.errors(operation).contains_key(code));
        let errors = modelled.chain(common.map(|(code, status)| (code.to_owned(), status)));
        let outputs = [("the least", Sample::Least), ("the most", Sample::Most)];
        let outputs = outputs.map(|(name, how)| (name.to_owned(), Next::Output(how)));
        let errors = errors.map(|(code, status)| (code.clone(), Next::Error(code, status)));
        let all = outputs.into_iter().chain(errors).chain([("a proxy's page".to_owned(), Next::Nonsense)]);
        for (name, next) in all.filter(|(_, next)| !waits(call, next)) {
            *server.next.lock().expect("nobody panics with it") = next;
            lines.push(format!("{call}: {name}: {}", outcome(call, &server.clients).await));
        }
    }
    let (found, path) = (lines.join("\n") + "\n", Path::new(env!("CARGO_MANIFEST_DIR")).join("data/built-answers.txt"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &found).expect("it can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "see what it means, then UPDATE_EXPECT=1");
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

#[test]
fn what_is_built_from_a_model_is_what_the_model_allows() {
    for (service, operation) in CALLS.iter().filter_map(|call| call.split_once(' ')) {
        let model = MODELS.get(service);
        for how in [Sample::Least, Sample::Most] {
            let Some(shape) = model.operations()[operation]["output"]["shape"].as_str() else { continue };
            let wrong = model.check(shape, &model.sample(shape, how), "sample");
            assert_eq!(wrong, [""; 0], "{service} {operation} {how:?}");
        }
    }
}
