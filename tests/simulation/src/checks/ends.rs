//! What no invariant says: no function fails by itself, hints do not multiply, and in the morning all is done.

use reveille_domain::{Engagement, EngagementId, EngagementState, Progress, Status, TimelineKind};

use super::LATE_MS;
use crate::books::{Books, Class, Dossier, Moment, short};
use crate::script::{MINUTE, Ms};

/// So many hints of one incident may be under way.
const WAITING_MAX: usize = 60;
/// And so many times more where nobody takes them out of their queue: each nudge hands on again what waits.
const PILED_UP: usize = 3;
/// What is out for so long lets them pile up.
const PILING_UP_MS: Ms = 5 * MINUTE;
/// A message of which nothing comes is handed out for so long.
const HANDED_OUT_MS: Ms = 16 * MINUTE;

pub(super) fn inv_00_no_function_fails_by_itself_and_all_is_done_in_the_end(
    books: &Books,
    moment: &Moment<'_>,
) -> Option<String> {
    match moment {
        Moment::Answered { run, handler, success: false } if !books.troubled.contains(run) => {
            Some(format!("{} fails as {run}, and nothing had been done to it", handler.name()))
        }
        Moment::Minute { waiting } => {
            let most = WAITING_MAX * books.dossiers.len().max(1);
            let most = if books.piles_up() { PILED_UP * most } else { most };
            (*waiting > most).then(|| format!("{waiting} messages wait in queues: hints make more hints"))
        }
        Moment::Morning => books.dossiers.iter().find_map(|(id, dossier)| forgotten(books, id, dossier)),
        _ => None,
    }
}

impl Books {
    /// Whether functions or queues were out for long, and what has piled up then is not worked off yet.
    fn piles_up(&self) -> bool {
        self.troubles.iter().any(|trouble| {
            let is_long = trouble.until - trouble.from >= PILING_UP_MS;
            let counts = matches!(trouble.class, Class::Function | Class::Queues) && is_long;
            counts && trouble.from <= self.now && self.now <= trouble.until + HANDED_OUT_MS
        })
    }
}

/// Somebody who is asked, and has neither been paged nor passed over.
fn forgotten(books: &Books, id: &str, dossier: &Dossier) -> Option<String> {
    let incident = &dossier.incident;
    if matches!(incident.status, Status::Resolved(_)) {
        return None;
    }
    if matches!(incident.progress, Progress::Waiting { .. }) {
        return Some(format!("the plan of {} has not begun by the morning", short(id)));
    }
    let is_told = |of: EngagementId| {
        dossier.timeline.iter().any(|event| match &event.kind {
            TimelineKind::Paged { engagement, .. } | TimelineKind::NotPaged { engagement, .. } => *engagement == of,
            _ => false,
        })
    };
    let left = |engagement: &&Engagement| {
        engagement.contact().is_some()
            && engagement.state == EngagementState::Engaging
            && books.ms(engagement.began_at) < books.now - LATE_MS
            && !is_told(engagement.id)
    };
    let left = incident.engagements.iter().find(left)?;
    Some(format!("{:?} is asked in {} and has never been paged", left.contact(), short(id)))
}
