//! The signing keys as this function knows them: read once, read again now and then, and when an unknown key is named.

use std::sync::{Arc, PoisonError, RwLock};

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::link::key_id;
use crate::port::{Clock, KeyError, SigningKeySource, SigningKeys, within};

/// Seconds between two readings because of an unknown key: a stranger's tokens must not make us read for each.
const UNKNOWN_KEY_S_MIN: i64 = 30;

/// How long the store of secrets may take: a page that waits longer for its link is better off without one.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Keys and when they were read.
type Known = Option<(Arc<SigningKeys>, Timestamp)>;

/// The signing keys with their age.
pub struct KeyRing {
    source: Arc<dyn SigningKeySource>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
}

impl KeyRing {
    /// Minutes after which the keys are read again. The previous key verifies until the next rotation, a month later.
    pub const REFRESH_MINUTES: i64 = 10;

    /// A ring that has read nothing yet.
    pub fn new(source: Arc<dyn SigningKeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, known: RwLock::new(None) }
    }

    /// The keys in force. Old ones are better than none, if their store does not answer.
    pub async fn keys(&self) -> Result<Arc<SigningKeys>, KeyError> {
        self.keys_younger_than(SignedDuration::from_mins(Self::REFRESH_MINUTES)).await
    }

    /// The keys in force, read again if none of those known has this id.
    pub async fn keys_with(&self, id: Option<u8>) -> Result<Arc<SigningKeys>, KeyError> {
        let keys = self.keys().await?;
        let known =
            [Some(&keys.current), keys.previous.as_ref()].into_iter().flatten().any(|key| Some(key_id(key)) == id);
        if known { Ok(keys) } else { self.keys_younger_than(SignedDuration::from_secs(UNKNOWN_KEY_S_MIN)).await }
    }

    async fn keys_younger_than(&self, age_max: SignedDuration) -> Result<Arc<SigningKeys>, KeyError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.now();
        if let Some((keys, read_at)) = &known
            && now.duration_since(*read_at) < age_max
        {
            return Ok(keys.clone());
        }
        let read = within(self.clock.as_ref(), READ_TIMEOUT, self.source.read()).await;
        let read = read.unwrap_or_else(|| Err(KeyError::Unavailable("no answer in time".into())));
        match (read, known) {
            (Ok(keys), _) => {
                let keys = Arc::new(keys);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((keys.clone(), now));
                Ok(keys)
            }
            (Err(error), Some((keys, _))) => {
                // Asked again after the usual time, not by every page: none of them shall wait for a store that hangs.
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((keys.clone(), now));
                tracing::warn!(error = %crate::Chain(&error), "the signing keys could not be read again; the known ones are used");
                Ok(keys)
            }
            (Err(error), None) => Err(error),
        }
    }
}
