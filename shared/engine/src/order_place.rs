//! Where an order stands: in its incident, or alone.
//!
//! An answer to an SMS and a verification code are sent like pages, by `notify`, with claims, leases, attempts and receipts,
//! but no incident has ordered them.

use reveille_domain::{IncidentId, OutboxId};
use uuid::Uuid;

use crate::key;

/// Names of orders that stand alone are UUIDs of version 5 in this name space, so that one cause makes one order.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0003);

/// The one order of a partition of its own.
pub const ALONE_ID: OutboxId = OutboxId { revision: 1, number: 0 };

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderPlace {
    /// Among the orders of an incident.
    Incident(IncidentId),
    /// In a partition of its own, by this name.
    Alone(String),
}

impl OrderPlace {
    /// The place of an order that a cause makes, the same however often it comes.
    pub fn alone(cause: &str) -> Self {
        Self::Alone(Uuid::new_v5(&NAMESPACE, cause.as_bytes()).to_string())
    }

    /// The partition of the order, its receipts, and, in an incident, everything else of it.
    pub fn partition(&self) -> String {
        match self {
            OrderPlace::Incident(id) => key::partition(id),
            OrderPlace::Alone(name) => key::alone_partition(name),
        }
    }

    /// The incident, if it stands in one.
    pub fn incident(&self) -> Option<&IncidentId> {
        match self {
            OrderPlace::Incident(id) => Some(id),
            OrderPlace::Alone(_) => None,
        }
    }
}

impl std::fmt::Display for OrderPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OrderPlace::Incident(id) => id.fmt(f),
            OrderPlace::Alone(name) => write!(f, "order {name}"),
        }
    }
}

impl From<&IncidentId> for OrderPlace {
    fn from(id: &IncidentId) -> Self {
        OrderPlace::Incident(id.clone())
    }
}

impl From<&OrderPlace> for OrderPlace {
    fn from(place: &OrderPlace) -> Self {
        place.clone()
    }
}
