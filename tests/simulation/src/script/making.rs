//! Scripts from seeds: what goes wrong in a night, and what people do in it.

use super::{
    CONTAINERS, Deed, Firing, HOUR, Handler, Journey, Line, MINUTE, Mishap, Ms, Outage, Part, Post, SECOND, Script,
    Trouble, Way, What,
};
use crate::chance::Chance;
use crate::homes::{ALARMS, HOMES, PEOPLE, PLANS};

/// One night of so many has a storm, one of 256 an outage of an hour, and one of 256 a smaller storm.
const RARE: usize = 65_536;
/// Alarms of a storm.
const STORM: u32 = 10_000;
/// Alarms of a smaller one.
const SQUALL: u32 = 25;
/// Minutes within which alarms begin.
const ALARM_MINUTES: i64 = 9;
/// A firing that lasts for so long is taken in before its recovery, unless something does not work.
const LASTING_MS: Ms = 45 * SECOND;
/// Minutes in which things go wrong.
const ROUGH_MINUTES: i64 = 20;
/// Minutes after them in which nothing does: what is late by then is late for no reason.
const CALM_MINUTES: i64 = 10;
/// The least that goes wrong in a night.
const FAULTS_MIN: usize = 5;
/// So far off are clocks at most.
const CLOCK_OFF_MAX: Ms = 2_000;

/// What is special about a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Usual,
    /// This does not work for an hour, or whatever chance wants.
    Outage(Option<Part>),
    /// So many alarms fire at once.
    Storm(u32),
}

impl Kind {
    /// Few nights are special: they take as long as many others.
    fn of(chance: &mut Chance) -> Self {
        match chance.place(RARE) {
            0 => Kind::Storm(STORM),
            place if place < RARE / 256 => Kind::Outage(None),
            place if place < RARE / 128 => Kind::Storm(SQUALL),
            _ => Kind::Usual,
        }
    }
}

impl Script {
    /// The night of a seed.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed);
        let kind = Kind::of(&mut chance);
        Self::of_kind(seed, chance, kind)
    }

    /// A night of this seed in which something does not work for an hour: this, or whatever chance wants.
    pub fn with_an_outage(seed: u64, of: Option<Outage>) -> Self {
        Self::of_kind(seed, Chance::of(seed), Kind::Outage(of.map(|Outage(part)| part)))
    }

    /// So many alarms within a minute, and nothing else: nothing goes wrong, and nobody answers.
    pub fn of_a_storm_alone(seed: u64, count: u32) -> Self {
        let mut chance = Chance::of(seed);
        let home = u32::try_from(chance.place(HOMES as usize)).unwrap_or_default();
        let what = What::Storm { plan: chance.place(PLANS.len()), count, within: MINUTE };
        let lines = vec![Line { at: chance.between(0, ALARM_MINUTES * MINUTE), what }];
        Self { seed, home, until: (ROUGH_MINUTES + CALM_MINUTES) * MINUTE, lines }
    }

    /// A night of this seed in which so many alarms fire within a minute.
    pub fn with_a_storm(seed: u64, count: u32) -> Self {
        Self::of_kind(seed, Chance::of(seed), Kind::Storm(count))
    }

    fn of_kind(seed: u64, mut chance: Chance, kind: Kind) -> Self {
        let chance = &mut chance;
        let home = u32::try_from(chance.place(HOMES as usize)).unwrap_or_default();
        let mut lines = Vec::new();
        alarms(chance, &mut lines);
        answers(chance, &mut lines);
        if chance.percent(35) {
            let at = chance.between(0, ROUGH_MINUTES * MINUTE);
            lines.push(Line { at, what: What::Apply { home: (home + 1) % HOMES } });
        }
        faults(chance, &mut lines);
        let mut until = (ROUGH_MINUTES + CALM_MINUTES) * MINUTE;
        match kind {
            Kind::Usual => {}
            Kind::Outage(of) => until = outage(chance, of, &mut lines) + CALM_MINUTES * MINUTE,
            Kind::Storm(count) => {
                let at = chance.between(0, ALARM_MINUTES * MINUTE);
                let what = What::Storm { plan: chance.place(PLANS.len()), count, within: MINUTE };
                lines.push(Line { at, what });
            }
        }
        lines.sort_by_key(|line| line.at);
        Self { seed, home, until, lines }
    }
}

/// At least three alarms fire for so long that an incident opens; some recover, and some of those fire again. Where a recovery overtakes
/// its firing, none opens.
fn alarms(chance: &mut Chance, lines: &mut Vec<Line>) {
    let mut left = chance.of_these(&[3, 3, 3, 4]);
    let first = chance.place(ALARMS.len());
    for number in 0..ALARMS.len() {
        if left == 0 {
            break;
        }
        let name = (first + number) % ALARMS.len();
        let mut at = chance.between(0, ALARM_MINUTES * MINUTE);
        let states = chance.of_these(&[1, 1, 1, 2, 2, 3]);
        for state in 0..states {
            let times = if chance.percent(20) { 2 } else { 1 };
            let apart = chance.of_these(&[3, 40, 700, 20 * SECOND, 3 * MINUTE]);
            // Now and then an alarm says twice that it fires.
            let firing = state % 2 == 0 || chance.percent(15);
            lines.push(Line { at, what: What::Alarm { name, firing, times, apart } });
            let gap = chance.of_these(&[0, 8 * SECOND, 45 * SECOND, 3 * MINUTE, 7 * MINUTE]);
            if state == 0 && (states == 1 || gap >= LASTING_MS) {
                left -= 1;
            }
            // Some states follow each other so closely that they meet on their way.
            at += gap + if gap == 0 { chance.between(5, 60) } else { chance.between(0, 4 * SECOND) };
            at = at.min(ROUGH_MINUTES * MINUTE);
        }
        // Most alarms recover in the end. Those that do not keep people awake until the morning.
        if states % 2 == 1 && chance.percent(75) {
            let at = (at + chance.between(MINUTE, 8 * MINUTE)).min(ROUGH_MINUTES * MINUTE);
            lines.push(Line { at, what: What::Alarm { name, firing: false, times: 1, apart: SECOND } });
        }
    }
    if chance.percent(10) {
        let (at, times) = (chance.between(0, ROUGH_MINUTES * MINUTE), if chance.percent(50) { 2 } else { 1 });
        lines.push(Line { at, what: What::Unreadable { times, apart: chance.between(3, 70 * SECOND) } });
    }
}

/// One thing does not work for an hour, and alarms fire meanwhile. When all of it works again.
fn outage(chance: &mut Chance, of: Option<Part>, lines: &mut Vec<Line>) -> Ms {
    let from = chance.between(0, 6 * MINUTE);
    let until = from + HOUR;
    let any = match chance.place(4) {
        0 => Part::Function(chance.of_these(&HANDLERS_BY_WORK)),
        1 => Part::Provider(chance.of_these(&WAYS), chance.of_these(&Trouble::ALL)),
        _ => chance.of_these(&[
            Part::Queues,
            Part::Schedules,
            Part::Tick,
            Part::Throttling,
            Part::Table,
            Part::Indexes,
            Part::Keys,
            Part::Automation,
            Part::Operators,
            Part::Scheduler,
            Part::Lambda,
            Part::Sns,
            Part::EndUserMessaging,
        ]),
    };
    lines.push(Line { at: from, what: What::Outage { of: of.unwrap_or(any), until } });
    for _ in 0..2 {
        let (at, name) = (chance.between(from, until), chance.place(ALARMS.len()));
        lines.push(Line { at, what: What::Alarm { name, firing: true, times: 1, apart: SECOND } });
    }
    until.max(ROUGH_MINUTES * MINUTE)
}

/// People answer; often at the very moment at which something else happens to them.
fn answers(chance: &mut Chance, lines: &mut Vec<Line>) {
    for _ in 0..chance.of_these(&[2, 3, 4, 5, 6, 8, 10]) {
        let deed = chance.of_these(&[
            Deed::Looks,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::Acknowledges,
            Deed::AcknowledgesAll,
            Deed::Replies,
            Deed::Replies,
            Deed::Snoozes,
            Deed::Escalates,
            Deed::Resolves,
        ]);
        let minutes = chance.of_these(&[0, 0, 1, 1, 2, 3, 4, 5]);
        let beside = chance.of_these(&[-30, 0, 4, 9, 15, 25, 40, 80, 400, 5_000, 20_000]);
        let at = (minutes * MINUTE + beside + chance.between(0, 10)).max(1);
        let page = u32::try_from(1 + chance.place(3)).unwrap_or(1);
        lines.push(Line { at, what: What::Answer { who: chance.place(PEOPLE.len()), page, deed } });
    }
}

fn faults(chance: &mut Chance, lines: &mut Vec<Line>) {
    // Some nights see one kind of trouble only, and are held to the tighter promise.
    let kinds: &[u8] = match chance.place(8) {
        0 => &[0, 1],
        1 => &[2, 2, 3, 9],
        2 => &[4, 5],
        3 => &[6],
        4 => &[7, 8],
        _ => &[0, 0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 9, 10],
    };
    let count = FAULTS_MIN + chance.place(7);
    while lines.iter().filter(|line| line.what.is_fault()).count() < count {
        let at = chance.between(0, ROUGH_MINUTES * MINUTE - MINUTE);
        let kind = chance.of_these(kinds);
        let what = fault(chance, kind, at);
        lines.push(Line { at: if matches!(what, What::Clock { .. }) { 0 } else { at }, what });
    }
}

/// The ways, the one twice that reaches most people first.
const WAYS: [Way; 5] = [Way::Sms, Way::Sms, Way::Email, Way::Voice, Way::Webhook];

/// The queues, those twice that carry the most.
const POSTS_BY_WORK: [Post; 7] =
    [Post::Nudges, Post::Nudges, Post::Pages, Post::Pages, Post::SlowPages, Post::Runbooks, Post::Failures];

/// The functions, those twice that do the most.
const HANDLERS_BY_WORK: [Handler; 8] = [
    Handler::Ingest,
    Handler::Respond,
    Handler::Respond,
    Handler::Escalate,
    Handler::Notify,
    Handler::Notify,
    Handler::Runbook,
    Handler::Acknowledge,
];

fn fault(chance: &mut Chance, kind: u8, at: Ms) -> What {
    let function = chance.of_these(&HANDLERS_BY_WORK);
    // Most have few calls, a runbook's start the fewest; whoever works a batch or a tick has many.
    let few = if function == Handler::Runbook { 4 } else { 12 };
    let most_calls = if chance.percent(15) { 100 } else { few };
    let call = u32::try_from(1 + chance.place(most_calls)).unwrap_or(1);
    let most = (ROUGH_MINUTES * MINUTE - at).max(SECOND);
    let until = at + chance.between(SECOND, (4 * MINUTE).min(most));
    match kind {
        0 => {
            let how = chance.of_these(&[Journey::Lost, Journey::Doubled, Journey::Delayed(0), Journey::Lost]);
            let how =
                if let Journey::Delayed(_) = how { Journey::Delayed(chance.between(1, 90) * SECOND) } else { how };
            let queue = chance.of_these(&POSTS_BY_WORK);
            // What is accepted stands in the queue of failures, and no queue loses what it has taken.
            let is_kept = queue == Post::Failures && how == Journey::Lost;
            What::Message { queue, how: if is_kept { Journey::Doubled } else { how } }
        }
        1 => What::Outage { of: Part::Queues, until },
        2 => {
            let off = chance.between(1, 90) * SECOND;
            What::Schedule {
                how: chance.of_these(&[Firing::Early(off), Firing::Late(off), Firing::Twice, Firing::Never]),
            }
        }
        3 => What::Outage { of: chance.of_these(&[Part::Schedules, Part::Tick]), until },
        4 => What::Dies { function, call },
        5 => {
            let how = chance.of_these(&[
                Mishap::Refused,
                Mishap::Throttled,
                Mishap::Conflict,
                Mishap::AnswerLost,
                Mishap::AnswerLost,
                Mishap::Slow(0),
            ]);
            let how = if let Mishap::Slow(_) = how { Mishap::Slow(chance.between(100, 4_000)) } else { how };
            What::Call { function, call, how }
        }
        6 => {
            let (way, trouble) = (chance.of_these(&WAYS), chance.of_these(&Trouble::ALL));
            What::Outage { of: Part::Provider(way, trouble), until }
        }
        7 => What::Outage {
            of: chance.of_these(&[
                Part::Throttling,
                Part::Table,
                Part::Indexes,
                Part::Keys,
                Part::Automation,
                Part::Operators,
                Part::Function(function),
                Part::Function(function),
            ]),
            until,
        },
        9 => {
            let off = chance.between(1, 50) * SECOND;
            What::Tick { how: chance.of_these(&[Firing::Late(off), Firing::Twice, Firing::Never, Firing::Early(off)]) }
        }
        10 => What::Twice { apart: chance.of_these(&[2, 30, 900, 20 * SECOND]) },
        _ => What::Clock {
            function,
            container: chance.place(CONTAINERS),
            off: chance.between(-CLOCK_OFF_MAX, CLOCK_OFF_MAX),
        },
    }
}
