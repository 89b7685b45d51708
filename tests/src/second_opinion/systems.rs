//! An installation's parameter and documents on moto's Systems Manager.

use aws_sdk_ssm::types::{DocumentFormat, DocumentType, ParameterType};
use reveille_aws::AwsReadiness;
use reveille_cli::installation::{InstallationError, Parts, parameter_name, read};
use reveille_engine::port::{DocumentParameter, Readiness};
use serde_json::json;

use super::{Check, Moto, check};

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("installation: what a stack has written down is read", |moto| Box::pin(written(moto))),
        check("installation: one that is missing is named with those that are there", |moto| Box::pin(missing(moto))),
        check("installation: a parameter that is none is said to be", |moto| Box::pin(unreadable(moto))),
        check("document: it is described with what it takes", |moto| Box::pin(document(moto))),
    ]
}

async fn put(moto: &Moto, installation: &str, text: &str) {
    let call = moto.clients.ssm().put_parameter().name(parameter_name(installation)).r#type(ParameterType::String);
    call.value(text).send().await.expect("it is written");
}

fn parts() -> Parts {
    let parts = json!({ "table": "night", "home": "us-east-1", "front_url": "https://example.com" });
    serde_json::from_value(parts).expect("parts")
}

async fn written(moto: &Moto) {
    put(moto, "night", &serde_json::to_string(&parts()).expect("JSON")).await;
    assert_eq!(read(&moto.clients, "night", "us-east-1").await.expect("it is there"), parts());
}

async fn missing(moto: &Moto) {
    // More than fit on one page.
    let mut names: Vec<String> = (0..12).map(|number| format!("night-{number:02}")).collect();
    for name in &names {
        put(moto, name, "{}").await;
    }
    let outcome = read(&moto.clients, "day", "us-east-1").await;
    let Err(InstallationError::Unknown { mut others, .. }) = outcome else { panic!("{outcome:?}") };
    others.sort();
    names.sort();
    assert_eq!(others, names);
}

async fn unreadable(moto: &Moto) {
    put(moto, "night", "a text").await;
    let outcome = read(&moto.clients, "night", "us-east-1").await;
    assert!(matches!(outcome, Err(InstallationError::Unreadable(..))), "{outcome:?}");
}

async fn document(moto: &Moto) {
    let content = json!({
        "schemaVersion": "0.3",
        "description": "Restarts",
        "parameters": {
            "InstanceId": { "type": "String", "description": "which" },
            "Services": { "type": "StringList", "description": "what", "default": ["nginx"] },
        },
        "mainSteps": [{ "name": "wait", "action": "aws:sleep", "inputs": { "Duration": "PT1S" } }],
    });
    let call = moto.clients.ssm().create_document().name("Restart").content(content.to_string());
    let call = call.document_type(DocumentType::Automation).document_format(DocumentFormat::Json);
    call.send().await.expect("a document");
    let account = AwsReadiness::new(&moto.clients);
    let described = account.document("Restart").await.expect("an answer").expect("it is there");
    assert_eq!(described.kind.as_deref(), Some("Automation"));
    let mut parameters = described.parameters;
    parameters.sort_by(|one, other| one.name.cmp(&other.name));
    let parameter = |name: &str, kind: &str, has_default| DocumentParameter {
        name: name.to_owned(),
        kind: Some(kind.to_owned()),
        has_default,
    };
    assert_eq!(parameters, [parameter("InstanceId", "String", false), parameter("Services", "StringList", true)]);
    assert_eq!(account.document("Nothing").await.expect("an answer"), None);
}
