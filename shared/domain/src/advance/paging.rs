//! Paging contacts by their engagement plans, and what is done when a page does not get through.

use jiff::{SignedDuration, Timestamp};

use super::{Ignored, draft::Draft};
use crate::{
    Channel, ChannelId, ChannelKind, Contact, ContactAlias, Disabled, Effect, Engaged, EngagementId, EngagementPlan,
    EngagementState, OutboxId, PageOrder, StepProgress, TimelineKind, World,
};

/// Pages every contact whose next step is due, up to what one transaction holds; the rest stays due and is continued.
pub(super) fn page_contacts(draft: &mut Draft, world: &World) {
    let is_due = |e: &&crate::Engagement| {
        matches!(e.engaged, Engaged::Contact { .. })
            && e.state == EngagementState::Engaging
            && e.due().is_some_and(|at| at <= draft.now)
    };
    let due: Vec<EngagementId> =
        draft.next.engagements.iter().filter(is_due).map(|e| e.id).take(draft.room()).collect();
    for id in due {
        page_contact(draft, world, id);
    }
}

fn page_contact(draft: &mut Draft, world: &World, id: EngagementId) {
    let (now, page) = (draft.now, draft.next_order());
    let Engaged::Contact { contact: alias, .. } = &draft.engagement_mut(id).engaged else { return };
    let alias = alias.clone();
    let contact = world.contacts.get(&alias);
    let engaged = &mut draft.engagement_mut(id).engaged;
    let (wanted, channels) = (engaged.take_due(now), engaged.others_if_due(contact, now));
    let mut channels = channels;
    let reachable = contact.map(|contact| contact.reachable(&wanted)).unwrap_or_default();
    channels.extend(reachable.into_iter().map(|channel| (channel.id, channel.kind)));
    channels.sort_by_key(|(id, _)| place_of(contact, id));
    channels.dedup();
    for text in doubts(&alias, contact, &wanted, &channels) {
        draft.problem(text);
    }
    for channel in contact.iter().flat_map(|contact| contact.unverified(&wanted)) {
        draft.problem(format!(
            "`{alias}` is not paged by {}, which is not verified: `reveille verify {alias} {}`",
            channel.kind.name(),
            channel.id
        ));
    }
    if channels.is_empty() {
        if contact.is_none() {
            draft.problem(format!("there is no contact `{alias}` any more: apply a configuration that has them"));
        }
        draft.engagement_mut(id).engaged.hasten(contact, now);
        draft.tell(TimelineKind::NotPaged { engagement: id, contact: alias });
        return;
    }
    if let Engaged::Contact { reached_on, latest_page, .. } = &mut draft.engagement_mut(id).engaged {
        let new: Vec<_> = channels.iter().filter(|channel| !reached_on.contains(channel)).cloned().collect();
        reached_on.extend(new);
        *latest_page = Some((page, now));
    }
    draft.tell(TimelineKind::Paged { page, engagement: id, contact: alias.clone(), channels: channels.clone() });
    draft.order(Effect::Page(PageOrder { engagement: id, contact: alias, channels }));
}

/// What to say of channels that a plan wants and that are out of use: passed over, or paged for want of a better one.
fn doubts(
    alias: &ContactAlias,
    contact: Option<&Contact>,
    wanted: &[ChannelId],
    paged: &[(ChannelId, ChannelKind)],
) -> Vec<String> {
    let doubt = |(id, why): (ChannelId, Disabled)| {
        let why = why.describe();
        let remedy = "verify it again, or apply another address";
        if paged.iter().any(|(paged, _)| *paged == id) {
            format!("`{alias}` has nothing better than `{id}`, which may reach nobody: {why}; {remedy}")
        } else {
            format!("`{alias}` is not paged on `{id}`: {why}; {remedy}")
        }
    };
    contact.map(|contact| contact.out_of_use(wanted)).unwrap_or_default().into_iter().map(doubt).collect()
}

fn place_of(contact: Option<&Contact>, id: &ChannelId) -> Option<usize> {
    contact?.channels.iter().position(|channel| channel.id == *id)
}

/// What did not get through.
pub(super) struct Failed<'i> {
    pub(super) page: OutboxId,
    pub(super) contact: &'i ContactAlias,
    pub(super) channel: &'i ChannelId,
}

/// A page did not get through on a channel: what its engagement would do next, it does now. Providers may say so when the next page
/// has long been ordered; then it is the contact's newest engagement that goes on.
pub(super) fn undelivered(draft: &mut Draft, world: &World, failed: &Failed<'_>, reason: &str) -> Result<(), Ignored> {
    let now = draft.now;
    let Failed { page, contact, channel } = *failed;
    let theirs = || draft.next.engagements.iter().filter(|e| e.contact() == Some(contact));
    let engagement = theirs()
        .find(|e| e.engaged.latest_page() == Some(page))
        .or_else(|| theirs().rfind(|e| e.state == EngagementState::Engaging))
        .or_else(|| theirs().next_back())
        .ok_or(Ignored::Unknown)?;
    let (id, asks) = (engagement.id, engagement.state == EngagementState::Engaging);
    if asks {
        draft.engagement_mut(id).engaged.hasten(world.contacts.get(contact), now);
    }
    let (contact, channel) = (contact.clone(), channel.clone());
    draft.tell(TimelineKind::Undelivered { page, contact, channel, reason: reason.to_owned() });
    Ok(())
}

impl Engaged {
    /// Begins a contact's steps, or an escalation's stages, from the first.
    pub(super) fn restart(&mut self, now: Timestamp) {
        match self {
            Engaged::Contact { plan, progress, others_at, .. } => {
                *progress = plan.steps.iter().map(|step| begin_step(now, step.after_minutes)).collect();
                *others_at = None;
            }
            Engaged::Escalation { stage, round, asked, rests_until, turn, next_at, .. } => {
                (*stage, *round, *asked, *rests_until, *next_at) = (None, 0, false, now, Some(now));
                *turn = turn.wrapping_add(1);
            }
        }
    }

    /// Begins another engagement plan in place of a contact's old one.
    pub(super) fn take_plan(&mut self, now_in_force: EngagementPlan, now: Timestamp) {
        if let Engaged::Contact { plan, .. } = self {
            *plan = now_in_force;
            self.restart(now);
        }
    }

    fn latest_page(&self) -> Option<OutboxId> {
        match self {
            Engaged::Contact { latest_page, .. } => latest_page.map(|(page, _)| page),
            Engaged::Escalation { .. } => None,
        }
    }

    /// The channels of the steps that are due, which count as done by this.
    fn take_due(&mut self, now: Timestamp) -> Vec<ChannelId> {
        let Engaged::Contact { plan, progress, .. } = self else { return Vec::new() };
        let mut wanted = Vec::new();
        for (step, progress) in plan.steps.iter().zip(progress.iter_mut()) {
            if progress.next_at.is_some_and(|at| at <= now) {
                wanted.extend(step.channels.iter().cloned());
                progress.pages += 1;
                progress.next_at =
                    step.repeat.filter(|r| r.times.is_none_or(|times| progress.pages < times)).map(|r| {
                        let wait = SignedDuration::from_mins(i64::from(r.every_minutes));
                        now.saturating_add(wait).unwrap_or(Timestamp::MAX)
                    });
            }
        }
        wanted
    }

    /// The verified channels that have not been paged yet, if it has come to that.
    fn others_if_due(&mut self, contact: Option<&Contact>, now: Timestamp) -> Vec<(ChannelId, ChannelKind)> {
        let Engaged::Contact { others_at, reached_on, .. } = self else { return Vec::new() };
        if others_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        *others_at = None;
        others(contact, reached_on)
    }

    /// Lets the step that would begin next begin now; if there is none, the channels that the plan does not use.
    ///
    /// A step that has begun keeps to its minutes. Its repetition would go to the address that has just refused, be refused
    /// again, and so on without end and without a pause.
    fn hasten(&mut self, contact: Option<&Contact>, now: Timestamp) {
        let Engaged::Contact { progress, others_at, reached_on, .. } = self else { return };
        let to_begin = progress.iter_mut().filter(|step| step.pages == 0 && step.next_at.is_some());
        if let Some(next) = to_begin.min_by_key(|step| step.next_at) {
            next.next_at = Some(now);
        } else if !others(contact, reached_on).is_empty() {
            *others_at = Some(now);
        }
    }
}

/// The verified channels that have not been paged yet; those that are out of use only where no other is left.
fn others(contact: Option<&Contact>, reached_on: &[(ChannelId, ChannelKind)]) -> Vec<(ChannelId, ChannelKind)> {
    let paged = |id: &ChannelId| reached_on.iter().any(|(reached, _)| reached == id);
    let left: Vec<&Channel> =
        contact.iter().flat_map(|c| &c.channels).filter(|c| c.verified && !paged(&c.id)).collect();
    let any_in_use = left.iter().any(|channel| channel.disabled.is_none());
    let choice = left.into_iter().filter(|channel| channel.disabled.is_none() || !any_in_use);
    choice.map(|channel| (channel.id.clone(), channel.kind)).collect()
}

fn begin_step(start: Timestamp, after_minutes: u32) -> StepProgress {
    let wait = SignedDuration::from_mins(i64::from(after_minutes));
    StepProgress { next_at: Some(start.saturating_add(wait).unwrap_or(Timestamp::MAX)), pages: 0 }
}
