//! Names that are not there: what was meant instead, or what there is.

use crate::configuration::keys::listed_all;

/// A name on the command line that nothing has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{name}`: {remedy}")]
pub struct UnknownName {
    kind: &'static str,
    name: String,
    remedy: String,
}

impl UnknownName {
    /// With what it could have been: the name that is nearly the same, or those that there are in `whence`.
    pub(crate) fn of<N: AsRef<str>>(
        kind: &'static str,
        name: &str,
        whence: &str,
        known: impl IntoIterator<Item = N>,
    ) -> Self {
        let known: Vec<N> = known.into_iter().collect();
        let known = || known.iter().map(N::as_ref);
        let remedy = did_you_mean(name, known()).unwrap_or_else(|| match (known().count(), few(known())) {
            (0, _) => format!("{whence} has none"),
            (_, Some(few)) => format!("{whence} has {few}"),
            (count, None) => format!("{whence} has {count} others"),
        });
        Self { kind, name: name.to_owned(), remedy }
    }

    /// The same of what has been applied.
    pub(crate) fn installed<N: AsRef<str>>(kind: &'static str, name: &str, known: impl IntoIterator<Item = N>) -> Self {
        Self::of(kind, name, "the installation", known)
    }
}

/// More names than this are not read by anybody.
const SHOWN_MAX: usize = 8;

/// The names as a sentence has them, if they are so few that somebody reads them: `a`, `b` and `c`.
pub(crate) fn few<'k>(names: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    (names.len() <= SHOWN_MAX).then(|| listed_all(names))
}

/// "did you mean", if something is close enough.
pub(crate) fn did_you_mean<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    closest(written, known).map(|word| format!("did you mean `{word}`?"))
}

/// The closest of `known`, if it is close enough to be a slip of the keyboard.
pub(crate) fn closest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .filter(|word| word.chars().count().abs_diff(written.chars().count()) <= DISTANCE_MAX)
        .map(|word| (distance(&written, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= DISTANCE_MAX.min(word.chars().count() / 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Three slips: more, and the suggestion is noise.
const DISTANCE_MAX: usize = 3;

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &l) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &r) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(l != r);
            let mut cost = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0 && column > 0 && l == right[column - 1] && left[row - 1] == r;
            if swapped {
                cost = cost.min(before_last[column - 1] + 1);
            }
            current.push(cost);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["contacts", "escalation_plans", "response_plans", "natsu"];
        let rows = [
            ("contact", Some("contacts")),
            ("cnotacts", Some("contacts")),
            ("Natsu", Some("natsu")),
            ("nastu", Some("natsu")),
            ("escalation-plans", Some("escalation_plans")),
            ("bob", None),
            ("", None),
        ];
        for (written, expected) in rows {
            assert_eq!(closest(written, known), expected, "{written}");
        }
    }

    #[test]
    fn the_remedy_is_what_was_meant_or_what_there_is() {
        let of = |name: &str, known: &[&str]| UnknownName::of("contact", name, "the file", known).to_string();
        let many = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"];
        for (name, known, expected) in [
            ("nastu", &["bob", "natsu"][..], "there is no contact `nastu`: did you mean `natsu`?"),
            ("somebody", &["bob", "natsu"], "there is no contact `somebody`: the file has `bob` and `natsu`"),
            ("x", &[], "there is no contact `x`: the file has none"),
            ("somebody", &many, "there is no contact `somebody`: the file has 9 others"),
        ] {
            assert_eq!(of(name, known), expected);
        }
    }
}
