//! What is wrong with a configuration: every mistake at once, each with its place and its remedy.

use std::fmt;

use super::limits::SHOWN_CHARACTERS_MAX;
use super::mask;
use super::node::Place;

/// All mistakes of a configuration, in the order of its files. Never empty.
///
/// `Display` shows them as a compiler does: place, line, caret, remedy. Addresses in the lines are masked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.rendered())]
pub struct ConfigurationErrors {
    /// The file or folder, as it was named to us.
    whole: String,
    errors: Vec<ConfigurationError>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.rendered())]
pub struct ConfigurationError {
    /// What kind of mistake it is.
    pub code: Code,
    /// The file, as it was named to us.
    pub file: String,
    /// Where it stands; `None` if the whole file is meant.
    pub place: Option<Place>,
    /// What stands there, with addresses masked; may be empty.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// The line that it stands in.
    line: Option<Excerpt>,
}

/// The kinds of mistakes; the names are stable, so that tools can filter them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The file cannot be read at all.
    UnreadableFile,
    /// It is not YAML.
    Syntax,
    /// `reveille:` is absent or another version.
    Version,
    /// A key that the format does not have.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// The same name twice.
    Duplicate,
    /// A list where a text is wanted, and the like.
    WrongType,
    /// A number or text outside its limits.
    OutOfRange,
    /// An alias or name that cannot be one.
    InvalidName,
    /// A telephone number or e-mail address that cannot be one.
    InvalidAddress,
    /// A value that is none of the allowed ones.
    InvalidValue,
    /// A name of something that is not in the file.
    UnknownReference,
    /// A plan that leads back to itself.
    Cycle,
    /// A plan or stage that does nothing.
    Empty,
    /// `{{ … }}` that cannot be filled.
    InvalidTemplate,
    /// Something of the format that this version does not do.
    NotSupportedYet,
}

/// A mistake before it is joined with the file.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) at: Option<Place>,
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Mistake {
    /// A mistake of a file as a whole: it cannot be read.
    pub(crate) fn of_file(file: usize, message: String, remedy: &str) -> Self {
        let at = Some(Place::whole(file));
        Self { at, code: Code::UnreadableFile, message, remedy: remedy.to_owned() }
    }
}

impl Code {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::UnreadableFile,
        Self::Syntax,
        Self::Version,
        Self::UnknownKey,
        Self::MissingKey,
        Self::Duplicate,
        Self::WrongType,
        Self::OutOfRange,
        Self::InvalidName,
        Self::InvalidAddress,
        Self::InvalidValue,
        Self::UnknownReference,
        Self::Cycle,
        Self::Empty,
        Self::InvalidTemplate,
        Self::NotSupportedYet,
    ];

    /// The name in messages and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Code::UnreadableFile => "unreadable-file",
            Code::Syntax => "syntax",
            Code::Version => "version",
            Code::UnknownKey => "unknown-key",
            Code::MissingKey => "missing-key",
            Code::Duplicate => "duplicate",
            Code::WrongType => "wrong-type",
            Code::OutOfRange => "out-of-range",
            Code::InvalidName => "invalid-name",
            Code::InvalidAddress => "invalid-address",
            Code::InvalidValue => "invalid-value",
            Code::UnknownReference => "unknown-reference",
            Code::Cycle => "cycle",
            Code::Empty => "empty",
            Code::InvalidTemplate => "invalid-template",
            Code::NotSupportedYet => "not-supported-yet",
        }
    }
}

impl ConfigurationErrors {
    /// Joins mistakes with the one file they stand in. `secrets` are places that are never shown.
    pub(crate) fn new(file: &str, source: &str, mistakes: Vec<Mistake>, secrets: &[Place]) -> Self {
        Self::of(&[(file, source)], mistakes, secrets)
    }

    /// Joins mistakes with the files they stand in, each with its name and text. The first one names the whole.
    pub(crate) fn of(files: &[(&str, &str)], mut mistakes: Vec<Mistake>, secrets: &[Place]) -> Self {
        mistakes.sort_by_key(|mistake| mistake.at);
        let lines: Vec<Vec<&str>> = files.iter().map(|(_, text)| text.lines().collect()).collect();
        let errors = mistakes
            .into_iter()
            .map(|mistake| {
                let at = mistake.at.filter(|at| !at.is_whole());
                let line = at.and_then(|at| lines.get(at.file)?.get(at.line - 1).map(|line| (*line, at)));
                let shown = line.map(|(line, at)| (mask::line(line, at, secrets), at));
                let (file, _) = files.get(mistake.at.map_or(0, |at| at.file)).copied().unwrap_or_default();
                ConfigurationError {
                    text: shown.as_ref().map(|(line, at)| text_at(line, *at)).unwrap_or_default(),
                    line: shown.map(|(line, at)| Excerpt::of(&line, at)),
                    code: mistake.code,
                    file: file.to_owned(),
                    place: at,
                    message: mistake.message,
                    remedy: mistake.remedy,
                }
            })
            .collect();
        let (whole, _) = files.first().copied().unwrap_or_default();
        Self { whole: whole.to_owned(), errors }
    }

    /// A mistake of the file as a whole.
    pub(crate) fn of_file(file: &str, message: String, remedy: &str) -> Self {
        Self::new(file, "", vec![Mistake::of_file(0, message, remedy)], &[])
    }

    /// The mistakes, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigurationError> {
        self.errors.iter()
    }

    fn rendered(&self) -> String {
        let mut out = String::new();
        for error in &self.errors {
            out.push_str(&error.rendered());
            out.push('\n');
        }
        let count = self.errors.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        out.push_str(&format!("{count} {noun} in {}", self.whole));
        out
    }
}

impl ConfigurationError {
    /// From 1; 0 if the whole file is meant.
    pub fn line(&self) -> usize {
        self.place.map_or(0, |place| place.line)
    }

    /// From 1, in characters; 0 if the whole file is meant.
    pub fn column(&self) -> usize {
        self.place.map_or(0, |place| place.column)
    }

    fn rendered(&self) -> String {
        let mut out = format!("error[{}]: {}\n", self.code, self.message);
        let Some(place) = self.place else {
            out.push_str(&format!(" --> {}\n", self.file));
            out.push_str(&format!("  = remedy: {}\n", self.remedy));
            return out;
        };
        let margin = " ".repeat(place.line.to_string().len());
        out.push_str(&format!("{margin}--> {}:{}:{}\n", self.file, place.line, place.column));
        if let Some(line) = &self.line {
            out.push_str(&line.to_string());
        }
        out.push_str(&format!("{margin} = remedy: {}\n", self.remedy));
        out
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the masked line holds at the place.
fn text_at(line: &str, at: Place) -> String {
    line.chars().skip(at.column - 1).take(at.length.min(SHOWN_CHARACTERS_MAX)).collect()
}

/// A line as it may be shown, with what is meant in it underlined by `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line's number, from 1.
    number: usize,
    /// The line, or the part of a long one around the place.
    pub(crate) line: String,
    /// Characters before the place.
    indent: usize,
    /// Characters from it on.
    length: usize,
}

/// The line of a text in which a place is, masked; `None`: the text has no such line.
pub(crate) fn excerpt(text: &str, at: Place, secrets: &[Place]) -> Option<Excerpt> {
    let line = text.lines().nth(at.line.checked_sub(1)?)?;
    Some(Excerpt::of(&mask::line(line, at, secrets), at))
}

impl Excerpt {
    fn of(line: &str, at: Place) -> Self {
        let all = line.chars().count();
        let from =
            if all <= SHOWN_CHARACTERS_MAX { 0 } else { (at.column - 1).saturating_sub(SHOWN_CHARACTERS_MAX / 3) };
        let line: String = line.chars().skip(from).take(SHOWN_CHARACTERS_MAX).collect();
        let indent = at.column.saturating_sub(from + 1);
        let room = line.chars().count().saturating_sub(indent).max(1);
        Self { number: at.line, line, indent, length: at.length.clamp(1, room) }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{margin} |\n{number} | {}", self.line)?;
        writeln!(f, "{margin} | {}{}", " ".repeat(self.indent), "^".repeat(self.length))
    }
}
