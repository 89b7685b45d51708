//! E-mail on moto's SES.

use reveille_aws::{AwsReadiness, SesEmail};
use reveille_domain::{Attribution, ChannelId, ContactAlias, IncidentId, OutboxId};
use reveille_engine::port::{Envelope, Form, Provider, Readiness, SendError};
use serde_json::{Value, json};

use super::{Check, Moto, check};

const SENDER: &str = "reveille@devopsvn.tech";

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("mail: a mail is sent to its address", |moto| Box::pin(sent(moto))),
        check("mail: a sender that is not verified is refused", |moto| Box::pin(unverified(moto))),
        check("mail: what is no address is refused", |moto| Box::pin(no_address(moto))),
        check("mail: a configuration set that is missing is refused", |moto| Box::pin(no_configuration_set(moto))),
        check("mail: an identity is known or not", |moto| Box::pin(identity(moto))),
        check("mail: the account answers how it stands", |moto| Box::pin(account(moto))),
    ]
}

fn page(form: Form) -> Envelope {
    Envelope {
        address: "natsu@devopsvn.tech".to_owned(),
        subject: "Disk full: ö & <x>".to_owned(),
        text: "Disk full".to_owned(),
        form,
        secret: None,
        attribution: Some(Attribution {
            incident: IncidentId::new("4f1c9a3e-0000-5000-8000-000000000000"),
            page: OutboxId { revision: 2, number: 0 },
            contact: ContactAlias::new("natsu"),
            channel: ChannelId::new("mail"),
            address_mark: "09af".to_owned(),
        }),
    }
}

async fn verified(moto: &Moto) -> SesEmail {
    let made = moto.clients.ses().create_email_identity().email_identity(SENDER).send().await;
    made.expect("an identity");
    SesEmail::new(moto.clients.ses(), SENDER)
}

async fn sent(moto: &Moto) {
    let email = verified(moto).await;
    let html = "<p>Disk <b>full</b> ö</p>";
    let rich = email.send(&page(Form::Mail { html: html.to_owned() })).await.expect("it is sent");
    let plain = email.send(&page(Form::Text)).await.expect("it is sent");
    // moto keeps the HTML where there is one, and else the text.
    let expected = [(rich, html), (plain, "Disk full")].map(|(sent, body)| {
        json!({ "id": sent.message_id, "source": SENDER, "destinations": { "ToAddresses": ["natsu@devopsvn.tech"] },
            "subject": "Disk full: ö & <x>", "body": body })
    });
    assert_eq!(moto.kept("ses", "Message").await, expected);
}

async fn refused(moto: &Moto, email: &SesEmail, page: &Envelope, code: &str) {
    let outcome = email.send(page).await;
    let Err(SendError::Refused(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with(code) && !why.contains('@'), "{why}");
    assert_eq!(moto.kept("ses", "Message").await, Vec::<Value>::new());
}

async fn unverified(moto: &Moto) {
    let email = SesEmail::new(moto.clients.ses(), SENDER);
    refused(moto, &email, &page(Form::Text), "MessageRejected").await;
}

async fn no_address(moto: &Moto) {
    let email = verified(moto).await;
    refused(moto, &email, &Envelope { address: "natsu".to_owned(), ..page(Form::Text) }, "BadRequestException").await;
}

async fn no_configuration_set(moto: &Moto) {
    let email = verified(moto).await.reporting_by(Some("missing".to_owned()));
    refused(moto, &email, &page(Form::Text), "NotFoundException").await;
}

async fn identity(moto: &Moto) {
    let account = AwsReadiness::new(&moto.clients);
    assert_eq!(account.may_send_as(SENDER).await.expect("an answer"), None);
    verified(moto).await;
    assert!(account.may_send_as(SENDER).await.expect("an answer").is_some());
}

async fn account(moto: &Moto) {
    AwsReadiness::new(&moto.clients).mail_account().await.expect("an answer");
}
