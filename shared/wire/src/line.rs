//! Text from outside made fit for pages, logs and keys.

use reveille_domain::limits::clip;

use crate::digest;

/// One line: blanks and control characters of any kind become single spaces, and the end is cut.
pub fn one_line(text: &str, characters_max: usize) -> String {
    if is_one_line(text) {
        return clip(text, characters_max);
    }
    let mut line = String::new();
    let mut characters = 0;
    for word in text.split(|c: char| c.is_whitespace() || is_hidden(c)) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        characters += word.chars().count() + 1;
        if characters > characters_max + 1 {
            break;
        }
    }
    clip(&line, characters_max)
}

/// As [`one_line`], of a text that need not be copied where it is one already.
pub(crate) fn into_one_line(text: String, characters_max: usize) -> String {
    if text.len() <= characters_max && is_one_line(&text) { text } else { one_line(&text, characters_max) }
}

/// Whether it is one line as it is, like nearly everything that machines write: printable ASCII, with single blanks between words.
fn is_one_line(text: &str) -> bool {
    let mut after_blank = true;
    for byte in text.bytes() {
        if !matches!(byte, b' '..=b'~') || (byte == b' ' && after_blank) {
            return false;
        }
        after_blank = byte == b' ';
    }
    text.is_empty() || !after_blank
}

/// Several lines: only line feeds and tabs are left of the control characters.
pub fn paragraphs(text: &str, characters_max: usize) -> String {
    if text.len() <= characters_max && is_one_line(text) {
        return text.to_owned();
    }
    // Other systems part lines with characters of their own.
    let parted = text.chars().map(|c| if matches!(c, '\u{2028}' | '\u{2029}') { '\n' } else { c });
    let kept = parted.filter(|&c| c == '\n' || c == '\t' || !is_hidden(c));
    let start: String = kept.take(characters_max.saturating_add(1)).collect();
    clip(start.trim(), characters_max)
}

/// A key that must stay distinct: one that is too long is cut and ends in the digest of the whole.
pub fn key(text: &str, characters_max: usize) -> String {
    let line = one_line(text, usize::MAX - 1);
    if line.chars().count() <= characters_max {
        return line;
    }
    let digest = digest::of(&[&line]);
    let start: String = line.chars().take(characters_max - digest.len() - 1).collect();
    format!("{start}~{digest}")
}

/// Control characters, and those that turn the direction of the text around or note something invisible beside it: they can
/// make one title look like another.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_clean_line() {
        let rows = [
            ("  two\n\nlines\t here ", 80, "two lines here"),
            ("bell\u{7} and \u{1b}[31mred", 80, "bell and [31mred"),
            ("user\u{202e}gpj.exe", 80, "user gpj.exe"),
            ("a\u{61c}b\u{2028}c\u{fff9}d", 80, "a b c d"),
            ("abcdef", 4, "abc…"),
            ("ab cd ef", 5, "ab c…"),
            ("ab cd", 5, "ab cd"),
            ("\u{0}", 5, ""),
            ("", 5, ""),
            (" ", 5, ""),
            ("ab ", 5, "ab"),
            (" ab", 5, "ab"),
            ("a  b", 5, "a b"),
            ("a\u{7f}b", 5, "a b"),
            ("über", 4, "über"),
        ];
        for (text, characters_max, expected) in rows {
            assert_eq!(one_line(text, characters_max), expected, "{text:?}");
            assert_eq!(into_one_line(text.to_owned(), characters_max), expected, "{text:?}");
        }
    }

    #[test]
    fn paragraphs_keep_their_lines_and_nothing_that_is_hidden() {
        let rows = [
            ("one\r\ntwo\u{2028}three\u{2029}four", "one\ntwo\nthree\nfour"),
            ("\u{1b}]0;title\u{7}a\u{0}b\u{202e}c", "]0;titleabc"),
        ];
        for (text, expected) in rows {
            assert_eq!(paragraphs(text, 80), expected, "{text:?}");
        }
    }

    #[test]
    fn long_keys_stay_distinct() {
        let start = "k".repeat(2_000);
        let (one, two) = (key(&format!("{start}1"), 100), key(&format!("{start}2"), 100));
        assert_ne!(one, two);
        assert_eq!(one.chars().count(), 100);
    }
}
