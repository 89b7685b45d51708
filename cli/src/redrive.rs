//! `reveille redrive`: takes what ended in a dead-letter queue back to where it is worked.
//!
//! A message is removed only after it has been sent on. Whatever breaks in between, it is there twice and never not at all; all
//! of ours count once however often they come.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::columns::Columns;
use crate::command::Failure;
use crate::dead_letters::{Content, Course, DeadLetter, DeadLetterQueue, Messages};
use crate::installation::{Installation, InstallationError, Parts, Reached};
use crate::limits::TOLD_MAX;
use crate::output;
use crate::progress;

/// What is to be redriven.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["queue", "all"]))]
pub struct Redrive {
    /// The dead-letter queue
    #[arg(value_name = "QUEUE", value_enum)]
    queue: Option<DeadLetterQueue>,
    /// Every dead-letter queue
    #[arg(long)]
    all: bool,
    /// Only say what would become of each message
    #[arg(long)]
    dry_run: bool,
    /// So many messages of each queue at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max: Option<u32>,
    /// Also remove what cannot be done again from here. It is gone then
    #[arg(long)]
    discard: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// How a queue is worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// Whether anything happens.
    pub dry_run: bool,
    /// Messages at most.
    pub most: usize,
    /// Whether what stays is removed.
    pub discard: bool,
}

/// What became of the messages of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// The queue.
    pub queue: &'static str,
    /// Whether this is what would become of them.
    pub dry_run: bool,
    /// Sent back to where they came from.
    pub moved: usize,
    /// Deadlines whose incidents are looked at again.
    pub nudged: usize,
    /// Removed, because nobody needs them any more.
    pub obsolete: usize,
    /// Removed, because that was asked for.
    pub discarded: usize,
    /// Still there.
    pub left: usize,
    /// What each is that was looked at, as far as people read.
    pub messages: Vec<Told>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// SQS's id of it.
    pub id: String,
    /// What it is.
    pub what: String,
    /// What becomes of it.
    pub course: String,
}

/// Why redriving stopped.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// Nothing says where the queue is.
    #[error(transparent)]
    Unreachable(#[from] InstallationError),
    /// A call failed in the middle.
    #[error("redriving {} stopped after {done} messages; nothing is lost, and running it again is safe", queue.name())]
    Stopped {
        /// Which queue.
        queue: DeadLetterQueue,
        /// So many were done.
        done: usize,
        /// Why.
        source: InstallationError,
    },
}

/// Longer than ten messages take; whoever else reads the queue meanwhile finds others.
const HIDDEN_S: i32 = 120;

impl Redrive {
    /// Redrives, and says what became of what.
    pub async fn run(self) -> Result<(), Failure> {
        let reached = self.installation.find().await?;
        let most = self.max.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        let how = How { dry_run: self.dry_run, most, discard: self.discard };
        let queues = self.queue.map_or(DeadLetterQueue::ALL.to_vec(), |queue| vec![queue]);
        let mut all = Vec::new();
        for queue in queues {
            // An installation need not have every queue; one that is named must be there.
            if self.all && queue.url(&reached.parts).is_none() {
                continue;
            }
            let done = AtomicUsize::new(0);
            let what = || format!("{}: {} messages", queue.name(), done.load(Ordering::Relaxed));
            let redriven = progress::with_live(what, redrive(&reached, queue, how, &done)).await?;
            if !self.json {
                output::say(for_people(&redriven))?;
            }
            all.push(redriven);
        }
        if self.json {
            output::line(serde_json::to_string(&all)?)?;
        } else if all.is_empty() {
            output::line("the installation says nothing of its dead-letter queues: deploy the stack again")?;
        }
        Ok(())
    }
}

/// Works one queue to its end, or until so many messages.
pub async fn redrive(
    reached: &Reached,
    queue: DeadLetterQueue,
    how: How,
    done: &AtomicUsize,
) -> Result<Redriven, RedriveError> {
    let url = Parts::need(queue.url(&reached.parts), "the URL of that dead-letter queue")?;
    let source = match queue.source(&reached.parts) {
        Some(source) => Some(Parts::need(source, "the URL of the queue that its messages came from")?),
        None => None,
    };
    let nudges = Parts::need(reached.parts.queues.nudges.as_ref(), "the URL of the nudge queue")?;
    let work = Working { messages: Messages::of(reached), queue, url, source, nudges, how };
    work.all(done).await
}

/// A queue that is being worked.
struct Working<'w> {
    messages: Messages,
    queue: DeadLetterQueue,
    url: &'w str,
    source: Option<&'w str>,
    nudges: &'w str,
    how: How,
}

impl Working<'_> {
    async fn all(&self, done: &AtomicUsize) -> Result<Redriven, RedriveError> {
        let mut redriven = Redriven::nothing(self.queue, self.how);
        // What stays is held until the end, so that each message is met once.
        let mut held: Vec<DeadLetter> = Vec::new();
        let mut seen = BTreeSet::new();
        let worked = loop {
            let left = self.how.most.saturating_sub(seen.len());
            if left == 0 {
                break Ok(());
            }
            let mut batch = match self.messages.receive(self.url, left, HIDDEN_S).await {
                Ok(batch) => batch.into_iter(),
                Err(error) => break Err(error),
            };
            let mut any_new = false;
            let worked = loop {
                let Some(letter) = batch.next() else { break Ok(()) };
                any_new |= seen.insert(letter.id.clone());
                match self.one(&letter, &mut redriven).await {
                    Ok(true) => _ = done.fetch_add(1, Ordering::Relaxed),
                    Ok(false) => held.push(letter),
                    Err(error) => {
                        held.push(letter);
                        break Err(error);
                    }
                }
            };
            held.extend(batch);
            if worked.is_err() || !any_new {
                break worked;
            }
        };
        for letter in &held {
            self.messages.release(self.url, letter).await;
        }
        let done = done.load(Ordering::Relaxed);
        worked.map_err(|source| RedriveError::Stopped { queue: self.queue, done, source })?;
        redriven.left = held.len();
        Ok(redriven)
    }

    /// Does one message; `false`: it stays in the queue.
    async fn one(&self, letter: &DeadLetter, redriven: &mut Redriven) -> Result<bool, InstallationError> {
        let Content { words, course } = Content::of(self.queue, letter);
        let goes = match (&course, self.how) {
            (Course::Stays(_), How { discard, .. }) => discard,
            (Course::Back | Course::Nudge(_) | Course::Obsolete(_), _) => true,
        };
        if goes && !self.how.dry_run {
            match (&course, self.source) {
                (Course::Back, Some(source)) => self.messages.send(source, letter).await?,
                (Course::Nudge(body), _) => self.messages.send_text(self.nudges, body).await?,
                (Course::Back, None) => return Ok(false),
                (Course::Obsolete(_) | Course::Stays(_), _) => {}
            }
            self.messages.delete(self.url, letter).await?;
        }
        redriven.count(&course, goes);
        if redriven.messages.len() < TOLD_MAX {
            redriven.messages.push(Told { id: letter.id.clone(), what: words, course: told(&course, goes) });
        }
        Ok(goes && !self.how.dry_run)
    }
}

fn told(course: &Course, goes: bool) -> String {
    match course {
        Course::Back => "back to its queue".to_owned(),
        Course::Nudge(_) => "its incident is looked at again".to_owned(),
        Course::Obsolete(why) => format!("removed: {why}"),
        Course::Stays(_) if goes => "removed".to_owned(),
        Course::Stays(remedy) => format!("stays: {remedy}"),
    }
}

impl Redriven {
    fn nothing(queue: DeadLetterQueue, how: How) -> Self {
        Self {
            queue: queue.name(),
            dry_run: how.dry_run,
            moved: 0,
            nudged: 0,
            obsolete: 0,
            discarded: 0,
            left: 0,
            messages: Vec::new(),
        }
    }

    fn count(&mut self, course: &Course, goes: bool) {
        let counter = match course {
            Course::Back => &mut self.moved,
            Course::Nudge(_) => &mut self.nudged,
            Course::Obsolete(_) => &mut self.obsolete,
            Course::Stays(_) if goes => &mut self.discarded,
            Course::Stays(_) => return,
        };
        *counter += 1;
    }
}

/// What became of it in a line, and each message that somebody has to know about.
pub fn for_people(redriven: &Redriven) -> String {
    let Redriven { queue, dry_run, moved, nudged, obsolete, discarded, left, messages } = redriven;
    let mut out = String::new();
    let shown: Vec<&Told> = messages.iter().filter(|told| *dry_run || told.course.starts_with("stays")).collect();
    if messages.is_empty() {
        return format!("{queue}: empty\n");
    }
    let counts = [
        (*moved, "back to its queue"),
        (*nudged, "looked at again"),
        (*obsolete, "removed as of no use"),
        (*discarded, "discarded"),
        (if *dry_run { 0 } else { *left }, "left"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let would = if *dry_run { "would be: " } else { "" };
    out.push_str(&format!(
        "{queue}: {would}{}\n",
        if counts.is_empty() { "all left".to_owned() } else { counts.join(", ") }
    ));
    if !shown.is_empty() {
        let mut columns = Columns::new(["message", "what it is", "what becomes of it"]);
        for told in shown {
            columns.row([told.id.as_str(), &told.what, &told.course]);
        }
        out.push_str(&columns.to_string());
    }
    out
}
