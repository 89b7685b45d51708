//! Telephone numbers as sources write them, as E.164.

/// Countries in which the 0 of a number at home is dialled from abroad, too.
const KEEPS_ZERO: [&str; 3] = ["39", "378", "379"];

/// A number of a country code and a national number. The flag says whether a leading 0 was taken off.
pub(super) fn of_country(code: &str, national: &str) -> (String, bool) {
    let digits: String = national.chars().filter(char::is_ascii_digit).collect();
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    if national.trim_start().starts_with('+') {
        return (format!("+{digits}"), false);
    }
    match digits.strip_prefix('0') {
        Some(rest) if !KEEPS_ZERO.contains(&code.as_str()) => (format!("+{code}{rest}"), true),
        _ => (format!("+{code}{digits}"), false),
    }
}

/// `1-5551234567`, as Opsgenie writes numbers. Without a country code in front it stays what it is, and is refused later.
pub(super) fn dashed(written: &str) -> (String, bool) {
    let written = written.trim();
    match written.split_once('-') {
        Some((code, national)) if !code.is_empty() && code.chars().all(|c| c.is_ascii_digit()) => {
            of_country(code, national)
        }
        _ => (written.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_their_country() {
        let rows = [
            ("1", "555 555-5555", "+15555555555", false),
            ("44", "07400 123456", "+447400123456", true),
            ("39", "06 1234567", "+39061234567", false),
            ("1", "+84312712567", "+84312712567", false),
        ];
        for (code, national, expected, cut) in rows {
            assert_eq!(of_country(code, national), (expected.to_owned(), cut), "{national}");
        }
        assert_eq!(dashed("1-9999999999"), ("+19999999999".to_owned(), false));
        assert_eq!(dashed("+15550100"), ("+15550100".to_owned(), false));
        assert_eq!(dashed("555-1234").0, "+5551234", "who leaves the country out is found out by the length");
    }
}
