//! What a path costs does not grow with what is in the table beside it: requests, the bytes that the table is asked with and answers, and
//! its read and write units. `cargo bench --bench growth` has the same for the sizes that docs/PERFORMANCE.md names, with times.

use std::collections::BTreeSet;

use reveille_tests::cost::rows_of;
use reveille_tests::measure::{Grown, Size, growth};

const DOCUMENT: &str = include_str!("../../../docs/PERFORMANCE.md");

fn grows_no_further_than_it_may(all: &[Grown]) {
    let played: BTreeSet<&str> = all.iter().map(|grown| grown.path).collect();
    let rows = rows_of(DOCUMENT, "paths");
    let documented: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(played, documented, "every path that the document has the costs of");
    let units: f64 = all.iter().map(|grown| grown.much.read_units + grown.much.write_units).sum();
    assert!(units > 1_000.0, "something is measured: {all:#?}");
    for grown in all {
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
