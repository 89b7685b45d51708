//! Tables for people: columns as wide as a terminal shows what stands in them, and one that gives way where the terminal ends.
//!
//! What is shown comes from alarms and providers, too. A cell is one line without control characters, so that nothing from
//! outside moves the cursor, colours the screen or starts a line of its own.

use std::fmt;

use ratatui::text::Span;

use crate::paint::{Ink, Paint};

/// Spaces between two columns.
const GAP: usize = 2;
/// A column that gives way keeps so many characters: enough to recognise a title.
const GIVING_WAY_MIN: usize = 16;

/// A table under a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns<const N: usize> {
    rows: Vec<[Cell; N]>,
}

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    ink: Option<Ink>,
}

impl Cell {
    /// A text in its colour.
    pub fn inked(ink: Ink, text: &str) -> Self {
        Self { text: one_line(text), ink: Some(ink) }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: one_line(text.as_ref()), ink: None }
    }
}

impl<const N: usize> Columns<N> {
    /// A table without rows yet.
    pub fn new(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(|text| Cell::inked(Ink::Faint, text))] }
    }

    /// Adds a row.
    pub fn row<T: Into<Cell>>(&mut self, cells: [T; N]) -> &mut Self {
        self.rows.push(cells.map(Into::into));
        self
    }

    /// Whether there is nothing under the head.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The lines in their colours. Where there is an end to the terminal, so many columns wide, one of the table's is cut.
    pub fn lines(&self, paint: Paint, giving_way: usize, width: Option<usize>) -> Vec<String> {
        let mut widths = self.widths();
        if let Some(width) = width {
            let total = widths.iter().sum::<usize>() + GAP * (N - 1);
            let narrowed = widths[giving_way].saturating_sub(total.saturating_sub(width));
            widths[giving_way] = narrowed.max(GIVING_WAY_MIN.min(widths[giving_way]));
        }
        self.rows.iter().map(|row| line(row, &widths, paint)).collect()
    }

    fn widths(&self) -> [usize; N] {
        std::array::from_fn(|column| self.rows.iter().map(|row| width(&row[column].text)).max().unwrap_or(0))
    }
}

impl<const N: usize> fmt::Display for Columns<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        self.rows.iter().try_for_each(|row| writeln!(f, "{}", line(row, &widths, Paint::Plain)))
    }
}

/// The cells below those of other rows. Nothing stands behind the last of them.
fn line(row: &[Cell], widths: &[usize], paint: Paint) -> String {
    let mut line = String::new();
    let mut owed = 0;
    for (cell, widest) in row.iter().zip(widths) {
        let text = cut(&cell.text, *widest);
        let taken = width(&text);
        if taken > 0 {
            line.extend(std::iter::repeat_n(' ', owed));
            line += &cell.ink.map_or_else(|| text.clone(), |ink| paint.ink(ink, &text));
            owed = 0;
        }
        owed += widest.saturating_sub(taken) + GAP;
    }
    line
}

/// A text cut to so many columns, with a mark of the cut.
fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width(&kept) >= columns {
            kept.pop();
            break;
        }
    }
    kept + "…"
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

    #[test]
    fn one_gives_way_where_the_terminal_ends() {
        let mut columns = Columns::new(["ID", "TITLE", "STATE"]);
        columns.row([Cell::from("a1"), "short".into(), Cell::inked(Ink::Bad, "open")]);
        let long = "a title that is much too long for this terminal";
        columns.row([Cell::from("b2345"), long.into(), Cell::inked(Ink::Bad, "open")]);
        let wide = columns.lines(Paint::Plain, 1, None);
        assert_eq!(wide[1], format!("a1     short{}  open", " ".repeat(42)));
        let narrow = columns.lines(Paint::Plain, 1, Some(34));
        assert_eq!(narrow[2], "b2345  a title that is muc…  open");
        assert!(narrow.iter().all(|line| width(line) <= 34), "{narrow:?}");
        let coloured = columns.lines(Paint::Colours, 1, Some(34));
        assert_eq!(coloured[2], "b2345  a title that is muc…  \u{1b}[31mopen\u{1b}[0m");
    }

    #[test]
    fn wide_characters_count_as_what_they_take() {
        assert_eq!(width("データ"), 6);
        assert_eq!(cut("データベース", 7), "データ…");
        assert_eq!(cut("plain", 5), "plain");
    }
}
