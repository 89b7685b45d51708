//! One way the story can go: who answers, and whether the runbook helps.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{
    ChannelId, ContactAlias, Engaged, EngagementState, Incident, IncidentId, Progress, RunbookOutcome, RunbookState,
};
use reveille_local::Letter;
use serde_json::Value;

use super::{Audience, DemoError, event};
use crate::client;
use crate::configuration::Configuration;
use crate::local_world::LocalWorld;
use crate::timeline::{Line, lines};

/// How often the table is read, in milliseconds of the real clock.
const LOOK_MS: u64 = 60;
/// A person needs a moment to find the phone: seconds between the page and their answer.
const FINDS_PHONE_S: i64 = 25;
/// An alarm needs a period or two to see that it is over: seconds after it was mended.
const ALARM_NOTICES_S: i64 = 60;
/// Announcements need a moment to leave after the end, in seconds.
const LAST_NEWS_S: i64 = 20;
/// No story takes longer than this, in minutes of its own time.
const MINUTES_MAX: i64 = 240;

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// Nobody answers until there is nobody left to ask; the runbook does not help.
    NobodyAnswers,
    /// The first who is paged answers at once; the runbook helps.
    TheFirstAnswers,
}

/// What has happened so far that the people in the story react to.
struct Telling<'a> {
    world: &'a LocalWorld,
    configuration: &'a Configuration,
    event: &'a Value,
    variant: Variant,
    id: IncidentId,
    signal_at: Timestamp,
    told: BTreeSet<String>,
    answered_at: Option<Timestamp>,
    over_sent: bool,
}

impl Variant {
    pub(super) fn title(self) -> &'static str {
        match self {
            Variant::NobodyAnswers => "Nobody answers until the last one is asked",
            Variant::TheFirstAnswers => "The first one answers at once",
        }
    }

    /// What is wrong with the server.
    pub(super) fn prepare(self, world: &LocalWorld, event: &Value) {
        let Some(instance) = event::instance(event) else { return };
        world.runbooks.with_account(|account| {
            account.crash(instance, "nginx");
            if self == Variant::NobodyAnswers {
                account.make_restarts_useless(instance, "nginx");
            }
        });
    }
}

/// Sends the alarm and tells what the table says until it is over.
pub(super) async fn tell(
    world: &LocalWorld,
    configuration: &Configuration,
    event: &Value,
    variant: Variant,
    audience: &mut Audience,
) -> Result<(), DemoError> {
    let signal_at = world.now();
    let answer = world.invoke("ingest", event::at(event, signal_at)).await?;
    // A post can hold several signals: the story is that of the first that opens an incident.
    let taken = answer["taken"].as_array().into_iter().flatten();
    let opened = taken.filter_map(|taken| taken["opened"].as_str()).next();
    let id = IncidentId::new(opened.ok_or_else(|| DemoError::NothingOpened(answer.to_string()))?);
    let mut telling = Telling {
        world,
        configuration,
        event,
        variant,
        id,
        signal_at,
        told: BTreeSet::new(),
        answered_at: None,
        over_sent: false,
    };
    let mut over_at = None;
    loop {
        let now = world.now();
        let incident = telling.look(audience, now).await?;
        if !incident.is_open() {
            let since = *over_at.get_or_insert(now);
            if passed(since, now, LAST_NEWS_S) {
                return telling.look(audience, now).await.map(drop);
            }
        }
        telling.act(&incident, now).await?;
        if passed(signal_at, now, MINUTES_MAX * 60) {
            return Err(DemoError::Endless(MINUTES_MAX));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

impl Telling<'_> {
    /// Reads the table, and tells what is new in it.
    async fn look(&mut self, audience: &mut Audience, now: Timestamp) -> Result<Incident, DemoError> {
        let incident = self.world.incident(&self.id).await?;
        let incident = incident.ok_or_else(|| DemoError::NothingOpened(self.id.to_string()))?;
        let rows = self.world.timeline_rows(&self.id).await?;
        let mut news: Vec<Line> = Vec::new();
        for row in &rows {
            let sk = row.get("sk").and_then(Value::as_str).unwrap_or_default();
            if self.told.insert(sk.to_owned()) {
                news.extend(lines(row, &self.id, self.signal_at).map_err(crate::local_world::LocalError::from)?);
            }
        }
        news.sort_by(|a, b| a.at.total_cmp(&b.at));
        audience.hear(&news)?;
        audience.see(&incident, now)?;
        Ok(incident)
    }

    /// What the people and the alarm do.
    async fn act(&mut self, incident: &Incident, now: Timestamp) -> Result<(), DemoError> {
        if self.answered_at.is_none()
            && let Some((contact, paged_at)) = self.whoever_answers(incident)
            && passed(paged_at, now, FINDS_PHONE_S)
            && self.press_the_button(&contact, "do=acknowledge").await?
        {
            self.answered_at = Some(now);
        }
        if self.answered_at.is_none() && nobody_to_ask(incident) {
            self.answered_at = Some(now);
        }
        let mended_at = match self.variant {
            // Whoever answered mends it by hand.
            Variant::NobodyAnswers => self.answered_at,
            Variant::TheFirstAnswers => self.answered_at.and(helped_at(incident)).or(self.hopeless(incident)),
        };
        if let Some(mended_at) = mended_at
            && !self.over_sent
            && passed(mended_at, now, ALARM_NOTICES_S)
        {
            self.over_sent = self.end(incident, now).await?;
        }
        Ok(())
    }

    /// Without a runbook that helps, whoever has answered mends it.
    fn hopeless(&self, incident: &Incident) -> Option<Timestamp> {
        let running = incident.runbooks.iter().any(|run| run.state == RunbookState::Ordered);
        self.answered_at.filter(|_| !running && helped_at(incident).is_none())
    }

    /// The alarm goes back to OK; where the event is no alarm, somebody says that it is fixed. `false`: nobody could.
    async fn end(&self, incident: &Incident, now: Timestamp) -> Result<bool, DemoError> {
        if let Some(ok) = event::recovered(self.event, now) {
            self.world.invoke("ingest", ok).await?;
            return Ok(true);
        }
        for contact in paged(incident).map(|(contact, _)| contact) {
            if self.press_the_button(contact, "do=resolve").await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who answers, and when they were paged.
    fn whoever_answers(&self, incident: &Incident) -> Option<(ContactAlias, Timestamp)> {
        let chosen = match self.variant {
            Variant::TheFirstAnswers => paged(incident).next(),
            Variant::NobodyAnswers if asks_somebody_else(incident) => None,
            Variant::NobodyAnswers => paged(incident).last(),
        };
        chosen.map(|(contact, at)| (contact.clone(), at))
    }

    /// Opens the newest link in the contact's inbox whose page is about this incident, and presses a button there. Another
    /// incident of the same event may have paged them since.
    async fn press_the_button(&self, contact: &ContactAlias, form: &str) -> Result<bool, DemoError> {
        let addresses: Vec<&str> = self
            .configuration
            .addresses
            .get(contact)
            .into_iter()
            .flatten()
            .map(|(_, a): (&ChannelId, _)| a.expose())
            .collect();
        let front = self.world.stack.front_url();
        let link = |letter: &Letter| {
            let place = letter.text.find(&format!("{front}/a/"))?;
            letter.text[place..].split_whitespace().next().map(str::to_owned)
        };
        let letters = self.world.stack.inbox().letters();
        let theirs = letters.iter().rev().filter(|letter| addresses.contains(&letter.to.as_str()));
        for link in theirs.filter_map(link) {
            let shown = client::request("GET", &link, String::new()).await?;
            if shown.status == 200 && shown.body.contains(&format!("<dd>{}</dd>", self.id.short())) {
                let done = client::request("POST", &link, form.to_owned()).await?;
                return Ok(done.status == 200);
            }
        }
        Ok(false)
    }
}

/// Everybody who has been paged, in the order in which they were engaged, and when.
fn paged(incident: &Incident) -> impl Iterator<Item = (&ContactAlias, Timestamp)> {
    incident.engagements.iter().filter_map(|engagement| match &engagement.engaged {
        Engaged::Contact { contact, latest_page: Some(_), .. } => Some((contact, engagement.began_at)),
        Engaged::Contact { .. } | Engaged::Escalation { .. } => None,
    })
}

/// Whether a stage is still to come that asks somebody new.
fn asks_somebody_else(incident: &Incident) -> bool {
    let stage_to_come = !matches!(incident.progress, Progress::Begun { next: None });
    stage_to_come || incident.engagements.iter().any(is_escalating)
}

/// Whether the plan pages nobody at all, and its runbooks have done what they can: then the alarm goes back by itself.
fn nobody_to_ask(incident: &Incident) -> bool {
    let running = incident.runbooks.iter().any(|run| run.state == RunbookState::Ordered);
    !running && paged(incident).next().is_none() && !asks_somebody_else(incident)
}

/// A plan that is begun again for ever asks nobody new after its first round.
fn is_escalating(engagement: &reveille_domain::Engagement) -> bool {
    matches!(engagement.engaged, Engaged::Escalation { round: 0, .. }) && engagement.state == EngagementState::Engaging
}

/// When a runbook succeeded.
fn helped_at(incident: &Incident) -> Option<Timestamp> {
    incident.runbooks.iter().find_map(|run| match &run.state {
        RunbookState::Ended { at, outcome: RunbookOutcome::Succeeded, .. } => Some(*at),
        RunbookState::Ended { .. } | RunbookState::Ordered => None,
    })
}

fn passed(since: Timestamp, now: Timestamp, seconds: i64) -> bool {
    now.duration_since(since) >= SignedDuration::from_secs(seconds)
}
