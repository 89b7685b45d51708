//! Who works at the command line: a contact, where they say so, or the name that AWS has for the credentials.

use aws_config::SdkConfig;
use clap::Args;
use reveille_domain::{Actor, ContactAlias};
use reveille_engine::Engine;

use crate::command::Failure;
use crate::installation::Reached;
use crate::installed::{self, Kind};
use crate::unknown_name::UnknownName;

/// Who is at the keyboard.
#[derive(Clone, Debug, Default, Args)]
pub struct Who {
    /// Your alias among the contacts: it stands on the timeline, and answers are yours. Without it, the name that AWS has for your
    /// credentials stands there, which can do everything but answer for somebody
    #[arg(long = "as", value_name = "CONTACT", env = "REVEILLE_CONTACT")]
    pub acting_as: Option<String>,
}

impl Who {
    /// A contact who exists, or whoever AWS says the credentials are.
    pub(crate) async fn actor(&self, reached: &Reached, engine: &Engine) -> Result<Actor, Failure> {
        if let Some(alias) = &self.acting_as {
            return Ok(Actor::Contact(contact(engine, alias).await?));
        }
        let named = if reached.is_local { None } else { identity(reached.clients.config()).await };
        Ok(named.or_else(user).map_or(Actor::Operator, Actor::Caller))
    }
}

/// A contact who is in the applied configuration.
pub(crate) async fn contact(engine: &Engine, alias: &str) -> Result<ContactAlias, Failure> {
    let alias = ContactAlias::new(alias);
    if engine.contact(&alias).await?.is_some() {
        return Ok(alias);
    }
    let known = installed::names(engine.table(), Kind::Contact).await?;
    Err(UnknownName::installed(Kind::Contact.word(), alias.as_str(), known).into())
}

/// The name in the ARN of the credentials. Asking needs no permission; where it does not work, the machine's name for the user does.
async fn identity(config: &SdkConfig) -> Option<String> {
    let answer = aws_sdk_sts::Client::new(config).get_caller_identity().send().await.ok()?;
    answer.arn().and_then(name_in)
}

/// `arn:aws:sts::123456789012:assumed-role/Responder/natsu` is `natsu (Responder)`, `arn:aws:iam::123456789012:user/natsu` is `natsu`.
fn name_in(arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["assumed-role", role, session] => Some(format!("{session} ({role})")),
        [_, .., name] => Some((*name).to_owned()),
        [name] => Some((*name).to_owned()),
        [] => None,
    }
}

fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_have_a_name() {
        for (arn, expected) in [
            ("arn:aws:sts::123456789012:assumed-role/Responder/natsu", Some("natsu (Responder)")),
            ("arn:aws:iam::123456789012:user/natsu", Some("natsu")),
            ("arn:aws:iam::123456789012:user/team/natsu", Some("natsu")),
            ("arn:aws:iam::123456789012:root", Some("root")),
            ("arn:aws-cn:sts::123456789012:federated-user/natsu", Some("natsu")),
            ("natsu", None),
        ] {
            assert_eq!(name_in(arn).as_deref(), expected, "{arn}");
        }
    }
}
