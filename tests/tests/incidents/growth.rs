//! What the paths of an incident cost does not grow with what is in the table beside it: requests, and the bytes that it is asked with
//! and answers. `reveille-measure growth` has the same for the sizes that docs/PERFORMANCE.md names, with processor time.

use reveille_tests::measure::{Grown, Size, growth};

fn grows_no_further_than_it_may(all: &[Grown]) {
    assert_eq!(all.len(), 6, "{all:#?}");
    for grown in all {
        assert!(grown.little.requests >= 2.0 && grown.little.asked_bytes > 0.0, "something is measured: {grown:#?}");
        assert!(grown.holds(), "{grown:#?}");
    }
}

#[test]
fn no_path_costs_more_because_other_incidents_are_open() {
    let little = Size { incidents: 1, contacts: 10 };
    grows_no_further_than_it_may(&growth(little, Size { incidents: 200, ..little }, 1).expect("it is measured"));
}

#[test]
fn no_path_costs_more_because_there_are_other_contacts() {
    let little = Size { incidents: 1, contacts: 10 };
    grows_no_further_than_it_may(&growth(little, Size { contacts: 400, ..little }, 1).expect("it is measured"));
}
