//! What would have reached a human: every text message and e-mail, in the order in which they were sent.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::lock::lock;

/// How a letter travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterChannel {
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
}

/// One text message or e-mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it was sent, RFC 3339.
    pub at: String,
    /// How.
    pub channel: LetterChannel,
    /// A phone number or an address.
    pub to: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML alternative of an e-mail.
    pub html: Option<String>,
    /// The id that the provider gave.
    pub message_id: String,
}

// Addresses and tokens stay out of logs even where somebody logs a whole value.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("at", &self.at).field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// All letters.
#[derive(Debug, Default)]
pub struct Inbox {
    letters: Mutex<Vec<Letter>>,
    changes: Changes,
}

impl Inbox {
    /// All of them, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        lock(&self.letters).clone()
    }

    /// Waits until `enough` holds of all letters, and answers with them.
    pub async fn wait_until(&self, enough: impl Fn(&[Letter]) -> bool) -> Vec<Letter> {
        let mut watcher = self.changes.watch();
        loop {
            let letters = self.letters();
            if enough(&letters) {
                return letters;
            }
            watcher.changed().await;
        }
    }

    pub(crate) fn receive(&self, letter: Letter) {
        lock(&self.letters).push(letter);
        self.changes.announce();
    }

    pub(crate) fn restore(&self, letters: Vec<Letter>) {
        *lock(&self.letters) = letters;
    }
}
