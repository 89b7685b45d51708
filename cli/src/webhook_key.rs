//! A key for a webhook: random, shown once, and stored only as its hash.

use crate::configuration::hash_webhook_key;

/// 128 bits: too many to guess, and in hexadecimal as long as PagerDuty's routing keys, which some senders measure.
const KEY_BYTES: usize = 16;

/// A new key and what goes into the configuration.
#[derive(Clone)]
pub struct WebhookKey {
    /// For the sender; it is stored nowhere.
    pub key: String,
    /// For the configuration file: `sha256:…`.
    pub hash: String,
}

/// Makes a key from the operating system's randomness.
pub fn make() -> Result<WebhookKey, getrandom::Error> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes)?;
    let key: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(WebhookKey { hash: hash_webhook_key(&key), key })
}
