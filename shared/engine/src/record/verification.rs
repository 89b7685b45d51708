//! A code that has been sent to a channel and is waited for.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::limits::{
    VERIFICATION_ATTEMPTS_MAX, VERIFICATION_MINUTES, VERIFICATION_RESEND_S_MIN, VERIFICATION_SENDS_PER_HOUR_MAX,
};
use serde::{Deserialize, Serialize};

/// What is kept of the codes of one channel: never a code, only what tells the right one from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRecord {
    /// Goes up with each change, so that two people who guess at once count twice.
    pub rev: u64,
    /// Which address the code went to; see [`super::address_mark`].
    pub address: String,
    /// In hexadecimal; another for each code.
    pub salt: String,
    /// HMAC-SHA-256 of the code under the salt, in hexadecimal.
    pub hash: String,
    /// When codes were sent, the newest last.
    sent: Vec<Timestamp>,
    /// How many wrong codes have been typed since.
    pub attempts: u32,
}

/// Why no code is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooManyCodes {
    /// The newest is on its way; another one may be sent after so many seconds.
    OnItsWay(i64),
    /// An hour's worth has been sent; another one may be sent after so many minutes.
    HourIsFull(i64),
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeIsVoid {
    /// It is older than it may be.
    Expired,
    /// Too many wrong ones have been typed.
    Spent,
    /// It went to another address than the channel has now.
    OtherAddress,
}

impl VerificationRecord {
    /// Whether another code may be sent.
    pub fn may_send(&self, now: Timestamp) -> Result<(), TooManyCodes> {
        let since = |at: &Timestamp| now.duration_since(*at).as_secs();
        let newest = self.sent.last().map_or(i64::MAX, since);
        if newest < VERIFICATION_RESEND_S_MIN {
            return Err(TooManyCodes::OnItsWay(VERIFICATION_RESEND_S_MIN - newest));
        }
        let within: Vec<i64> = self.sent.iter().map(since).filter(|age_s| *age_s < 3_600).collect();
        match within.first() {
            Some(oldest) if within.len() >= VERIFICATION_SENDS_PER_HOUR_MAX => {
                Err(TooManyCodes::HourIsFull((3_600 - oldest).div_euclid(60) + 1))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The same after another code has been sent.
    #[must_use]
    pub fn sending(self, address: &str, salt: String, hash: String, now: Timestamp) -> Self {
        let mut sent = self.sent;
        sent.retain(|at| now.duration_since(*at) < SignedDuration::from_hours(1));
        sent.push(now);
        Self { rev: self.rev + 1, address: address.to_owned(), salt, hash, sent, attempts: 0 }
    }

    /// Whether a code can still be taken.
    pub fn may_take(&self, address: &str, now: Timestamp) -> Result<(), CodeIsVoid> {
        let age = |at: &Timestamp| now.duration_since(*at);
        if self.sent.last().is_none_or(|at| age(at) >= SignedDuration::from_mins(VERIFICATION_MINUTES)) {
            Err(CodeIsVoid::Expired)
        } else if self.attempts >= VERIFICATION_ATTEMPTS_MAX {
            Err(CodeIsVoid::Spent)
        } else if self.address != address {
            Err(CodeIsVoid::OtherAddress)
        } else {
            Ok(())
        }
    }

    /// Whether a code is waited for: one has been sent, and has not been taken.
    pub fn waits(&self) -> bool {
        !self.hash.is_empty()
    }

    /// The same after the right code has been typed: nothing is waited for, and what has been sent still counts.
    #[must_use]
    pub fn taken(self) -> Self {
        Self { rev: self.rev + 1, salt: String::new(), hash: String::new(), ..self }
    }

    /// How many more codes may be typed.
    pub fn attempts_left(&self) -> u32 {
        VERIFICATION_ATTEMPTS_MAX.saturating_sub(self.attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn sent(at_minutes: &[i64]) -> VerificationRecord {
        at_minutes.iter().fold(VerificationRecord::default(), |record, minutes| {
            record.sending("09af", "salt".to_owned(), "hash".to_owned(), at(*minutes))
        })
    }

    #[test]
    fn codes_are_sent_a_minute_apart_and_three_an_hour() {
        let rows: [(&[i64], i64, Result<(), TooManyCodes>); 6] = [
            (&[], 0, Ok(())),
            (&[0], 0, Err(TooManyCodes::OnItsWay(60))),
            (&[0], 1, Ok(())),
            (&[0, 1, 2], 10, Err(TooManyCodes::HourIsFull(51))),
            (&[0, 1, 2], 59, Err(TooManyCodes::HourIsFull(2))),
            (&[0, 1, 2], 60, Ok(())),
        ];
        for (before, now, expected) in rows {
            assert_eq!(sent(before).may_send(at(now)), expected, "{before:?} {now}");
        }
    }

    #[test]
    fn a_code_is_taken_for_ten_minutes_five_times_and_for_its_address() {
        let record = sent(&[0]);
        assert_eq!(record.may_take("09af", at(9)), Ok(()));
        assert_eq!(record.may_take("09af", at(10)), Err(CodeIsVoid::Expired));
        assert_eq!(record.may_take("ffff", at(1)), Err(CodeIsVoid::OtherAddress));
        let spent = VerificationRecord { attempts: VERIFICATION_ATTEMPTS_MAX, ..record };
        assert_eq!(spent.may_take("09af", at(1)), Err(CodeIsVoid::Spent));
        let again = spent.sending("09af", "salt".to_owned(), "hash".to_owned(), at(2));
        assert_eq!((again.may_take("09af", at(3)), again.attempts_left()), (Ok(()), VERIFICATION_ATTEMPTS_MAX));
    }
}
