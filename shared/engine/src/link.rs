//! Acknowledge links: signed, bound to one page of one contact, expiring.
//!
//! The token is small because it travels in an SMS: 32 bytes of claims and half of an HMAC-SHA-256 (128 bits, as RFC 2104
//! section 5 allows), 64 characters in all. Nothing is read from the table before the signature has been verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use reveille_domain::{ContactAlias, IncidentId, OutboxId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::port::{SigningKey, SigningKeys};

/// How long a link works. An incident that is older is answered from a newer page.
pub const LINK_HOURS: i64 = 24;

const VERSION: u8 = 1;
const CLAIMS_BYTES: usize = 32;
const MAC_BYTES: usize = 16;

/// What a link stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The incident.
    pub incident: IncidentId,
    /// The page that carried it.
    pub page: OutboxId,
    contact_hash: [u8; 4],
}

/// Why a link does not work. Nothing here says how close a forgery came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is not a link that we made, or it was cut.
    #[error("this link is not valid")]
    Invalid,
    /// It is older than [`LINK_HOURS`].
    #[error("this link has expired")]
    Expired,
    /// Its page cannot be put into a link.
    #[error("the incident's id does not fit into a link")]
    Unlinkable,
}

impl Link {
    /// A link for the page of a contact.
    pub fn new(incident: &IncidentId, page: OutboxId, contact: &ContactAlias) -> Self {
        Self { incident: incident.clone(), page, contact_hash: contact_hash(contact) }
    }

    /// Whether this contact is the one that the link was made for.
    pub fn is_for(&self, contact: &ContactAlias) -> bool {
        self.contact_hash == contact_hash(contact)
    }

    /// Signs the link.
    pub fn token(&self, keys: &SigningKeys, now: Timestamp) -> Result<String, LinkError> {
        let expires = now.saturating_add(SignedDuration::from_hours(LINK_HOURS)).map_err(|_| LinkError::Unlinkable)?;
        let expires = u32::try_from(expires.as_second()).map_err(|_| LinkError::Unlinkable)?;
        let incident = Uuid::parse_str(self.incident.as_str()).map_err(|_| LinkError::Unlinkable)?;
        let revision = u32::try_from(self.page.revision).map_err(|_| LinkError::Unlinkable)?;
        let number = u16::try_from(self.page.number).map_err(|_| LinkError::Unlinkable)?;
        let mut token = Vec::with_capacity(CLAIMS_BYTES + MAC_BYTES);
        token.push(VERSION);
        token.push(key_id(&keys.current));
        token.extend(expires.to_be_bytes());
        token.extend(incident.as_bytes());
        token.extend(revision.to_be_bytes());
        token.extend(number.to_be_bytes());
        token.extend(self.contact_hash);
        debug_assert_eq!(token.len(), CLAIMS_BYTES, "the layout above");
        let mac = mac(&keys.current, &token);
        token.extend(mac);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// Reads a token that we signed, with the current key or the one before.
    pub fn verify(token: &str, keys: &SigningKeys, now: Timestamp) -> Result<Self, LinkError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkError::Invalid)?;
        if bytes.len() != CLAIMS_BYTES + MAC_BYTES {
            return Err(LinkError::Invalid);
        }
        let (claims, signature) = bytes.split_at(CLAIMS_BYTES);
        let in_force = [Some(&keys.current), keys.previous.as_ref()];
        let signed = in_force.into_iter().flatten().any(|key| bool::from(mac(key, claims).as_slice().ct_eq(signature)));
        if !signed || claims[0] != VERSION {
            return Err(LinkError::Invalid);
        }
        let expires = i64::from(u32::from_be_bytes(part(claims, 2)));
        if now.as_second() >= expires {
            return Err(LinkError::Expired);
        }
        let page = OutboxId {
            revision: u64::from(u32::from_be_bytes(part(claims, 22))),
            number: u32::from(u16::from_be_bytes(part(claims, 26))),
        };
        let incident = IncidentId::new(Uuid::from_bytes(part(claims, 6)).to_string());
        Ok(Self { incident, page, contact_hash: part(claims, 28) })
    }
}

/// Tells which key signed, so that a reader who does not know it yet can fetch the new one.
pub fn key_id(key: &SigningKey) -> u8 {
    Sha256::digest(key.bytes())[0]
}

/// The id of the key that a token names, if it is a token at all.
pub fn token_key_id(token: &str) -> Option<u8> {
    URL_SAFE_NO_PAD.decode(token).ok()?.get(1).copied()
}

fn mac(key: &SigningKey, claims: &[u8]) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("HMAC takes keys of any length");
    mac.update(claims);
    part(&mac.finalize().into_bytes(), 0)
}

fn contact_hash(contact: &ContactAlias) -> [u8; 4] {
    part(&Sha256::digest(contact.as_str().as_bytes()), 0)
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}
