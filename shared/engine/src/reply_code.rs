//! Codes that people type to answer a page: digits only, the same for the same incident and person each time.

use reveille_domain::{ContactAlias, IncidentId, ResponsePlanName};
use sha2::{Digest, Sha256};

/// Digits that a message shows. Somebody who is asked about ten incidents at once meets two with the same code once in two
/// hundred times, and is then asked for more digits.
pub const DIGITS_SHOWN: usize = 4;

/// All digits of a code.
const DIGITS: usize = 8;

/// The code of one incident, or of everything that one message spoke for, for one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplyCode(String);

impl ReplyCode {
    /// The code of an incident for a contact.
    pub fn of_incident(contact: &ContactAlias, incident: &IncidentId) -> Self {
        Self::of(&format!("incident {contact} {incident}"))
    }

    /// The code of the incidents of a response plan for a contact.
    pub fn of_plan(contact: &ContactAlias, plan: &ResponsePlanName) -> Self {
        Self::of(&format!("plan {contact} {plan}"))
    }

    fn of(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        // The first digit is no zero: phones take one away, or make a telephone number of it.
        let (least, most) = (10_u64.pow(7), 10_u64.pow(8));
        debug_assert_eq!(least.to_string().len(), DIGITS, "every code has as many digits");
        Self((least + number % (most - least)).to_string())
    }

    /// What a message shows.
    pub fn shown(&self) -> &str {
        &self.0[..DIGITS_SHOWN]
    }

    /// The fewest digits that tell it from all others of a list.
    pub fn apart_from<'a>(&self, others: impl Iterator<Item = &'a ReplyCode> + Clone) -> &str {
        let is_apart =
            |digits: &usize| others.clone().all(|other| other == self || !other.0.starts_with(&self.0[..*digits]));
        let digits = (DIGITS_SHOWN..DIGITS).find(is_apart).unwrap_or(DIGITS);
        &self.0[..digits]
    }

    /// Whether typed digits mean this code: at least those that are shown, from the first on.
    pub fn is_meant_by(&self, typed: &str) -> bool {
        typed.len() >= DIGITS_SHOWN && self.0.starts_with(typed)
    }
}
