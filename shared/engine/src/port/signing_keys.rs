//! The keys that sign acknowledge links: the current one signs, the one before still verifies.

use async_trait::async_trait;

/// A secret of at least 32 bytes.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

// A secret never reaches a log.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The keys in force.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    /// Signs and verifies.
    pub current: SigningKey,
    /// Verifies only, until the next rotation.
    pub previous: Option<SigningKey>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store of secrets did not answer.
    #[error("the signing key could not be read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is shorter than 32 bytes; rotate it.
    #[error("the signing key is too short: rotate the secret")]
    TooShort,
}

/// Where the keys are kept.
#[async_trait]
pub trait SigningKeySource: Send + Sync {
    /// Reads the keys in force.
    async fn read(&self) -> Result<SigningKeys, KeyError>;
}

impl SigningKey {
    /// The shortest key that is accepted: as long as the digest that it keys.
    pub const BYTES_MIN: usize = 32;

    /// Takes a secret of at least [`Self::BYTES_MIN`] bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let bytes = bytes.into();
        if bytes.len() < Self::BYTES_MIN { Err(KeyError::TooShort) } else { Ok(Self(bytes)) }
    }

    /// The secret itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
