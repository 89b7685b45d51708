//! What an SMS is answered: what has happened, or what to write instead. Plain characters only, and as short as it can be.

use jiff::Timestamp;
use reveille_domain::limits::{SNOOZE_MINUTES_MAX, clip};
use reveille_domain::{Actor, Engagement, Ignored, Status, TestPage};
use reveille_engine::record::PagedRecord;
use reveille_engine::reply_code::ReplyCode;
use reveille_wire::Reply;

use crate::deed::{Deed, Outcome};
use crate::known::{self, Known, Unmeant};

/// Titles share an SMS with what is said of them.
const TITLE_CHARACTERS: usize = 60;

/// Incidents that an answer lists; whoever has more needs the page behind a link.
const LISTED_MAX: usize = 5;

/// What has become of one incident.
pub(crate) struct Done<'k> {
    pub(crate) paged: &'k PagedRecord,
    /// As it is now, and whether this reply has made it so.
    pub(crate) outcome: Outcome,
}

/// What can be written.
pub(crate) fn help(reply: &Reply) -> String {
    let first = if *reply == Reply::Unclear { "That was not understood, and nothing was done. " } else { "" };
    format!(
        "{first}Reply with the code of a page to acknowledge it. Also: ACK (the only one open), ACK ALL, RESOLVE, SNOOZE 30 \
         or ESCALATE and the code, STOP, START."
    )
}

/// That nothing, or something again, is sent.
pub(crate) fn opted(reply: &Reply) -> String {
    if *reply == Reply::Stop {
        "You will get no more SMS from Reveille; pages go to your other channels. Reply START to undo this.".to_owned()
    } else {
        "Pages come by SMS again.".to_owned()
    }
}

/// That a snooze is too long, or none at all.
pub(crate) fn snooze_out_of_range() -> String {
    format!(
        "Nothing was snoozed: a snooze lasts 1 min to {} h. Reply SNOOZE, the code and a time like 8h, or RESOLVE and the code if \
         it is over.",
        SNOOZE_MINUTES_MAX / 60
    )
}

/// What has been done.
pub(crate) fn done(done: &[Done<'_>], deed: Deed, left: usize, now: Timestamp) -> String {
    let text = match done {
        [] => "There is no such incident any more.".to_owned(),
        [one] => of_one(one, deed, now),
        several => of_several(several, deed),
    };
    if left > 0 { format!("{text} {left} more are left: reply the same again.") } else { text }
}

/// Why nothing has been done, and what to write instead.
pub(crate) fn unmeant(why: &Unmeant, deed: Deed, known: &[Known]) -> String {
    let word = match deed {
        Deed::Acknowledge => "ACK",
        Deed::Resolve => "RESOLVE",
        Deed::Snooze(_) => "SNOOZE",
        Deed::Escalate => "ESCALATE",
    };
    let open: Vec<&Known> = known.iter().filter(|known| deed.fits(known)).collect();
    match why {
        Unmeant::WhichOne if !open.is_empty() => listed(&open, word),
        Unmeant::Nothing | Unmeant::WhichOne => match deed {
            Deed::Acknowledge => "Nothing waits for your acknowledgement.".to_owned(),
            Deed::Resolve | Deed::Snooze(_) | Deed::Escalate => "Nothing is open that you were paged about.".to_owned(),
        },
        Unmeant::NoSuchCode(code) if open.is_empty() => {
            format!("No incident of yours has the code {}, and nothing is open.", clip(code, 8))
        }
        Unmeant::NoSuchCode(code) => {
            format!("No incident of yours has the code {}. {}", clip(code, 8), listed(&open, word))
        }
        Unmeant::Ambiguous(code, choice) => {
            let choice: Vec<String> = choice.iter().map(|(code, title)| format!("{code} {}", short(title))).collect();
            format!("{code} could be one of {}. Reply {word} and more digits:\n{}", choice.len(), choice.join("\n"))
        }
    }
}

fn listed(open: &[&Known], word: &str) -> String {
    let codes: Vec<ReplyCode> = open.iter().map(|known| known.paged.code()).collect();
    let incidents = known::by_incident(open.to_vec());
    // Whoever shares a number has a code of their own for the same incident.
    let is_shared = incidents.iter().any(|rows| rows.len() > 1);
    let line = |known: &&Known| {
        let code = known.paged.code();
        let whose = if is_shared { format!(" ({})", known.paged.contact()) } else { String::new() };
        format!("{} {}{whose}", code.apart_from(codes.iter()), short(&known.paged.title))
    };
    let mut lines: Vec<String> = open.iter().take(LISTED_MAX).map(line).collect();
    if open.len() > LISTED_MAX {
        lines.push(format!("and {} more", open.len() - LISTED_MAX));
    }
    // `ALL` means what stands in their book, and not what is named here because they may have heard of it.
    let has_all = ["ACK", "SNOOZE"].contains(&word) && open.iter().all(|known| known.is_told);
    let all = if has_all { " or ALL" } else { "" };
    let count = incidents.len();
    format!("{count} open. Reply {word} and a code{all}:\n{}", lines.join("\n"))
}

fn of_one(one: &Done<'_>, deed: Deed, now: Timestamp) -> String {
    let title = short(&one.paged.title);
    let Outcome { incident, ignored } = &one.outcome;
    let you = Actor::Contact(one.paged.contact());
    if let Status::Resolved(resolution) = &incident.status {
        return if TestPage::of(&incident.opening).is_some() && resolution.by == you {
            "Your answer has arrived: you are reached here. It was a test, nothing is wrong.".to_owned()
        } else if resolution.by == you {
            format!("Resolved: {title}. Those who were paged are told.")
        } else {
            format!("It is over: {title}, by {} at {}.", resolution.by, clock(resolution.at, now))
        };
    }
    match deed {
        Deed::Acknowledge => match &incident.acknowledged {
            Some(first) if first.by != you => {
                let yours = if ignored.is_none() { "You have it too" } else { "Nothing more to do" };
                format!("{yours}: {title}. {} was first, at {}.", first.by, clock(first.at, now))
            }
            Some(_) | None => {
                let yours = if ignored.is_none() { "You have it" } else { "You have it already" };
                format!("{yours}: {title}. Reply R {} when it is fixed.", one.paged.code().shown())
            }
        },
        Deed::Resolve => format!("It could not be resolved: {title}. Try again."),
        Deed::Snooze(_) => match asked_again_at(one) {
            Some(at) => format!("Snoozed: {title}. You are asked again at {}, unless it is over.", clock(at, now)),
            None => format!("It could not be snoozed: {title}. Somebody else may have it."),
        },
        Deed::Escalate => match ignored {
            None => format!("The next on the plan are asked now: {title}."),
            Some(Ignored::NobodyToAsk) => format!("Nobody is left to ask: {title}. The operators are told."),
            Some(_) => format!("It could not be escalated: {title}. Try again in a moment."),
        },
    }
}

/// When whoever has snoozed an incident is asked again.
fn asked_again_at(one: &Done<'_>) -> Option<Timestamp> {
    let contact = one.paged.contact();
    let theirs = one.outcome.incident.engagements.iter().filter(|engagement| engagement.contact() == Some(&contact));
    theirs.filter_map(Engagement::snoozed_until).min()
}

fn of_several(several: &[Done<'_>], deed: Deed) -> String {
    let over = several.iter().filter(|one| !one.outcome.incident.is_open()).count();
    let count = several.len();
    let titles: Vec<String> = several.iter().take(3).map(|one| short(&one.paged.title)).collect();
    let rest = if count > titles.len() { format!("\nand {} more", count - titles.len()) } else { String::new() };
    let first = match deed {
        Deed::Acknowledge if over == 0 => format!("You have all {count}:"),
        Deed::Acknowledge => format!("You have {}, {over} are over already:", count - over),
        Deed::Resolve => format!("{over} of {count} are resolved:"),
        Deed::Snooze(minutes) => {
            let snoozed = several.iter().filter(|one| one.outcome.incident.is_open() && asked_again_at(one).is_some());
            format!("{} of {count} snoozed for {minutes} min:", snoozed.count())
        }
        Deed::Escalate => {
            let escalated = several.iter().filter(|one| one.outcome.ignored.is_none()).count();
            format!("{escalated} of {count} escalated:")
        }
    };
    format!("{first}\n{}{rest}", titles.join("\n"))
}

fn short(title: &str) -> String {
    let line: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    // Three dots and not one character for them, which would cost the SMS half of its room.
    let kept: String = line.chars().take(TITLE_CHARACTERS - 3).collect();
    format!("{}...", kept.trim_end())
}

/// The time of day, with the day if that is another one than today.
fn clock(at: Timestamp, now: Timestamp) -> String {
    let is_today = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    at.strftime(if is_today { "%H:%M UTC" } else { "%H:%M UTC on %-d %b" }).to_string()
}
