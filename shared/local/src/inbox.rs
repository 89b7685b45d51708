//! What would have reached a human, by whatever channel, in the order in which it was sent.

use std::collections::BTreeMap;
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
    /// A call.
    Voice,
    /// A POST to a server of a contact's own.
    Webhook,
    /// A POST to Slack.
    Slack,
    /// A POST to Microsoft Teams.
    Teams,
    /// A message on the operators' topic.
    Operators,
}

impl LetterChannel {
    /// Every channel, in the order in which the page shows them.
    pub const ALL: [Self; 7] =
        [Self::Sms, Self::Email, Self::Voice, Self::Webhook, Self::Slack, Self::Teams, Self::Operators];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            LetterChannel::Sms => "sms",
            LetterChannel::Email => "email",
            LetterChannel::Voice => "voice",
            LetterChannel::Webhook => "webhook",
            LetterChannel::Slack => "slack",
            LetterChannel::Teams => "teams",
            LetterChannel::Operators => "operators",
        }
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it was sent, RFC 3339.
    pub at: String,
    /// How.
    pub channel: LetterChannel,
    /// A phone number, an address, a URL, or the topic's name.
    pub to: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text; of a call, what is spoken; of a POST, its body.
    pub text: String,
    /// The HTML alternative of an e-mail.
    pub html: Option<String>,
    /// What a call was handed.
    #[serde(default)]
    pub ssml: Option<String>,
    /// What signs and dates a POST.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
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
