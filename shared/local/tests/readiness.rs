//! Asking an account whether it is ready to page, through the real SDK: what each answer says, and what a refusal is.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use reveille_aws::{AwsReadiness, Clients};
use reveille_engine::port::{DocumentParameter, MailAccount, Readiness, ReadinessError, SpendLimit};
use reveille_local::automation::{Account, LocalRunbooks, documents};
use reveille_local::{AccountState, Fault, FaultKind, LocalClock, Service, Stack, StackOptions};

async fn stack() -> (Stack, AwsReadiness) {
    let template = include_str!("../../../template.yaml");
    let runbooks = Arc::new(LocalRunbooks::new(documents(template).unwrap(), Account::default()));
    let clock = LocalClock::standing(Timestamp::UNIX_EPOCH);
    let stack = Stack::start(StackOptions { clock, runbooks, ..StackOptions::default() }).await.unwrap();
    let readiness = AwsReadiness::new(&Clients::at(&stack.endpoint()));
    (stack, readiness)
}

#[tokio::test]
async fn an_account_that_is_ready_says_so() {
    let (_stack, readiness) = stack().await;
    assert!(!readiness.sms_sandbox().await.unwrap());
    assert_eq!(readiness.sms_spend_limit().await.unwrap().monthly_usd, Some(100));
    assert!(!readiness.has_opted_out("+15550100").await.unwrap());
    let mail = MailAccount {
        in_sandbox: false,
        sending: true,
        enforcement: Some("HEALTHY".to_owned()),
        sent_24h: 0.0,
        max_24h: 50_000.0,
    };
    assert_eq!(readiness.mail_account().await.unwrap(), mail);
    assert_eq!(readiness.may_send_as("localhost").await.unwrap(), Some(true));
    assert_eq!(readiness.may_send_as("reveille@localhost").await.unwrap(), None);
    assert!(!readiness.messaging_account().await.unwrap().in_sandbox);
    let limit = Some(SpendLimit { enforced_usd: 100, max_usd: 1_000 });
    let limits = readiness.messaging_spend_limits().await.unwrap();
    assert_eq!((limits.text, limits.voice), (limit, limit));
}

#[tokio::test]
async fn an_account_that_is_not_says_what_is_wrong() {
    let (stack, readiness) = stack().await;
    stack.set_account(AccountState {
        sms_sandbox: true,
        sms_sandbox_numbers: [("+15550100".to_owned(), true), ("+15550101".to_owned(), false)].into(),
        sms_spend_limit_usd: None,
        opted_out: BTreeSet::from(["+15550100".to_owned()]),
        mail_sandbox: true,
        mail_sending: false,
        mail_enforcement: "SHUTDOWN".to_owned(),
        mail_quota: (190.0, 200.0),
        verified_identities: BTreeSet::new(),
        unverified_identities: BTreeSet::from(["reveille@localhost".to_owned()]),
        messaging_sandbox: true,
        messaging_spend_limits_usd: (1, 2),
    });
    assert!(readiness.sms_sandbox().await.unwrap());
    assert_eq!(readiness.sms_sandbox_numbers().await.unwrap(), BTreeSet::from(["+15550100".to_owned()]));
    assert_eq!(readiness.sms_spend_limit().await.unwrap().monthly_usd, None);
    assert!(readiness.has_opted_out("+15550100").await.unwrap());
    assert!(!readiness.has_opted_out("+15550101").await.unwrap());
    let mail = MailAccount {
        in_sandbox: true,
        sending: false,
        enforcement: Some("SHUTDOWN".to_owned()),
        sent_24h: 190.0,
        max_24h: 200.0,
    };
    assert_eq!(readiness.mail_account().await.unwrap(), mail);
    assert_eq!(readiness.may_send_as("reveille@localhost").await.unwrap(), Some(false));
    assert!(readiness.messaging_account().await.unwrap().in_sandbox);
    let limits = readiness.messaging_spend_limits().await.unwrap();
    assert_eq!((limits.text.unwrap().enforced_usd, limits.voice.unwrap().enforced_usd), (1, 2));
}

#[tokio::test]
async fn a_document_is_described_with_what_it_takes_and_one_that_is_not_there_is_not() {
    let (_stack, readiness) = stack().await;
    let described = readiness.document("WebServerRestart").await.unwrap().unwrap();
    let text = || Some("String".to_owned());
    let expected = [
        DocumentParameter { name: "InstanceId".to_owned(), kind: text(), has_default: false },
        DocumentParameter { name: "Services".to_owned(), kind: text(), has_default: true },
    ];
    assert_eq!((described.kind.as_deref(), described.parameters.as_slice()), (Some("Automation"), expected.as_slice()));
    assert_eq!(readiness.document("WebServerRestrat").await.unwrap(), None);
}

#[tokio::test]
async fn what_the_caller_may_not_ask_is_named_and_what_fails_is_told_from_it() {
    let (stack, readiness) = stack().await;
    let refuse = |service: Service, code: &str| {
        let kind = FaultKind::Refuse { code: code.to_owned(), message: "not authorized".to_owned() };
        stack.faults().inject(Fault { service, operation: None, kind, times: None });
    };
    refuse(Service::Sns, "AuthorizationError");
    for service in [Service::Ses, Service::EndUserMessaging, Service::Ssm] {
        refuse(service, "AccessDeniedException");
    }
    let denied = |error: ReadinessError| match error {
        ReadinessError::Denied { action } => action,
        ReadinessError::Unavailable { action, source } => panic!("{action}: {source}"),
    };
    let found = [
        denied(readiness.sms_sandbox().await.unwrap_err()),
        denied(readiness.sms_sandbox_numbers().await.unwrap_err()),
        denied(readiness.sms_spend_limit().await.unwrap_err()),
        denied(readiness.has_opted_out("+15550100").await.unwrap_err()),
        denied(readiness.mail_account().await.unwrap_err()),
        denied(readiness.may_send_as("localhost").await.unwrap_err()),
        denied(readiness.messaging_account().await.unwrap_err()),
        denied(readiness.messaging_spend_limits().await.unwrap_err()),
        denied(readiness.document("WebServerRestart").await.unwrap_err()),
    ];
    let actions = [
        "sns:GetSMSSandboxAccountStatus",
        "sns:ListSMSSandboxPhoneNumbers",
        "sns:GetSMSAttributes",
        "sns:CheckIfPhoneNumberIsOptedOut",
        "ses:GetAccount",
        "ses:GetEmailIdentity",
        "sms-voice:DescribeAccountAttributes",
        "sms-voice:DescribeSpendLimits",
        "ssm:DescribeDocument",
    ];
    assert_eq!(found, actions);

    stack.faults().heal_all();
    stack.faults().fail(Service::Ses);
    let error = readiness.mail_account().await.unwrap_err();
    assert!(matches!(error, ReadinessError::Unavailable { action: "ses:GetAccount", .. }), "{error:?}");
}
