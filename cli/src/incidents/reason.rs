//! Why each page was sent, told from the timeline alone: whoever was woken may ask, and an answer has to be found a year later.

use std::collections::BTreeMap;

use reveille_domain::{
    Actor, AgainReason, ContactAlias, EngagementId, OutboxId, PlanAlias, ScheduleAlias, TimelineEvent, TimelineKind,
};

/// The reason for each page of a timeline. `steps` are the events of each revision, in their order.
pub fn reasons<'e>(steps: impl IntoIterator<Item = &'e [TimelineEvent]>) -> BTreeMap<OutboxId, String> {
    let mut reader = Reader::default();
    for events in steps {
        reader.step = Step::default();
        for event in events {
            reader.read(&event.kind);
        }
    }
    reader.reasons
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    asked: BTreeMap<EngagementId, Asked>,
    /// The newest stage of each escalation.
    stages: BTreeMap<EngagementId, Stage>,
    reasons: BTreeMap<OutboxId, String>,
    step: Step,
}

/// What the events before have said in the same step.
#[derive(Default)]
struct Step {
    /// Why the response plan, or a person, asks somebody.
    cause: Option<Cause>,
    /// Who is on call and has not been engaged yet.
    on_call: Option<(ScheduleAlias, Vec<ContactAlias>)>,
    /// Escalations whose stage has started in this step.
    started: Vec<EngagementId>,
}

#[derive(Clone)]
enum Cause {
    Stage(u32),
    Added(Actor),
    Reassigned(Actor),
    LastResort,
}

#[derive(Clone, PartialEq)]
struct Stage {
    plan: PlanAlias,
    number: u32,
    round: u32,
}

/// A contact's engagement.
struct Asked {
    contact: ContactAlias,
    parent: Option<EngagementId>,
    /// The stage of the parent that asked them.
    stage: Option<Stage>,
    schedule: Option<ScheduleAlias>,
    /// Why they are asked, or asked again, and have not been paged since.
    news: Option<String>,
    pages: usize,
}

impl Reader {
    fn read(&mut self, kind: &TimelineKind) {
        match kind {
            TimelineKind::StageStarted { stage } => self.step.begin(Cause::Stage(*stage)),
            TimelineKind::ResponderAdded { by, .. } => self.step.begin(Cause::Added(by.clone())),
            TimelineKind::Reassigned { by, .. } => self.step.begin(Cause::Reassigned(by.clone())),
            TimelineKind::LastResort { .. } => self.step.begin(Cause::LastResort),
            TimelineKind::OnCall { schedule, contacts } => {
                self.step.on_call = Some((schedule.clone(), contacts.clone()));
            }
            TimelineKind::EscalationStageStarted { engagement, plan, stage, round } => {
                self.step.on_call = None;
                self.step.started.push(*engagement);
                self.stages.insert(*engagement, Stage { plan: plan.clone(), number: *stage, round: *round });
            }
            TimelineKind::ContactEngaged { engagement, parent, contact } => self.engaged(*engagement, *parent, contact),
            TimelineKind::AskedAgain { engagements, why } => {
                engagements.iter().for_each(|engagement| self.asked_again(*engagement, *why));
            }
            TimelineKind::Undelivered { contact, channel, .. } => {
                let theirs = self.asked.values_mut().filter(|asked| asked.contact == *contact && asked.news.is_none());
                theirs.for_each(|asked| {
                    asked.news = Some(format!("{channel} did not get through: what comes next goes at once"))
                });
            }
            TimelineKind::NotPaged { engagement, .. } => {
                if let Some(asked) = self.asked.get_mut(engagement) {
                    let why = asked.news.take().unwrap_or_else(|| asked.own_plan());
                    asked.news = Some(format!("{why}; what was wanted first could not be used"));
                }
            }
            TimelineKind::Paged { page, engagement, .. } => self.paged(*page, *engagement),
            TimelineKind::EscalationEngaged { .. } | TimelineKind::EscalationStageSkipped { .. } => {
                self.step.on_call = None
            }
            TimelineKind::Opened { .. }
            | TimelineKind::Noted { .. }
            | TimelineKind::NoteAdded { .. }
            | TimelineKind::PlanBegun
            | TimelineKind::StageSkipped { .. }
            | TimelineKind::EscalationExhausted { .. }
            | TimelineKind::Acknowledged { .. }
            | TimelineKind::Escalated { .. }
            | TimelineKind::EngagementsStopped { .. }
            | TimelineKind::RunbookOrdered { .. }
            | TimelineKind::RunbookEnded { .. }
            | TimelineKind::Announced(_)
            | TimelineKind::Resolved { .. }
            | TimelineKind::Problem { .. } => {}
        }
    }

    fn engaged(&mut self, engagement: EngagementId, parent: Option<EngagementId>, contact: &ContactAlias) {
        let schedule = self.step.schedule_of(contact);
        let stage = parent.and_then(|parent| self.stages.get(&parent).cloned());
        let why = match (&stage, &self.step.cause) {
            (Some(stage), _) => stage.words(),
            (None, Some(cause)) => cause.words(),
            (None, None) => "the safety contact: there was no response plan".to_owned(),
        };
        let why = schedule.as_ref().map_or_else(|| why.clone(), |schedule| format!("on call in {schedule}: {why}"));
        let asked = Asked { contact: contact.clone(), parent, stage, schedule, news: Some(why), pages: 0 };
        self.asked.insert(engagement, asked);
    }

    fn asked_again(&mut self, engagement: EngagementId, why: AgainReason) {
        let is_last_resort = matches!(self.step.cause, Some(Cause::LastResort));
        let Some(asked) = self.asked.get_mut(&engagement) else { return };
        let stage = asked.parent.and_then(|parent| self.stages.get(&parent).cloned());
        asked.news = Some(match why {
            AgainReason::Snoozed => "the snooze is over".to_owned(),
            AgainReason::NotResolved => "acknowledged, and not resolved in time".to_owned(),
            AgainReason::Escalated => "asked again: somebody wanted the next stage".to_owned(),
            AgainReason::NextRound if is_last_resort => Cause::LastResort.words(),
            AgainReason::NextRound => {
                let words = stage.as_ref().map_or_else(|| "asked again".to_owned(), Stage::words);
                self.step
                    .schedule_of(&asked.contact)
                    .map_or_else(|| words.clone(), |s| format!("on call in {s}: {words}"))
            }
        });
        asked.stage = stage;
    }

    fn paged(&mut self, page: OutboxId, engagement: EngagementId) {
        let Some(asked) = self.asked.get_mut(&engagement) else { return };
        let parent = asked.parent.filter(|parent| self.step.started.contains(parent));
        let now = parent.and_then(|parent| self.stages.get(&parent));
        // Whoever still asks begins anew with the next round, and no event says so but that of the round.
        let in_next_round =
            now.zip(asked.stage.as_ref()).filter(|(now, then)| now.number == then.number && now.round > then.round);
        let why = match (asked.news.take(), in_next_round.map(|(now, _)| now.clone())) {
            (Some(news), _) => news,
            (None, Some(stage)) => {
                let words = stage.words();
                asked.stage = Some(stage);
                asked.schedule.as_ref().map_or_else(|| words.clone(), |s| format!("on call in {s}: {words}"))
            }
            (None, None) => asked.own_plan(),
        };
        asked.pages += 1;
        self.reasons.insert(page, why);
    }
}

impl Step {
    fn begin(&mut self, cause: Cause) {
        self.cause = Some(cause);
        self.on_call = None;
    }

    /// The schedule that has just said that this contact is on call. Contacts are engaged in the order in which it named them.
    fn schedule_of(&mut self, contact: &ContactAlias) -> Option<ScheduleAlias> {
        let (schedule, waiting) = self.on_call.as_mut()?;
        let Some(place) = waiting.iter().position(|waiting| waiting == contact) else {
            self.on_call = None;
            return None;
        };
        waiting.drain(..=place);
        Some(schedule.clone())
    }
}

impl Cause {
    fn words(&self) -> String {
        match self {
            Cause::Stage(stage) => format!("stage {} of the response plan", stage + 1),
            Cause::Added(by) => format!("added by {by}"),
            Cause::Reassigned(by) => format!("given to them by {by}"),
            Cause::LastResort => "the last resort: nobody had answered".to_owned(),
        }
    }
}

impl Stage {
    fn words(&self) -> String {
        let round = if self.round > 0 { format!(", round {}", self.round + 1) } else { String::new() };
        format!("stage {} of {}{round}", self.number + 1, self.plan)
    }
}

impl Asked {
    fn own_plan(&self) -> String {
        format!("{}'s engagement plan: page {}", self.contact, self.pages + 1)
    }
}
