//! Clipping text whose escaped form has a limit, so that no escape is cut in two.

/// Escapes a text character by character and stops before the result has more than `characters_max` characters. What is cut
/// ends in `...`.
pub(super) fn escaped(text: &str, characters_max: usize, escape: impl Fn(char) -> Option<&'static str>) -> String {
    const MARK: &str = "...";
    let mut out = String::new();
    let (mut length, mut fits) = (0, 0);
    for character in text.chars() {
        let escaped = escape(character);
        let width = escaped.map_or(1, |escaped| escaped.chars().count());
        if length + width > characters_max {
            out.truncate(fits);
            out.truncate(out.trim_end().len());
            return out + MARK;
        }
        match escaped {
            Some(escaped) => out.push_str(escaped),
            None => out.push(character),
        }
        length += width;
        if length + MARK.len() <= characters_max {
            fits = out.len();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_is_cut_in_two_and_nothing_is_longer_than_its_limit() {
        let escape = |character| (character == '&').then_some("&amp;");
        for (text, limit, expected) in [
            ("a & b", 9, "a &amp; b"),
            ("a & b", 8, "a..."),
            ("&&&", 15, "&amp;&amp;&amp;"),
            ("&&&", 14, "&amp;&amp;..."),
            ("äöü äöü", 6, "äöü..."),
            ("", 0, ""),
        ] {
            let clipped = escaped(text, limit, escape);
            assert_eq!(clipped, expected);
            assert!(clipped.chars().count() <= limit, "{clipped}");
        }
    }
}
