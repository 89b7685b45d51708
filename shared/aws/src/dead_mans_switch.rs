//! A dead man's switch behind a URL, as healthchecks.io and others offer it: whoever does not hear from us for a while tells the
//! operators, without anything of this account.
//!
//! The URL is the permission to beat: whoever knows it can keep a dead heart beating. It stands in a secret, and in no log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;
use reveille_engine::port::{BeatError, Clock, DeadMansSwitch, SendError};

use crate::https_client::HttpsClient;

/// Both the secret and the switch may hang: neither may keep the tick that beats.
const BEAT_TIMEOUT: Duration = Duration::from_secs(5);
/// Minutes after which the secret is read again: as often as signing keys are.
const REMEMBERED_MINUTES: i64 = 10;

/// Beats by a `GET` to the URL that a secret holds.
pub struct UrlSwitch {
    secrets: Client,
    secret: String,
    client: HttpsClient,
    clock: Arc<dyn Clock>,
    /// As read last, and when.
    known: Mutex<Option<(String, Timestamp)>>,
}

impl UrlSwitch {
    /// The switch whose URL is the text of the secret with this name or ARN.
    pub fn new(secrets: Client, secret: impl Into<String>, client: HttpsClient, clock: Arc<dyn Clock>) -> Self {
        Self { secrets, secret: secret.into(), client, clock, known: Mutex::default() }
    }

    async fn url(&self) -> Result<String, BeatError> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((url, read_at)) = known
            && now.duration_since(read_at).as_mins() < REMEMBERED_MINUTES
        {
            return Ok(url);
        }
        let answer = self.secrets.get_secret_value().secret_id(&self.secret).send().await;
        let answer = answer.map_err(|error| BeatError::NoAddress(error.into()))?;
        let url = answer.secret_string.ok_or_else(|| BeatError::NoAddress("the secret has no text".into()))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((url.clone(), now));
        Ok(url)
    }

    async fn beat_once(&self) -> Result<(), BeatError> {
        let url = self.url().await?;
        self.client.get(&url).await.map_err(|error| {
            let (SendError::Refused(why) | SendError::Failed(why) | SendError::Unusable(_, why)) = error;
            BeatError::NotTaken(why)
        })
    }
}

#[async_trait]
impl DeadMansSwitch for UrlSwitch {
    async fn beat(&self) -> Result<(), BeatError> {
        let beat = tokio::time::timeout(BEAT_TIMEOUT, self.beat_once()).await;
        beat.unwrap_or_else(|_| Err(BeatError::NotTaken(format!("no answer within {} s", BEAT_TIMEOUT.as_secs()))))
    }
}
