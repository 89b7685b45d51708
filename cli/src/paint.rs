//! Colours, where somebody sees them: on a terminal that wants them. A file and a pipe get plain text.

use std::io::IsTerminal;

/// Whether what is printed is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// On a terminal.
    Colours,
    /// Elsewhere.
    Plain,
}

/// What a text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// What a line is about.
    Strong,
    /// Beside the point.
    Faint,
    /// To be mended.
    Bad,
    /// To be looked at, or in somebody's hands.
    Waiting,
    /// As it should be.
    Good,
    /// Worth knowing.
    Told,
}

impl Paint {
    /// Of standard output: in colours on a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal is dumb.
    pub fn of_stdout() -> Self {
        Self::wanted(std::io::stdout().is_terminal(), |name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn wanted(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
        if is_terminal && !refused && !is_dumb { Paint::Colours } else { Paint::Plain }
    }

    /// The text in its colour.
    pub fn ink(self, ink: Ink, text: &str) -> String {
        self.put(ink.code(), text)
    }

    /// The text in its colour, and strong: the first word of what a compiler says.
    pub fn headline(self, ink: Ink, text: &str) -> String {
        self.put(&format!("{};{}", Ink::Strong.code(), ink.code()), text)
    }

    fn put(self, code: &str, text: &str) -> String {
        match self {
            Paint::Colours => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Paint::Plain => text.to_owned(),
        }
    }
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Bad => "31",
            Ink::Good => "32",
            Ink::Waiting => "33",
            Ink::Told => "36",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_put_around_the_text_and_left_out_where_nobody_sees_them() {
        assert_eq!(Paint::Plain.ink(Ink::Bad, "open"), "open");
        assert_eq!(Paint::Colours.ink(Ink::Bad, "open"), "\u{1b}[31mopen\u{1b}[0m");
        assert_eq!(Paint::Colours.headline(Ink::Told, "note"), "\u{1b}[1;36mnote\u{1b}[0m");
    }

    #[test]
    fn only_a_terminal_that_wants_them_gets_colours() {
        for (is_terminal, no_color, term, expected) in [
            (true, None, Some("xterm"), Paint::Colours),
            (true, None, None, Paint::Colours),
            // https://no-color.org: when present and not an empty string.
            (true, Some(""), Some("xterm"), Paint::Colours),
            (true, Some("0"), Some("xterm"), Paint::Plain),
            (true, None, Some("dumb"), Paint::Plain),
            (false, None, Some("xterm"), Paint::Plain),
        ] {
            let variable = |name: &str| if name == "TERM" { term } else { no_color }.map(str::to_owned);
            assert_eq!(Paint::wanted(is_terminal, variable), expected, "{no_color:?} {term:?}");
        }
    }
}
