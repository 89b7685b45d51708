//! Whom a command asks: a contact, whoever is on call, an escalation plan. What does not exist is refused here, with the name that
//! was meant; the decision itself would only put it on the timeline.

use clap::Args;
use reveille_domain::{ContactAlias, Engage, PlanAlias, ScheduleAlias};
use reveille_engine::Engine;

use super::names::{Kind, known, unknown};
use crate::command::Failure;

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
        let (kind, name) = match (&self.contact, &self.schedule, &self.plan) {
            (Some(contact), _, _) => (Kind::Contact, contact),
            (None, Some(schedule), _) => (Kind::Schedule, schedule),
            (None, None, Some(plan)) => (Kind::EscalationPlan, plan),
            (None, None, None) => return Err("--contact, --schedule or --plan says whom".into()),
        };
        let names = known(engine.table(), kind).await?;
        if !names.contains(name) {
            return Err(unknown(kind, name, &names).into());
        }
        Ok(match kind {
            Kind::Schedule => Engage::Schedule(ScheduleAlias::new(name.clone())),
            Kind::EscalationPlan => Engage::EscalationPlan(PlanAlias::new(name.clone())),
            Kind::Contact | Kind::ResponsePlan => Engage::Contact(ContactAlias::new(name.clone())),
        })
    }
}
