//! Lines of the file as they may be shown: without addresses and keys, and with every character in its column.
//!
//! What a mistake shows ends in the logs of a pipeline. Masking works on the text, because a line that is not YAML
//! holds telephone numbers too.

use super::node::Place;

/// A line in which addresses and the secrets of that line are masked, character for character.
pub(super) fn line(text: &str, at: Place, secrets: &[Place]) -> String {
    let mut characters: Vec<char> = text.chars().map(printable).collect();
    for secret in secrets.iter().filter(|secret| (secret.file, secret.line) == (at.file, at.line)) {
        let from = (secret.column - 1).min(characters.len());
        let to = (from + secret.length).min(characters.len());
        characters[from..to].fill(MASK);
    }
    without_addresses(characters)
}

/// An address as it may be shown: enough for its owner to know it again, too little for anybody else to use.
pub(crate) fn address(text: &str) -> String {
    without_addresses(text.chars().map(printable).collect())
}

fn without_addresses(mut characters: Vec<char>) -> String {
    mask_urls(&mut characters);
    mask_phones(&mut characters);
    mask_emails(&mut characters);
    characters.into_iter().collect()
}

/// Stands for one hidden character.
pub(super) const MASK: char = '•';

/// So many digits in a row, with what people write between them, may be a telephone number. Twelve are an AWS account,
/// which is no secret but looks the same.
const PHONE_DIGITS_MIN: usize = 7;

/// A tab or an escape would move what stands behind it.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// Masks all digits but the last three of whatever looks like a telephone number, however badly written.
fn mask_phones(characters: &mut [char]) {
    let mut at = 0;
    while at < characters.len() {
        let run = characters[at..].iter().take_while(|c| c.is_ascii_digit() || " -.()+/".contains(**c)).count();
        let digits: Vec<usize> = (at..at + run).filter(|&i| characters[i].is_ascii_digit()).collect();
        // A run inside of a word is a hash or an id, not a number to call.
        let word_before =
            digits.first().is_some_and(|&first| first > 0 && characters[first - 1].is_ascii_alphanumeric());
        let word_behind = digits
            .last()
            .is_some_and(|&last| characters.get(last + 1).is_some_and(|behind| behind.is_ascii_alphanumeric()));
        let date = is_date(&characters[at..at + run]);
        if digits.len() >= PHONE_DIGITS_MIN && !word_before && !word_behind && !date {
            for &i in &digits[..digits.len() - 3] {
                characters[i] = MASK;
            }
        }
        at += run.max(1);
    }
}

/// Whether a run is a date, at most with the hour behind it: `2026-01-05`, and `2026-01-05 09` of an instant. A mistake in
/// a date cannot be found in a line that hides it.
fn is_date(run: &[char]) -> bool {
    let run: String = run.iter().collect();
    let run = run.trim().trim_start_matches("- ").trim_start();
    let (date, hour) = run.split_once(' ').unwrap_or((run, ""));
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let in_range =
        |text: &str, max: u8| digits(text, 2) && text.parse().is_ok_and(|number| (1..=max).contains(&number));
    digits(year, 4) && in_range(month, 12) && in_range(day, 31) && (hour.is_empty() || digits(hour, 2))
}

/// Masks what stands behind the host of a URL: the path of a chat's URL is the permission to post there.
fn mask_urls(characters: &mut [char]) {
    let scheme = ['h', 't', 't', 'p'];
    let marks: Vec<usize> =
        (0..characters.len()).filter(|&at| characters[at..].starts_with(&[':', '/', '/'])).collect();
    for mark in marks {
        let before = &characters[..mark];
        if !before.ends_with(&scheme) && !before.strip_suffix(&['s']).is_some_and(|rest| rest.ends_with(&scheme)) {
            continue;
        }
        let ends = |c: char| c.is_whitespace() || "\"',[]{}<>".contains(c);
        let end = characters[mark..].iter().position(|c| ends(*c)).map_or(characters.len(), |length| mark + length);
        let path = characters[mark + 3..end].iter().position(|c| "/?#".contains(*c));
        if let Some(path) = path {
            characters[mark + 3 + path + 1..end].fill(MASK);
        }
    }
}

/// Masks what stands before an `@` but for its first character.
fn mask_emails(characters: &mut [char]) {
    let at_signs: Vec<usize> = (0..characters.len()).filter(|&i| characters[i] == '@').collect();
    for at in at_signs {
        let start = characters[..at]
            .iter()
            .rposition(|c| c.is_whitespace() || "\"',:[]{}<>".contains(*c))
            .map_or(0, |before| before + 1);
        if start + 1 < at {
            characters[start + 1..at].fill(MASK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(column: usize, length: usize) -> Place {
        Place { file: 0, line: 1, column, length }
    }

    #[test]
    fn addresses_are_hidden_and_columns_kept() {
        let rows = [
            (
                r#"sms: { type: smss, address: "+84 3127 12 567" }"#,
                r#"sms: { type: smss, address: "+•• •••• •• 567" }"#,
            ),
            ("address: 0312712567", "address: •••••••567"),
            ("mail: natsu@devopsvn.tech", "mail: n••••@devopsvn.tech"),
            ("{ address: https://hooks.slack.com/se/T0, x: 1 }", "{ address: https://hooks.slack.com/•••••, x: 1 }"),
            ("address: \"http://a.b?sig=c\"", "address: \"http://a.b?•••••\""),
            ("after: 5, minutes: 100", "after: 5, minutes: 100"),
            ("\tkey: 2026", " key: 2026"),
            ("start: 2026-01-05", "start: 2026-01-05"),
            ("  - 2026-01-05", "  - 2026-01-05"),
            (
                "{ start: 2026-01-05 09:00, end: 2026-01-06T09:00:00-05:00 }",
                "{ start: 2026-01-05 09:00, end: 2026-01-06T09:00:00-05:00 }",
            ),
            ("sms: +2026-01-05", "sms: +••••-•1-05"),
            ("sms: 2026-13-05", "sms: ••••-•3-05"),
            ("sms: 2026-01-05 123", "sms: ••••-••-•• 123"),
        ];
        for (written, shown) in rows {
            assert_eq!(line(written, first(1, 1), &[]), shown);
        }
    }

    #[test]
    fn secrets_are_hidden() {
        let secret = first(8, 6);
        assert_eq!(line("keys: [secret]", secret, &[secret]), "keys: [••••••]");
        let elsewhere = Place { file: 1, ..secret };
        assert_eq!(line("keys: [secret]", secret, &[elsewhere]), "keys: [secret]");
    }
}
