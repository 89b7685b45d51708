//! Tokens of acknowledge links: whatever verifies is, letter for letter, what was signed, by a key in force, and not too old.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{ContactAlias, IncidentId, OutboxId, hex};
use reveille_engine::link::{LINK_HOURS, Link, LinkError, token_key_id};
use reveille_engine::port::{SigningKey, SigningKeys};

/// Bytes of an input that say what the link is about; the rest says what is done to its token.
const CLAIMS_BYTES: usize = 24;

pub(super) fn run(input: &[u8]) {
    // A token of nobody's: no link is signed with these keys below, where a fuzzer could see one.
    let text = String::from_utf8_lossy(input);
    let named = token_key_id(&text);
    assert!(named.is_none() || text.len() >= 3, "{named:?}");
    assert_eq!(Link::verify(&text, &keys(9, Some(8)), super::now()), Err(LinkError::Invalid));
    let ours = keys(1, Some(2));
    if input.len() >= CLAIMS_BYTES {
        let (claims, edits) = input.split_at(CLAIMS_BYTES);
        minted(claims, edits, &ours);
    }
}

fn minted(claims: &[u8], edits: &[u8], ours: &SigningKeys) {
    let link = link(claims);
    let token = link.token(ours, super::now()).expect("every page can be linked");
    assert_eq!(token.len(), 64);
    let at = |offset: SignedDuration| super::now() + offset;
    let day = SignedDuration::from_hours(LINK_HOURS);
    let second = SignedDuration::from_secs(1);
    assert_eq!(Link::verify(&token, ours, super::now()).as_ref(), Ok(&link));
    assert_eq!(Link::verify(&token, ours, at(day - second)).as_ref(), Ok(&link));
    assert_eq!(Link::verify(&token, ours, at(day)), Err(LinkError::Expired));
    assert_eq!(Link::verify(&token, ours, Timestamp::MAX), Err(LinkError::Expired));
    // After one rotation the key is the one before; after two it is nobody's; another installation never had it.
    assert_eq!(Link::verify(&token, &keys(3, Some(1)), super::now()).as_ref(), Ok(&link));
    for foreign in [keys(4, Some(3)), keys(2, None)] {
        assert_eq!(Link::verify(&token, &foreign, super::now()), Err(LinkError::Invalid));
    }
    let edited = edited(&token, edits);
    let verified = Link::verify(&edited, ours, super::now());
    assert_eq!(verified.is_ok(), edited == token, "{edited:?} verifies as {verified:?}");
}

fn keys(current: u8, previous: Option<u8>) -> SigningKeys {
    let key = |byte: u8| SigningKey::new([byte; 64]).expect("long enough");
    SigningKeys { current: key(current), previous: previous.map(key) }
}

fn link(claims: &[u8]) -> Link {
    let digits = hex(&claims[..16]);
    let id = format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let page = OutboxId { revision: u64::from(number(&claims[16..20])), number: number(&claims[20..22]) };
    Link::new(&IncidentId::new(id), page, &ContactAlias::new(format!("contact-{}", number(&claims[22..24]))))
}

/// Pairs of a place and what is done there: a letter is changed, the rest is cut, a letter is put in.
fn edited(token: &str, edits: &[u8]) -> String {
    let mut edited = token.as_bytes().to_vec();
    for pair in edits.chunks_exact(2) {
        let place = usize::from(pair[0]) % (edited.len() + 1);
        match pair[1] {
            0 => edited.truncate(place),
            byte if byte.is_ascii_graphic() && place < edited.len() => edited[place] = byte,
            byte => edited.insert(place, byte & 0x7f),
        }
    }
    String::from_utf8_lossy(&edited).into_owned()
}
