//! A provider's error as the outbox understands it: is this address or message refused for good, or may another
//! attempt succeed? The text goes into timelines and logs, so addresses are taken out of it.

use std::error::Error;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use reveille_domain::Disabled;
use reveille_engine::port::SendError;

/// Longer texts of providers are cut; nobody reads on at three in the morning.
const TEXT_CHARS_MAX: usize = 300;
/// So many digits in a row are taken for a phone number.
const NUMBER_DIGITS_MIN: usize = 7;

/// Classifies: `refusals` are the codes of errors that no further attempt can mend.
pub(crate) fn send_failure<E>(error: &SdkError<E>, refusals: &[&str]) -> SendError
where
    E: ProvideErrorMetadata + Error,
{
    let Some(code) = error.code() else {
        return SendError::Failed(unanswered(error).to_owned());
    };
    let text = redacted(&format!("{code}: {}", error.message().unwrap_or("no reason given")));
    if refusals.contains(&code) { SendError::Refused(text) } else { SendError::Failed(text) }
}

/// The same where the provider says that no message will ever arrive at the address.
pub(crate) fn unusable<E>(error: &SdkError<E>, why: Disabled) -> SendError
where
    E: ProvideErrorMetadata + Error,
{
    SendError::Unusable(why, redacted(error.message().unwrap_or("no reason given")))
}

fn unanswered<E>(error: &SdkError<E>) -> &'static str {
    match error {
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time",
        SdkError::DispatchFailure(_) => "out of reach",
        SdkError::ConstructionFailure(_) => "the request could not be made",
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => "an answer that nobody understands",
        _ => "an unknown failure",
    }
}

/// The text without what could be an e-mail address or a phone number.
pub(crate) fn redacted(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(redacted_word).collect();
    words.join(" ").chars().take(TEXT_CHARS_MAX).collect()
}

fn redacted_word(word: &str) -> String {
    if word.contains('@') {
        return "…".to_owned();
    }
    let mut out = String::with_capacity(word.len());
    let mut digits = String::new();
    for character in word.chars().chain(['\0']) {
        if character.is_ascii_digit() || (character == '+' && digits.is_empty()) {
            digits.push(character);
            continue;
        }
        let number = digits.starts_with('+') && digits.len() > 1 || digits.len() >= NUMBER_DIGITS_MIN;
        out.push_str(if number { "…" } else { &digits });
        digits.clear();
        out.push(character);
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn addresses_are_taken_out_of_a_providers_text() {
        for (text, expected) in [
            ("Invalid parameter: PhoneNumber", "Invalid parameter: PhoneNumber"),
            ("number +84312712567 opted out", "number … opted out"),
            ("PhoneNumber=+84312712567.", "PhoneNumber=…."),
            ("\"84312712567\" is wrong", "\"…\" is wrong"),
            ("not verified in US-EAST-1: natsu@devopsvn.tech, x", "not verified in US-EAST-1: … x"),
            ("<natsu@devopsvn.tech>", "…"),
            ("limit of 200 a day", "limit of 200 a day"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }
}
