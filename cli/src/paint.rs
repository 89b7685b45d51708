//! Colours, where somebody sees them: on a terminal that wants them.

use std::io::IsTerminal;

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// To be looked at.
    Doubtful,
    /// To be mended.
    Bad,
    /// Beside the point.
    Dim,
}

/// Puts colour on text, or leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    in_colour: bool,
}

impl Paint {
    /// For standard output: in colour on a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal is dumb.
    pub fn of_stdout() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { in_colour: std::io::stdout().is_terminal() && !set("NO_COLOR") && !is_dumb }
    }

    /// Without colour.
    pub fn plain() -> Self {
        Self { in_colour: false }
    }

    /// The text in its tone.
    pub fn text(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Doubtful => 33,
            Tone::Bad => 31,
            Tone::Dim => 2,
        };
        if self.in_colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_put_around_the_text_and_left_out_where_nobody_sees_them() {
        assert_eq!(Paint { in_colour: true }.text(Tone::Bad, "no"), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Paint::plain().text(Tone::Bad, "no"), "no");
    }
}
