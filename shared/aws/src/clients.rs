//! The SDK's clients, from one configuration: credentials, timeouts and retries are decided here and nowhere else.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

use crate::https_client::HttpsClient;

/// A connection within a region takes milliseconds; whoever takes longer will not take this one either.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One attempt. A table or queue that is slower than this is better asked again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// All attempts of one call, waits included: below the functions' timeouts.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// Three attempts in all: the engine, the queues and the tick have patience of their own.
const ATTEMPTS_MAX: u32 = 3;
/// A send has one attempt and ends before the function's timeout and the lease of its page do.
const SEND_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes clients. A function makes one of each that it needs when it starts, and keeps it.
#[derive(Clone, Debug)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// What the environment says: in a function its role and region, elsewhere profiles, and `AWS_ENDPOINT_URL`.
    pub async fn from_environment() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .load()
            .await;
        Self { config }
    }

    /// For a local stack at `endpoint`: nothing is read from the environment, and the credentials are good for nothing.
    pub fn at(endpoint: &str) -> Self {
        let credentials = Credentials::new("local", "local", None, None, "local");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .build();
        Self { config }
    }

    /// The region that these clients talk to.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }

    /// DynamoDB, for the table.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// SQS, for the queues.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// EventBridge Scheduler, for wakes.
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.config)
    }

    /// Systems Manager, for runbooks.
    pub fn ssm(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.config)
    }

    /// Secrets Manager, for signing keys.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// SNS, for text messages. A send is tried once: a retry whose first attempt did arrive pages a human twice, and
    /// the outbox retries with a memory.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        let config = aws_sdk_sns::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(send_timeouts());
        aws_sdk_sns::Client::from_conf(config.build())
    }

    /// End User Messaging, for text messages and calls. A send is tried once, as with [`Clients::sns`].
    pub fn end_user_messaging(&self) -> aws_sdk_pinpointsmsvoicev2::Client {
        let config = aws_sdk_pinpointsmsvoicev2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(send_timeouts());
        aws_sdk_pinpointsmsvoicev2::Client::from_conf(config.build())
    }

    /// Servers that are not AWS's, for webhooks and chat.
    pub fn https(&self) -> HttpsClient {
        HttpsClient::new(self.config.endpoint_url())
    }

    /// SES, for e-mail. A send is tried once, as with [`Clients::sns`].
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(send_timeouts());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

fn send_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(SEND_TIMEOUT).build()
}
