//! What changes between two configurations, field by field, by the paths that fields have in a file.

use serde::{Serialize, Serializer};

use crate::configuration::{Field, Written};

/// What happens to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not there.
    Add,
    /// It was there with another value.
    Change,
    /// It is not there any more.
    Remove,
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What happens to it.
    pub action: Action,
    /// Where it stands in a file: `contacts.natsu.channels.sms.verified`. Places of lists count from 0.
    pub path: String,
    /// What there was, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Shown>,
    /// What there will be, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Shown>,
    /// The thing that the field belongs to: `contacts.natsu`, `rules[2]`, `defaults`.
    #[serde(skip)]
    pub(super) thing: String,
    /// Whether all of the thing comes or goes.
    #[serde(skip)]
    pub(super) is_whole: bool,
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(Written);

impl Shown {
    /// For people.
    pub(super) fn inline(&self) -> String {
        self.0.inline()
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Written::Text(text) => serializer.serialize_str(text),
            Written::Number(number) => serializer.serialize_u32(*number),
            Written::Flag(flag) => serializer.serialize_bool(*flag),
            Written::Hidden { shown, .. } => serializer.serialize_str(shown),
            Written::List(items) => serializer.collect_seq(items.iter().cloned().map(Shown)),
            Written::Mapping(fields) => {
                serializer.collect_map(fields.iter().map(|field| (&field.key, Shown(field.value.clone()))))
            }
        }
    }
}

/// Where two values stand.
#[derive(Clone, Debug, Default)]
struct Path {
    text: String,
    thing: String,
    depth: usize,
}

impl Path {
    fn key(&self, key: &str) -> Self {
        let text = if self.text.is_empty() { key.to_owned() } else { format!("{}.{key}", self.text) };
        self.deeper(text, self.text == "defaults")
    }

    fn place(&self, place: usize) -> Self {
        self.deeper(format!("{}[{place}]", self.text), false)
    }

    /// Whether a thing stands here, or several.
    fn is_thing(&self) -> bool {
        self.depth <= 1 || self.thing == self.text
    }

    /// A thing is a name of a section, or a rule; the defaults are one thing.
    fn deeper(&self, text: String, is_part: bool) -> Self {
        let depth = self.depth + 1;
        let thing = if depth <= 2 && !is_part { text.clone() } else { self.thing.clone() };
        Self { text, thing, depth }
    }
}

/// What has to happen to the first one for it to be the second. Order of names does not count, but where it decides.
pub(crate) fn differences(before: &Written, after: &Written) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Path::default(), before, after, &mut found);
    found
}

fn compare(path: &Path, before: &Written, after: &Written, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Written::Mapping(old), Written::Mapping(new)) => mappings(path, old, new, found),
        (Written::List(old), Written::List(new)) if !is_values(old) || !is_values(new) => lists(path, old, new, found),
        _ => found.push(difference(path, Action::Change, Some(before), Some(after))),
    }
}

/// A list of values is one field: it is read as a whole.
fn is_values(items: &[Written]) -> bool {
    items.iter().all(Written::is_scalar)
}

fn mappings(path: &Path, old: &[Field], new: &[Field], found: &mut Vec<Difference>) {
    let value = |fields: &[Field], key: &str| fields.iter().find(|field| field.key == key).cloned();
    for field in new {
        let path = path.key(&field.key);
        match value(old, &field.key) {
            Some(before) => compare(&path, &before.value, &field.value, found),
            None => whole(&path, Action::Add, field, path.is_thing(), found),
        }
    }
    for field in old {
        if value(new, &field.key).is_none() {
            let path = path.key(&field.key);
            whole(&path, Action::Remove, field, path.is_thing(), found);
        }
    }
    let common = |one: &[Field], other: &[Field]| -> Vec<Written> {
        let in_both = one.iter().filter(|field| other.iter().any(|known| known.key == field.key));
        in_both.map(|field| field.key.as_str().into()).collect()
    };
    let (before, after) = (common(old, new), common(new, old));
    // Of the domain, only channels keep the order in which they were written: pages leave in it.
    if before != after && path.text.ends_with(".channels") {
        let (before, after) = (Written::List(before), Written::List(after));
        found.push(difference(path, Action::Change, Some(&before), Some(&after)));
    }
}

/// Equal items keep their place; what stands between them is compared one by one.
fn lists(path: &Path, old: &[Written], new: &[Written], found: &mut Vec<Difference>) {
    let (mut from_old, mut from_new) = (0, 0);
    let ends = [(old.len(), new.len())];
    for (next_old, next_new) in kept(old, new).into_iter().chain(ends) {
        let (gone, come) = (&old[from_old..next_old], &new[from_new..next_new]);
        let pairs = gone.len().min(come.len());
        for place in 0..pairs {
            compare(&path.place(from_new + place), &gone[place], &come[place], found);
        }
        for (place, item) in come.iter().enumerate().skip(pairs) {
            let path = path.place(from_new + place);
            leaves(&path, Action::Add, item, path.is_thing(), found);
        }
        for (place, item) in gone.iter().enumerate().skip(pairs) {
            let path = path.place(from_old + place);
            leaves(&path, Action::Remove, item, path.is_thing(), found);
        }
        (from_old, from_new) = (next_old + 1, next_new + 1);
    }
}

/// The places of items that both lists have, in one order: the longest such sequence. What begins and ends alike is taken
/// as it is; between very long lists nothing more is looked for.
fn kept(old: &[Written], new: &[Written]) -> Vec<(usize, usize)> {
    let begins = old.iter().zip(new).take_while(|(before, after)| before == after).count();
    let (old_rest, new_rest) = (&old[begins..], &new[begins..]);
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(before, after)| before == after).count();
    let between = (&old_rest[..old_rest.len() - ends], &new_rest[..new_rest.len() - ends]);
    let mut pairs: Vec<(usize, usize)> = (0..begins).map(|place| (place, place)).collect();
    if between.0.len().saturating_mul(between.1.len()) <= COMPARED_MAX {
        pairs.extend(
            longest_common(between.0, between.1).into_iter().map(|(row, column)| (begins + row, begins + column)),
        );
    }
    let ending = (0..ends).rev().map(|place| (old.len() - 1 - place, new.len() - 1 - place));
    pairs.extend(ending);
    pairs
}

/// Comparisons between two lists: a thousand rules, all of them changed, take some milliseconds.
const COMPARED_MAX: usize = 1_000_000;

/// The longest sequence that two lists have in common, as pairs of places.
fn longest_common(old_rest: &[Written], new_rest: &[Written]) -> Vec<(usize, usize)> {
    let (rows, columns) = (old_rest.len(), new_rest.len());
    let mut longest = vec![vec![0_usize; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = if old_rest[row] == new_rest[column] {
                longest[row + 1][column + 1] + 1
            } else {
                longest[row + 1][column].max(longest[row][column + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < rows && column < columns {
        if old_rest[row] == new_rest[column] {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if longest[row + 1][column] >= longest[row][column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// A field that comes or goes with everything in it. What holds by default is no news.
fn whole(path: &Path, action: Action, field: &Field, is_whole: bool, found: &mut Vec<Difference>) {
    if !field.is_default {
        leaves(path, action, &field.value, is_whole, found);
    }
}

fn leaves(path: &Path, action: Action, value: &Written, is_whole: bool, found: &mut Vec<Difference>) {
    match value {
        Written::Mapping(fields) if !fields.is_empty() => {
            fields.iter().for_each(|field| whole(&path.key(&field.key), action, field, is_whole, found));
        }
        Written::List(items) if !is_values(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(place, item)| leaves(&path.place(place), action, item, is_whole, found));
        }
        Written::Mapping(_)
        | Written::List(_)
        | Written::Text(_)
        | Written::Number(_)
        | Written::Flag(_)
        | Written::Hidden { .. } => {
            let (before, after) = match action {
                Action::Remove => (Some(value), None),
                Action::Add | Action::Change => (None, Some(value)),
            };
            found.push(Difference { is_whole, ..difference(path, action, before, after) });
        }
    }
}

fn difference(path: &Path, action: Action, before: Option<&Written>, after: Option<&Written>) -> Difference {
    let shown = |value: Option<&Written>| value.cloned().map(Shown);
    Difference {
        action,
        path: path.text.clone(),
        before: shown(before),
        after: shown(after),
        thing: path.thing.clone(),
        is_whole: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(texts: &str) -> Vec<Written> {
        texts.chars().map(|c| Written::Text(c.to_string())).collect()
    }

    #[test]
    fn what_two_lists_have_in_common_keeps_its_place() {
        let rows = [
            ("abc", "abc", vec![(0, 0), (1, 1), (2, 2)]),
            ("abc", "xabc", vec![(0, 1), (1, 2), (2, 3)]),
            ("abc", "ac", vec![(0, 0), (2, 1)]),
            ("abcd", "adbc", vec![(0, 0), (1, 2), (2, 3)]),
            ("", "abc", vec![]),
            ("abc", "xyz", vec![]),
        ];
        for (old, new, expected) in rows {
            assert_eq!(kept(&items(old), &items(new)), expected, "{old} {new}");
        }
    }
}
