//! The names that the applied configuration has, for suggestions: what is not among them was mistyped.

use reveille_engine::port::{Key, Table, TableError};
use serde_json::Value;

use crate::configuration::reader::did_you_mean;

/// What can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody.
    Contact,
    /// Whoever is on call.
    Schedule,
    /// A ladder of both.
    EscalationPlan,
    /// What answers a kind of incident.
    ResponsePlan,
}

/// More names than this are not read by anybody.
const SHOWN_MAX: usize = 8;

impl Kind {
    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Contact => "contact",
            Kind::Schedule => "schedule",
            Kind::EscalationPlan => "escalation plan",
            Kind::ResponsePlan => "response plan",
        }
    }

    /// What the partitions of its rows begin with.
    fn prefix(self) -> &'static str {
        match self {
            Kind::Contact => "CONTACT#",
            Kind::Schedule => "SCHEDULE#",
            Kind::EscalationPlan => "PLAN#",
            Kind::ResponsePlan => "RESPONSE#",
        }
    }
}

/// The names of a kind, as `apply` has written them down.
pub(crate) async fn known(table: &dyn Table, kind: Kind) -> Result<Vec<String>, TableError> {
    let index = table.get(&Key::new("SETTINGS", "INDEX")).await?;
    let keys = index.as_ref().and_then(|index| index.get("keys")?.as_array().cloned()).unwrap_or_default();
    let name = |key: &Value| key.get(0)?.as_str()?.strip_prefix(kind.prefix()).map(str::to_owned);
    Ok(keys.iter().filter_map(name).collect())
}

/// That there is no such name, with the one that was meant, or with those that there are.
pub(crate) fn unknown(kind: Kind, name: &str, known: &[String]) -> String {
    let word = kind.word();
    let remedy = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| match known.len() {
        0 => "the configuration that is applied has none".to_owned(),
        1..=SHOWN_MAX => format!("there are {}", known.join(", ")),
        _ => format!("the configuration has {} others", known.len()),
    });
    format!("there is no {word} `{name}`: {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_suggested() {
        let known = ["bob", "manager", "natsu"].map(str::to_owned);
        assert_eq!(unknown(Kind::Contact, "nastu", &known), "there is no contact `nastu`: did you mean `natsu`?");
        assert!(unknown(Kind::Contact, "somebody", &known).ends_with("there are bob, manager, natsu"));
        assert!(unknown(Kind::Schedule, "x", &[]).ends_with("the configuration that is applied has none"));
    }
}
