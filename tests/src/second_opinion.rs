//! The adapters against moto's server: what they send is read back by moto's own API, and each outcome that they tell apart is
//! brought about there. The suite for tables runs on moto's DynamoDB.
//!
//! moto is a second opinion and no AWS: where it is known to be wrong, that stands in [`DEVIATIONS`] with the documentation that it
//! breaks, and the run fails when it is wrong no longer.

mod deviations;
mod keys;
mod mail;
mod queue;
mod sms;
mod systems;
mod table;
mod wakes;

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use reveille_aws::Clients;
use reveille_cli::client;
use serde_json::Value;

pub use deviations::{DEVIATIONS, Deviation};

type Running<'m> = Pin<Box<dyn Future<Output = ()> + Send + 'm>>;

/// A check: its name, and how it is made. It panics if something is otherwise.
type Check = (String, Box<dyn for<'m> Fn(&'m Moto) -> Running<'m> + Send>);

/// moto's server, and the clients of the adapters for it.
#[derive(Clone)]
struct Moto {
    url: String,
    clients: Clients,
}

/// What came of one check.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// moto says the same.
    Agrees,
    /// moto says otherwise, as is known of it.
    Deviates(&'static Deviation),
    /// moto says otherwise; what the check complained of.
    Disagrees(String),
    /// moto says the same, and is listed as saying otherwise.
    NoLongerDeviates,
}

impl Verdict {
    /// Whether the run may pass.
    pub fn is_fine(&self) -> bool {
        match self {
            Self::Agrees | Self::Deviates(_) => true,
            Self::Disagrees(_) | Self::NoLongerDeviates => false,
        }
    }
}

/// Makes every check at moto's server, which is emptied before each; `told` hears of each verdict.
pub async fn run(url: &str, mut told: impl FnMut(&str, &Verdict)) {
    let moto = Moto { url: url.trim_end_matches('/').to_owned(), clients: Clients::at(url) };
    for (name, check) in checks() {
        moto.reset().await;
        let server = moto.clone();
        let made = tokio::spawn(async move { check(&server).await }).await;
        let complaint = made.err().map(|error| match error.try_into_panic() {
            Ok(panic) => said(panic.as_ref()),
            Err(error) => error.to_string(),
        });
        told(&name, &verdict(&name, complaint));
    }
}

fn checks() -> Vec<Check> {
    let of_services =
        [queue::checks(), sms::checks(), mail::checks(), wakes::checks(), keys::checks(), systems::checks()];
    table::checks().into_iter().chain(of_services.into_iter().flatten()).collect()
}

fn verdict(name: &str, complaint: Option<String>) -> Verdict {
    let known = DEVIATIONS.iter().find(|deviation| deviation.check == name);
    match (complaint, known) {
        (None, None) => Verdict::Agrees,
        (Some(complaint), Some(deviation)) if complaint.contains(deviation.complaint) => Verdict::Deviates(deviation),
        (Some(complaint), Some(_) | None) => Verdict::Disagrees(complaint),
        (None, Some(_)) => Verdict::NoLongerDeviates,
    }
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

/// A check from its name and a function.
fn check(name: &str, made: impl for<'m> Fn(&'m Moto) -> Running<'m> + Send + 'static) -> Check {
    (name.to_owned(), Box::new(made))
}

impl Moto {
    async fn reset(&self) {
        let answer = client::request("POST", &format!("{}/moto-api/reset", self.url), String::new()).await;
        assert_eq!(answer.expect("moto answers").status, 200, "it is empty");
    }

    /// Everything of a kind that moto has kept, where its API does not give it back: messages and mails.
    async fn kept(&self, service: &str, kind: &str) -> Vec<Value> {
        let answer = client::request("GET", &format!("{}/moto-api/data.json", self.url), String::new()).await;
        let data: Value = serde_json::from_str(&answer.expect("moto answers").body).expect("JSON");
        data[service][kind].as_array().cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_known_deviation_is_let_be_and_one_that_has_ended_is_not() {
        let known = &DEVIATIONS[0];
        let wrong = || Some("it is otherwise".to_owned());
        assert_eq!(verdict("another", None), Verdict::Agrees);
        assert_eq!(verdict("another", wrong()), Verdict::Disagrees("it is otherwise".to_owned()));
        assert_eq!(verdict(known.check, wrong()), Verdict::Disagrees("it is otherwise".to_owned()));
        assert_eq!(verdict(known.check, Some(format!("so: {}", known.complaint))), Verdict::Deviates(known));
        assert_eq!(verdict(known.check, None), Verdict::NoLongerDeviates);
        let fine = [Verdict::Agrees, Verdict::Deviates(known)].iter().all(Verdict::is_fine);
        assert!(fine && !Verdict::NoLongerDeviates.is_fine() && !Verdict::Disagrees(String::new()).is_fine());
    }

    #[test]
    fn every_deviation_is_of_a_check_that_is_made() {
        let names: Vec<String> = checks().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "no name is given twice");
        for deviation in DEVIATIONS {
            assert!(names.iter().any(|name| name == deviation.check), "{}", deviation.check);
            assert!(deviation.breaks.starts_with("https://docs.aws.amazon.com/"), "{}", deviation.check);
        }
    }
}
