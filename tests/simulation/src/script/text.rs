//! Scripts as text, one line for each thing, and back.

use std::fmt;
use std::str::FromStr;

use super::{Deed, Firing, Handler, Journey, Line, Mishap, Ms, Part, Post, Script, Trouble, Way, What};
use crate::homes::{ALARMS, PEOPLE, PLANS};

const DEEDS: [(&str, Deed); 7] = [
    ("looks", Deed::Looks),
    ("acknowledges", Deed::Acknowledges),
    ("acknowledges-all", Deed::AcknowledgesAll),
    ("replies", Deed::Replies),
    ("snoozes", Deed::Snoozes),
    ("escalates", Deed::Escalates),
    ("resolves", Deed::Resolves),
];
const POSTS: [(&str, Post); 5] = [
    ("nudges", Post::Nudges),
    ("pages", Post::Pages),
    ("slow-pages", Post::SlowPages),
    ("runbooks", Post::Runbooks),
    ("failures", Post::Failures),
];
pub(super) const WAYS: [(&str, Way); 4] =
    [("sms", Way::Sms), ("email", Way::Email), ("voice", Way::Voice), ("webhook", Way::Webhook)];
pub(super) const TROUBLES: [(&str, Trouble); 5] = [
    ("fails", Trouble::Fails),
    ("refuses", Trouble::Refuses),
    ("hangs", Trouble::Hangs),
    ("answers-late", Trouble::AnswersLate),
    ("takes-late", Trouble::TakesLate),
];
pub(super) const PARTS: [(&str, Part); 13] = [
    ("queues", Part::Queues),
    ("schedules", Part::Schedules),
    ("tick", Part::Tick),
    ("throttling", Part::Throttling),
    ("table", Part::Table),
    ("indexes", Part::Indexes),
    ("keys", Part::Keys),
    ("automation", Part::Automation),
    ("operators", Part::Operators),
    ("scheduler", Part::Scheduler),
    ("lambda", Part::Lambda),
    ("sns", Part::Sns),
    ("end-user-messaging", Part::EndUserMessaging),
];

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{text}` says nothing that can happen")]
pub struct ScriptError {
    line: usize,
    text: String,
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "night {} with configuration {} until {}", self.seed, self.home, Time(self.until))?;
        self.lines.iter().try_for_each(|line| writeln!(f, "at {} {}", Time(line.at), line.what))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Alarm { name, firing, times, apart } => {
                let state = if *firing { "fires" } else { "recovers" };
                write!(f, "alarm {} {state} {times} times {} apart", ALARMS[*name], Time(*apart))
            }
            What::Storm { plan, count, within } => {
                write!(f, "storm of {count} alarms of {} within {}", PLANS[*plan], Time(*within))
            }
            What::Unreadable { times, apart } => {
                write!(f, "something unreadable arrives {times} times {} apart", Time(*apart))
            }
            What::Answer { who, page, deed } => {
                write!(f, "after page {page} {} {}", PEOPLE[*who], word(&DEEDS, *deed))
            }
            What::Apply { home } => write!(f, "configuration {home} is applied"),
            What::Clock { function, container, off } => {
                write!(f, "clock of {} {container} is {} off", function.name(), Time(*off))
            }
            What::Outage { of: Part::Function(function), until } => {
                write!(f, "function {} fails until {}", function.name(), Time(*until))
            }
            What::Outage { of: Part::Provider(way, trouble), until } => {
                write!(f, "provider {} {} until {}", word(&WAYS, *way), word(&TROUBLES, *trouble), Time(*until))
            }
            What::Outage { of, until } => write!(f, "outage of {} until {}", word(&PARTS, *of), Time(*until)),
            What::Dies { function, call } => write!(f, "{} dies before call {call}", function.name()),
            What::Call { function, call, how } => {
                write!(f, "{} has call {call} ", function.name())?;
                match how {
                    Mishap::Refused => f.write_str("refused"),
                    Mishap::Throttled => f.write_str("throttled"),
                    Mishap::Conflict => f.write_str("in conflict"),
                    Mishap::AnswerLost => f.write_str("done and its answer lost"),
                    Mishap::Slow(by) => write!(f, "slow by {}", Time(*by)),
                }
            }
            What::Message { queue, how } => {
                write!(f, "message to {} ", word(&POSTS, *queue))?;
                match how {
                    Journey::Lost => f.write_str("lost"),
                    Journey::Doubled => f.write_str("doubled"),
                    Journey::Delayed(by) => write!(f, "delayed by {}", Time(*by)),
                }
            }
            What::Schedule { how } => write!(f, "schedule {how}"),
            What::Tick { how } => write!(f, "tick {how}"),
            What::Twice { apart } => write!(f, "answer arrives twice {} apart", Time(*apart)),
        }
    }
}

impl fmt::Display for Firing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Firing::Early(by) => write!(f, "early by {}", Time(*by)),
            Firing::Late(by) => write!(f, "late by {}", Time(*by)),
            Firing::Twice => f.write_str("fires twice"),
            Firing::Never => f.write_str("fires never"),
        }
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut script = Script { seed: 0, home: 0, until: 0, lines: Vec::new() };
        for (number, line) in (1..).zip(text.lines()) {
            let mistake = || ScriptError { line: number, text: line.to_owned() };
            let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["night", seed, "with", "configuration", home, "until", until] => {
                    script.seed = seed.parse().map_err(|_| mistake())?;
                    script.home = home.parse().map_err(|_| mistake())?;
                    script.until = time(until).ok_or_else(mistake)?;
                }
                ["at", at, rest @ ..] => {
                    let at = time(at).ok_or_else(mistake)?;
                    script.lines.push(Line { at, what: what(rest).ok_or_else(mistake)? });
                }
                _ => return Err(mistake()),
            }
        }
        Ok(script)
    }
}

fn what(words: &[&str]) -> Option<What> {
    Some(match words {
        ["alarm", name, state, times, "times", apart, "apart"] => What::Alarm {
            name: ALARMS.iter().position(|alarm| alarm == name)?,
            firing: [true, false].into_iter().find(|firing| *state == if *firing { "fires" } else { "recovers" })?,
            times: times.parse().ok()?,
            apart: time(apart)?,
        },
        ["storm", "of", count, "alarms", "of", plan, "within", within] => What::Storm {
            plan: PLANS.iter().position(|name| name == plan)?,
            count: count.parse().ok()?,
            within: time(within)?,
        },
        ["something", "unreadable", "arrives", times, "times", apart, "apart"] => {
            What::Unreadable { times: times.parse().ok()?, apart: time(apart)? }
        }
        ["after", "page", page, who, deed] => What::Answer {
            who: PEOPLE.iter().position(|person| person == who)?,
            page: page.parse().ok()?,
            deed: meaning(&DEEDS, deed)?,
        },
        ["configuration", home, "is", "applied"] => What::Apply { home: home.parse().ok()? },
        ["clock", "of", function, container, "is", off, "off"] => {
            What::Clock { function: handler(function)?, container: container.parse().ok()?, off: time(off)? }
        }
        ["function", function, "fails", "until", until] => {
            What::Outage { of: Part::Function(handler(function)?), until: time(until)? }
        }
        ["provider", way, trouble, "until", until] => {
            What::Outage { of: Part::Provider(meaning(&WAYS, way)?, meaning(&TROUBLES, trouble)?), until: time(until)? }
        }
        ["outage", "of", part, "until", until] => What::Outage { of: meaning(&PARTS, part)?, until: time(until)? },
        [function, "dies", "before", "call", call] => {
            What::Dies { function: handler(function)?, call: call.parse().ok()? }
        }
        [function, "has", "call", call, how @ ..] => {
            let how = match how {
                ["refused"] => Mishap::Refused,
                ["throttled"] => Mishap::Throttled,
                ["in", "conflict"] => Mishap::Conflict,
                ["done", "and", "its", "answer", "lost"] => Mishap::AnswerLost,
                ["slow", "by", by] => Mishap::Slow(time(by)?),
                _ => return None,
            };
            What::Call { function: handler(function)?, call: call.parse().ok()?, how }
        }
        ["message", "to", queue, how @ ..] => {
            let how = match how {
                ["lost"] => Journey::Lost,
                ["doubled"] => Journey::Doubled,
                ["delayed", "by", by] => Journey::Delayed(time(by)?),
                _ => return None,
            };
            What::Message { queue: meaning(&POSTS, queue)?, how }
        }
        ["schedule", how @ ..] => What::Schedule { how: firing(how)? },
        ["tick", how @ ..] => What::Tick { how: firing(how)? },
        ["answer", "arrives", "twice", apart, "apart"] => What::Twice { apart: time(apart)? },
        _ => return None,
    })
}

fn firing(how: &[&str]) -> Option<Firing> {
    Some(match how {
        ["early", "by", by] => Firing::Early(time(by)?),
        ["late", "by", by] => Firing::Late(time(by)?),
        ["fires", "twice"] => Firing::Twice,
        ["fires", "never"] => Firing::Never,
        _ => return None,
    })
}

/// Seconds with three digits behind the point.
struct Time(Ms);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:03}s", self.0.abs() / 1_000, self.0.abs() % 1_000)
    }
}

fn time(text: &str) -> Option<Ms> {
    let text = text.strip_suffix('s')?;
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (seconds, ms) = text.split_once('.').unwrap_or((text, "000"));
    let ms: Ms = if ms.len() == 3 { ms.parse().ok()? } else { return None };
    Some(sign * (seconds.parse::<Ms>().ok()? * 1_000 + ms))
}

pub(super) fn handler(name: &str) -> Option<Handler> {
    Handler::ALL.into_iter().find(|handler| handler.name() == name)
}

pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], meant: T) -> &'static str {
    words.iter().find(|(_, meaning)| *meaning == meant).map_or("", |(word, _)| word)
}

pub(super) fn meaning<T: Copy>(words: &[(&str, T)], said: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == said).map(|(_, meaning)| *meaning)
}
