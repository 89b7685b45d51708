//! Verifying a channel: a code goes to the address, and whoever types it has read what arrives there.
//!
//! An operator does both with their own rights. The code itself leaves through `notify` like everything that reaches people; the
//! order that carries it forgets it once it is sent, and beside it only a keyed hash is stored.

use hmac::{Hmac, KeyInit, Mac};
use reveille_domain::limits::VERIFICATION_MINUTES;
use reveille_domain::{Channel, ChannelId, ChannelKind, ContactAlias, hex};
use serde_json::json;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::channel_state;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::key;
use crate::outbox;
use crate::port::{Condition, Item, TableError, TransactError, Write};
use crate::record::{
    ChannelDelivery, CodeIsVoid, ContactRecord, OrderRecord, TooManyCodes, VerificationRecord, from_item, to_item,
};

/// The bytes of randomness that a code takes: eight for its digits, sixteen for the salt.
pub const RANDOM_BYTES: usize = 24;

/// A code has so many digits.
const CODE_DIGITS: usize = 6;

/// Why a channel was not verified, each with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The installation does not know the contact.
    #[error("there is no contact `{0}` in this installation: apply a configuration that has them")]
    NoContact(ContactAlias),
    /// The contact has no such channel.
    #[error("{contact} has no channel `{channel}`; their channels are {known}")]
    NoChannel {
        /// Whose.
        contact: ContactAlias,
        /// Which was asked for.
        channel: ChannelId,
        /// Those that there are.
        known: String,
    },
    /// The configuration was applied by a version that did not mark addresses.
    #[error("the configuration was applied by an older version: apply it again, then verify")]
    NotMarked,
    /// There is nothing to be done.
    #[error("{0}'s {1} is verified already")]
    AlreadyVerified(ContactAlias, ChannelId),
    /// One is on its way.
    #[error("a code is on its way: wait for it, or ask for another one in {0} s (codes are at least a minute apart)")]
    OnItsWay(i64),
    /// An hour's worth has been sent.
    #[error(
        "three codes have been sent within an hour, which is all there are: look whether the address is right, and ask for \
         another one in {0} min"
    )]
    HourIsFull(i64),
    /// Nobody has asked for one.
    #[error("no code has been sent to this channel: run the same command without --code")]
    NoCode,
    /// It is older than it may be.
    #[error("the code has expired after {VERIFICATION_MINUTES} minutes: have another one sent, without --code")]
    Expired,
    /// Too many wrong ones.
    #[error("too many wrong codes: this one is void, have another one sent, without --code")]
    Spent,
    /// The channel has another address now.
    #[error("the address has changed since the code was sent: have another one sent, without --code")]
    OtherAddress,
    /// Not the right one.
    #[error("that is not the code; {0} more attempts")]
    Wrong(u32),
    /// The table could not be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A channel that is to be verified.
struct Candidate {
    channel: Channel,
    mark: String,
    record: VerificationRecord,
}

/// Has a code sent to a channel.
pub async fn send_code(
    engine: &Engine,
    contact: &ContactAlias,
    channel: &ChannelId,
    random: [u8; RANDOM_BYTES],
) -> Result<(), VerificationError> {
    let candidate = candidate(engine, contact, channel).await?;
    if candidate.channel.verified && candidate.channel.disabled.is_none() {
        return Err(VerificationError::AlreadyVerified(contact.clone(), channel.clone()));
    }
    let now = engine.now();
    candidate.record.may_send(now).map_err(|too_many| match too_many {
        TooManyCodes::OnItsWay(seconds) => VerificationError::OnItsWay(seconds),
        TooManyCodes::HourIsFull(minutes) => VerificationError::HourIsFull(minutes),
    })?;
    let (digits, salt) = random.split_at(8);
    let code = code_of(digits);
    let salt = hex(salt);
    let hash = hash(&salt, &code);
    // The salt names the order: whatever has become of the row of codes, no code is taken for one that has been sent before.
    let cause = format!("verify {contact} {channel} {salt}");
    let before = candidate.record.rev;
    let record = candidate.record.sending(&candidate.mark, salt, hash, now);
    let with = put(contact, channel, &record, before);
    let kind = candidate.channel.kind;
    let order = OrderRecord::Tell {
        contact: contact.to_string(),
        channels: ChannelDelivery::ready(&[(channel.clone(), kind)]),
        subject: "Reveille: your code".to_owned(),
        text: words(kind, contact, channel, &code),
    };
    match outbox::tell(engine, &cause, order, vec![with]).await {
        Ok(()) => Ok(()),
        // Somebody else has had one sent in this very moment.
        Err(TransactError::Refused(_)) => {
            Err(VerificationError::OnItsWay(reveille_domain::limits::VERIFICATION_RESEND_S_MIN))
        }
        Err(error @ TransactError::Table(_)) => Err(EngineError::from(error).into()),
    }
}

/// Takes a code back. The channel is verified then, and in use again if it was not.
pub async fn take_code(
    engine: &Engine,
    contact: &ContactAlias,
    channel: &ChannelId,
    typed: &str,
) -> Result<(), VerificationError> {
    let Candidate { mark, mut record, .. } = candidate(engine, contact, channel).await?;
    if !record.waits() {
        return Err(VerificationError::NoCode);
    }
    record.may_take(&mark, engine.now()).map_err(|void| match void {
        CodeIsVoid::Expired => VerificationError::Expired,
        CodeIsVoid::Spent => VerificationError::Spent,
        CodeIsVoid::OtherAddress => VerificationError::OtherAddress,
    })?;
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    let is_right = bool::from(hash(&record.salt, &typed).as_bytes().ct_eq(record.hash.as_bytes()));
    // The attempt is counted before anybody hears whether it was right: guesses at the same time are not free.
    let before = record.rev;
    record.rev += 1;
    record.attempts += 1;
    match engine.table().write(&put(contact, channel, &record, before)).await {
        Ok(_) => {}
        Err(TableError::Refused(_)) => return Err(EngineError::Table(TableError::Conflict).into()),
        Err(error) => return Err(EngineError::from(error).into()),
    }
    if !is_right {
        let left = record.attempts_left();
        return Err(if left == 0 { VerificationError::Spent } else { VerificationError::Wrong(left) });
    }
    let at = engine.now();
    channel_state::change(engine, contact, |state| {
        state.verify(channel, &mark, at);
        true
    })
    .await?;
    // A code is good for once. The row stays, because it knows how many codes have been sent within the hour.
    let before = record.rev;
    match engine.table().write(&put(contact, channel, &record.taken(), before)).await {
        // Whoever was faster has had another code sent, which this one does not void.
        Ok(_) | Err(TableError::Refused(_)) => Ok(()),
        Err(error) => Err(EngineError::from(error).into()),
    }
}

async fn candidate(
    engine: &Engine,
    contact: &ContactAlias,
    channel: &ChannelId,
) -> Result<Candidate, VerificationError> {
    let keys = [key::contact(contact), key::channel_state(contact), key::verification(contact, channel)];
    let rows = engine.table().get_many(&keys).await.map_err(EngineError::from)?;
    let row = |wanted: &crate::port::Key| {
        rows.iter().find(|row| row.get("pk") == Some(&json!(wanted.pk)) && row.get("sk") == Some(&json!(wanted.sk)))
    };
    let Some(known) = row(&keys[0]) else {
        return Err(VerificationError::NoContact(contact.clone()));
    };
    let known: ContactRecord = from_item(known).map_err(EngineError::from)?;
    let state = row(&keys[1]).map(channel_state::read);
    let record = row(&keys[2]).map(from_item::<VerificationRecord>).transpose().map_err(EngineError::from)?;
    let mark = known.mark(channel).map(str::to_owned);
    let channels = known.into_contact(state.as_ref()).channels;
    let Some(found) = channels.iter().find(|one| one.id == *channel).cloned() else {
        let known = channels.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(", ");
        return Err(VerificationError::NoChannel { contact: contact.clone(), channel: channel.clone(), known });
    };
    let mark = mark.ok_or(VerificationError::NotMarked)?;
    Ok(Candidate { channel: found, mark, record: record.unwrap_or_default() })
}

fn put(contact: &ContactAlias, channel: &ChannelId, record: &VerificationRecord, before: u64) -> Write {
    let unchanged = if before == 0 { Condition::Absent } else { Condition::Is("rev", json!(before)) };
    let item: Item = to_item(record);
    Write::put(key::verification(contact, channel), item, unchanged)
}

/// Six digits, each code as likely as any other up to one part in a million million.
fn code_of(random: &[u8]) -> String {
    let number = random.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:0digits$}", number % 10_u64.pow(6), digits = CODE_DIGITS)
}

fn hash(salt: &str, code: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(code.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn words(kind: ChannelKind, contact: &ContactAlias, channel: &ChannelId, code: &str) -> String {
    // A voice reads digits that touch as a number of six figures.
    let said: String = match kind {
        ChannelKind::Voice => code.chars().map(String::from).collect::<Vec<_>>().join(", "),
        ChannelKind::Sms | ChannelKind::Email | ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => {
            code.to_owned()
        }
    };
    format!(
        "{said} is the code for {contact}'s {channel} in Reveille, for {VERIFICATION_MINUTES} minutes. Tell it to whoever set up \
         your paging. If you do not know what this is, ignore it."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits_and_their_hash_tells_them_apart() {
        assert_eq!(code_of(&[0; 8]), "000000");
        assert_eq!(code_of(&[0, 0, 0, 0, 0, 0, 0, 7]), "000007");
        assert!((0..=255).all(|byte| code_of(&[byte; 8]).len() == CODE_DIGITS));
        assert_ne!(hash("salt", "000007"), hash("salt", "000008"));
        assert_ne!(hash("salt", "000007"), hash("pepper", "000007"));
    }
}
