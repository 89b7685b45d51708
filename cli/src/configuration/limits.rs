//! Bounds of configuration files that the domain does not have, with their reasons.

use std::ops::RangeInclusive;

/// A megabyte is some ten thousand contacts; whatever is longer is not a configuration file.
pub(super) const FILE_BYTES_MAX: usize = 1024 * 1024;

/// A team has ten files, a company one for each team; whoever names more has named the wrong folder.
pub(super) const FILES_MAX: usize = 1_000;

/// Nobody sorts their files deeper; a link that leads back into its own folder never ends otherwise.
pub(super) const FOLDERS_DEEP_MAX: usize = 16;

/// Ten thousand contacts that share a block of ten lines; aliases of aliases grow past any file otherwise.
pub(super) const ALIAS_EVENTS_MAX: usize = 200_000;

/// The language goes nine deep; each level more takes thirty kilobytes of the stack while it is read.
pub(super) const DEPTH_MAX: usize = 32;

/// As AWS Incident Manager's aliases: `[a-z0-9_-]{1,255}`.
pub(super) const ALIAS_CHARACTERS_MAX: usize = 255;

/// As AWS Incident Manager's display names.
pub(super) const NAME_CHARACTERS_MAX: usize = 255;

/// E.164 allows 15 digits; no country has subscriber numbers that make fewer than 8 with the country code.
pub(super) const PHONE_DIGITS: RangeInclusive<usize> = 8..=15;

/// RFC 5321's longest path, without its angle brackets.
pub(super) const EMAIL_CHARACTERS_MAX: usize = 254;

/// RFC 5321's longest local part.
pub(super) const EMAIL_LOCAL_CHARACTERS_MAX: usize = 64;

/// What servers and proxies take at least; the URLs of chat systems have some 300.
pub(super) const URL_CHARACTERS_MAX: usize = 2_048;

/// As many bytes as the digest that a secret keys, at least; more than the block of it are hashed first and gain nothing.
pub(super) const SECRET_CHARACTERS: RangeInclusive<usize> = 32..=128;

/// Two keys are a rotation with overlap; more than a handful are forgotten ones.
pub(super) const WEBHOOK_KEYS_MAX: usize = 5;

/// As the length of SSM document names.
pub(super) const DOCUMENT_CHARACTERS: RangeInclusive<usize> = 3..=128;

/// As AWS allows tags on one resource.
pub(super) const TAGS_MAX: usize = 50;

/// Engagements of an incident share a row of 400 KB; a stage that engages more people is a mailing list.
pub(super) const TARGETS_MAX: usize = 200;

/// Each engagement keeps its plan in the incident's row.
pub(super) const STEPS_MAX: usize = 20;

/// More pages than this by one step are `until_acknowledged`, or a slip of the keyboard.
pub(super) const TIMES_MAX: u32 = 1_000;

/// More rounds than this are `forever`, or a slip of the keyboard.
pub(super) const ROUNDS_MAX: u32 = 1_000;

/// A caret under a line of thousands of characters helps nobody: so much of it is shown.
pub(super) const SHOWN_CHARACTERS_MAX: usize = 120;
