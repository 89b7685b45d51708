//! Invariant 7: what the timeline tells is what is.

use reveille_domain::{Replayed, TimelineKind};
use reveille_engine::record::OrderRecord;

use crate::books::{Books, Commit, Moment, OrderChange, Took, short};

pub(super) fn inv_07_the_timeline_replays_to_the_state(books: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    let incident = commit.incidents.iter().find_map(|change| {
        let dossier = books.dossiers.get(&change.id)?;
        let revision = dossier.incident.revision;
        let expected = change.before.as_ref().map_or(1, |before| before.revision + 1);
        if revision != expected || change.event_revision != Some(revision) {
            return Some(format!(
                "{} goes to revision {revision}, its events to {:?}",
                short(&change.id),
                change.event_revision
            ));
        }
        let (told, is) = (&dossier.told, Replayed::from_incident(&dossier.incident));
        (*told != is).then(|| format!("the timeline of {} tells {told:?}, and it is {is:?}", short(&change.id)))
    });
    incident.or_else(|| commit.orders.iter().find_map(|change| untold(books, commit, change)))
}

/// An attempt whose outcome is not on the timeline.
fn untold(books: &Books, commit: &Commit, change: &OrderChange) -> Option<String> {
    let order = books.orders.get(&change.key)?;
    let is_settlement = change.before.as_ref().is_some_and(|before| {
        before.attempt == change.after.attempt && before.lease_until.is_some() && change.after.lease_until.is_none()
    });
    if !is_settlement {
        return None;
    }
    let is_told = |channel: &str| change.receipts.iter().any(|(of, _)| of == channel);
    let taken = |(channel, took): &(&String, &Vec<Took>)| {
        took.iter().any(|took| took.run == commit.run && took.attempt == change.after.attempt) && !is_told(channel)
    };
    if let Some((channel, _)) = order.channels.iter().find(taken) {
        return Some(format!("the {channel} of {}/{} left, and no receipt says so", change.key.pk, change.key.sk));
    }
    let OrderRecord::Page { .. } = &change.after.order else { return None };
    let dossier = books.dossiers.get(change.key.pk.strip_prefix("INCIDENT#")?)?;
    let page = change.after.page();
    let is_on = |refused: &String| {
        dossier.timeline.iter().any(|event| match &event.kind {
            TimelineKind::Undelivered { page: of, channel, .. } => *of == page && channel.as_str() == refused,
            _ => false,
        })
    };
    let refused = order.refused.iter().find(|channel| !is_on(channel))?;
    Some(format!("the {refused} of {}/{} was refused, and the timeline does not say so", change.key.pk, change.key.sk))
}
