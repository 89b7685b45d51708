//! A table for people: columns as wide as what stands in them, and one that gives way where the terminal ends.

use ratatui::text::Span;

use super::paint::{Ink, Paint};
use crate::columns::one_line;

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) ink: Option<Ink>,
}

/// A column that gives way keeps so many characters: enough to recognise a title.
const GIVING_WAY_MIN: usize = 16;
/// What stands between two columns.
const GAP: &str = "  ";

impl Cell {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: one_line(&text.into()), ink: None }
    }

    pub(crate) fn inked(ink: Ink, text: impl Into<String>) -> Self {
        Self { text: one_line(&text.into()), ink: Some(ink) }
    }
}

/// The table's lines. Within `width` columns of a terminal, if there is one, the column `giving_way` is cut.
pub(crate) fn lines(
    head: &[&str],
    rows: &[Vec<Cell>],
    giving_way: usize,
    width: Option<usize>,
    paint: Paint,
) -> Vec<String> {
    let head: Vec<Cell> = head.iter().map(|text| Cell::inked(Ink::Faint, *text)).collect();
    let all = || std::iter::once(&head).chain(rows);
    let mut widths: Vec<usize> =
        (0..head.len()).map(|column| all().map(|row| columns(&row[column].text)).max().unwrap_or(0)).collect();
    if let Some(width) = width {
        let total = widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1);
        let over = total.saturating_sub(width);
        widths[giving_way] = widths[giving_way].saturating_sub(over).max(GIVING_WAY_MIN.min(widths[giving_way]));
    }
    all().map(|row| line(row, &widths, paint)).collect()
}

fn line(row: &[Cell], widths: &[usize], paint: Paint) -> String {
    let mut line = String::new();
    for (place, (cell, width)) in row.iter().zip(widths).enumerate() {
        let text = cut(&cell.text, *width);
        let is_last = place + 1 == row.len();
        let padding = if is_last { 0 } else { width.saturating_sub(columns(&text)) };
        line += &cell.ink.map_or_else(|| text.clone(), |ink| paint.ink(ink, &text));
        line += &" ".repeat(padding);
        line += if is_last { "" } else { GAP };
    }
    line
}

/// The columns that a text takes on a terminal: some characters take two, some none.
pub(crate) fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text cut to so many columns, with a mark of the cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if columns(&kept) >= width {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_one_gives_way() {
        let row = |id: &str, title: &str| vec![Cell::plain(id), Cell::plain(title), Cell::inked(Ink::Bad, "open")];
        let rows = [row("a1", "short"), row("b2345", "a title that is much too long for this terminal")];
        let wide = lines(&["ID", "TITLE", "STATE"], &rows, 1, None, Paint::Plain);
        assert_eq!(wide[1], format!("a1     short{}  open", " ".repeat(42)));
        let narrow = lines(&["ID", "TITLE", "STATE"], &rows, 1, Some(34), Paint::Plain);
        assert_eq!(narrow[2], "b2345  a title that is muc…  open");
        assert!(narrow.iter().all(|line| columns(line) <= 34), "{narrow:?}");
    }

    #[test]
    fn wide_characters_count_as_what_they_take() {
        assert_eq!(columns("データ"), 6);
        assert_eq!(cut("データベース", 7), "データ…");
        assert_eq!(cut("plain", 5), "plain");
    }
}
