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

/// Text as one line that a terminal shows and does not obey.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
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
    fn columns_stand_below_each_other_whatever_is_in_them() {
        let mut columns = Columns::new(["who", "says", "when"]);
        assert!(columns.is_empty());
        columns.row(["natsu", "ack", "now"]).row(["夏", "e\u{301}té 🔥", ""]).row(["", "a\u{1b}[31m\nb", "x"]);
        assert_eq!(
            columns.to_string(),
            "who    says      when\nnatsu  ack       now\n夏     e\u{301}té 🔥\n       a [31m b  x\n"
        );
    }
}
