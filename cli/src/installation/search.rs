//! Reading an installation's parameter, and the names of those that have one.

use aws_sdk_ssm::error::ProvideErrorMetadata;
use reveille_aws::Clients;

use super::error::{InstallationError, failure};
use super::parts::Parts;

/// Where installations write themselves down.
const PATH: &str = "/reveille";
/// The last part of the name of the parameter.
const LEAF: &str = "installation";
/// Pages of names that are looked through: an account has a handful of installations, and a page holds ten.
const PAGES_MAX: usize = 5;

/// The name of the parameter in which an installation is written down.
pub fn parameter_name(installation: &str) -> String {
    format!("{PATH}/{installation}/{LEAF}")
}

/// What an installation consists of.
pub async fn read(clients: &Clients, installation: &str, region: &str) -> Result<Parts, InstallationError> {
    let name = parameter_name(installation);
    let answer = match clients.ssm().get_parameter().name(&name).send().await {
        Ok(answer) => answer,
        Err(error) if is_missing(error.code()) => {
            let (name, region) = (installation.to_owned(), region.to_owned());
            return Err(InstallationError::Unknown { name, region, others: names(clients).await });
        }
        Err(error) => return Err(failure(clients, "ssm:GetParameter", name, &error).await),
    };
    let value = answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
    serde_json::from_str(&value).map_err(|source| InstallationError::Unreadable(name, source))
}

/// A name that AWS cannot take names nothing, too.
fn is_missing(code: Option<&str>) -> bool {
    matches!(code, Some("ParameterNotFound" | "ValidationException"))
}

/// The installations that there are. It only helps an error along: who may not look finds none.
async fn names(clients: &Clients) -> Vec<String> {
    let mut names = Vec::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let call = clients.ssm().get_parameters_by_path().path(PATH).recursive(true);
        let Ok(page) = call.set_next_token(after).send().await else { break };
        names.extend(page.parameters().iter().filter_map(|parameter| installation_of(parameter.name()?)));
        after = page.next_token;
        if after.is_none() {
            break;
        }
    }
    names
}

fn installation_of(parameter: &str) -> Option<String> {
    let (name, leaf) = parameter.strip_prefix(PATH)?.strip_prefix('/')?.split_once('/')?;
    (leaf == LEAF).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_name_installations_and_others_do_not() {
        for (parameter, expected) in [
            ("/reveille/reveille/installation", Some("reveille")),
            ("/reveille/staging/installation", Some("staging")),
            ("/reveille/staging/key", None),
            ("/reveille/installation", None),
            ("/reveilles/a/installation", None),
        ] {
            assert_eq!(installation_of(parameter).as_deref(), expected, "{parameter}");
        }
        assert_eq!(installation_of(&parameter_name("reveille")).as_deref(), Some("reveille"));
    }
}
