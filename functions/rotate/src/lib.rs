//! `rotate` makes a new signing key each month; the one before still verifies, so no link breaks before it expires.
//!
//! Secrets Manager calls it once for each of four steps, and may call each again.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use lambda_runtime::Diagnostic;
use reveille_aws::Clients;
use reveille_engine::{Chain, Malformed};
use serde::Deserialize;
use serde_json::Value;

/// The environment variables that this function reads: none, since the secret is named in each event.
pub const REQUIRED: &[&str] = &[];

/// Characters of a key: more than 256 bits in letters and digits.
const KEY_CHARACTERS: i64 = 64;

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// What the function works with, built once.
pub struct Context {
    secrets: Client,
}

/// One step of a rotation, as Secrets Manager sends it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rotation {
    secret_id: String,
    client_request_token: String,
    step: Step,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Step {
    #[serde(rename = "createSecret")]
    Create,
    #[serde(rename = "setSecret")]
    Set,
    #[serde(rename = "testSecret")]
    Test,
    #[serde(rename = "finishSecret")]
    Finish,
}

/// Why a step was not done; Secrets Manager tries the rotation again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is no step of a rotation.
    #[error("rotate is called by Secrets Manager: this event is no step of a rotation")]
    NotAStep(#[source] Malformed),
    /// A call to Secrets Manager failed.
    #[error("Secrets Manager did not do it")]
    Secrets(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The new key is not usable.
    #[error("the pending key is shorter than {KEY_CHARACTERS} characters")]
    TooShort,
}

impl Context {
    /// On AWS, or on whatever the clients are connected to.
    pub fn connect(clients: &Clients) -> Self {
        Self { secrets: clients.secrets_manager() }
    }
}

/// Handles one step.
pub async fn handle(event: Value, context: &Context) -> Result<Value, Diagnostic> {
    step(event, context).await.map(|()| Value::Null).map_err(diagnostic)
}

async fn step(event: Value, context: &Context) -> Result<(), Failure> {
    let rotation: Rotation = serde_json::from_value(event).map_err(|error| Failure::NotAStep(error.into()))?;
    match rotation.step {
        Step::Create => create(context, &rotation).await,
        // Nobody else keeps the key: there is nothing to set.
        Step::Set => Ok(()),
        Step::Test => test(context, &rotation).await,
        Step::Finish => finish(context, &rotation).await,
    }
}

/// Makes the new key, unless this rotation has made it before.
async fn create(context: &Context, rotation: &Rotation) -> Result<(), Failure> {
    if pending(context, rotation).await?.is_some() {
        return Ok(());
    }
    let password = context
        .secrets
        .get_random_password()
        .password_length(KEY_CHARACTERS)
        .exclude_punctuation(true)
        .send()
        .await
        .map_err(refused)?;
    let put = context
        .secrets
        .put_secret_value()
        .secret_id(&rotation.secret_id)
        .client_request_token(&rotation.client_request_token)
        .secret_string(password.random_password().unwrap_or_default())
        .version_stages(PENDING);
    put.send().await.map_err(refused).map(drop)
}

async fn test(context: &Context, rotation: &Rotation) -> Result<(), Failure> {
    // Secrets Manager also runs this step alone, to see that a schedule works, and then there may be nothing to test.
    let Some(key) = pending(context, rotation).await? else { return Ok(()) };
    let length = key.len();
    if i64::try_from(length).is_ok_and(|length| length >= KEY_CHARACTERS) { Ok(()) } else { Err(Failure::TooShort) }
}

/// Makes the new key current; Secrets Manager then calls the old one AWSPREVIOUS, and it goes on verifying.
async fn finish(context: &Context, rotation: &Rotation) -> Result<(), Failure> {
    let described = context.secrets.describe_secret().secret_id(&rotation.secret_id).send().await.map_err(refused)?;
    let versions = described.version_ids_to_stages().into_iter().flatten();
    let current = versions.filter(|(_, stages)| stages.iter().any(|stage| stage == CURRENT)).map(|(id, _)| id).next();
    if current.is_some_and(|current| *current == rotation.client_request_token) {
        return Ok(());
    }
    let mut update = context
        .secrets
        .update_secret_version_stage()
        .secret_id(&rotation.secret_id)
        .version_stage(CURRENT)
        .move_to_version_id(&rotation.client_request_token);
    if let Some(current) = current {
        update = update.remove_from_version_id(current);
    }
    update.send().await.map_err(refused).map(drop)
}

/// The key that this rotation has made, if it has.
async fn pending(context: &Context, rotation: &Rotation) -> Result<Option<String>, Failure> {
    let get = context
        .secrets
        .get_secret_value()
        .secret_id(&rotation.secret_id)
        .version_id(&rotation.client_request_token)
        .version_stage(PENDING);
    match get.send().await {
        Ok(value) => Ok(value.secret_string),
        Err(error) => match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(refused(error)),
        },
    }
}

/// The chain of the error and no more: its debug form can hold the whole answer, and that of this service is a secret.
fn refused(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Secrets(Box::new(error))
}

fn diagnostic(failure: Failure) -> Diagnostic {
    let error_type = match failure {
        Failure::Secrets(_) | Failure::TooShort => "Retryable",
        Failure::NotAStep(_) => "NotRetryable",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: Chain(&failure).to_string() }
}
