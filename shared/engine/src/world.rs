//! Reading what a decision may look at: the configuration, who is on call, whose turn it is.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;
use jiff::Timestamp;
use reveille_domain::{
    Contact, ContactAlias, Engage, EscalationPlan, FrozenPlan, Incident, Input, Needs, PlanAlias, ResponsePlan,
    ScheduleAlias, ScheduleHistory, TestPage, World, limits, mutant,
};

use crate::channel_state;
use crate::engine::{Engine, partition_key};
use crate::error::EngineError;
use crate::key;
use crate::port::{Item, Key};
use crate::record::{
    ContactRecord, EscalationPlanRecord, ResponsePlanRecord, ScheduleRecord, SettingsRecord, from_item,
};

impl Engine {
    /// Reads what a decision may look at. Answers to most inputs stand in the incident itself, and nothing is read for them.
    pub(crate) async fn world(
        &self,
        incident: &Incident,
        frozen: Option<FrozenPlan>,
        input: &Input,
        now: Timestamp,
    ) -> Result<World, EngineError> {
        let now = if let Input::DeadlineReached { scheduled } = input { now.max(*scheduled) } else { now };
        let test = TestPage::of(&incident.opening);
        let may_ask_another = frozen.is_some() && test.is_none();
        let (plan, mut safety_contact) = match frozen {
            Some(plan) => (Some(self.with_added_plans(plan, input).await?), None),
            None if begins(input) => self.configured_plan(incident).await?,
            None => (None, None),
        };
        let mut needs = plan.as_ref().map(|plan| Needs::of(incident, plan, input, now)).unwrap_or_default();
        if plan.is_none() {
            // Whoever has been asked while the plan was missing is asked on, also if the safety contact is another one by now.
            let asked = incident.engagements.iter().filter_map(|engagement| engagement.contact().cloned());
            needs.contacts.extend(asked.chain(safety_contact.clone()));
        }
        let asked_at = if mutant("on-call-at-the-opening") { incident.opened_at } else { now };
        let on_call = self.on_call(&needs.schedules, asked_at).await?;
        needs.contacts.extend(on_call.values().flatten().cloned());
        let (mut contacts, turns) = try_join(self.contacts(needs.contacts), self.turns(&needs.turns)).await?;
        let frozen_one = plan.as_ref().and_then(|plan| plan.safety_contact.as_ref());
        let can_be_paged = frozen_one.and_then(|alias| contacts.get(alias)).is_some_and(Contact::can_be_paged);
        // The plan names the safety contact so that this costs no read, until it names somebody who is gone.
        if may_ask_another && needs.last_resort && !can_be_paged {
            safety_contact = self.safety_contact().await?;
            contacts.extend(self.contacts(safety_contact.clone()).await?);
        }
        if let Some(test) = test {
            contacts = test.asked(contacts);
        }
        Ok(World { plan, contacts, on_call, turns, safety_contact })
    }

    async fn configured_plan(
        &self,
        incident: &Incident,
    ) -> Result<(Option<FrozenPlan>, Option<ContactAlias>), EngineError> {
        if let Some(test) = TestPage::of(&incident.opening) {
            return Ok((Some(test.plan()), None));
        }
        let items = self.read(&[key::response_plan(&incident.opening.response_plan), key::settings()]).await?;
        let (mut response, mut safety_contact) = (None, None);
        for item in &items {
            if partition_key(item) == "SETTINGS" {
                safety_contact = safety_contact_in(item);
            } else {
                response = Some(ResponsePlan::from(from_item::<ResponsePlanRecord>(item)?));
            }
        }
        let Some(response) = response else {
            return Ok((None, safety_contact));
        };
        let mut plan = FrozenPlan { response, escalations: BTreeMap::new(), safety_contact: safety_contact.clone() };
        let named = plan.response.escalation_plans();
        self.add_plans(&mut plan, named).await?;
        Ok((Some(plan), safety_contact))
    }

    /// Whom the configuration in force names.
    async fn safety_contact(&self) -> Result<Option<ContactAlias>, EngineError> {
        Ok(self.read(&[key::settings()]).await?.iter().find_map(safety_contact_in))
    }

    /// Somebody who is asked later may be an escalation plan that the response plan does not name.
    async fn with_added_plans(&self, mut plan: FrozenPlan, input: &Input) -> Result<FrozenPlan, EngineError> {
        if let Input::Engage { target: Engage::EscalationPlan(alias), .. }
        | Input::Reassign { to: Engage::EscalationPlan(alias), .. } = input
        {
            self.add_plans(&mut plan, BTreeSet::from([alias.clone()])).await?;
        }
        Ok(plan)
    }

    /// Adds escalation plans, and those that their stages name, as far as they are not frozen already.
    async fn add_plans(&self, plan: &mut FrozenPlan, mut named: BTreeSet<PlanAlias>) -> Result<(), EngineError> {
        for _ in 0..limits::PLAN_DEPTH_MAX {
            let keys: Vec<Key> =
                named.iter().filter(|alias| !plan.escalations.contains_key(*alias)).map(key::plan).collect();
            if keys.is_empty() {
                return Ok(());
            }
            named = BTreeSet::new();
            for item in self.read(&keys).await? {
                let escalation = EscalationPlan::from(from_item::<EscalationPlanRecord>(&item)?);
                named.extend(escalation.plans());
                plan.escalations.insert(escalation.alias.clone(), escalation);
            }
        }
        Ok(())
    }

    /// Who is on call at this instant, in each of these schedules that exists.
    async fn on_call(
        &self,
        schedules: &BTreeSet<ScheduleAlias>,
        now: Timestamp,
    ) -> Result<BTreeMap<ScheduleAlias, Vec<ContactAlias>>, EngineError> {
        let keys: Vec<Key> = schedules.iter().map(key::schedule).collect();
        let mut on_call = BTreeMap::new();
        for item in self.read(&keys).await? {
            let history = ScheduleHistory::try_from(from_item::<ScheduleRecord>(&item)?)?;
            // What has been forgotten is long past: whoever is asked now is asked by what is in force now.
            let contacts = history.on_call(now).unwrap_or_else(|| history.current().on_call(now));
            on_call.insert(history.current().alias().clone(), contacts);
        }
        Ok(on_call)
    }

    /// A contact as configured, with what has become known of their channels.
    pub async fn contact(&self, alias: &ContactAlias) -> Result<Option<Contact>, EngineError> {
        Ok(self.contacts([alias.clone()]).await?.remove(alias))
    }

    async fn contacts(
        &self,
        aliases: impl IntoIterator<Item = ContactAlias>,
    ) -> Result<BTreeMap<ContactAlias, Contact>, EngineError> {
        let keys: Vec<Key> =
            aliases.into_iter().flat_map(|alias| [key::contact(&alias), key::channel_state(&alias)]).collect();
        let mut records: Vec<ContactRecord> = Vec::new();
        let mut states = BTreeMap::new();
        for item in self.read(&keys).await? {
            match key::channel_state_of(&item) {
                Some(alias) => drop(states.insert(alias, channel_state::read(&item))),
                None => records.push(from_item(&item)?),
            }
        }
        let contact = |record: ContactRecord| {
            let alias = record.alias();
            let contact = record.into_contact(states.get(&alias));
            (alias, contact)
        };
        Ok(records.into_iter().map(contact).collect())
    }
}

/// Settings that cannot be read must not keep a plan from beginning, or from coming to its end.
fn safety_contact_in(settings: &Item) -> Option<ContactAlias> {
    from_item::<SettingsRecord>(settings).ok()?.safety_contact()
}

/// Whether an input may begin the incident's plan.
fn begins(input: &Input) -> bool {
    match input {
        Input::Begin | Input::DeadlineReached { .. } => true,
        Input::Open(_)
        | Input::Signal { .. }
        | Input::Acknowledge { .. }
        | Input::Snooze { .. }
        | Input::Escalate { .. }
        | Input::Engage { .. }
        | Input::Reassign { .. }
        | Input::Resolve { .. }
        | Input::Note { .. }
        | Input::StartRunbook { .. }
        | Input::Undelivered { .. }
        | Input::RunbookEnded { .. } => false,
    }
}
