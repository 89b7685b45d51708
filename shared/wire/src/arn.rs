//! What an ARN says: `arn:partition:service:region:account:resource`.

use crate::limits;

/// The region of an ARN.
pub(crate) fn region(arn: &str) -> Option<&str> {
    part(arn, 3).filter(|region| is_region(region))
}

/// The account of an ARN.
pub(crate) fn account(arn: &str) -> Option<&str> {
    part(arn, 4).filter(|account| is_account(account))
}

/// The last name in an ARN (`i-1` of `…:instance/i-1`, the topic of a topic's ARN); any other text is its own name.
pub(crate) fn short_name(text: &str) -> &str {
    if !text.starts_with("arn:") {
        return text;
    }
    text.rsplit(['/', ':']).next().filter(|name| !name.is_empty()).unwrap_or(text)
}

/// Whether this has the form of a region's code, `eu-west-1`, and not of its display name.
pub(crate) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let lower = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let area = parts.next().is_some_and(|area| area.len() == 2 && lower(area));
    let number =
        parts.next_back().is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    let fits = text.len() <= limits::REGION_CHARACTERS_MAX;
    fits && area && number && !words.is_empty() && words.into_iter().all(lower)
}

/// Whether this has the form of an account's number.
pub(crate) fn is_account(text: &str) -> bool {
    !text.is_empty() && text.len() <= 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// The partition that a region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else if region.starts_with("cn-") {
        "aws-cn"
    } else {
        "aws"
    }
}

fn part(arn: &str, number: usize) -> Option<&str> {
    arn.starts_with("arn:").then(|| arn.splitn(6, ':').nth(number)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_taken_apart() {
        let arn = "arn:aws:cloudwatch:ap-southeast-1:123456789012:alarm:web-unhealthy-host";
        assert_eq!(region(arn), Some("ap-southeast-1"));
        assert_eq!(account(arn), Some("123456789012"));
        assert_eq!(short_name(arn), "web-unhealthy-host");
        assert_eq!(short_name("arn:aws:ec2:us-east-1:1:instance/i-1"), "i-1");
        assert_eq!(region("arn:aws:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:EXAMPLE"), None);
        assert_eq!(account("arn:aws:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:EXAMPLE"), None);
        assert_eq!(region("arn:aws:s3:::bucket"), None);
    }

    #[test]
    fn codes_of_regions_are_told_from_their_names() {
        for code in ["us-east-1", "ap-southeast-12", "us-gov-west-1", "cn-north-1", "mx-central-1"] {
            assert!(is_region(code), "{code}");
        }
        for name in
            ["US (Virginia)", "US East (N. Virginia)", "EXAMPLE", "", "-", "us--1", "us-east-", "u\u{1b}-east-1"]
        {
            assert!(!is_region(name), "{name}");
        }
        assert!(!is_region(&format!("us-{}-1", "a".repeat(100_000))));
    }
}
