//! The checkers: one function for each invariant of docs/ARCHITECTURE.md, asked at every step. They look at the books, and at
//! nothing that the system says of itself beyond what it has committed.

mod acceptance;
mod claims;
mod deadlines;
mod ends;
mod frozen_plans;
mod keys;
mod pages;
mod stages;
mod timelines;

use std::fmt;

use super::books::{Books, Moment};
use super::script::{MINUTE, Ms, SECOND};

pub(crate) use acceptance::unaccounted;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in docs/ARCHITECTURE.md; 0 for what none of them says: that no function fails by itself, and that all is done
    /// in the end.
    pub invariant: u8,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {}: {}", self.invariant, self.text)
    }
}

type Checker = fn(&Books, &Moment<'_>) -> Option<String>;

/// All of them. The first invariant is also asked when an invocation has its answer; see [`unaccounted`].
const CHECKERS: [(u8, Checker); 11] = [
    (1, acceptance::inv_01_what_was_accepted_is_never_lost),
    (2, deadlines::inv_02_what_is_due_happens_in_time),
    (3, claims::inv_03_nothing_leaves_that_was_stopped_before_its_claim),
    (4, keys::inv_04_one_open_incident_for_a_key),
    (5, pages::inv_05_no_page_is_lost_and_none_doubled_without_a_reason),
    (6, claims::inv_06_nobody_waits_for_a_provider_of_another),
    (7, timelines::inv_07_the_timeline_replays_to_the_state),
    (8, frozen_plans::inv_08_a_plan_is_frozen_when_it_begins),
    (9, stages::inv_09_stages_never_collapse),
    (10, inv_10_looking_changes_nothing),
    (0, ends::inv_00_no_function_fails_by_itself_and_all_is_done_in_the_end),
];

/// Where things work, what is due happens within so long.
const PROMPT_MS: Ms = 2 * SECOND;
/// Where one thing does not.
const LATE_MS: Ms = 3 * MINUTE;
/// What a commit goes by may have been read so long before it.
const READ_BEFORE_MS: Ms = 10 * SECOND;

/// The first checker that finds something wrong.
pub(crate) fn broken(books: &Books, moment: &Moment<'_>) -> Option<Violation> {
    CHECKERS
        .iter()
        .find_map(|(invariant, checker)| checker(books, moment).map(|text| Violation { invariant: *invariant, text }))
}

fn inv_10_looking_changes_nothing(_: &Books, moment: &Moment<'_>) -> Option<String> {
    let Moment::Committed(commit) = moment else { return None };
    commit.is_look.then(|| "somebody looks at a page, and something is written".to_owned())
}
