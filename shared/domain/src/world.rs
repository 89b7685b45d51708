//! What a decision may look at besides the incident itself.

use std::collections::BTreeMap;

use crate::{Contact, ContactAlias, FrozenPlan, PlanAlias, ScheduleAlias};

/// The configuration as the engine read it for one decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// The plan frozen into the incident; before it begins, the plan as configured now. `None`: there is no such plan.
    pub plan: Option<FrozenPlan>,
    /// The contacts that the decision may engage, as configured now.
    pub contacts: BTreeMap<ContactAlias, Contact>,
    /// Who is on call now. A schedule that is not here does not exist.
    pub on_call: BTreeMap<ScheduleAlias, Vec<ContactAlias>>,
    /// Whose turn it is in the round-robin plans that may begin; one that is not here begins with its first target.
    pub turns: BTreeMap<PlanAlias, u64>,
    /// Whom the configuration in force names as the safety contact: paged when an incident's own plan cannot be found, and as the last
    /// resort where the frozen plan names nobody who can be. Read where it may come to that.
    pub safety_contact: Option<ContactAlias>,
}
