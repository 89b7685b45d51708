//! The `webhooks` section: who may send events over HTTP, and where those go.
//!
//! A file holds hashes of keys, never a key: files are committed, and whoever reads one must not be able to page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reveille_domain::{ResponsePlanName, hex};
use sha2::{Digest, Sha256};

use super::error::Code;
use super::keys;
use super::limits::WEBHOOK_KEYS_MAX;
use super::names::Names;
use super::node::{Entry, Node};
use super::reader::{Fields, Reader};

/// The name of a webhook: part of its URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookName(String);

/// One sender of events over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Any of them opens the door; two at a time are a rotation with overlap.
    pub keys: Vec<WebhookKeyHash>,
    /// The plan for its events; `None`: the rules decide.
    pub response_plan: Option<ResponsePlanName>,
}

/// `sha256:` and 64 hexadecimal digits. The keys are random and long, so a plain hash gives nothing away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookKeyHash(String);

/// The line for `keys:` of this webhook key: `sha256:` and 64 hexadecimal digits in lower case.
pub fn hash_webhook_key(key: &str) -> String {
    format!("{PREFIX}{}", hex(&Sha256::digest(key.as_bytes())))
}

const PREFIX: &str = "sha256:";
const HEX_DIGITS: usize = 64;

impl WebhookName {
    /// Takes the text as it is; whoever read it from outside has validated it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WebhookKeyHash {
    /// Reads `sha256:` and 64 hexadecimal digits; letter case does not count.
    pub fn parse(written: &str) -> Option<Self> {
        let hex = written.strip_prefix(PREFIX)?;
        let valid = hex.len() == HEX_DIGITS && hex.chars().all(|c| c.is_ascii_hexdigit());
        valid.then(|| Self(format!("{PREFIX}{}", hex.to_ascii_lowercase())))
    }

    /// `sha256:` and 64 hexadecimal digits in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the section. What has mistakes is left out.
pub(super) fn read(reader: &mut Reader, section: &Node, names: &Names<'_>) -> BTreeMap<WebhookName, Webhook> {
    let remedy = "write one webhook under it: `grafana: { keys: [\"sha256:…\"] }`";
    reader
        .named(section, "`webhooks`", remedy)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, entry)| Some((WebhookName::new(name), webhook(reader, name, entry, names)?)))
        .collect()
}

fn webhook(reader: &mut Reader, name: &str, entry: &Entry, names: &Names<'_>) -> Option<Webhook> {
    let named_well = reader.alias(name, entry.key.at, "a webhook");
    let what = format!("webhook `{name}`");
    let mut fields = reader.fields(&entry.value, &what, &keys::WEBHOOK)?;
    fields.at = entry.key.at;
    let keys = hashes(reader, &fields);
    let response_plan = match fields.get("response_plan") {
        None => Some(None),
        Some(node) => names.response_plan(reader, node, "`response_plan`").map(Some),
    };
    let webhook = Webhook { keys: keys?, response_plan: response_plan? };
    named_well.then_some(webhook)
}

fn hashes(reader: &mut Reader, fields: &Fields<'_>) -> Option<Vec<WebhookKeyHash>> {
    const MAKE: &str = "run `reveille webhook-key` and put the text that begins with sha256: here";
    let node = reader.required(fields, "keys", MAKE)?;
    // A single text may be a key: it must not be shown by what is said about it.
    if node.scalar().is_some_and(|text| WebhookKeyHash::parse(text).is_none()) {
        reader.secrets.push(node.at);
    }
    let items = reader.list(node, "`keys`")?;
    if items.is_empty() || items.len() > WEBHOOK_KEYS_MAX {
        let message = format!("{} must have 1 to {WEBHOOK_KEYS_MAX} keys (WEBHOOK_KEYS_MAX)", fields.what);
        reader.wrong(node.at, Code::OutOfRange, message, MAKE);
        return None;
    }
    let mut seen = BTreeSet::new();
    for item in items {
        let written = reader.text(item, "a key")?;
        let Some(hash) = WebhookKeyHash::parse(written) else {
            reader.secrets.push(item.at);
            reader.wrong(
                item.at,
                Code::InvalidValue,
                "a key is written as `sha256:` and 64 hexadecimal digits, never as the key itself",
                MAKE,
            );
            continue;
        };
        if !seen.insert(hash) {
            reader.wrong(item.at, Code::Duplicate, "the same key stands twice", "remove one of them");
        }
    }
    (seen.len() == items.len()).then(|| seen.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_sha256sum_prints() {
        let hash = hash_webhook_key("abc");
        assert_eq!(hash, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(WebhookKeyHash::parse(&hash).is_some());
        assert_eq!(WebhookKeyHash::parse(&hash.to_uppercase()), None, "the prefix is in lower case");
        assert_eq!(WebhookKeyHash::parse("sha256:abc"), None);
    }
}
