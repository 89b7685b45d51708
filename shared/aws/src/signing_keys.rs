//! The keys of acknowledge links, in Secrets Manager: a secret's current version signs, the one before still verifies.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use reveille_engine::port::{KeyError, SigningKey, SigningKeySource, SigningKeys};

/// Reads one secret.
#[derive(Clone, Debug)]
pub struct SecretsManagerKeys {
    client: Client,
    secret: String,
}

impl SecretsManagerKeys {
    /// The secret with this name or ARN.
    pub fn new(client: Client, secret: impl Into<String>) -> Self {
        let secret = secret.into();
        Self { client, secret }
    }

    /// `None`: the secret has no such version.
    async fn version(&self, stage: &str) -> Result<Option<SigningKey>, KeyError> {
        let call = self.client.get_secret_value().secret_id(&self.secret).version_stage(stage);
        match call.send().await {
            Ok(answer) => answer.secret_string.map(SigningKey::new).transpose(),
            Err(error) => match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(KeyError::Unavailable(error.into())),
            },
        }
    }
}

#[async_trait]
impl SigningKeySource for SecretsManagerKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        let current = self.version("AWSCURRENT").await?;
        let current = current.ok_or_else(|| KeyError::Unavailable("the secret has no current text".into()))?;
        // A version before that is of no use, or out of reach, is as good as none: links of the current one must work.
        let previous = self.version("AWSPREVIOUS").await.unwrap_or(None);
        Ok(SigningKeys { current, previous })
    }
}
