//! What can be said of a key: what stands behind it, whether it is needed, and what holds for several of them together.

use super::Part;

/// One key of a section.
pub(crate) struct Key {
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    pub(crate) need: Need,
    /// One sentence, without a full stop, as it stands in the document.
    pub(crate) meaning: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    Required,
    /// It may be left out.
    Optional,
    /// It may be left out, and then this holds.
    Else(Otherwise),
}

/// What holds without a key.
#[derive(Clone, Copy)]
pub(crate) enum Otherwise {
    Number(u32),
    Flag(bool),
    Word(&'static str),
}

/// What stands behind a key.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The version of the language.
    Version,
    Flag,
    /// A whole number within limits.
    Number(u32, u32),
    /// The same, or this word.
    NumberOr(u32, u32, &'static str),
    /// One of some words.
    Words(Words),
    Text(Shape),
    /// A mapping with keys of its own.
    Part(&'static Part),
    /// A list of so many items, at least and at most.
    List(&'static Kind, usize, Option<usize>),
    /// One, or a list of at least one.
    OneOrList(&'static Kind),
    /// Names, each with one of these: at least so many.
    Names(&'static Kind, usize),
    /// Any texts as keys: at most so many.
    Texts(&'static Kind, Option<usize>),
    /// Impacts as keys.
    ByImpact(&'static Kind),
    /// An alias alone, or a mapping.
    AliasOr(&'static Part),
    /// A weekday, or a day of the month.
    Day,
    /// Nothing yet: an empty list.
    EmptyList,
}

/// Words that stand for something.
#[derive(Clone, Copy)]
pub(crate) enum Words {
    These(&'static [&'static str]),
    Channels,
    Sources,
    Weekdays,
}

/// What a text has to look like.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// The alias or name of something.
    Alias,
    /// What people are called.
    Name,
    /// Of a telephone, a mailbox or a server: which, its type says.
    Address,
    Secret,
    /// With `{{ … }}`, of at most so many characters.
    Template(usize),
    /// Without `{{ … }}`.
    Plain,
    /// With `*` and `?`.
    Pattern,
    TimeZone,
    /// Date and time by the clock of a wall.
    WallClock,
    /// With an offset from UTC.
    Instant,
    TimeOfDay,
    /// From a time of day until another one.
    Hours,
    /// The name of an SSM document.
    Document,
    KeyHash,
}

/// What holds for several keys of a mapping together.
pub(crate) enum Rule {
    ExactlyOneOf(&'static [&'static str]),
    AtLeastOneOf(&'static [&'static str]),
    /// The first one needs the second one.
    Needs(&'static str, &'static str),
    /// What an address has to look like depends on the type of its channel.
    AddressByType,
}
