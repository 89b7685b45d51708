//! Tables for people: columns as wide as a terminal shows what stands in them.
//!
//! What is shown comes from alarms and providers, too. A cell is one line without control characters, so that nothing from
//! outside moves the cursor, colours the screen or starts a line of its own.

use std::fmt;

use ratatui::text::Span;

/// Spaces between two columns.
const GAP: usize = 2;

/// A table under a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    /// A table without rows yet.
    pub fn new(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(one_line)] }
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: [T; N]) -> &mut Self {
        self.rows.push(cells.map(|cell| one_line(cell.as_ref())));
        self
    }

    /// Whether there is nothing under the head.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl<const N: usize> fmt::Display for Columns<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: [usize; N] =
            std::array::from_fn(|column| self.rows.iter().map(|row| width(&row[column])).max().unwrap_or(0));
        for row in &self.rows {
            let mut line = String::new();
            for (cell, widest) in row.iter().zip(widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', widest.saturating_sub(width(cell)) + GAP));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// What stands for a character that would do something to the terminal.
const MARK: char = '\u{fffd}';

/// Text as one line that a terminal shows and does not obey.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().map(harmless).collect::<Vec<_>>().join(" ")
}

/// Text as lines that a terminal shows and does not obey: a mark stands where a character would move the cursor, colour the
/// screen or turn the direction of what is written.
pub fn harmless(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    let shown = |c: char| if obeyed(c) && !matches!(c, '\n' | '\t') { MARK } else { c };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// How many columns of a terminal a text takes: two for a character of Chinese or an emoji, none for an accent that is put on
/// the one before.
fn width(text: &str) -> usize {
    Span::raw(text).width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_is_shown_on_it() {
        for (text, line, lines) in [
            ("two\n\twords", "two words", "two\n\twords"),
            ("\u{1b}]0;title\u{7}", "\u{fffd}]0;title\u{fffd}", "\u{fffd}]0;title\u{fffd}"),
            ("a\r\nb\rc", "a b c", "a\nb\u{fffd}c"),
            ("\u{9b}31m", "\u{fffd}31m", "\u{fffd}31m"),
            ("gpj\u{202e}exe", "gpj\u{fffd}exe", "gpj\u{fffd}exe"),
            ("gpj\u{61c}a\u{2028}b", "gpj\u{fffd}a b", "gpj\u{fffd}a\u{fffd}b"),
        ] {
            assert_eq!((one_line(text).as_str(), harmless(text).as_str()), (line, lines), "{text:?}");
        }
    }

    #[test]
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let mut columns = Columns::new(["who", "says", "when"]);
        assert!(columns.is_empty());
        columns.row(["natsu", "ack", "now"]).row(["夏", "e\u{301}té 🔥", ""]).row(["", "a\u{1b}[31m\nb", "x"]);
        assert_eq!(
            columns.to_string(),
            "who    says      when\nnatsu  ack       now\n夏     e\u{301}té 🔥\n       a\u{fffd}[31m b  x\n"
        );
    }
}
