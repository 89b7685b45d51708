//! What came, as it came.

use std::sync::OnceLock;

use reveille_domain::{IncidentId, hex};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::key;
use crate::limits::RAW_BYTES_MAX;
use crate::port::{Condition, Item, Write};

/// The text that signals were read from. All of one message share it, and with it its hash, which is made where an incident opens.
pub struct Raw<'a> {
    text: &'a str,
    sha256: OnceLock<String>,
}

impl<'a> Raw<'a> {
    /// This text.
    pub fn of(text: &'a str) -> Self {
        Self { text, sha256: OnceLock::new() }
    }

    /// Keeps the text with an incident, up to a size, with its length and hash: enough to see what came, and whether it is whole.
    pub(super) fn write(&self, id: &IncidentId) -> Write {
        let mut end = self.text.len().min(RAW_BYTES_MAX);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let item = Item::from_iter([
            ("text".to_owned(), Value::String(self.text[..end].to_owned())),
            ("bytes".to_owned(), json!(self.text.len())),
            ("sha256".to_owned(), json!(self.sha256())),
        ]);
        Write::put(key::raw(id), item, Condition::Always)
    }

    fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| hex(&Sha256::digest(self.text.as_bytes())))
    }
}
