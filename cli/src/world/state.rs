//! Everything in the world in memory that moves: its time, what waits in queues and for schedules, what has been sent, and
//! what is broken.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Attribution, ChannelKind, RunbookOutcome};
use reveille_engine::port::QueueName;

use super::fault::{Fault, Function, Trouble};

/// Seconds between two ticks.
const TICK_S: i64 = 60;

/// A message that reached somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// When.
    pub at: Timestamp,
    /// The name of the kind of channel, `sms`, `email` …, or `operators`.
    pub channel: &'static str,
    /// Where to.
    pub to: String,
    /// Its subject line, which only some channels show.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// Comes back in the provider's reports.
    pub attribution: Option<Attribution>,
}

/// So many digits are the code of a page.
const CODE_DIGITS: usize = 4;

/// The path of the newest link that was sent to one of these addresses, in a message that mentions `about`.
pub fn newest_link(sent: &[SentMessage], addresses: &[&str], about: Option<&str>) -> Option<String> {
    let meant = |message: &&SentMessage| about.is_none_or(|about| message.text.contains(about));
    let theirs = sent.iter().rev().filter(|message| addresses.contains(&message.to.as_str())).filter(meant);
    theirs.filter_map(|message| path_of_link(&message.text)).map(str::to_owned).next()
}

/// The path of the link by which a message is answered.
pub fn path_of_link(text: &str) -> Option<&str> {
    text[text.find("/a/")?..].split_whitespace().next()
}

/// The four digits that the newest SMS to a number asks for.
pub fn newest_code(sent: &[SentMessage], to: &str) -> Option<String> {
    let is_sms = |message: &&SentMessage| message.channel == ChannelKind::Sms.name() && message.to == to;
    let (_, asked) = sent.iter().rev().find(is_sms)?.text.split_once("eply ")?;
    let digits: String = asked.chars().filter(char::is_ascii_digit).take(CODE_DIGITS).collect();
    (digits.len() == CODE_DIGITS).then_some(digits)
}

/// Everything that moves.
pub(super) struct State {
    pub(super) now: Timestamp,
    next_tick: Timestamp,
    messages: Vec<Waiting>,
    wakes: Vec<ScheduledWake>,
    pub(super) sent: Vec<SentMessage>,
    pub(super) faults: Vec<Fault>,
    pub(super) runbook_outcome: Option<RunbookOutcome>,
    pub(super) failures: Vec<String>,
    pub(super) messages_taken: u64,
    /// Lines of metrics, in CloudWatch's embedded format.
    pub(super) metrics: Vec<String>,
}

/// A message in a queue.
struct Waiting {
    number: u64,
    due: Timestamp,
    queue: QueueName,
    body: String,
}

/// A one-time schedule.
struct ScheduledWake {
    name: String,
    at: Timestamp,
    payload: String,
}

/// Something that happens at its time.
pub(super) enum Happening {
    Nothing,
    Message(QueueName, String),
    Wake(String),
    Tick,
}

impl State {
    pub(super) fn starting(now: Timestamp) -> Self {
        Self {
            now,
            next_tick: now + SignedDuration::from_secs(TICK_S),
            messages: Vec::new(),
            wakes: Vec::new(),
            sent: Vec::new(),
            faults: Vec::new(),
            runbook_outcome: None,
            failures: Vec::new(),
            messages_taken: 0,
            metrics: Vec::new(),
        }
    }

    /// Puts a message into a queue.
    pub(super) fn enqueue(&mut self, queue: QueueName, body: String, delay_s: i64) {
        self.messages_taken += 1;
        let due = self.now + SignedDuration::from_secs(delay_s);
        self.messages.push(Waiting { number: self.messages_taken, due, queue, body });
    }

    /// Makes a one-time schedule; `false`: there is one of this name.
    pub(super) fn schedule(&mut self, name: &str, at: Timestamp, payload: &str) -> bool {
        if self.wakes.iter().any(|wake| wake.name == name) {
            return false;
        }
        self.wakes.push(ScheduledWake { name: name.to_owned(), at, payload: payload.to_owned() });
        true
    }

    pub(super) fn is_broken(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    pub(super) fn fails(&self, function: Function) -> bool {
        self.is_broken(&Fault::Function(function))
    }

    /// What a provider does instead of taking a message, if anything. What was broken last counts.
    pub(super) fn trouble(&self, channel: ChannelKind, to: &str) -> Option<Trouble> {
        self.faults.iter().rev().find_map(|fault| match fault {
            Fault::Channel { kind, address, trouble } => {
                let meant = *kind == channel && address.as_ref().is_none_or(|address| address == to);
                meant.then_some(*trouble)
            }
            Fault::Queues | Fault::Schedules | Fault::Tick | Fault::Function(_) => None,
        })
    }

    /// Takes the next thing that happens by `until`, and moves the clock to it. Of two at one instant a message comes
    /// before a wake, and a wake before the tick; messages come in the order in which they were sent.
    pub(super) fn next(&mut self, until: Timestamp) -> Option<Happening> {
        let message = (0..self.messages.len())
            .filter(|_| !self.is_broken(&Fault::Queues))
            .min_by_key(|place| (self.messages[*place].due, self.messages[*place].number));
        let wake = (0..self.wakes.len())
            .filter(|_| !self.is_broken(&Fault::Schedules))
            .min_by_key(|place| self.wakes[*place].at);
        let message = message.map(|place| (self.messages[place].due, 0, place));
        let wake = wake.map(|place| (self.wakes[place].at, 1, place));
        let tick = Some((self.next_tick, 2, 0));
        let (at, which, place) = [message, wake, tick].into_iter().flatten().min()?;
        if at > until {
            return None;
        }
        self.now = self.now.max(at);
        Some(match which {
            0 => {
                let message = self.messages.remove(place);
                Happening::Message(message.queue, message.body)
            }
            1 => Happening::Wake(self.wakes.remove(place).payload),
            _ => {
                self.next_tick += SignedDuration::from_secs(TICK_S);
                if self.is_broken(&Fault::Tick) { Happening::Nothing } else { Happening::Tick }
            }
        })
    }
}
