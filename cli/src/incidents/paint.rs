//! Colours on a terminal, and nowhere else: a file, a pipe and whoever sets NO_COLOR get plain text.

use std::io::IsTerminal;

/// Whether what is printed is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Colours,
    Plain,
}

/// What a text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Strong,
    Faint,
    Bad,
    Waiting,
    Good,
    Told,
}

impl Paint {
    /// Of standard output.
    pub(crate) fn of_stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if wanted && std::io::stdout().is_terminal() { Paint::Colours } else { Paint::Plain }
    }

    /// The text in its colour.
    pub(crate) fn ink(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Bad => "31",
            Ink::Good => "32",
            Ink::Waiting => "33",
            Ink::Told => "36",
        };
        match self {
            Paint::Colours => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Paint::Plain => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(Paint::Plain.ink(Ink::Bad, "open"), "open");
        assert_eq!(Paint::Colours.ink(Ink::Bad, "open"), "\u{1b}[31mopen\u{1b}[0m");
    }
}
