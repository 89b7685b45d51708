//! What the messages of a scenario cost, as AWS's metrics of a month's spending would say it: each message that the doubles took, at the
//! price of `docs/prices.yaml`. What else an account sends, and what a carrier adds, is not in it.
//!
//! - SNS: <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
//! - End User Messaging: <https://docs.aws.amazon.com/sms-voice/latest/userguide/monitoring-cloudwatch.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reveille_local::{Letter, LetterChannel};

use super::{Datum, MetricKey};
use crate::cost::{Prices, sms_parts};

/// Where people are, by the beginning of their number: the price of a part of a text to there, and of a minute of a call.
const COUNTRIES: [(&str, &str, Option<&str>); 2] =
    [("+1", "sms_parts_us", Some("voice_minutes_us")), ("+81", "sms_parts_jp", None)];

/// Who sends the text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// SNS.
    Sns,
    /// End User Messaging, as it always makes the calls.
    EndUserMessaging,
}

/// After each message that costs something, how much all of the month have. Both services tell it without any dimension, in US dollars.
pub fn spent(letters: &[Letter], texts: Texts, prices: &Prices) -> Vec<Datum> {
    let mut months: BTreeMap<(&str, i16, i8), f64> = BTreeMap::new();
    let mut data = Vec::new();
    for letter in letters {
        let (namespace, name) = match (letter.channel, texts) {
            (LetterChannel::Sms, Texts::Sns) => ("AWS/SNS", "SMSMonthToDateSpentUSD"),
            (LetterChannel::Sms, Texts::EndUserMessaging) => ("AWS/SMSVoice", "TextMessageMonthlySpend"),
            (LetterChannel::Voice, _) => ("AWS/SMSVoice", "VoiceMessageMonthlySpend"),
            (
                LetterChannel::Email
                | LetterChannel::Webhook
                | LetterChannel::Slack
                | LetterChannel::Teams
                | LetterChannel::Operators,
                _,
            ) => continue,
        };
        let at: Timestamp = letter.at.parse().expect("an instant");
        let date = TimeZone::UTC.to_datetime(at);
        let month = months.entry((name, date.year(), date.month())).or_default();
        *month += price(letter, prices);
        let key = MetricKey { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: BTreeMap::new() };
        data.push(Datum { key, at_s: at.as_second(), value: *month });
    }
    data
}

/// A text costs by its parts. A call costs by the minute, and how long somebody listens no double knows: one minute is the least.
fn price(letter: &Letter, prices: &Prices) -> f64 {
    let country = COUNTRIES.iter().find(|(begins, ..)| letter.to.starts_with(begins));
    let (_, part, minute) = country.unwrap_or_else(|| panic!("docs/prices.yaml has no price for {}", letter.to));
    if letter.channel == LetterChannel::Voice {
        prices.of(minute.expect("a price of calls to there")).times(1.0)
    } else {
        prices.of(part).times(sms_parts(&letter.text) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(at: &str, channel: LetterChannel, to: &str, text: &str) -> Letter {
        let (at, to, text) = (at.to_owned(), to.to_owned(), text.to_owned());
        let (subject, html, ssml) = (None, None, None);
        Letter { at, channel, to, subject, text, html, ssml, headers: BTreeMap::new(), message_id: String::new() }
    }

    #[test]
    fn a_month_adds_up_and_the_next_one_begins_at_nothing() {
        let prices = Prices::read();
        let part = |country| prices.of(country).times(1.0);
        let letters = [
            letter("2026-11-30T23:00:00Z", LetterChannel::Sms, "+815550101", "short"),
            letter("2026-11-30T23:59:59Z", LetterChannel::Sms, "+15550101", &"long ".repeat(40)),
            letter("2026-11-30T23:59:59Z", LetterChannel::Email, "natsu@example.com", "free of all this"),
            letter("2026-12-01T00:00:00Z", LetterChannel::Sms, "+15550101", "short"),
            letter("2026-12-01T00:00:00Z", LetterChannel::Voice, "+15550101", "a call"),
        ];
        let values: Vec<f64> = spent(&letters, Texts::Sns, &prices).iter().map(|datum| datum.value).collect();
        let (jp, us) = (part("sms_parts_jp"), part("sms_parts_us"));
        assert_eq!(values, [jp, jp + 2.0 * us, us, part("voice_minutes_us")]);
    }
}
