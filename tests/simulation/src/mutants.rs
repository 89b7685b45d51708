//! The mutants: mistakes that somebody could make, by the names at their places in the source. Each has to be found.

use super::script::{Outage, Part, Script, Trouble, Way};

/// Alarms of the storms in which a mistake is looked for.
const STORM: u32 = 25;

/// A mistake.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What the source calls it: `mutant("…")`.
    pub name: &'static str,
    /// What is wrong.
    pub mistake: &'static str,
    /// The invariants by whose checkers it may be found; 0 is what none of them says.
    pub breaks: &'static [u8],
    /// Where it shows.
    pub(crate) shows: Shows,
}

/// The nights in which a mistake shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shows {
    /// Any.
    Anywhere,
    /// Those in which SMS fail for an hour: pages pile up.
    WithoutSms,
    /// Storms beside which nothing happens.
    InAStormAlone,
}

impl Mutant {
    /// The night of a seed in which it may show.
    pub fn night(&self, seed: u64) -> Script {
        match self.shows {
            Shows::Anywhere => Script::of(seed),
            Shows::WithoutSms => Script::with_an_outage(seed, Some(Outage(Part::Provider(Way::Sms, Trouble::Fails)))),
            Shows::InAStormAlone => Script::of_a_storm_alone(seed, STORM),
        }
    }

    const fn shows(self, shows: Shows) -> Self {
        Self { shows, ..self }
    }
}

const fn mutant(name: &'static str, mistake: &'static str, breaks: &'static [u8]) -> Mutant {
    Mutant { name, mistake, breaks, shows: Shows::Anywhere }
}

/// All of them.
pub const MUTANTS: [Mutant; 41] = [
    mutant("no-tick", "the tick of respond does nothing", &[0, 2]),
    mutant("no-tick-for-pages", "the tick of notify does nothing", &[2, 5]),
    mutant("success-before-write", "ingest says that it has what it could not store", &[1]),
    mutant("unwritten-post-accepted", "a sender is told that what could not be stored is accepted", &[1]),
    mutant("acknowledge-on-get", "looking at a page acknowledges it", &[10]),
    mutant("codes-of-the-book", "the code of a message whose sender has died means nothing", &[1]),
    mutant("no-cause-row", "a cause counts each time it comes", &[4]),
    mutant("no-revision-check", "a commit does not look at the revision", &[0, 3, 4, 5, 7, 9]),
    mutant("counters-not-sealed", "repeats are counted on an incident that is over", &[4]),
    mutant("key-not-given-back", "an incident that is over keeps its key", &[0, 1]),
    mutant("orders-not-stopped", "an answer leaves the orders that it ends", &[2, 3]),
    mutant("claim-voided-page", "an order that was stopped can be claimed", &[3]),
    mutant("no-lease", "a claim holds for no time at all", &[2, 5]),
    mutant("no-receipts", "an attempt leaves no receipt", &[5, 7]),
    mutant("early-wake", "whatever a hint says has come", &[9]),
    mutant("no-timer", "nothing is armed for a deadline", &[2]),
    mutant("orders-not-handed-on", "respond hands no order on", &[2]),
    mutant("plan-not-frozen", "the plan is read anew each time", &[2, 8, 9]),
    mutant("late-recovery-closes", "a recovery from before the newest firing ends it", &[4]),
    mutant("late-firing-opens", "what fired before the end of its incident opens another", &[4]),
    mutant("raw-text-lost", "what opened an incident is not kept", &[1]),
    mutant("on-call-at-the-opening", "who was on call at the opening is asked in every stage", &[8]),
    mutant("two-for-a-key", "an incident opens although one is open", &[4]),
    mutant("settle-before-send", "an order is settled and then sent", &[3, 5]),
    mutant("failure-is-final", "what fails once is not tried again", &[5]),
    mutant("given-up-early", "what fails three times is given up", &[5]),
    mutant("covers-unnamed", "a message speaks for one incident more than it is about", &[5]),
    mutant("covers-unsent", "a message that has not left speaks for others", &[5]),
    mutant("runbook-given-up-early", "a runbook that does not start three times is given up", &[5]),
    mutant("outdated-page-leaves", "a page leaves although later ones have said the same", &[5])
        .shows(Shows::WithoutSms),
    mutant("gives-way-to-another-channel", "a page gives way to a later one that leaves elsewhere", &[5])
        .shows(Shows::WithoutSms),
    mutant("page-names-too-little", "the page behind a link leaves out one that waits", &[5]),
    mutant("first-page-waits", "the first page of a plan waits for others", &[2]).shows(Shows::InAStormAlone),
    mutant("runbook-started-anew", "each attempt at a runbook starts another one", &[5]),
    mutant("one-channel-after-another", "a channel waits for the one before it", &[6]),
    mutant("too-early-asks-again", "whoever comes for what still waits comes again in a second", &[0])
        .shows(Shows::InAStormAlone),
    mutant("refusal-untold", "a refusal does not bring the next channel", &[7]),
    mutant("address-in-log", "an address stands in the log", &[11]),
    mutant("collapsed-stages", "stages count from the deadline that was missed", &[2, 9]),
    mutant("third-stage-forgotten", "the third stage never comes", &[2]),
    mutant("stop-untold", "the timeline does not say what was stopped", &[7]),
];
