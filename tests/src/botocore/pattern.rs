//! The patterns of the models. They are those of Java, which can look ahead and behind; what the crate for expressions cannot is
//! taken off at both ends and asked by itself.

use regex_lite::Regex;

/// A pattern that the whole of a text has to match.
pub(super) struct Pattern {
    whole: Regex,
    /// What the text must not begin with.
    not_ahead: Option<Regex>,
    /// What it must not end with.
    not_behind: Option<Regex>,
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn new(pattern: &str) -> Self {
        let mut rest = known(pattern);
        rest = rest.trim_start_matches('^').to_owned();
        let not_ahead = group(&rest, "(?!").map(|(inner, after)| {
            rest = after.trim_start_matches('^').to_owned();
            compiled(pattern, &format!("^(?:{inner})"))
        });
        let not_behind = rest.rfind("(?<!").filter(|_| rest.ends_with(')')).map(|at| {
            let inner = rest[at + 4..rest.len() - 1].to_owned();
            rest.truncate(at);
            compiled(pattern, &format!("(?:{inner})$"))
        });
        let whole = compiled(pattern, &format!("^(?:{rest})$"));
        Self { whole, not_ahead, not_behind }
    }

    /// Whether a text matches.
    pub(super) fn fits(&self, text: &str) -> bool {
        let unwanted = [&self.not_ahead, &self.not_behind];
        self.whole.is_match(text) && !unwanted.into_iter().flatten().any(|pattern| pattern.is_match(text))
    }
}

/// The inside of a group that stands at the beginning, and what comes after it.
fn group(text: &str, opening: &str) -> Option<(String, String)> {
    let inside = text.strip_prefix(opening)?;
    let mut depth = 1;
    for (at, character) in inside.char_indices() {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return Some((inside[..at].to_owned(), inside[at + 1..].to_owned()));
        }
    }
    None
}

/// The same in what the crate knows: it has no classes of Unicode (the models have them within brackets only), and refuses to escape what needs no escape.
fn known(pattern: &str) -> String {
    let classes =
        [("\\p{L}", "A-Za-z\u{80}-\u{10ffff}"), ("\\p{Z}", " "), ("\\p{N}", "0-9"), ("\\/", "/"), ("\\_", "_")];
    classes.into_iter().fold(pattern.to_owned(), |pattern, (class, letters)| pattern.replace(class, letters))
}

fn compiled(pattern: &str, expression: &str) -> Regex {
    Regex::new(expression).unwrap_or_else(|error| panic!("the pattern {pattern} cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_is_matched_by_the_whole_text_and_may_look_ahead_and_behind() {
        for (pattern, fits, does_not) in [
            ("[a-z]+", vec!["abc"], vec!["", "abC", " abc"]),
            ("^[\\p{L}][\\p{L}\\p{N}]*$", vec!["é9"], vec!["9é", "a-"]),
            ("^(?!aws:)[a-z:]+$", vec!["awn:x", "a"], vec!["aws:x", ""]),
            ("(?!\\s*$)[\\s\\S]+", vec![" a ", "a\nb"], vec!["", " ", "\n\t"]),
            ("(?!\\s)^[\\s\\S]+(?<!\\s)", vec!["a", "a b"], vec![" a", "a ", " "]),
            ("(a|(b)){2}", vec!["ab"], vec!["abc", "c"]),
        ] {
            let read = Pattern::new(pattern);
            assert!(fits.iter().all(|text| read.fits(text)), "{pattern} fits {fits:?}");
            assert!(!does_not.iter().any(|text| read.fits(text)), "{pattern} does not fit {does_not:?}");
        }
    }
}
