use super::*;

#[test]
fn lengths_are_read_as_people_write_them() {
    for (text, seconds) in [("8h", 28_800), ("90m", 5_400), ("2d", 172_800), ("1h30m", 5_400)] {
        assert_eq!(length(text).map(|length| length.as_secs()), Ok(seconds), "{text}");
    }
    for text in ["", "8", "-1h", "0m", "soon"] {
        assert!(length(text).is_err(), "{text}");
    }
}
