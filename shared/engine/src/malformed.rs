//! What is wrong with a text or a row, said without quoting it: what it holds may be an address or a secret, and errors
//! end in logs.

use serde_json::error::Category;

/// A JSON text or value that does not have the shape that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    /// What is wrong, in words that hold nothing of the text.
    pub(crate) fn because(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            // A syntax error names a place, never what stands there.
            Category::Syntax | Category::Eof | Category::Io => Self(error.to_string()),
            Category::Data => Self(unquoted(&error.to_string())),
        }
    }
}

/// `invalid type: string "…", expected u64` without what stands between the kind and the expectation, which are ours.
fn unquoted(text: &str) -> String {
    if text.starts_with("missing field") {
        return text.to_owned();
    }
    let kind = text.split([':', '`', '"']).next().unwrap_or_default().trim_end();
    match text.rfind(", expected ") {
        Some(expected) if expected >= kind.len() => format!("{kind}{}", &text[expected..]),
        Some(_) | None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "address")]
        _address: String,
        #[serde(rename = "kind")]
        _kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Sms,
        Email,
    }

    #[test]
    fn what_is_wrong_is_said_without_what_was_there() {
        let rows = [
            (r#"{ "address": 84312712567, "kind": "sms" }"#, "invalid type, expected a string"),
            (r#"{ "address": "x", "kind": "hunter2" }"#, "unknown variant, expected `sms` or `email`"),
            (r#"{ "address": "x" }"#, "missing field `kind`"),
            (r#""hunter2, expected x""#, "invalid type, expected struct Row"),
            (r#"{ "address": hunter2"#, "expected value"),
        ];
        for (text, expected) in rows {
            let error = serde_json::from_str::<Row>(text).expect_err("it is no row");
            let said = Malformed::from(error).to_string();
            assert_eq!(said.split_once(" at line").map(|(what, _)| what), Some(expected), "{text}");
        }
    }
}
