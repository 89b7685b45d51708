//! "Did you mean": the known word that is closest to what was written.

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
}
