//! Invariant 8: an incident goes by the plan that was in force when it began, and asks who is on call at that instant.

use std::sync::Arc;

use reveille_domain::{TimelineEvent, TimelineKind};

use super::READ_BEFORE_MS;
use crate::books::{Books, Moment, short};
use crate::homes::Home;
use crate::script::Ms;

pub(super) fn inv_08_a_plan_is_frozen_when_it_begins(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        if change.froze
            && change.was_frozen
            && !dossier.events(change).iter().any(|event| {
                matches!(event.kind, TimelineKind::ResponderAdded { .. } | TimelineKind::Reassigned { .. })
            })
        {
            return Some(format!("the plan of {} is frozen a second time", short(&change.id)));
        }
        let in_force = in_force(books);
        let stranger = |event: &TimelineEvent| match &event.kind {
            TimelineKind::OnCall { schedule, contacts } => {
                let is_on_call = |home: &&Arc<Home>| home.on_call(schedule, event.at).as_ref() == Some(contacts);
                (!in_force.iter().any(is_on_call)).then(|| format!("{contacts:?} are asked as on call in `{schedule}`"))
            }
            _ => None,
        };
        if let Some(text) = dossier.events(change).iter().find_map(stranger) {
            return Some(format!("{text}, which they are not at that instant"));
        }
        if !change.froze || change.was_frozen {
            return None;
        }
        let frozen = dossier.frozen.as_ref()?;
        let is_one = in_force.iter().any(|home| home.plan(&frozen.response.name) == Some(&frozen.response));
        (!is_one).then(|| format!("{} begins with a plan that nobody has applied", short(&change.id)))
    })
}

/// What was in force when a decision that is committed now read it, a moment before.
fn in_force(books: &Books) -> Vec<&Arc<Home>> {
    let is_recent = |since: Ms| since > books.now - READ_BEFORE_MS;
    let recent = books.homes.iter().rev().take_while(|(since, _)| is_recent(*since));
    let before = books.homes.iter().rev().find(|(since, _)| !is_recent(*since));
    recent.chain(before).map(|(_, home)| home).collect()
}
