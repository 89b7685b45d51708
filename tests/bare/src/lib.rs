//! Bare functions: the runtime, the clients of one of Reveille's functions, and nothing else. What a function is slower or larger
//! than its bare one is what we have added.
//!
//! An event names an operation of AWS. So the linker has to keep each one that the function asks for, and no other.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

/// The table, as a local stack calls it.
const TABLE: &str = "reveille";
/// What every text of a request is: nobody reads it.
const ANYTHING: &str = "bare";

/// What the environment says, as every function reads it.
pub async fn config() -> SdkConfig {
    tracing::init_default_subscriber();
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

/// Answers events until there are no more.
pub async fn serve<Fut: Future<Output = Result<(), Error>>>(call: impl Fn(String) -> Fut) -> Result<(), Error> {
    let answer = |event: LambdaEvent<Value>| {
        let called = call(event.payload["operation"].as_str().unwrap_or("GetItem").to_owned());
        async move { called.await.map(|()| json!({ "done": true })) }
    };
    run(service_fn(answer)).await
}

/// One row: all that a function with the DynamoDB client alone asks for.
pub async fn get_item(client: &aws_sdk_dynamodb::Client) -> Result<(), Error> {
    let get = client.get_item().table_name(TABLE).key("pk", text()).key("sk", text()).consistent_read(true);
    Ok(get.send().await.map(drop)?)
}

/// The operations of the table.
pub async fn table(client: &aws_sdk_dynamodb::Client, operation: &str) -> Result<(), Error> {
    match operation {
        "GetItem" => get_item(client).await?,
        "BatchGetItem" => {
            let key = [("pk".to_owned(), text()), ("sk".to_owned(), text())].into();
            let keys = KeysAndAttributes::builder().keys(key).consistent_read(true).build()?;
            drop(client.batch_get_item().request_items(TABLE, keys).send().await?);
        }
        "Query" => {
            let query = client.query().table_name(TABLE).key_condition_expression("pk = :pk");
            drop(query.expression_attribute_values(":pk", text()).send().await?);
        }
        "PutItem" => drop(client.put_item().table_name(TABLE).item("pk", text()).item("sk", text()).send().await?),
        "UpdateItem" => {
            drop(client.update_item().table_name(TABLE).key("pk", text()).key("sk", text()).send().await?);
        }
        "DeleteItem" => {
            drop(client.delete_item().table_name(TABLE).key("pk", text()).key("sk", text()).send().await?);
        }
        "TransactWriteItems" => {
            let put = Put::builder().table_name(TABLE).item("pk", text()).item("sk", text()).build()?;
            let item = TransactWriteItem::builder().put(put).build();
            drop(client.transact_write_items().transact_items(item).send().await?);
        }
        _ => {}
    }
    Ok(())
}

/// The operations of the queues.
pub async fn queues(client: &aws_sdk_sqs::Client, operation: &str) -> Result<(), Error> {
    match operation {
        "SendMessage" => drop(client.send_message().queue_url(ANYTHING).message_body(ANYTHING).send().await?),
        "SendMessageBatch" => drop(client.send_message_batch().queue_url(ANYTHING).send().await?),
        _ => {}
    }
    Ok(())
}

/// The operations of the schedules.
pub async fn schedules(client: &aws_sdk_scheduler::Client, operation: &str) -> Result<(), Error> {
    if operation == "CreateSchedule" {
        client.create_schedule().name(ANYTHING).schedule_expression(ANYTHING).send().await?;
    }
    Ok(())
}

/// The operations of the automations.
pub async fn automations(client: &aws_sdk_ssm::Client, operation: &str) -> Result<(), Error> {
    match operation {
        "StartAutomationExecution" => {
            drop(client.start_automation_execution().document_name(ANYTHING).send().await?);
        }
        "GetAutomationExecution" => {
            drop(client.get_automation_execution().automation_execution_id(ANYTHING).send().await?);
        }
        _ => {}
    }
    Ok(())
}

/// The one operation of those who read the signing key.
pub async fn secret(client: &aws_sdk_secretsmanager::Client, operation: &str) -> Result<(), Error> {
    if operation == "GetSecretValue" {
        client.get_secret_value().secret_id(ANYTHING).send().await?;
    }
    Ok(())
}

/// The operations of whoever makes the signing key.
pub async fn secrets(client: &aws_sdk_secretsmanager::Client, operation: &str) -> Result<(), Error> {
    secret(client, operation).await?;
    match operation {
        "GetRandomPassword" => drop(client.get_random_password().send().await?),
        "PutSecretValue" => drop(client.put_secret_value().secret_id(ANYTHING).secret_string(ANYTHING).send().await?),
        "DescribeSecret" => drop(client.describe_secret().secret_id(ANYTHING).send().await?),
        "UpdateSecretVersionStage" => {
            drop(client.update_secret_version_stage().secret_id(ANYTHING).version_stage(ANYTHING).send().await?);
        }
        _ => {}
    }
    Ok(())
}

/// The operations of the senders: text messages, mail, calls.
pub struct Senders {
    sms: aws_sdk_sns::Client,
    mail: aws_sdk_sesv2::Client,
    messaging: aws_sdk_pinpointsmsvoicev2::Client,
}

impl Senders {
    /// Their clients.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            sms: aws_sdk_sns::Client::new(config),
            mail: aws_sdk_sesv2::Client::new(config),
            messaging: aws_sdk_pinpointsmsvoicev2::Client::new(config),
        }
    }

    /// One of their operations.
    pub async fn call(&self, operation: &str) -> Result<(), Error> {
        let Self { sms, mail, messaging } = self;
        match operation {
            "Publish" => drop(sms.publish().phone_number(ANYTHING).message(ANYTHING).send().await?),
            "SendEmail" => drop(mail.send_email().from_email_address(ANYTHING).send().await?),
            "SendTextMessage" => drop(messaging.send_text_message().message_body(ANYTHING).send().await?),
            "SendVoiceMessage" => drop(messaging.send_voice_message().message_body(ANYTHING).send().await?),
            _ => {}
        }
        Ok(())
    }
}

/// A request to a server that is not AWS's, over the SDK's own HTTPS client.
pub async fn outside(operation: &str) -> Result<(), Error> {
    if operation == "Outside" {
        let settings = HttpConnectorSettings::builder().build();
        let builder = Connector::builder().connector_settings(settings);
        let connector = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
        let mut request = HttpRequest::empty();
        request.set_uri("https://example.com/")?;
        connector.call(request).await?;
    }
    Ok(())
}

fn text() -> AttributeValue {
    AttributeValue::S(ANYTHING.to_owned())
}
