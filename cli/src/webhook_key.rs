//! A key for a webhook: random, shown once, and stored only as its hash.

use reveille_domain::hex;

use crate::command::Failure;
use crate::configuration::hash_webhook_key;
use crate::output;

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
    let key = hex(&bytes);
    Ok(WebhookKey { hash: hash_webhook_key(&key), key })
}

/// Makes a key and prints it, with what goes into the configuration.
pub fn print() -> Result<(), Failure> {
    let made = make()?;
    output::line(format_args!("key for the sender, shown only now:\n  {}", made.key))?;
    output::line("\nfor the configuration, with a name of your choice:\n")?;
    output::line(format_args!("webhooks:\n  my-sender: {{ keys: [\"{}\"] }}", made.hash))?;
    Ok(())
}
