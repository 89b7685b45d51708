//! Invariant 2: what is due happens in time, and what comes next is awaited by something.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reveille_domain::{Engaged, Engagement, EngagementState, Progress, ResponsePlan, limits};
use reveille_engine::port::Key;

use super::{LATE_MS, PROMPT_MS};
use crate::FIRST_PAGE_MS;
use crate::books::{Books, Change, Class, Dossier, Due, FirstPage, Moment, Stage, Trouble, minutes, short};
use crate::script::{Ms, SECOND};

/// What is wrong for so long at most is wrong for a moment.
const MOMENT_MS: Ms = 5 * SECOND;

pub(super) fn inv_02_what_is_due_happens_in_time(books: &Books, moment: &Moment<'_>) -> Option<String> {
    match moment {
        Moment::Committed(commit) => commit
            .waited
            .iter()
            .find_map(|(key, due)| books.too_late(key, due))
            .or_else(|| commit.incidents.iter().find_map(|change| not_due(books, change))),
        Moment::Minute { .. } | Moment::Morning => {
            // The same one is named each time.
            let late = books.due.iter().filter_map(|(key, due)| books.too_late(key, due)).min();
            late.or_else(|| books.first_too_late())
        }
        Moment::Took(_) => books.first_too_late(),
        _ => None,
    }
}

impl Books {
    /// Why a row that is worked now, or still waits, is late; `None`: it is not, or there is an excuse.
    fn too_late(&self, key: &Key, due: &Due) -> Option<String> {
        let wanted = due.at.max(due.since);
        if self.now <= wanted + PROMPT_MS {
            return None;
        }
        let latest = self.latest(due, wanted);
        if self.now <= latest {
            return None;
        }
        let late = (self.now - wanted) as f64 / 1_000.0;
        Some(format!("{}/{} was due at {:.3}s and waited for {late:.3}s", key.pk, key.sk, wanted as f64 / 1_000.0))
    }

    /// Why the first message of a storm is late, or the first one to somebody whom it has come to, if so.
    fn first_too_late(&self) -> Option<String> {
        let by = self.first_by?;
        if self.first_at.unwrap_or(self.now) > by {
            return Some(format!("the first message of a storm was to leave by {:.3}s", by as f64 / 1_000.0));
        }
        let is_late = |first: &FirstPage| !first.has_left && self.now > first.ordered_at + FIRST_PAGE_MS;
        let (who, first) = self.first_pages.iter().find(|(_, first)| is_late(first))?;
        Some(format!("the first message to {who} was ordered at {:.3}s", first.ordered_at as f64 / 1_000.0))
    }

    /// Until when something has to be done that is wanted at a time and stands in the table since `due.since`.
    fn latest(&self, due: &Due, wanted: Ms) -> Ms {
        let from = due.since - SECOND;
        let at_hand = |trouble: &&Trouble| {
            let counts = match trouble.class {
                Class::Provider => false,
                Class::Automation => due.is_runbook,
                Class::Queues | Class::Schedules | Class::Tick | Class::Function => true,
            };
            counts && trouble.from <= self.now && trouble.until >= from
        };
        let troubles: Vec<_> = self.troubles.iter().filter(at_hand).collect();
        let classes: BTreeSet<Class> = troubles.iter().map(|trouble| trouble.class).collect();
        let margin = if self.skew > 0 { self.skew + SECOND } else { 0 };
        let late = LATE_MS + self.backlog;
        let only = |allowed: &[Class]| classes.iter().all(|class| allowed.contains(class));
        if !due.by_tick && only(&[Class::Schedules, Class::Tick]) {
            return wanted + PROMPT_MS + margin;
        }
        if only(&[Class::Schedules, Class::Queues]) {
            return wanted + late;
        }
        // One thing that went wrong for a moment costs three minutes, whenever it was.
        if let [trouble] = troubles[..]
            && trouble.until - trouble.from <= MOMENT_MS
        {
            return wanted + late;
        }
        let mended = troubles.iter().map(|trouble| trouble.until).max().unwrap_or(wanted);
        wanted.max(mended) + late
    }
}

/// What has to come next and is not awaited: then nothing would bring it.
fn not_due(books: &Books, change: &Change) -> Option<String> {
    let dossier = books.dossiers.get(&change.id)?;
    let incident = &dossier.incident;
    if !incident.is_open() || !matches!(incident.progress, Progress::Begun { .. }) {
        return None;
    }
    let due = incident.due();
    let plan = &dossier.frozen.as_ref()?.response;
    let next = next_stage(plan, dossier.stage.as_ref());
    if let Some((number, after)) = next {
        let base = dossier.stage.map_or(incident.opened_at, |stage| stage.at);
        let wanted = base.checked_add(minutes(after)).ok()?;
        if due.is_none_or(|due| due > wanted) {
            return Some(format!(
                "stage {number} of {} is to begin at {wanted} and nothing waits for it",
                short(&change.id)
            ));
        }
    }
    if let Some(text) = incident.engagements.iter().find_map(|engagement| step_not_due(dossier, engagement, due)) {
        return Some(format!("{text} in {}, and nothing waits for it", short(&change.id)));
    }
    incident.engagements.iter().find_map(|engagement| {
        let Engaged::Escalation { plan, .. } = &engagement.engaged else { return None };
        let stage = dossier.escalations.get(&engagement.id)?;
        if engagement.state != EngagementState::Engaging {
            return None;
        }
        let escalation = dossier.frozen.as_ref()?.escalations.get(plan)?;
        let wait = escalation.stages.get(stage.number as usize)?.minutes.max(limits::ROUND_MINUTES_MIN);
        let wanted = stage.at.checked_add(minutes(wait)).ok()?;
        due.is_none_or(|due| due > wanted).then(|| {
            format!(
                "after stage {} of `{plan}` {} has to go on at {wanted}, and nothing waits",
                stage.number,
                short(&change.id)
            )
        })
    })
}

/// A step of a contact's engagement plan that has to come next and is not awaited.
fn step_not_due(dossier: &Dossier, engagement: &Engagement, due: Option<Timestamp>) -> Option<String> {
    let Engaged::Contact { contact, plan, .. } = &engagement.engaged else { return None };
    let asked = dossier.asked.get(&engagement.id).filter(|asked| !asked.hurried)?;
    if engagement.state != EngagementState::Engaging {
        return None;
    }
    let next = plan.steps.iter().filter_map(|step| {
        let first = asked.since.checked_add(minutes(step.after_minutes)).ok()?;
        match asked.paged_at {
            // It has been paged by then; a step that repeats until somebody answers comes again.
            Some(at) if first <= at => {
                let repeat = step.repeat.filter(|repeat| repeat.times.is_none())?;
                at.checked_add(minutes(repeat.every_minutes)).ok()
            }
            Some(_) | None => Some(first),
        }
    });
    let wanted = next.min()?;
    due.is_none_or(|due| due > wanted).then(|| format!("{contact} is to be paged at {wanted}"))
}

/// The stage that follows, and after how many minutes.
fn next_stage(plan: &ResponsePlan, last: Option<&Stage>) -> Option<(u32, u32)> {
    let number = last.map_or(0, |stage| stage.number + 1);
    plan.stages.get(number as usize).map(|stage| (number, stage.after_minutes))
}
