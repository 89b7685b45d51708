//! What the form of the acknowledge page sends, `application/x-www-form-urlencoded`: its own fields, whose values need no escapes.

/// The fields of a form, as they came: whoever sent it may have sent anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageForm<'a> {
    /// What the button says that was pressed.
    pub pressed: Option<&'a str>,
    /// The revision of the incident that the page showed.
    pub seen: Option<u64>,
}

/// Reads a form. Of a field that comes twice the first counts, and a revision that is no number is none.
pub fn read_page_form(body: &str) -> PageForm<'_> {
    let field = |name: &str| body.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    PageForm { pressed: field("do"), seen: field("seen").and_then(|seen| seen.parse().ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_field_that_comes_twice_the_first_counts_and_what_is_no_number_is_none() {
        let rows = [
            ("do=resolve&seen=3", Some("resolve"), Some(3)),
            ("seen=3&do=resolve&do=snooze", Some("resolve"), Some(3)),
            ("do=&seen=-1", Some(""), None),
            ("seen=99999999999999999999", None, None),
            ("undo=1&do", None, None),
            ("", None, None),
        ];
        for (body, pressed, seen) in rows {
            assert_eq!(read_page_form(body), PageForm { pressed, seen }, "{body}");
        }
    }
}
