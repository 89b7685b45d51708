//! Which plan answers in a night: the one that was typed, or the one that the rules choose.

use jiff::Timestamp;
use reveille_domain::{Match, ResponsePlanName, Rule, Signal};

use super::arguments::Simulate;
use super::beginning;
use crate::command::{Failure, read, usage_of};
use crate::configuration::Configuration;
use crate::explain::explained;
use crate::scenario::Beginning;

/// How a night begins, and where that leads.
pub(super) struct Route {
    pub(super) beginning: Beginning,
    /// What comes and which plan answers, a line for each signal.
    pub(super) words: Vec<String>,
    /// The plan that answers whatever the rules say.
    plan: Option<ResponsePlanName>,
}

impl Route {
    pub(super) fn of(typed: &Simulate, configuration: &Configuration) -> Result<Self, Failure> {
        let named = typed.plan.as_deref().map(|plan| configuration.response_plan(plan));
        let plan = named.transpose().map_err(|unknown| usage_of("simulate", format!("--plan: {unknown}")))?;
        let Some(file) = &typed.event else {
            let plan = plan.ok_or_else(|| usage_of("simulate", neither(configuration)))?;
            let words = vec![format!("A plain alarm, answered by {}", plan.name)];
            return Ok(Self { beginning: beginning::alarm_for(plan), words, plan: Some(plan.name.clone()) });
        };
        let (beginning, signals) = beginning::of_text(&read(file)?, typed.plan.as_deref(), Timestamp::UNIX_EPOCH);
        if let Some(plan) = plan {
            goes_before(&signals, &plan.name, configuration)?;
        }
        let route = |signal: &Signal| match plan {
            Some(plan) => format!("{}, answered by {}, as --plan says", signal.title, plan.name),
            None => explained(signal, configuration),
        };
        Ok(Self { words: signals.iter().map(route).collect(), beginning, plan: plan.map(|plan| plan.name.clone()) })
    }

    /// The configuration of the night: a plan that was typed answers whatever comes.
    pub(super) fn in_force(&self, mut configuration: Configuration) -> Configuration {
        if let Some(plan) = &self.plan {
            let everything = Rule { matching: Match::default(), response_plan: plan.clone() };
            configuration.routing.rules.insert(0, everything);
        }
        configuration
    }
}

fn neither(configuration: &Configuration) -> String {
    let plans: Vec<&str> = configuration.response_plans.keys().map(ResponsePlanName::as_str).collect();
    format!(
        "say which response plan answers (--plan PLAN) or which event comes (--event FILE). The plans are {}",
        plans.join(", ")
    )
}

/// No rule can answer an event that names another plan itself.
fn goes_before(signals: &[Signal], plan: &ResponsePlanName, configuration: &Configuration) -> Result<(), Failure> {
    let named = signals.iter().filter_map(|signal| signal.response_plan.as_ref());
    let mut others = named.filter(|named| *named != plan && configuration.response_plans.contains_key(*named));
    match others.next() {
        None => Ok(()),
        Some(other) => Err(usage_of(
            "simulate",
            format!("--plan {plan}: the event names the plan {other} itself, which goes before: leave --plan out"),
        )),
    }
}
