//! A running automation: due until its end is known.

use reveille_domain::IncidentId;
use serde::{Deserialize, Serialize};

/// Which incident waits for an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomationRecord {
    incident: String,
    /// Zero-based place among the incident's runbooks.
    pub run: u32,
    /// Partition of the `due` index; absent when its end is known.
    pub due_pk: Option<String>,
    /// When it is asked for again, in milliseconds since the epoch.
    pub due_at: Option<i64>,
}

impl AutomationRecord {
    /// A row that waits.
    pub fn new(incident: &IncidentId, run: u32, due_pk: String, due_at: i64) -> Self {
        Self { incident: incident.to_string(), run, due_pk: Some(due_pk), due_at: Some(due_at) }
    }

    /// The incident that waits.
    pub fn incident(&self) -> IncidentId {
        IncidentId::new(self.incident.clone())
    }
}
