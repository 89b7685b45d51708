//! Messages as they are charged.

use reveille_local::{Letter, LetterChannel};

/// Characters of the GSM 7-bit alphabet that take two places.
const TWO_PLACES: &str = "^{}\\[~]|€";
/// Its characters beyond ASCII that take one.
const BEYOND_ASCII: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";

/// What has left for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Parts of text messages: each is charged.
    pub sms_parts: usize,
    /// Text messages.
    pub sms: usize,
    /// E-mails.
    pub emails: usize,
}

impl Messages {
    /// These letters.
    pub fn of(letters: &[Letter]) -> Self {
        let mut messages = Self::default();
        for letter in letters {
            match letter.channel {
                LetterChannel::Sms => {
                    messages.sms += 1;
                    messages.sms_parts += sms_parts(&letter.text);
                }
                LetterChannel::Email => messages.emails += 1,
                LetterChannel::Voice
                | LetterChannel::Webhook
                | LetterChannel::Slack
                | LetterChannel::Teams
                | LetterChannel::Operators => {}
            }
        }
        messages
    }
}

impl std::ops::Add for Messages {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sms_parts: self.sms_parts + other.sms_parts,
            sms: self.sms + other.sms,
            emails: self.emails + other.emails,
        }
    }
}

/// In how many parts a text leaves: 160 places in one message, 153 in each of several; of a text with any other character 70 and 67.
pub fn sms_parts(text: &str) -> usize {
    let places = |character: char| match character {
        _ if TWO_PLACES.contains(character) => Some(2),
        '`' => None,
        ' '..='~' | '\n' | '\r' => Some(1),
        _ if BEYOND_ASCII.contains(character) => Some(1),
        _ => None,
    };
    let seven_bit: Option<usize> = text.chars().map(places).sum();
    let (length, alone, each) = match seven_bit {
        Some(length) => (length, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    if length <= alone { 1 } else { length.div_ceil(each) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_leaves_in_as_many_parts_as_its_alphabet_needs() {
        let rows = [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("[".repeat(80), 1),
            ("[".repeat(81), 2),
            ("ü".repeat(160), 1),
            ("ł".repeat(70), 1),
            ("ł".repeat(71), 2),
            (format!("`{}", "a".repeat(70)), 2),
            ("😀".repeat(35), 1),
        ];
        for (text, parts) in rows {
            assert_eq!(sms_parts(&text), parts, "{text}");
        }
    }
}
