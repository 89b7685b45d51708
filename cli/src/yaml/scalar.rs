//! A text as YAML reads it back as the same text: plain where nobody can take it for anything else, in quotes everywhere else.

use std::fmt::Write;

/// A key. Impacts are numbers, and where a name is wanted, a number is read as it is written.
pub(super) fn key(text: &str) -> String {
    let is_number = text.chars().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    if is_number && (1..=NUMBER_DIGITS_MAX).contains(&text.len()) { text.to_owned() } else { scalar(text) }
}

/// Every reader of YAML takes so many digits for the same number.
const NUMBER_DIGITS_MAX: usize = 9;

/// Words that some YAML takes for truth or for nothing.
const RESERVED: [&str; 11] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"];

/// A text as a scalar.
pub(super) fn scalar(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || " _-./@+".contains(c);
    let plain = text.chars().all(fits)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if is_printable(other) => out.push(other),
            other => escape(&mut out, u32::from(other)),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, code: u32) {
    // A text takes whatever is written to it.
    let _infallible = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Whether a character can stand in the file as it is. Separators of lines and marks of byte order cannot, and what
/// turns the direction of writing should not: it can make a line look like another one.
pub(super) fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    let special = matches!(code, 0x2028 | 0x2029 | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0xfeff);
    !character.is_control() && !special && code & 0xfffe != 0xfffe
}
