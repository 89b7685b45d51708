//! Whom a command asks: a contact, whoever is on call, an escalation plan. What does not exist is refused here, with the name that
//! was meant; the decision itself would only put it on the timeline.

use clap::Args;
use reveille_domain::{ContactAlias, Engage, PlanAlias, ScheduleAlias};
use reveille_engine::Engine;

use crate::command::Failure;
use crate::installed::{self, Kind};
use crate::unknown_name::UnknownName;

/// Whom to ask.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whom {
    /// A contact, by their own engagement plan
    #[arg(long, value_name = "CONTACT")]
    contact: Option<String>,
    /// Whoever is on call in this schedule
    #[arg(long, value_name = "SCHEDULE")]
    schedule: Option<String>,
    /// An escalation plan, from its first stage
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,
}

impl Whom {
    /// The target, if the applied configuration has it.
    pub(crate) async fn target(&self, engine: &Engine) -> Result<Engage, Failure> {
        let (kind, name, target) = match (&self.contact, &self.schedule, &self.plan) {
            (Some(contact), _, _) => (Kind::Contact, contact, Engage::Contact(ContactAlias::new(contact))),
            (None, Some(schedule), _) => (Kind::Schedule, schedule, Engage::Schedule(ScheduleAlias::new(schedule))),
            (None, None, Some(plan)) => (Kind::EscalationPlan, plan, Engage::EscalationPlan(PlanAlias::new(plan))),
            (None, None, None) => return Err("--contact, --schedule or --plan says whom".into()),
        };
        let names = installed::names(engine.table(), kind).await?;
        if !names.contains(name) {
            return Err(UnknownName::installed(kind.word(), name, names).into());
        }
        Ok(target)
    }
}
