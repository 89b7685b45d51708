//! A table of `docs/PERFORMANCE.md`, as it is printed, as it is written there, and what of it is held.

/// A table between two marks of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the marks say.
    pub marker: &'static str,
    /// What its columns say.
    pub head: Vec<String>,
    /// Its cells.
    pub rows: Vec<Vec<String>>,
    /// The columns that say how long something takes: every run finds something else there, and nothing is held to it.
    pub times: Vec<usize>,
}

impl Table {
    /// A table of these columns, without times.
    pub fn new<const N: usize>(marker: &'static str, head: [&str; N]) -> Self {
        Self { marker, head: head.map(str::to_owned).to_vec(), rows: Vec::new(), times: Vec::new() }
    }

    /// The same with times in these columns.
    #[must_use]
    pub fn with_times<const N: usize>(mut self, columns: [usize; N]) -> Self {
        self.times = columns.to_vec();
        self
    }

    /// One row more.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// As it is printed, and as it stands in the document.
    pub fn text(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|{}\n", "---|".repeat(self.head.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.head) + &rule + &rows
    }

    /// The document with this table in place of the one that it has.
    pub fn written_into(&self, document: &str) -> String {
        let (before, _, after) = self.around(document);
        format!("{before}{}{after}", self.text())
    }

    /// What the document has between the marks of this table.
    pub fn written<'d>(&self, document: &'d str) -> &'d str {
        self.around(document).1
    }

    /// This table with the times that the document has in the row of the same name, if it has any.
    #[must_use]
    pub fn with_times_of(mut self, document: &str) -> Self {
        let written = rows_of(document, self.marker);
        let times = &self.times;
        let name = |row: &[String]| -> Vec<String> {
            row.iter().enumerate().filter(|(column, _)| !times.contains(column)).map(|(_, cell)| cell.clone()).collect()
        };
        for row in &mut self.rows {
            let exact = written.iter().find(|other| other.len() == row.len() && name(other) == name(row));
            let alike = || written.iter().find(|other| other.len() == row.len() && other[0] == row[0]);
            let Some(same) = exact.or_else(alike) else { continue };
            for column in times {
                row[*column].clone_from(&same[*column]);
            }
        }
        self
    }

    /// Before the table, the table, and after it.
    fn around<'d>(&self, document: &'d str) -> (&'d str, &'d str, &'d str) {
        let (begin, end) = (format!("<!-- {} -->\n", self.marker), format!("<!-- /{} -->", self.marker));
        let from = document.find(&begin).unwrap_or_else(|| panic!("the document has no {begin}")) + begin.len();
        let until = from + document[from..].find(&end).unwrap_or_else(|| panic!("the document has no {end}"));
        (&document[..from], &document[from..until], &document[until..])
    }
}

/// The cells of a Markdown table's rows, in the part of a document between two markers.
pub fn rows_of(document: &str, marker: &str) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(&format!("<!-- {marker} -->\n")).unwrap_or_else(|| panic!("no {marker}"));
    let (part, _) = rest.split_once(&format!("<!-- /{marker} -->")).unwrap_or_else(|| panic!("{marker} has no end"));
    let rows = part.lines().filter(|line| line.starts_with('|')).skip(2);
    let inner = |row: &str| row.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")).map(str::to_owned);
    let cells = |row: String| row.split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.filter_map(|row| inner(row).map(cells)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ms: &str, requests: &str) -> Table {
        let mut table = Table::new("m", ["what", "requests", "ms"]).with_times([2]);
        table.row(["a".to_owned(), requests.to_owned(), ms.to_owned()]);
        table
    }

    #[test]
    fn a_table_is_held_to_everything_but_its_times() {
        let document = "before\n<!-- m -->\n<!-- /m -->\nafter\n";
        let written = table("1.50", "3").written_into(document);
        assert_eq!(
            written,
            "before\n<!-- m -->\n| what | requests | ms |\n|---|---|---|\n| a | 3 | 1.50 |\n<!-- /m -->\nafter\n"
        );
        let slower = table("9.99", "3");
        assert_ne!(slower.text(), slower.written(&written));
        assert_eq!(slower.clone().with_times_of(&written).text(), slower.written(&written));
        let dearer = table("1.50", "4").with_times_of(&written);
        assert_ne!(dearer.text(), dearer.written(&written));
    }

    #[test]
    fn an_empty_cell_is_a_cell() {
        let document = "<!-- m -->\n| a | b |\n|---|---|\n| one |  |\n<!-- /m -->";
        assert_eq!(rows_of(document, "m"), [["one", ""]]);
    }
}
