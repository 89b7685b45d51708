//! Configuration files: read as a whole or refused with a list of mistakes, and what was read is written so that it reads the same.

use jiff::SignedDuration;

use crate::subject::configuration::{Configuration, parse, parse_bytes};

/// What may be said about a file, for each of its bytes and beside them: a mistake shows its line and a remedy.
const SAID_BYTES_PER_BYTE_MAX: usize = 1_000;

pub(super) fn run(input: &[u8]) {
    match parse_bytes(input, "fuzz.yaml") {
        Ok(configuration) => reads_back(&configuration),
        Err(mistakes) => {
            let said = mistakes.to_string();
            assert!(!said.is_empty());
            assert!(said.len() <= (input.len() + 10) * SAID_BYTES_PER_BYTE_MAX, "{} bytes are said", said.len());
        }
    }
}

/// What is written is read as what it was, and its schedules can be asked.
pub(super) fn reads_back(configuration: &Configuration) {
    let written = configuration.to_yaml();
    let again = parse(&written, "written.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}\n{written}"));
    assert_eq!(&again, configuration, "{written}");
    for schedule in configuration.schedules.values() {
        let now = super::now();
        let on_call = schedule.on_call(now);
        let shifts = schedule.shifts(now, now + SignedDuration::from_hours(24 * 7));
        let on_shift =
            |who| shifts.iter().any(|shift| shift.start <= now && now < shift.end && shift.contacts.contains(who));
        assert!(on_call.iter().all(on_shift), "whoever is on call has a shift: {on_call:?} {shifts:?}");
    }
}
