//! What checks look at: the configuration, the time ahead of it, and whom its targets ask at an instant.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_domain::{
    Contact, ContactAlias, Engage, EscalationPlan, EscalationStage, Hours, Impact, PlanAlias, ResponsePlan,
    ResponseStage, ScheduleAlias, TargetKind, When,
};

use super::documents::Documents;
use super::roster::Roster;
use super::situation::{Situation, situations};
use crate::configuration::Configuration;

/// All that a check may look at.
pub(super) struct Scene<'c> {
    pub(super) configuration: &'c Configuration,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) documents: &'c Documents,
    rosters: BTreeMap<&'c ScheduleAlias, Roster<'c>>,
}

/// What targets lead to, through plans in plans.
#[derive(Default)]
pub(super) struct Reached<'c> {
    pub(super) contacts: BTreeSet<&'c ContactAlias>,
    pub(super) schedules: BTreeSet<&'c ScheduleAlias>,
    pub(super) plans: BTreeSet<&'c PlanAlias>,
    hours: Vec<&'c Hours>,
    /// Whether a condition asks for the impact.
    pub(super) asks_impact: bool,
}

impl<'c> Scene<'c> {
    pub(super) fn new(
        configuration: &'c Configuration,
        documents: &'c Documents,
        from: Timestamp,
        to: Timestamp,
    ) -> Self {
        let roster = |(alias, schedule)| (alias, Roster::of(schedule, from, to));
        let rosters = configuration.schedules.iter().map(roster).collect();
        Self { configuration, from, to, documents, rosters }
    }

    pub(super) fn rosters(&self) -> impl Iterator<Item = &Roster<'c>> {
        self.rosters.values()
    }

    pub(super) fn roster(&self, alias: &ScheduleAlias) -> Option<&Roster<'c>> {
        self.rosters.get(alias)
    }

    pub(super) fn contact(&self, alias: &ContactAlias) -> Option<&'c Contact> {
        self.configuration.contacts.get(alias)
    }

    pub(super) fn plan(&self, alias: &PlanAlias) -> Option<&'c EscalationPlan> {
        self.configuration.escalation_plans.get(alias)
    }

    /// Whether a page can be sent to a contact at all.
    pub(super) fn can_be_paged(&self, alias: &ContactAlias) -> bool {
        self.contact(alias).is_some_and(Contact::can_be_paged)
    }

    /// Whom a target asks at an instant; of a round-robin plan, everybody whose turn it may be.
    pub(super) fn asked_by(&self, target: &TargetKind, impact: Impact, at: Timestamp) -> BTreeSet<&ContactAlias> {
        match target {
            TargetKind::Contact(alias) => self.pageable([alias]),
            TargetKind::Schedule(alias) => match self.roster(alias) {
                Some(roster) => self.pageable(roster.at(at)),
                None => BTreeSet::new(),
            },
            TargetKind::Plan(alias) => {
                let stages = self.plan(alias).map(|plan| plan.stages.as_slice()).unwrap_or_default();
                stages.iter().flat_map(|stage| self.asked_by_stage(stage, impact, at)).collect()
            }
        }
    }

    /// Whom a stage of an escalation plan asks at an instant.
    pub(super) fn asked_by_stage(
        &self,
        stage: &EscalationStage,
        impact: Impact,
        at: Timestamp,
    ) -> BTreeSet<&ContactAlias> {
        if !stage.when.holds(impact, at) {
            return BTreeSet::new();
        }
        stage.targets.iter().flat_map(|target| self.asked_by(&target.kind, impact, at)).collect()
    }

    /// Whom the targets of a stage of a response plan ask at an instant, whatever its condition says.
    pub(super) fn engaged_by(&self, stage: &ResponseStage, impact: Impact, at: Timestamp) -> BTreeSet<&ContactAlias> {
        stage.engage.iter().flat_map(|engage| self.asked_by(&target_of(engage), impact, at)).collect()
    }

    /// The contacts of the configuration among these that can be paged.
    fn pageable<'a>(&self, aliases: impl IntoIterator<Item = &'a ContactAlias>) -> BTreeSet<&ContactAlias> {
        let known = aliases.into_iter().filter_map(|alias| self.contact(alias));
        known.filter(|contact| contact.can_be_paged()).map(|contact| &contact.alias).collect()
    }

    /// What an escalation plan leads to.
    pub(super) fn reached_by_plan(&self, plan: &'c EscalationPlan) -> Reached<'c> {
        let mut reached = Reached::default();
        self.reach(&mut reached, plan);
        reached
    }

    /// What a stage of an escalation plan leads to.
    pub(super) fn reached_by_stage(&self, stage: &'c EscalationStage) -> Reached<'c> {
        let mut reached = Reached::default();
        self.reach_stage(&mut reached, stage);
        reached
    }

    /// What stages of a response plan lead to.
    pub(super) fn reached_by_response(&self, stages: &'c [ResponseStage]) -> Reached<'c> {
        let mut reached = Reached::default();
        for stage in stages {
            reached.asks(&stage.when);
            for engage in &stage.engage {
                match engage {
                    Engage::Contact(alias) => drop(reached.contacts.insert(alias)),
                    Engage::Schedule(alias) => drop(reached.schedules.insert(alias)),
                    Engage::EscalationPlan(alias) => self.reach_plan(&mut reached, alias),
                }
            }
        }
        reached
    }

    /// What a response plan leads to.
    pub(super) fn reached_by(&self, plan: &'c ResponsePlan) -> Reached<'c> {
        self.reached_by_response(&plan.stages)
    }

    fn reach_plan(&self, reached: &mut Reached<'c>, alias: &'c PlanAlias) {
        if reached.plans.insert(alias)
            && let Some(plan) = self.plan(alias)
        {
            self.reach(reached, plan);
        }
    }

    fn reach(&self, reached: &mut Reached<'c>, plan: &'c EscalationPlan) {
        for stage in &plan.stages {
            self.reach_stage(reached, stage);
        }
    }

    fn reach_stage(&self, reached: &mut Reached<'c>, stage: &'c EscalationStage) {
        reached.asks(&stage.when);
        for target in &stage.targets {
            match &target.kind {
                TargetKind::Contact(alias) => drop(reached.contacts.insert(alias)),
                TargetKind::Schedule(alias) => drop(reached.schedules.insert(alias)),
                TargetKind::Plan(alias) => self.reach_plan(reached, alias),
            }
        }
    }

    /// The times ahead that differ for whoever is reached: other people on call, or other hours.
    pub(super) fn situations(&self, reached: &Reached<'c>) -> Vec<Situation> {
        let rosters: Vec<&Roster<'c>> = reached.schedules.iter().filter_map(|alias| self.roster(alias)).collect();
        situations(&rosters, &reached.hours, self.from, self.to)
    }

    /// The impacts that incidents of a response plan can have and that make a difference to whom it reaches.
    pub(super) fn impacts(&self, plan: &ResponsePlan, reached: &Reached<'c>) -> Vec<Impact> {
        match plan.incident.impact {
            Some(impact) => vec![impact],
            None if reached.asks_impact => every_impact().collect(),
            None => vec![Impact::Medium],
        }
    }
}

impl<'c> Reached<'c> {
    fn asks(&mut self, when: &'c When) {
        self.hours.extend(&when.hours);
        self.asks_impact |= !when.impacts.is_empty();
    }
}

/// Impacts from 1 to 5.
pub(super) fn every_impact() -> impl Iterator<Item = Impact> {
    (1..=5).filter_map(Impact::from_number)
}

/// What a response plan engages, as a target.
pub(super) fn target_of(engage: &Engage) -> TargetKind {
    match engage {
        Engage::Contact(alias) => TargetKind::Contact(alias.clone()),
        Engage::Schedule(alias) => TargetKind::Schedule(alias.clone()),
        Engage::EscalationPlan(alias) => TargetKind::Plan(alias.clone()),
    }
}
