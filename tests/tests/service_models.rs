//! Everything that the adapters send, and everything that the doubles answer, held against botocore's models of the services.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use jiff::SignedDuration;
use reveille_aws::{
    AwsReadiness, Clients, EndUserMessagingSms, EndUserMessagingVoice, EventBridgeScheduler, OperatorsTopic,
    SecretsManagerKeys, SesEmail, SmsSender, SnsSms, SqsQueue, SsmAutomation, WakeTarget,
};
use reveille_cli::dead_letters::Messages;
use reveille_cli::doctor;
use reveille_cli::installation::{Reached, parameter_name};
use reveille_domain::{Attribution, ChannelId, ContactAlias, IncidentId, OutboxId};
use reveille_engine::port::{
    Action, Automation, Change, Condition, Envelope, Form, Index, Item, Key, Message, Operators, Provider, Query,
    Queue, QueueName, Readiness, Scheduler, SigningKeySource, Table, Wake, Write,
};
use reveille_local::names;
use reveille_tests::botocore::Models;
use reveille_tests::{Local, THREE_ENGINEERS, alarm};
use serde_json::json;

/// Services that only the command asks, against doubles of its own in `cli/tests`.
const ASKED_ELSEWHERE: [&str; 4] = ["cloudwatch", "events", "ssm-contacts", "ssm-incidents"];

#[tokio::test]
async fn every_operation_that_is_modelled_is_asked_for_and_no_other() {
    let local = Local::still(THREE_ENGINEERS).await;
    let clients = Clients::at(&local.world.stack.endpoint());
    work_with_the_table(local.world.table.as_ref()).await;
    send_messages(&local, &clients).await;
    page_people(&clients).await;
    wake(&local, &clients).await;
    run_a_runbook(&clients).await;
    rotate_the_key(&local, &clients).await;
    ask_the_account(&clients).await;
    look_for_the_installation(&local, &clients).await;
    // The stack has no such service: the command then takes the name of the machine's user.
    aws_sdk_sts::Client::new(clients.config()).get_caller_identity().send().await.expect_err("nobody answers");
    let models = Models::read();
    let modelled: BTreeSet<String> = models
        .operations()
        .filter(|operation| !ASKED_ELSEWHERE.iter().any(|service| operation.starts_with(&format!("{service} "))))
        .collect();
    assert_eq!(local.witness.operations(), modelled, "see tests/models/operations.txt");
}

async fn work_with_the_table(table: &dyn Table) {
    let (key, row) = (Key::new("A", "1"), json!({ "n": 1, "text": "x", "none": null, "list": [{ "a": true }] }));
    let row: Item = row.as_object().expect("a row").clone().into();
    table.write(&Write::put(key.clone(), row.clone(), Condition::Absent)).await.expect("it is put");
    table.write(&Write::put(key.clone(), row.clone(), Condition::Absent)).await.expect_err("it is there");
    let changes = vec![Change::Add("n", 1), Change::Remove("text"), Change::Set("at", json!("x"))];
    table.write(&Write::update(key.clone(), changes, Condition::Present)).await.expect("it is changed");
    assert!(table.get(&key).await.expect("it is read").is_some());
    assert_eq!(table.get_many(&[key.clone(), Key::new("A", "2")]).await.expect("they are read").len(), 1);
    for index in [
        Index::Table { pk: "A".into(), sk_prefix: "1".into() },
        Index::Due { due_pk: "h#0".into(), until_ms: 1 },
        Index::List { list_pk: "INCIDENT#0".into() },
    ] {
        table.query(&Query { index, limit: 10, after: None }).await.expect("a page");
    }
    let check = Write { key: Key::new("B", "1"), action: Action::Check, condition: Condition::Present };
    let writes = [Write::put(Key::new("A", "2"), row, Condition::Absent), check];
    table.transact(&writes).await.expect_err("one is refused");
    table.transact(&writes[..1]).await.expect("it is put");
    table.write(&Write { key, action: Action::Delete, condition: Condition::Present }).await.expect("it is removed");
}

async fn send_messages(local: &Local, clients: &Clients) {
    let url = local.world.stack.queue_url(names::NUDGE_QUEUE);
    let queue = SqsQueue::new(
        clients.sqs(),
        [(QueueName::Nudges, url.clone()), (QueueName::Pages, local.world.stack.queue_url("gone"))],
    );
    let message = |delay_s| Message { body: "{}".to_owned(), delay_s };
    queue.send(QueueName::Nudges, &[message(0)]).await.expect("it is sent");
    queue.send(QueueName::Nudges, &[message(0), message(900)]).await.expect("they are sent");
    queue.send(QueueName::Pages, &[message(0)]).await.expect_err("there is no such queue");
    let messages = Messages::of(&local.world.reached());
    let [first, second] = messages.receive(&url, 10, 30).await.expect("they come").try_into().expect("two");
    messages.delete(&url, &first).await.expect("it is removed");
    messages.release(&url, &second).await;
    messages.depth(&url).await.expect("it is counted");
}

/// A page with everything that it can carry.
fn page(form: Form) -> Envelope {
    Envelope {
        address: "+84312712567".to_owned(),
        subject: "Disk full".to_owned(),
        text: "Disk full. Answer: http://127.0.0.1:9070/a/token".to_owned(),
        form,
        secret: None,
        attribution: Some(Attribution {
            incident: IncidentId::new("4f1c9a3e-0000-5000-8000-000000000000"),
            page: OutboxId { revision: 2, number: 0 },
            contact: ContactAlias::new("natsu"),
            channel: ChannelId::new("sms"),
            address_mark: "09af".to_owned(),
        }),
    }
}

async fn page_people(clients: &Clients) {
    let sets = || Some("reveille".to_owned());
    let senders = [
        SmsSender::default(),
        SmsSender::from_origination(Some("+15550100".to_owned())),
        SmsSender::from_origination(Some("REVEILLE".to_owned())),
    ];
    for sender in senders {
        SnsSms::new(clients.sns(), sender).send(&page(Form::Text)).await.expect("it is sent");
    }
    SnsSms::new(clients.sns(), SmsSender::default())
        .send(&Envelope { address: "nobody".to_owned(), ..page(Form::Text) })
        .await
        .expect_err("that is no number");
    let mail = Envelope { address: "natsu@devopsvn.tech".to_owned(), ..page(Form::Mail { html: "<p>x</p>".into() }) };
    let email = SesEmail::new(clients.ses(), "reveille@devopsvn.tech").reporting_by(sets());
    email.send(&mail).await.expect("it is sent");
    email.send(&Envelope { form: Form::Text, attribution: None, ..mail }).await.expect("it is sent");
    let sms = EndUserMessagingSms::new(clients.end_user_messaging(), sets(), Some("+15550100".to_owned()));
    sms.send(&page(Form::Text)).await.expect("it is sent");
    let voice = EndUserMessagingVoice::new(clients.end_user_messaging(), sets(), Some("+15550100".to_owned()));
    voice.send(&page(Form::Speech { ssml: "<speak>Disk full</speak>".to_owned() })).await.expect("it is called");
    voice.send(&page(Form::Text)).await.expect("it is called");
    let topic = OperatorsTopic::new(clients.sns(), "arn:aws:sns:us-east-1:000000000000:operators");
    topic.tell("Schlüssel", "A text\nof two lines").await.expect("they are told");
}

async fn wake(local: &Local, clients: &Clients) {
    let target = WakeTarget {
        group: names::SCHEDULE_GROUP.to_owned(),
        function_arn: names::function_arn("escalate"),
        role_arn: "arn:aws:iam::000000000000:role/reveille-scheduler".to_owned(),
        dead_letter_arn: names::queue_arn("reveille-schedules-dead"),
    };
    let scheduler = EventBridgeScheduler::new(clients.scheduler(), target);
    let payload = json!({ "at": "<aws.scheduler.scheduled-time>" }).to_string();
    let wake = Wake { name: "incident-1".to_owned(), at: local.world.now() + SignedDuration::from_hours(1), payload };
    scheduler.wake_at(&wake).await.expect("it is made");
    scheduler.wake_at(&wake).await.expect("it is there");
    let past = Wake { name: "incident-2".to_owned(), at: local.world.now(), ..wake };
    scheduler.wake_at(&past).await.expect("it is past");
}

async fn run_a_runbook(clients: &Clients) {
    let automation = SsmAutomation::new(clients.ssm());
    let token = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let parameters = BTreeMap::from([("InstanceId".to_owned(), vec!["i-0f3a9c2d1e4b5a678".to_owned()])]);
    let id = automation.start("WebServerRestart", &parameters, token).await.expect("it starts");
    automation.status(&id).await.expect("it runs");
    // An operator's deed, which the functions hear of.
    clients.ssm().stop_automation_execution().automation_execution_id(id.as_str()).send().await.expect("it is stopped");
    let other = "7ba7b810-9dad-41d1-80b4-00c04fd430c8";
    automation.start("Nothing", &BTreeMap::new(), other).await.expect_err("there is no such document");
}

async fn rotate_the_key(local: &Local, clients: &Clients) {
    SecretsManagerKeys::new(clients.secrets_manager(), names::SIGNING_KEY_SECRET).read().await.expect("a key");
    let token = "0e0a7a3c-5b3f-4f6e-9d0e-2b8f5f0c4a11";
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        let event = json!({ "Step": step, "SecretId": names::SIGNING_KEY_SECRET, "ClientRequestToken": token });
        local.invoke("rotate", event).await;
    }
}

async fn ask_the_account(clients: &Clients) {
    let account = AwsReadiness::new(clients);
    account.sms_sandbox().await.expect("it answers");
    account.sms_sandbox_numbers().await.expect("it answers");
    account.sms_spend_limit().await.expect("it answers");
    account.has_opted_out("+84312712567").await.expect("it answers");
    account.mail_account().await.expect("it answers");
    for identity in ["localhost", "nobody@devopsvn.tech"] {
        account.may_send_as(identity).await.expect("it answers");
    }
    account.messaging_account().await.expect("it answers");
    account.messaging_spend_limits().await.expect("it answers");
    for document in ["WebServerRestart", "Nothing"] {
        account.document(document).await.expect("it answers");
    }
}

async fn look_for_the_installation(local: &Local, clients: &Clients) {
    // As on AWS, where more is looked at.
    let reached = Reached { is_local: false, ..local.world.reached() };
    doctor::examine(&reached, local.world.now()).await;
    let name = parameter_name("reveille");
    clients.ssm().get_parameter().name(name).send().await.expect("it is there");
    clients.ssm().get_parameter().name("/reveille/other/installation").send().await.expect_err("it is not");
    clients.ssm().get_parameters_by_path().path("/reveille").recursive(true).send().await.expect("they are there");
}

#[tokio::test]
async fn a_night_is_as_the_models_have_it() {
    let local = Arc::new(Local::with(THREE_ENGINEERS).await);
    let id = local.open(alarm("web-unhealthy-host", "ALARM", 0)).await;
    local.settled(&id).await;
    local.incident_when(&id, |incident| incident.revision > 1).await;
    assert_eq!(local.witness.take_wrong(), BTreeSet::new());
}

/// A request by its service, its method and path, its target and type, and its body.
type Sent<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

const JSON_0: &str = "application/x-amz-json-1.0";
const FORM: &str = "application/x-www-form-urlencoded";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&str, &str)| {
        (HeaderName::try_from(*name).expect("a name"), HeaderValue::try_from(*value).expect("a value"))
    };
    pairs.iter().map(header).collect()
}

fn signed(service: &str, target: &str, content_type: &str) -> HeaderMap {
    let scope = format!("Credential=key/20261123/us-east-1/{service}/aws4_request");
    let authorization = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
    headers(&[("authorization", &authorization), ("x-amz-target", target), ("content-type", content_type)])
}

/// What the models say of a request.
fn said(models: &Models, (service, line, target, content_type, body): Sent<'_>) -> Vec<String> {
    let (method, uri) = line.split_once(' ').expect("a method and a path");
    match models.asked(method, uri, &signed(service, target, content_type), body.as_bytes()) {
        Ok(asked) => asked.wrong(),
        Err(why) => vec![why],
    }
}

#[test]
fn requests_that_are_as_the_models_have_them_are_let_be() {
    let models = Models::read();
    let number =
        r#"{ "DestinationPhoneNumber": "+15550100", "MessageBody": "x", "Context": { "a": "b" }, "TimeToLive": 600 }"#;
    let mail = r#"{ "Destination": { "ToAddresses": ["a@b.c"] }, "Content": { "Simple": { "Subject": { "Data": "x" },
        "Body": { "Text": { "Data": "x", "Charset": "UTF-8" } } } } }"#;
    let publish = "Action=Publish&Version=2010-03-31&Message=x&PhoneNumber=%2B15550100&MessageAttributes.entry.1.Name=a\
        &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=b";
    for sent in [
        (
            "sqs",
            "POST /",
            "AmazonSQS.SendMessage",
            JSON_0,
            r#"{ "QueueUrl": "u", "MessageBody": "x", "DelaySeconds": 900 }"#,
        ),
        ("sms-voice", "POST /", "PinpointSMSVoiceV2.SendTextMessage", JSON_0, number),
        ("ses", "POST /v2/email/outbound-emails", "", "application/json", mail),
        ("ses", "GET /v2/email/identities/a%40b.c", "", "", ""),
        ("sns", "POST /", "", FORM, publish),
    ] {
        assert_eq!(said(&models, sent), [""; 0], "{sent:?}");
    }
}

#[test]
fn every_kind_of_broken_request_is_complained_of() {
    let models = Models::read();
    let send = "AmazonSQS.SendMessage";
    let text = "PinpointSMSVoiceV2.SendTextMessage";
    let transact = "DynamoDB_20120810.TransactWriteItems";
    let start = "AmazonSSM.StartAutomationExecution";
    let schedule =
        r#"{ "ScheduleExpression": "at(x)", "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": { "Arn": "a" } }"#;
    let rows: [(Sent<'_>, &str); 24] = [
        (("s3", "GET /", "", "", ""), "there is no model of s3"),
        (("sqs", "POST /queue", send, JSON_0, "{}"), "sqs is asked with POST /, not with POST /queue"),
        (
            ("sqs", "POST /", "AmazonSQS.PurgeQueue", JSON_0, "{}"),
            "no model of sqs has the target \"AmazonSQS.PurgeQueue\"",
        ),
        (("sqs", "POST /", "SendMessage", JSON_0, "{}"), "no model of sqs has the target \"SendMessage\""),
        (("sqs", "POST /", send, "application/json", "{}"), "sqs SendMessage is sent as \"application/json\", not as"),
        (("sqs", "POST /", send, JSON_0, "{"), "sqs SendMessage: { is no object of JSON"),
        (("sqs", "POST /", send, JSON_0, "[]"), "sqs SendMessage: [] is no object of JSON"),
        (("sqs", "POST /", send, JSON_0, r#"{ "QueueUrl": "u" }"#), "SendMessage input: MessageBody is missing"),
        (("sqs", "POST /", send, JSON_0, r#"{ "QueueUrl": "u", "MessageBody": 1 }"#), ".MessageBody: 1 is no string"),
        (("sqs", "POST /", send, JSON_0, r#"{ "QueueUrl": "u", "MessageBody": null }"#), "null is no string"),
        (
            ("sqs", "POST /", send, JSON_0, r#"{ "QueueUrl": "u", "MessageBody": "x", "Delay": 1 }"#),
            "there is no Delay",
        ),
        (
            ("sqs", "POST /", send, JSON_0, r#"{ "QueueUrl": "u", "MessageBody": "x", "DelaySeconds": 1.5 }"#),
            "1.5 is no integer",
        ),
        (
            ("sms-voice", "POST /", text, JSON_0, r#"{ "DestinationPhoneNumber": "nobody" }"#),
            "\"nobody\" does not match",
        ),
        (
            ("sms-voice", "POST /", text, JSON_0, r#"{ "DestinationPhoneNumber": "+1555", "TimeToLive": 4 }"#),
            "TimeToLive: 4 is out of bounds",
        ),
        (
            ("sms-voice", "POST /", text, JSON_0, r#"{ "DestinationPhoneNumber": "+1555", "MessageBody": " " }"#),
            "\" \" does not match",
        ),
        (
            ("sms-voice", "POST /", text, JSON_0, r#"{ "DestinationPhoneNumber": "+1555", "MessageType": "SMS" }"#),
            "\"SMS\" is none of",
        ),
        (("dynamodb", "POST /", transact, JSON_0, r#"{ "TransactItems": [] }"#), "TransactItems: 0 is out of bounds"),
        (
            ("dynamodb", "POST /", transact, JSON_0, r#"{ "TransactItems": [{ "Put": { "TableName": "t" } }] }"#),
            "TransactItems[0].Put: Item is missing",
        ),
        (
            ("ssm", "POST /", start, "application/x-amz-json-1.1", r#"{ "DocumentName": "Doc", "Parameters": {} }"#),
            "Parameters: 0 is out of bounds",
        ),
        (("ses", "DELETE /v2/email/account", "", "", ""), "no model of sesv2 has DELETE /v2/email/account"),
        (("scheduler", "POST /schedules/a%20b?x=1", "", "", schedule), "CreateSchedule input: there is no x"),
        (("sns", "POST /", "", FORM, "Action=Subscribe&Version=2010-03-31"), "no model of sns has the action"),
        (("sns", "POST /", "", FORM, "Action=Publish&Version=2016-06-10&Message=x"), "sns Publish is asked in version"),
        (
            ("sns", "POST /", "", FORM, "Action=Publish&Version=2010-03-31&Message=x&Phone=1"),
            "sns Publish input: there is no Phone",
        ),
    ];
    for (sent, complaint) in rows {
        let found = said(&models, sent);
        assert!(found.iter().any(|said| said.contains(complaint)), "{sent:?}: {found:?} and not {complaint}");
    }
}

#[test]
fn each_mistake_of_a_request_is_named_and_its_signature_is_one() {
    let models = Models::read();
    let send = "AmazonSQS.SendMessage";
    let schedule =
        r#"{ "ScheduleExpression": "at(x)", "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": { "Arn": "a" } }"#;
    let unsigned = models.asked("POST", "/", &headers(&[("x-amz-target", send), ("content-type", JSON_0)]), b"{}");
    assert_eq!(unsigned.err().as_deref(), Some("POST / is not signed"));
    let nested = said(&models, ("scheduler", "POST /schedules/a%20b", "", "", schedule));
    assert_eq!(nested.len(), 2, "each mistake is named: {nested:?}");
}

#[test]
fn every_kind_of_broken_answer_is_complained_of() {
    let models = Models::read();
    let conflict = r#"{ "__type": "ConflictException", "message": "x", "Message": "x", "Reason": "NO_REASON" }"#;
    let xml = |inside: &str| format!("<PublishResponse>{inside}</PublishResponse>");
    let result = "<PublishResult><MessageId>m</MessageId></PublishResult>";
    let id = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>";
    let fault = |kind: &str, code: &str| {
        format!(
            "<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>x</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        )
    };
    let rows = [
        ("sqs", "SendMessage", 200, r#"{ "MessageId": "m", "MD5OfMessageBody": "d" }"#.to_owned(), ""),
        ("sqs", "SendMessage", 200, r#"{ "MessageId": 1 }"#.to_owned(), "MessageId: 1 is no string"),
        ("sqs", "SendMessage", 201, "{}".to_owned(), "its status is 201 and not 200"),
        ("sqs", "SendMessage", 200, "<a/>".to_owned(), "<a/> is no object of JSON"),
        ("sqs", "SendMessage", 400, "{}".to_owned(), "an error has a code"),
        (
            "sqs",
            "SendMessage",
            400,
            r#"{ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "x" }"#.to_owned(),
            "",
        ),
        (
            "sqs",
            "SendMessage",
            404,
            r#"{ "__type": "com.amazonaws.sqs#QueueDoesNotExist" }"#.to_owned(),
            "comes with 400, not with 404",
        ),
        ("sqs", "SendMessage", 400, r#"{ "__type": "NoSuchQueue" }"#.to_owned(), "nobody answers with NoSuchQueue"),
        ("sqs", "SendMessage", 400, r#"{ "__type": "InternalFailure" }"#.to_owned(), "comes with [500], not with 400"),
        ("sms-voice", "SendTextMessage", 400, conflict.to_owned(), "\"NO_REASON\" is none of"),
        ("sns", "Publish", 200, xml(&format!("{result}{id}")), ""),
        ("sns", "Publish", 200, xml(result), "RequestId is missing"),
        ("sns", "Publish", 200, xml(&format!("<Id/>{id}")), "there is no Id"),
        (
            "sns",
            "Publish",
            200,
            format!("<Response>{id}</Response>"),
            "Response stands where PublishResponse is expected",
        ),
        ("sns", "Publish", 403, fault("Sender", "AuthorizationError"), ""),
        ("sns", "Publish", 400, fault("Sender", "AuthorizationError"), "comes with 403, not with 400"),
        ("sns", "Publish", 400, fault("Receiver", "InvalidParameter"), "is the fault of the Receiver"),
        ("sns", "Publish", 400, fault("Sender", "Nonsense"), "nobody answers with Nonsense"),
        ("sns", "Publish", 400, "<ErrorResponse/>".to_owned(), "an error says its type, code and message"),
    ];
    for (service, operation, status, body, complaint) in rows {
        let (target, content_type, asked) = match service {
            "sns" => (String::new(), FORM, format!("Action={operation}&Version=2010-03-31")),
            "sqs" => (format!("AmazonSQS.{operation}"), JSON_0, "{}".to_owned()),
            _ => (format!("PinpointSMSVoiceV2.{operation}"), JSON_0, "{}".to_owned()),
        };
        let asked = models.asked("POST", "/", &signed(service, &target, content_type), asked.as_bytes());
        let found = asked.expect("it is understood").wrong_answer(status, &HeaderMap::new(), body.as_bytes());
        let fits =
            if complaint.is_empty() { found.is_empty() } else { found.iter().any(|said| said.contains(complaint)) };
        assert!(fits, "{operation} {status} {body}: {found:?} and not {complaint:?}");
    }
    let schedule = models.asked("POST", "/schedules/x", &signed("scheduler", "", ""), b"{}").expect("it is understood");
    let both = headers(&[("x-amzn-errortype", "ConflictException")]);
    let body = br#"{ "__type": "ValidationException", "Message": "x" }"#;
    assert_eq!(
        schedule.wrong_answer(400, &both, body),
        ["CreateSchedule output: its body says ValidationException and its header ConflictException"]
    );
}
