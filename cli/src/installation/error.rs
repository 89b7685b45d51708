//! Why an installation cannot be reached, each with what to do about it.

use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use reveille_aws::Clients;

use crate::client::ClientError;
use crate::unknown_name::did_you_mean;

/// Why an installation cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// Nothing says where.
    #[error("no AWS region: give --region, set AWS_REGION or one in your AWS profile; --local means the local stack")]
    NoRegion,
    /// Nothing says who.
    #[error(
        "no AWS credentials: sign in (aws sso login, aws configure), or name a profile with --profile or AWS_PROFILE; --local means \
         the local stack"
    )]
    NoCredentials(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// AWS does not take them.
    #[error("AWS does not take these credentials ({code}): sign in again, or name another profile with --profile")]
    Expired {
        /// AWS's word for it.
        code: String,
    },
    /// They may not do this.
    #[error(
        "these credentials may not call {action} on {resource}: the stack's managed policies, outputs OperatorPolicyArn and \
         ResponderPolicyArn, allow what the commands need{}", said(.message)
    )]
    Denied {
        /// What was asked for, as in a policy.
        action: &'static str,
        /// Of what.
        resource: String,
        /// AWS's words.
        message: String,
    },
    /// There is none of this name.
    #[error("there is no installation `{name}` in {region}: {}", remedy(.name, .others))]
    Unknown {
        /// The name.
        name: String,
        /// Where.
        region: String,
        /// The names that there are; empty if they are not known either.
        others: Vec<String>,
    },
    /// Somebody has written something else there.
    #[error("the parameter {0} cannot be read: deploy the stack again, or name its table with --table")]
    Unreadable(String, #[source] serde_json::Error),
    /// Only the table is known.
    #[error("{0} is not known: leave --table out, so that it is read from the installation's parameter")]
    UnknownPart(&'static str),
    /// AWS could not do it, or did not answer.
    #[error("{action} did not work{}", said(.message))]
    Failed {
        /// What was asked for, as in a policy.
        action: &'static str,
        /// AWS's words, or those of the SDK.
        message: String,
    },
    /// The local stack is not there.
    #[error(transparent)]
    Local(#[from] ClientError),
}

/// What a failed call of an operator means. `action` and `resource` are spelled as in a policy.
pub async fn failure<E>(
    clients: &Clients,
    action: &'static str,
    resource: impl Into<String>,
    error: &SdkError<E>,
) -> InstallationError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let message = error.message().unwrap_or_default().to_owned();
    match error.code() {
        Some("AccessDeniedException" | "AccessDenied" | "AuthorizationError" | "UnauthorizedOperation") => {
            InstallationError::Denied { action, resource: resource.into(), message }
        }
        Some(
            code @ ("ExpiredTokenException"
            | "ExpiredToken"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"),
        ) => InstallationError::Expired { code: code.to_owned() },
        Some(code) => InstallationError::Failed { action, message: format!("{code}: {message}") },
        None => match clients.without_credentials().await {
            Some(source) => InstallationError::NoCredentials(source),
            None => InstallationError::Failed { action, message: reveille_engine::Chain(error).to_string() },
        },
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" ({message})") }
}

fn remedy(name: &str, others: &[String]) -> String {
    if let Some(meant) = did_you_mean(name, others.iter().map(String::as_str)) {
        return meant;
    }
    match others {
        [] => "deploy template.yaml (docs/OPERATING.md), or choose the account and region with --profile and --region; --local \
               means the local stack"
            .to_owned(),
        others => format!("there are {}; choose one with --installation", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_to_do() {
        let unknown = |name: &str, others: &[&str]| {
            let others = others.iter().map(|other| (*other).to_owned()).collect();
            InstallationError::Unknown { name: name.to_owned(), region: "eu-west-1".to_owned(), others }.to_string()
        };
        for (text, says) in [
            (unknown("revielle", &["reveille", "staging"]), "did you mean `reveille`?"),
            (unknown("night", &["reveille", "staging"]), "there are reveille, staging"),
            (unknown("reveille", &[]), "deploy template.yaml"),
            (InstallationError::NoRegion.to_string(), "--region"),
            (InstallationError::NoCredentials("none".into()).to_string(), "--profile"),
            (InstallationError::Expired { code: "ExpiredToken".to_owned() }.to_string(), "sign in again"),
        ] {
            assert!(text.contains(says), "{text}");
        }
        let (resource, message) = ("/reveille/reveille/installation".to_owned(), "explicit deny".to_owned());
        let denied = InstallationError::Denied { action: "ssm:GetParameter", resource, message }.to_string();
        assert!(denied.contains("may not call ssm:GetParameter on /reveille/reveille/installation"), "{denied}");
        assert!(denied.ends_with("(explicit deny)"), "{denied}");
    }
}
