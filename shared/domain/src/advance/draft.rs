//! A step under construction.

use jiff::{SignedDuration, Timestamp};

use super::last_resort;
use crate::{
    Acknowledgement, Actor, Again, AgainReason, Announcement, ChannelId, ChannelKind, Effect, Engagement, EngagementId,
    EngagementState, FrozenPlan, Incident, News, Opening, OutboxId, Progress, Resolution, ResolutionReason, Status,
    Step, StopReason, TimelineEvent, TimelineKind, limits, mutant,
};

/// A step under construction: the incident as it is being changed, and what that brings about.
pub(super) struct Draft {
    pub(super) next: Incident,
    pub(super) now: Timestamp,
    pub(super) froze: Option<FrozenPlan>,
    /// Whether the incident had run out before this step.
    pub(super) had_run_out: bool,
    timeline: Vec<TimelineEvent>,
    effects: Vec<Effect>,
    stopped: Vec<EngagementId>,
}

/// The first step of every incident. It is due at once, so that whoever finds it begins its plan.
pub(super) fn open(opening: &Opening, now: Timestamp) -> Step {
    let title = opening.title.clone();
    let next = Incident {
        revision: 1,
        opening: opening.clone(),
        opened_at: now,
        status: Status::Open,
        progress: Progress::Waiting { since: now },
        acknowledged: None,
        engagements: Vec::new(),
        runbooks: Vec::new(),
        unannounced: Vec::new(),
    };
    let opened = TimelineEvent { at: now, kind: TimelineKind::Opened { title } };
    Step { next, timeline: vec![opened], effects: Vec::new(), stopped: Vec::new(), froze: None }
}

impl Draft {
    pub(super) fn of(incident: &Incident, now: Timestamp) -> Self {
        let mut next = incident.clone();
        next.revision += 1;
        let had_run_out = last_resort::has_run_out(incident);
        Self { next, now, froze: None, had_run_out, timeline: Vec::new(), effects: Vec::new(), stopped: Vec::new() }
    }

    pub(super) fn finish(self) -> Step {
        assert!(!self.timeline.is_empty(), "every step says on the timeline what happened");
        let Draft { next, timeline, effects, stopped, froze, .. } = self;
        Step { next, timeline, effects, stopped, froze }
    }

    pub(super) fn tell(&mut self, kind: TimelineKind) {
        self.timeline.push(TimelineEvent { at: self.now, kind });
    }

    /// Something is wrong with the configuration, and what else the plan says goes on.
    pub(super) fn problem(&mut self, text: String) {
        self.tell(TimelineKind::Problem { text });
    }

    /// Whether nothing has happened yet.
    pub(super) fn is_blank(&self) -> bool {
        self.timeline.is_empty()
    }

    /// The id that the next order will get.
    pub(super) fn next_order(&self) -> OutboxId {
        let number = u32::try_from(self.effects.len()).expect("a step has fewer orders than a transaction has actions");
        OutboxId { revision: self.next.revision, number }
    }

    pub(super) fn order(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Orders something that one step needs to order only once; answers whether this was the first time.
    pub(super) fn order_once(&mut self, effect: Effect) -> bool {
        let is_first = !self.effects.contains(&effect);
        if is_first {
            self.order(effect);
        }
        is_first
    }

    pub(super) fn in_minutes(&self, minutes: u32) -> Timestamp {
        let wait = SignedDuration::from_mins(i64::from(minutes));
        // Saturating: a plan cannot wait for longer than time lasts.
        self.now.saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Ends engagements that were not answered themselves.
    pub(super) fn stop(&mut self, engagements: Vec<EngagementId>, why: StopReason) {
        let at = self.now;
        for id in &engagements {
            let engagement = self.engagement_mut(*id);
            assert!(!matches!(engagement.state, EngagementState::Stopped { .. }), "an engagement is stopped once");
            engagement.state = EngagementState::Stopped { at, why };
        }
        self.stopped.extend(&engagements);
        if !engagements.is_empty() && !mutant("stop-untold") {
            self.tell(TimelineKind::EngagementsStopped { engagements, why });
        }
    }

    /// Marks engagements as answered, and the incident if this is its first answer.
    pub(super) fn answered(&mut self, engagements: Vec<EngagementId>, by: &Actor, again: Option<Again>) {
        let at = self.now;
        for id in &engagements {
            self.engagement_mut(*id).state = EngagementState::Acknowledged { at, by: by.clone(), again };
        }
        self.stopped.extend(&engagements);
        self.tell(TimelineKind::Acknowledged { engagements, by: by.clone(), again });
        self.next.acknowledged.get_or_insert_with(|| Acknowledgement { at, by: by.clone() });
    }

    /// Lets engagements ask that were answered or stopped.
    pub(super) fn reopen(&mut self, engagements: Vec<EngagementId>, why: AgainReason) {
        for id in &engagements {
            self.engagement_mut(*id).state = EngagementState::Engaging;
        }
        let states: Vec<EngagementState> = self.next.engagements.iter().map(|e| e.state.clone()).collect();
        if why.ends_the_acknowledgement(&states) {
            self.next.acknowledged = None;
        }
        self.tell(TimelineKind::AskedAgain { engagements, why });
    }

    /// The engagements that still ask or could be answered.
    pub(super) fn open_engagements(&self) -> Vec<EngagementId> {
        self.next.engagements.iter().filter(|e| e.is_open()).map(|e| e.id).collect()
    }

    /// Ends the incident and everything that still asks.
    pub(super) fn end(&mut self, by: &Actor, reason: ResolutionReason) {
        self.next.status = Status::Resolved(Resolution { at: self.now, by: by.clone(), reason });
        self.tell(TimelineKind::Resolved { by: by.clone(), reason });
        self.stop(self.open_engagements(), StopReason::Resolved);
    }

    /// Ends the incident and everything that still asks, and tells those who were asked.
    pub(super) fn resolve(&mut self, by: Actor, reason: ResolutionReason) {
        self.end(&by, reason);
        self.announce(&by.clone(), &News::Resolved { by, reason });
    }

    /// Tells everybody who has been paged, except whoever did it: up to what one transaction holds; the rest is continued.
    pub(super) fn announce(&mut self, actor: &Actor, news: &News) {
        let waiting =
            self.next.recipients(self.now).into_iter().filter(|(contact, _)| *actor != Actor::Contact(contact.clone()));
        let waiting = waiting.map(|(contact, channels)| Announcement {
            contact,
            channels: without_calls(channels.into_iter().collect()),
            news: news.clone(),
        });
        self.next.unannounced.extend(waiting);
        self.announce_waiting();
    }

    /// Orders the announcements that wait, as far as the step has room for them.
    pub(super) fn announce_waiting(&mut self) {
        let room = self.room().min(self.next.unannounced.len());
        let leaving: Vec<Announcement> = self.next.unannounced.drain(..room).collect();
        for announcement in leaving {
            self.tell(TimelineKind::Announced(announcement.clone()));
            self.order(Effect::Announce(announcement));
        }
    }

    /// How many more orders this step has room for.
    pub(super) fn room(&self) -> usize {
        limits::ORDERS_PER_STEP_MAX.saturating_sub(self.effects.len())
    }

    pub(super) fn engagement_mut(&mut self, id: EngagementId) -> &mut Engagement {
        self.next.engagements.get_mut(id.0 as usize).expect("engagements are never removed")
    }
}

/// Nobody is called to hear that they are not needed, unless they can be told in no other way.
fn without_calls(channels: Vec<(ChannelId, ChannelKind)>) -> Vec<(ChannelId, ChannelKind)> {
    let (calls, quiet): (Vec<_>, Vec<_>) = channels.into_iter().partition(|(_, kind)| *kind == ChannelKind::Voice);
    if quiet.is_empty() { calls } else { quiet }
}
