//! Invariant 9: no stage comes before its time, whatever was late.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reveille_domain::{EngagementId, PlanAlias, TimelineEvent, TimelineKind};

use crate::books::{Books, Change, Dossier, Moment, Stage, minutes, short};
use crate::script::Ms;

/// A hint may come so much before its deadline: queues count whole seconds.
const EARLY_MS: Ms = 1_500;

pub(super) fn inv_09_stages_never_collapse(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        let ahead = dossier.events(change).iter().find(|event| books.ms(event.at) > books.now + EARLY_MS + books.skew);
        if let Some(TimelineEvent { at, kind, .. }) = ahead {
            return Some(format!("{kind:?} happens to {} before its time, which is {at}", short(&change.id)));
        }
        let mut begun = Begun::before(change, dossier);
        dossier.events(change).iter().find_map(|event| begun.too_early(dossier, event))
    })
}

/// What has begun by an event.
struct Begun {
    last: Option<Stage>,
    escalations: BTreeMap<EngagementId, Stage>,
    /// The plans that have begun with this commit: a plan within one of them begins anew with each stage that asks it.
    now: BTreeSet<EngagementId>,
}

/// Something that is to come so many minutes after another.
struct Wait {
    what: String,
    after: Timestamp,
    minutes: u32,
}

impl Begun {
    fn before(change: &Change, dossier: &Dossier) -> Self {
        let is_about_plans = |event: &TimelineEvent| matches!(event.kind, TimelineKind::EscalationStageStarted { .. });
        let needs_them = dossier.events(change).iter().any(is_about_plans);
        let escalations = if needs_them { change.escalations.clone() } else { BTreeMap::new() };
        Self { last: change.stage, escalations, now: BTreeSet::new() }
    }

    /// Why an event comes too early, if so. It has happened then.
    fn too_early(&mut self, dossier: &Dossier, event: &TimelineEvent) -> Option<String> {
        let Wait { what, after, minutes: wait } = self.take(dossier, event)?;
        let earliest = after.checked_add(minutes(wait)).ok()?;
        let id = short(dossier.incident.opening.id.as_str());
        (event.at < earliest).then(|| format!("{what} of {id} begins at {}, and not after {earliest}", event.at))
    }

    /// What an event had to wait for; `None`: for nothing.
    fn take(&mut self, dossier: &Dossier, event: &TimelineEvent) -> Option<Wait> {
        match &event.kind {
            TimelineKind::StageStarted { stage } => self.take_stage(dossier, event.at, *stage, false),
            TimelineKind::StageSkipped { stage, .. } => self.take_stage(dossier, event.at, *stage, true),
            TimelineKind::EscalationStageStarted { engagement, plan, stage, round } => {
                let begins = Stage { number: *stage, round: *round, at: event.at, hurried: false };
                self.take_escalation(dossier, *engagement, plan, begins)
            }
            TimelineKind::EscalationStageSkipped { engagement, .. } => self.hurry([engagement]),
            TimelineKind::AskedAgain { engagements, .. } => self.hurry(engagements),
            TimelineKind::Escalated { .. } => {
                self.last.iter_mut().chain(self.escalations.values_mut()).for_each(|stage| stage.hurried = true);
                None
            }
            _ => None,
        }
    }

    fn take_stage(&mut self, dossier: &Dossier, at: Timestamp, number: u32, is_skipped: bool) -> Option<Wait> {
        let again = self.last.is_some_and(|last| last.number == number);
        let is_free = again || self.last.is_some_and(|last| last.hurried);
        let after = self.last.map_or(dossier.incident.opened_at, |last| last.at);
        self.last = Some(Stage { number, round: 0, at, hurried: is_skipped && again });
        let stages = &dossier.frozen.as_ref()?.response.stages;
        let minutes = stages.get(number as usize).map_or(0, |stage| stage.after_minutes);
        (!is_free).then(|| Wait { what: format!("stage {number}"), after, minutes })
    }

    fn take_escalation(
        &mut self,
        dossier: &Dossier,
        engagement: EngagementId,
        plan: &PlanAlias,
        begins: Stage,
    ) -> Option<Wait> {
        let before = self.escalations.insert(engagement, begins);
        self.now.insert(engagement);
        let parent = dossier.incident.engagement(engagement).and_then(|engagement| engagement.parent);
        let is_anew = (begins.number, begins.round) == (0, 0) && parent.is_some_and(|above| self.now.contains(&above));
        let before = before.filter(|before| !before.hurried && !is_anew)?;
        let escalation = dossier.frozen.as_ref()?.escalations.get(plan);
        let stage = escalation.and_then(|escalation| escalation.stages.get(before.number as usize));
        let what = format!("stage {} of `{plan}`", begins.number);
        Some(Wait { what, after: before.at, minutes: stage.map_or(0, |stage| stage.minutes) })
    }

    /// What comes next in these plans need not wait.
    fn hurry<'a>(&mut self, engagements: impl IntoIterator<Item = &'a EngagementId>) -> Option<Wait> {
        for id in engagements {
            self.escalations.entry(*id).and_modify(|stage| stage.hurried = true);
        }
        None
    }
}
