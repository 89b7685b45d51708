//! A plan of two stages, searched whole: the functions' own handlers side by side, in every order of their calls, with every checker.

use reveille_tests::simulation::{Unless, explore};

/// So many states there are at least; fewer would mean that the search has become blind.
const STATES_MIN: usize = 300;

#[test]
fn in_every_order_of_every_call_both_stages_come_and_every_invariant_holds() {
    for unless in [Unless::Resolved, Unless::Acknowledged] {
        let explored = explore(unless);
        if let Some((violation, story)) = explored.violation {
            panic!("{violation}\n{}", story.join("\n"));
        }
        println!("{unless:?}: {} states, {} ways to end", explored.states, explored.endings);
        assert!(explored.states > STATES_MIN, "{} states", explored.states);
    }
}

#[test]
fn a_search_finds_what_only_some_orders_break() {
    for (mutant, invariants) in [("no-revision-check", [4, 7]), ("claim-voided-page", [3, 3]), ("no-lease", [5, 5])] {
        reveille_domain::choose_mutant(Some(mutant));
        let found = explore(Unless::Resolved).violation;
        reveille_domain::choose_mutant(None);
        let (violation, story) = found.unwrap_or_else(|| panic!("{mutant} is not found"));
        println!("{mutant} after {} calls: {violation}", story.len());
        assert!(invariants.contains(&violation.invariant), "{mutant}: {violation}\n{}", story.join("\n"));
    }
}
