//! Makes of what was read something that the configuration can hold: references lead somewhere, addresses are addresses,
//! limits are kept. Whatever is changed or left out is said.

mod contacts;
mod plans;
mod schedules;

use super::model::Imported;

/// What stands behind a note about something that the configuration has a bound for.
const SHORTEN: &str = "shorten it in the source, or write it by hand";

/// Mends everything, in the order in which one thing refers to another.
pub(super) fn mend(imported: &mut Imported) {
    contacts::mend(imported);
    schedules::mend(imported);
    plans::mend_escalation(imported);
    plans::mend_response(imported);
}

/// A name on one line, of at most so many characters.
fn one_line(name: &str, characters_max: usize) -> String {
    let spaced: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(characters_max).collect::<String>().trim().to_owned()
}
