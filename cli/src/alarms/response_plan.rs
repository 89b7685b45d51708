//! The ARN of a response plan of AWS Incident Manager, which alarms name as an action and rules as a target.

use crate::import::names::slug;

/// The name of the response plan that an ARN is of; `None`: it is of something else.
///
/// `arn:aws:ssm-incidents::111122223333:response-plan/NAME`, in any partition. The documentation of CloudWatch also writes
/// `responseplan`.
pub(super) fn name_in(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let (arn, _, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (_, _, resource) = (parts.next()?, parts.next()?, parts.next()?);
    if arn != "arn" || service != "ssm-incidents" {
        return None;
    }
    let name = resource.strip_prefix("response-plan/").or_else(|| resource.strip_prefix("responseplan/"))?;
    (!name.is_empty()).then_some(name)
}

/// What a response plan of Incident Manager is called here, as `reveille import aws` names it.
pub(super) fn here(name: &str) -> String {
    slug(name).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_plan_is_told_from_everything_else() {
        let rows = [
            ("arn:aws:ssm-incidents::111122223333:response-plan/web-down", Some("web-down")),
            ("arn:aws-us-gov:ssm-incidents::111122223333:response-plan/Web_1", Some("Web_1")),
            ("arn:aws:ssm-incidents:eu-west-1:111122223333:responseplan/web", Some("web")),
            ("arn:aws:ssm-incidents::111122223333:response-plan/", None),
            ("arn:aws:ssm-incidents::111122223333:incident-record/web/1", None),
            ("arn:aws:ssm:eu-west-1:111122223333:opsitem:2", None),
            ("arn:aws:sns:eu-west-1:111122223333:response-plan/web", None),
            ("arn:aws:lambda:eu-west-1:111122223333:function:ingest", None),
            ("response-plan/web", None),
            ("", None),
        ];
        for (arn, expected) in rows {
            assert_eq!(name_in(arn), expected, "{arn}");
        }
    }
}
