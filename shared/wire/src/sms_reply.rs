//! Replies to pages by SMS: typed at 03:00 with one thumb, corrected by a telephone that knows better, and sent with
//! whatever it puts below.
//!
//! A reply is understood whole or not at all: one word that means nothing here makes the rest mean nothing, because a
//! sentence that happens to begin with "a" is no acknowledgement.

use serde_json::Value;

use crate::json::{embedded, first_text, list, text};
use crate::limits::{REPLY_CHARACTERS_MAX, REPLY_CODES_MAX};

/// An SMS that somebody sent to a number of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundSms {
    /// Who sent it, in E.164.
    pub from: String,
    /// What they wrote.
    pub body: String,
    /// The carrier's or SNS's id: the same each time it is delivered.
    pub id: String,
}

/// What a reply asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// "I have it."
    Acknowledge(Which),
    /// "It is over."
    Resolve(Which),
    /// "Wake me again in so many minutes"; none said: as many as usual.
    Snooze(Which, Option<u32>),
    /// "Ask the next one now."
    Escalate(Which),
    /// "What can I write?"
    Help,
    /// "Send me nothing more."
    Stop,
    /// "Send me messages again."
    Start,
    /// Nothing that means anything here.
    Unclear,
}

/// The incidents that a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// None is named: the only one there is.
    Only,
    /// Those with these codes.
    Codes(Vec<String>),
    /// Everything of the response plan that the code belongs to.
    AllOf(String),
    /// Everything.
    All,
}

// The number and the words are somebody's private matter, and neither reaches a log.
impl std::fmt::Debug for InboundSms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundSms").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reads the SMS in an event: SNS records as Lambda gets them, a queue's, or the bare message of a two-way number.
pub fn read_inbound_sms(event: &Value) -> Vec<InboundSms> {
    let records = list(event, &["Records"]);
    if records.is_empty() {
        return inbound(event, None).into_iter().collect();
    }
    let one = |record: &Value| {
        let envelope = record.get("Sns").cloned().or_else(|| embedded(text(record, &["body"])?)).unwrap_or_default();
        let message = embedded(text(&envelope, &["Message"]).unwrap_or_default()).unwrap_or(envelope.clone());
        inbound(&message, text(&envelope, &["MessageId"]))
    };
    records.iter().filter_map(one).collect()
}

fn inbound(message: &Value, envelope_id: Option<&str>) -> Option<InboundSms> {
    let from: String = text(message, &["originationNumber"])?.chars().filter(|c| !c.is_whitespace()).collect();
    let from = if from.starts_with('+') { from } else { format!("+{from}") };
    // A number that is no E.164 number belongs to nobody, and is too long for a key.
    let digits = from.len() - 1;
    if !(5..=15).contains(&digits) || !from[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let id = text(message, &["inboundMessageId"]).or(envelope_id)?.to_owned();
    let body = first_text(message, &["messageBody", "messageKeyword"]).unwrap_or_default().to_owned();
    Some(InboundSms { from, body, id })
}

/// Reads a reply. Never fails: what is not understood is [`Reply::Unclear`].
///
/// ```
/// use reveille_wire::{Reply, Which, read_reply};
/// assert_eq!(read_reply("Ack 1234."), Reply::Acknowledge(Which::Codes(vec!["1234".to_owned()])));
/// ```
pub fn read_reply(body: &str) -> Reply {
    let body: String = body.chars().take(REPLY_CHARACTERS_MAX).collect();
    let lines: Vec<&str> = body.lines().map(str::trim).collect();
    // What was quoted below, and a signature after an empty line, is not what somebody said.
    let said = lines.iter().copied().skip_while(|line| !says_anything(line));
    let said: Vec<&str> = said.take_while(|line| says_anything(line) && !begins_quotation(line)).collect();
    let whole = read_words(&words(&said.join(" ")));
    match whole {
        Reply::Unclear => said.first().map_or(Reply::Unclear, |first| read_words(&words(first))),
        Reply::Acknowledge(_)
        | Reply::Resolve(_)
        | Reply::Snooze(..)
        | Reply::Escalate(_)
        | Reply::Help
        | Reply::Stop
        | Reply::Start => whole,
    }
}

/// A word of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Verb(Verb),
    All,
    /// `aa`: acknowledge all that belongs to the code.
    AcknowledgeAll,
    /// At least as many digits as a code has.
    Code(String),
    /// Fewer digits.
    Number(String),
    Hours,
    Minutes,
    /// Says nothing: "please".
    Filler,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Acknowledge,
    Resolve,
    Snooze,
    Escalate,
    Help,
    Stop,
    Start,
}

/// Digits from which on a number is a code and no number of minutes.
const CODE_DIGITS_MIN: usize = 4;

fn word(text: &str) -> Word {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = text.to_owned();
        return if text.len() >= CODE_DIGITS_MIN { Word::Code(text) } else { Word::Number(text) };
    }
    match text {
        "a" | "ack" | "acks" | "acked" | "ak" | "ok" | "okay" | "acknowledge" | "acknowledged" => {
            Word::Verb(Verb::Acknowledge)
        }
        "r" | "res" | "resolve" | "resolved" | "c" | "close" | "closed" | "fixed" | "done" => Word::Verb(Verb::Resolve),
        "snooze" | "snoozed" | "z" => Word::Verb(Verb::Snooze),
        "e" | "esc" | "escalate" | "escalated" => Word::Verb(Verb::Escalate),
        "help" | "info" | "commands" => Word::Verb(Verb::Help),
        "stop" | "stopall" | "unsubscribe" | "cancel" | "end" | "quit" | "optout" | "revoke" => Word::Verb(Verb::Stop),
        "start" | "unstop" | "subscribe" | "optin" => Word::Verb(Verb::Start),
        "all" | "everything" => Word::All,
        "aa" | "ackall" => Word::AcknowledgeAll,
        "h" | "hour" | "hours" => Word::Hours,
        "m" | "min" | "mins" | "minute" | "minutes" => Word::Minutes,
        "please" | "pls" | "thanks" | "thx" | "code" | "incident" | "it" | "for" => Word::Filler,
        _ => Word::Unknown,
    }
}

/// Runs of letters and runs of digits, in lower case; everything else only parts them.
fn words(said: &str) -> Vec<Word> {
    let mut runs: Vec<String> = Vec::new();
    let mut before: Option<bool> = None;
    for c in said.chars().filter_map(plain) {
        let is_digit = c.is_ascii_digit();
        let kind = c.is_alphanumeric().then_some(is_digit);
        if kind.is_some() {
            match runs.last_mut().filter(|_| before == kind) {
                Some(run) => run.extend(c.to_lowercase()),
                None => runs.push(c.to_lowercase().collect()),
            }
        }
        before = kind;
    }
    runs.iter().map(|run| word(run)).filter(|word| *word != Word::Filler).collect()
}

/// The plain form of a character that has several: full-width letters, and the digits of other scripts. Marks that change
/// nothing for a reader are nothing.
fn plain(c: char) -> Option<char> {
    /// The zeros of the scripts whose digits telephones type.
    const ZEROS: [char; 5] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}'];
    let code = u32::from(c);
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0),
        // Joiners, direction marks, variation selectors and the byte order mark.
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => None,
        _ => {
            let digit = ZEROS.iter().find_map(|zero| code.checked_sub(u32::from(*zero)).filter(|value| *value < 10));
            Some(digit.and_then(|value| char::from_digit(value, 10)).unwrap_or(c))
        }
    }
}

fn says_anything(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

/// The line above or at the beginning of what somebody else had written.
fn begins_quotation(line: &str) -> bool {
    line.starts_with(['>', '|']) || (line.starts_with("On ") && line.ends_with("wrote:"))
}

/// The meaning of the words together.
fn read_words(words: &[Word]) -> Reply {
    let mut verbs: Vec<Verb> = Vec::new();
    let (mut all, mut numbers, mut codes): (bool, Vec<u32>, Vec<String>) = (false, Vec::new(), Vec::new());
    let (mut hours, mut minutes) = (false, false);
    for word in joined(words) {
        match word {
            Word::Verb(verb) => verbs.push(verb),
            Word::All => all = true,
            Word::AcknowledgeAll => {
                verbs.push(Verb::Acknowledge);
                all = true;
            }
            Word::Code(code) => codes.push(code),
            Word::Number(number) => numbers.push(number.parse().unwrap_or(u32::MAX)),
            Word::Hours => hours = true,
            Word::Minutes => minutes = true,
            Word::Filler => {}
            Word::Unknown => return Reply::Unclear,
        }
    }
    verbs.dedup();
    let named = !codes.is_empty() || !numbers.is_empty();
    let which = match (all, codes.as_slice()) {
        (true, []) => Which::All,
        (true, [code]) => Which::AllOf(code.clone()),
        (true, _) => return Reply::Unclear,
        (false, []) => Which::Only,
        (false, _) if codes.len() > REPLY_CODES_MAX => return Reply::Unclear,
        (false, _) => Which::Codes(codes),
    };
    let verb = match verbs.as_slice() {
        [] if all || named => Verb::Acknowledge,
        [verb] => *verb,
        _ => return Reply::Unclear,
    };
    if verb == Verb::Snooze {
        return snooze(which, &numbers, hours, minutes);
    }
    match (verb, numbers.is_empty() && !hours && !minutes) {
        (Verb::Acknowledge, true) => Reply::Acknowledge(which),
        (Verb::Resolve, true) => Reply::Resolve(which),
        (Verb::Escalate, true) => Reply::Escalate(which),
        (Verb::Acknowledge | Verb::Resolve | Verb::Escalate, false) => {
            short_codes(verb, which, &numbers, hours || minutes)
        }
        (Verb::Help, true) if which == Which::Only => Reply::Help,
        (Verb::Stop, true) if which == Which::Only || which == Which::All => Reply::Stop,
        (Verb::Start, true) if which == Which::Only => Reply::Start,
        (Verb::Help | Verb::Stop | Verb::Start | Verb::Snooze, _) => Reply::Unclear,
    }
}

/// A number that is too short for a code is one that somebody mistyped: it is passed on, so that the answer can say so.
fn short_codes(verb: Verb, which: Which, numbers: &[u32], spans: bool) -> Reply {
    let codes = match which {
        Which::Only if !spans && numbers.len() <= REPLY_CODES_MAX => numbers.iter().map(u32::to_string).collect(),
        Which::Only | Which::Codes(_) | Which::AllOf(_) | Which::All => return Reply::Unclear,
    };
    let which = Which::Codes(codes);
    match verb {
        Verb::Resolve => Reply::Resolve(which),
        Verb::Escalate => Reply::Escalate(which),
        Verb::Acknowledge | Verb::Snooze | Verb::Help | Verb::Stop | Verb::Start => Reply::Acknowledge(which),
    }
}

fn snooze(which: Which, numbers: &[u32], hours: bool, minutes: bool) -> Reply {
    match numbers {
        [] if !hours && !minutes => Reply::Snooze(which, None),
        [number] if hours && !minutes => Reply::Snooze(which, Some(number.saturating_mul(60))),
        [number] if !hours => Reply::Snooze(which, Some(*number)),
        _ => Reply::Unclear,
    }
}

/// Digits that somebody wrote in groups, "12 34", are one code; a telephone likes to write them so.
fn joined(words: &[Word]) -> Vec<Word> {
    let is_pair = |pair: &[Word]| matches!(pair, [Word::Number(left), Word::Number(right)] if left.len() == 2 && right.len() == 2);
    let mut joined: Vec<Word> = Vec::new();
    let mut rest = words;
    while let [first, others @ ..] = rest {
        match (first, others) {
            (Word::Number(left), [Word::Number(right), ..]) if is_pair(&rest[..2]) => {
                joined.push(Word::Code(format!("{left}{right}")));
                rest = &rest[2..];
            }
            _ => {
                joined.push(first.clone());
                rest = others;
            }
        }
    }
    joined
}
