//! The SDK's clients, from one configuration: credentials, timeouts and retries are decided here and nowhere else.

use std::time::Duration;

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{AsyncSleep, Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};

use crate::https_client::HttpsClient;
use crate::json_service::{Dialect, JsonService};

/// A connection within a region takes milliseconds; whoever takes longer will not take this one either.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One attempt. A table or queue that is slower than this is better asked again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// All attempts of one call, waits included: below the functions' timeouts.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// Three attempts in all: the engine, the queues and the tick have patience of their own.
const ATTEMPTS_MAX: u32 = 3;
/// An operator's machine may be on the other side of the world, and behind a proxy.
const OPERATOR_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// One attempt of an operator's call.
const OPERATOR_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// All attempts of an operator's call: longer, and a person takes the command for hung.
const OPERATOR_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A send has one attempt and ends before the function's timeout and the lease of its page do.
const SEND_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes clients. A function makes one of each that it needs when it starts, and keeps it.
#[derive(Clone, Debug)]
pub struct Clients {
    config: SdkConfig,
    /// What carries every request; `None`: the SDK's own, over the network.
    connector: Option<SharedHttpConnector>,
}

impl Clients {
    /// What the environment says: in a function its role and region, elsewhere profiles, and `AWS_ENDPOINT_URL`.
    pub async fn from_environment() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .load()
            .await;
        Self { config, connector: None }
    }

    /// What an operator's machine says, with the profile and the region that they name themselves, if they do.
    ///
    /// A profile that is named outweighs keys in the environment, as in the AWS CLI: whoever says which account they mean must not
    /// get another one.
    pub async fn for_operator(profile: Option<&str>, region: Option<&str>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(operator_timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX));
        let mut region = region.map(|region| Region::new(region.to_owned()));
        if let Some(profile) = profile {
            if region.is_none() {
                region = DefaultRegionChain::builder().profile_name(profile).build().region().await;
            }
            let provider = ProfileFileCredentialsProvider::builder().profile_name(profile);
            let config = ProviderConfig::without_region().with_region(region.clone());
            loader = loader.profile_name(profile).credentials_provider(provider.configure(&config).build());
        }
        if let Some(region) = region {
            loader = loader.region(region);
        }
        Self { config: loader.load().await, connector: None }
    }

    /// Why there are no credentials; `None`: there are. Asked after a failure, to tell it from a network that is down.
    pub async fn without_credentials(&self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        let provider = self.config.credentials_provider()?;
        provider.provide_credentials().await.err().map(Into::into)
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
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .build();
        Self { config, connector: None }
    }

    /// The same, with every request carried by this instead of the network: what a function asks for is seen on its way, and
    /// need not arrive.
    #[must_use]
    pub fn through(self, connector: SharedHttpConnector) -> Self {
        let carried = connector.clone();
        let client = http_client_fn(move |_, _| carried.clone());
        let config = self.config.into_builder().http_client(client).build();
        Self { config, connector: Some(connector) }
    }

    /// The same in another region. The SDK remembers which services fail, and asks them again less often: for each service and region,
    /// and for all clients of a process together.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        let config = self.config.into_builder().region(Region::new(region.to_owned())).build();
        Self { config, ..self }
    }

    /// The same with another patience: how they wait before they ask again, and for how long for an answer.
    #[must_use]
    pub fn sleeping(self, sleep: impl AsyncSleep + 'static) -> Self {
        let config = self.config.into_builder().sleep_impl(sleep).build();
        Self { config, ..self }
    }

    /// What the clients are made of, for clients of services that only commands use.
    pub fn config(&self) -> &SdkConfig {
        &self.config
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

    /// A service in its own JSON, for what has to come back as it is.
    pub fn json(&self, dialect: Dialect) -> JsonService {
        JsonService::new(&self.config, dialect)
    }

    /// Servers that are not AWS's, for webhooks and chat.
    pub fn https(&self) -> HttpsClient {
        HttpsClient::new(self.config.endpoint_url(), self.connector.clone())
    }

    /// SES, for e-mail. A send is tried once, as with [`Clients::sns`].
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::config::Builder::from(&self.config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(send_timeouts());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

/// An answer is a few kilobytes and is read within the attempt's time: nothing beside that has to watch how fast its bytes come.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

fn operator_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(OPERATOR_CONNECT_TIMEOUT)
        .read_timeout(OPERATOR_ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(OPERATOR_ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATOR_CALL_TIMEOUT)
        .build()
}

fn send_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(SEND_TIMEOUT).build()
}
