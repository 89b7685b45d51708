//! What a decision may look at besides the incident itself.

use std::collections::BTreeMap;

use crate::{Contact, ContactAlias, FrozenPlan};

/// The configuration as the engine read it for one decision.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The plan frozen into the incident; before it begins, the plan as configured now. `None`: there is no such plan.
    pub plan: Option<FrozenPlan>,
    /// The contacts that the decision may engage, as configured now.
    pub contacts: BTreeMap<ContactAlias, Contact>,
    /// Who is paged when an incident's own plan cannot be found.
    pub safety_contact: Option<ContactAlias>,
}
