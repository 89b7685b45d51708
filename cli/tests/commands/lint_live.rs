//! `reveille lint --live`: what an account says becomes findings, and what it does not say is one, too.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use reveille_cli::lint::{Account, Documents, Options, Report, checks, look_at};
use reveille_cli::paint::Paint;
use reveille_domain::{ChannelId, ContactAlias, Disabled};
use reveille_engine::key;
use reveille_engine::port::{
    Condition, DocumentFacts, DocumentParameter, MailAccount, MessagingAccount, MessagingSpendLimits, Readiness,
    ReadinessError, SmsSpendLimit, SpendLimit, Table, Write,
};
use reveille_engine::record::{ChannelStateRecord, address_mark, to_item};
use reveille_local::MemoryTable;
use serde_json::json;

/// Two people, a mail address, a call, and a runbook of their own.
const TEAM: &str = r#"reveille: 1
defaults: { response_plan: web, safety_contact: zeref }
contacts:
  natsu:
    name: Natsu
    channels:
      sms:   { type: sms, address: "+1 555 0100", verified: true }
      mail:  { type: email, address: natsu@example.com, verified: true }
      phone: { type: voice, address: "+1 555 0100", verified: true }
  zeref: { name: Zeref, channels: { sms: { type: sms, address: "+1 555 0101" } } }
response_plans:
  web:
    stages:
      - runbooks: [{ document: Reveille-Restart, parameters: { Servers: [i-1, i-2] } }]
        engage: [natsu]
      - { after: 5, engage: [{ escalation_plan: zeref-alone }] }
escalation_plans:
  zeref-alone: { stages: [{ minutes: 5, targets: [zeref] }] }
"#;

/// An account, as its services describe it.
#[derive(Clone)]
struct State {
    sms_sandbox: bool,
    /// Those that are verified in the sandbox.
    sandbox_numbers: Vec<&'static str>,
    sms_limit: Option<u64>,
    opted_out: Vec<&'static str>,
    mail: MailAccount,
    identities: Vec<(&'static str, bool)>,
    messaging_sandbox: bool,
    limits: (i64, i64),
    document: Option<(&'static str, &'static str)>,
    /// The action that the caller may not call, and the one that nothing answers.
    denied: Option<&'static str>,
    silent: Option<&'static str>,
}

impl State {
    fn ready() -> Self {
        let mail = MailAccount {
            in_sandbox: false,
            sending: true,
            enforcement: Some("HEALTHY".to_owned()),
            sent_24h: 10.0,
            max_24h: 50_000.0,
        };
        Self {
            sms_sandbox: false,
            sandbox_numbers: Vec::new(),
            sms_limit: Some(100),
            opted_out: Vec::new(),
            mail,
            identities: vec![("example.com", true)],
            messaging_sandbox: false,
            limits: (100, 100),
            document: Some(("Servers", "StringList")),
            denied: None,
            silent: None,
        }
    }

    fn asked(&self, action: &'static str) -> Result<(), ReadinessError> {
        if self.denied == Some(action) {
            return Err(ReadinessError::Denied { action });
        }
        if self.silent == Some(action) {
            return Err(ReadinessError::Unavailable { action, source: "connection refused".into() });
        }
        Ok(())
    }
}

#[async_trait]
impl Readiness for State {
    async fn sms_sandbox(&self) -> Result<bool, ReadinessError> {
        self.asked("sns:GetSMSSandboxAccountStatus").map(|()| self.sms_sandbox)
    }

    async fn sms_sandbox_numbers(&self) -> Result<BTreeSet<String>, ReadinessError> {
        self.asked("sns:ListSMSSandboxPhoneNumbers")?;
        Ok(self.sandbox_numbers.iter().map(|number| (*number).to_owned()).collect())
    }

    async fn sms_spend_limit(&self) -> Result<SmsSpendLimit, ReadinessError> {
        self.asked("sns:GetSMSAttributes").map(|()| SmsSpendLimit { monthly_usd: self.sms_limit })
    }

    async fn has_opted_out(&self, number: &str) -> Result<bool, ReadinessError> {
        self.asked("sns:CheckIfPhoneNumberIsOptedOut").map(|()| self.opted_out.contains(&number))
    }

    async fn mail_account(&self) -> Result<MailAccount, ReadinessError> {
        self.asked("ses:GetAccount").map(|()| self.mail.clone())
    }

    async fn may_send_as(&self, identity: &str) -> Result<Option<bool>, ReadinessError> {
        self.asked("ses:GetEmailIdentity")?;
        Ok(self.identities.iter().find(|(name, _)| *name == identity).map(|(_, verified)| *verified))
    }

    async fn messaging_account(&self) -> Result<MessagingAccount, ReadinessError> {
        self.asked("sms-voice:DescribeAccountAttributes")?;
        Ok(MessagingAccount { in_sandbox: self.messaging_sandbox })
    }

    async fn messaging_spend_limits(&self) -> Result<MessagingSpendLimits, ReadinessError> {
        self.asked("sms-voice:DescribeSpendLimits")?;
        let limit = |enforced_usd| Some(SpendLimit { enforced_usd, max_usd: 1_000 });
        Ok(MessagingSpendLimits { text: limit(self.limits.0), voice: limit(self.limits.1) })
    }

    async fn document(&self, _: &str) -> Result<Option<DocumentFacts>, ReadinessError> {
        self.asked("ssm:DescribeDocument")?;
        let parameter = |(name, kind): (&str, &str)| DocumentParameter {
            name: name.to_owned(),
            kind: Some(kind.to_owned()),
            has_default: false,
        };
        let facts =
            |declared| DocumentFacts { kind: Some("Automation".to_owned()), parameters: vec![parameter(declared)] };
        Ok(self.document.map(facts))
    }
}

/// A table that knows how channels stand: Zeref's is verified by a code, and what `more` adds.
async fn table(more: impl Fn(&mut ChannelStateRecord, &str)) -> MemoryTable {
    let table = MemoryTable::default();
    let at = Timestamp::UNIX_EPOCH;
    for (alias, number) in [("zeref", "+15550101"), ("natsu", "+15550100")] {
        let (contact, sms) = (ContactAlias::new(alias), ChannelId::new("sms"));
        let mut record = ChannelStateRecord::default();
        if alias == "zeref" {
            record.verify(&sms, &address_mark(&contact, &sms, number), at);
        } else {
            more(&mut record, &address_mark(&contact, &sms, number));
        }
        let mut item = to_item(&record);
        item.insert("type".to_owned(), json!("channels"));
        table.write(&Write::put(key::channel_state(&contact), item, Condition::Absent)).await.unwrap();
    }
    table
}

async fn look(state: &State, table: &MemoryTable, by_end_user_messaging: bool) -> Report {
    let account = Account {
        readiness: state,
        table,
        email_from: Some("pages@example.com"),
        messages_by_end_user_messaging: by_end_user_messaging,
    };
    let at = "2026-01-05T12:00:00Z".parse().unwrap();
    look_at(TEAM, "team.yaml", Options { at, documents: Documents::default(), account: Some(account) }).await
}

fn codes(report: &Report) -> BTreeSet<&str> {
    report.findings().iter().map(|finding| finding.code).collect()
}

/// What is changed of an account that is ready, whether messages go through End User Messaging, and what is found.
type Row = (fn(&mut State), bool, &'static [&'static str]);

const ROWS: [Row; 27] = [
    (|_| {}, false, &[]),
    (|_| {}, true, &[]),
    (|state| state.sms_sandbox = true, false, &["sms-sandbox"]),
    (|state| state.sms_sandbox = true, true, &[]),
    (|state| (state.sms_sandbox, state.sandbox_numbers) = (true, vec!["+15550100", "+15550101"]), false, &[]),
    (|state| state.sms_limit = None, false, &["sms-spend-limit"]),
    (|state| state.sms_limit = Some(1), false, &["sms-spend-limit"]),
    (|state| state.sms_limit = Some(20), false, &[]),
    (|state| state.opted_out = vec!["+15550101"], false, &["number-opted-out"]),
    (|state| state.opted_out = vec!["+15550199"], false, &[]),
    (|state| state.messaging_sandbox = true, true, &["messaging-sandbox"]),
    // Natsu has a channel of type voice: End User Messaging calls, whatever carries text messages.
    (|state| state.messaging_sandbox = true, false, &["messaging-sandbox"]),
    (|state| state.limits = (1, 100), true, &["messaging-spend-limit"]),
    (|state| state.limits = (1, 100), false, &[]),
    (|state| state.limits = (100, 1), false, &["messaging-spend-limit"]),
    (|state| state.mail.in_sandbox = true, false, &["ses-sandbox"]),
    (|state| state.mail.sending = false, false, &["ses-paused"]),
    (|state| state.mail.enforcement = Some("SHUTDOWN".to_owned()), false, &["ses-paused"]),
    (|state| state.mail.enforcement = Some("PROBATION".to_owned()), false, &["ses-probation"]),
    (|state| state.mail.sent_24h = 45_000.0, false, &["ses-quota"]),
    (|state| state.mail.max_24h = -1.0, false, &[]),
    (|state| state.identities = vec![("pages@example.com", true)], false, &[]),
    (|state| state.identities = vec![("example.com", false)], false, &["sender-unverified"]),
    (|state| state.identities = Vec::new(), false, &["sender-unverified"]),
    (|state| state.document = None, false, &["unknown-runbook"]),
    (|state| state.document = Some(("Servers", "String")), false, &["parameter-type"]),
    (|state| state.document = Some(("Server", "StringList")), false, &["missing-parameter", "unknown-parameter"]),
];

#[tokio::test]
async fn what_an_account_says_is_found() {
    let table = table(|_, _| {}).await;
    for (number, (change, by_end_user_messaging, expected)) in ROWS.into_iter().enumerate() {
        let mut state = State::ready();
        change(&mut state);
        let report = look(&state, &table, by_end_user_messaging).await;
        assert_eq!(codes(&report), expected.iter().copied().collect(), "row {number}: {}", report.text(Paint::Plain));
        assert!(report.findings().iter().all(|finding| finding.place.is_some()), "row {number} has places");
    }
}

#[tokio::test]
async fn what_may_not_be_asked_or_is_not_answered_is_found_and_the_rest_is_asked_all_the_same() {
    let table = table(|_, _| {}).await;
    let actions = [
        ("sns:GetSMSSandboxAccountStatus", false),
        ("sns:ListSMSSandboxPhoneNumbers", false),
        ("sns:GetSMSAttributes", false),
        ("sns:CheckIfPhoneNumberIsOptedOut", false),
        ("ses:GetAccount", false),
        ("ses:GetEmailIdentity", false),
        ("sms-voice:DescribeAccountAttributes", true),
        ("sms-voice:DescribeSpendLimits", true),
        ("ssm:DescribeDocument", false),
    ];
    let policy = include_str!("../../../docs/lint/README.md");
    for (action, by_end_user_messaging) in actions {
        assert!(policy.contains(&format!("\"{action}\"")), "the policy of the documents allows {action}");
        let mut denied = State { denied: Some(action), sms_sandbox: true, ..State::ready() };
        denied.mail.in_sandbox = true;
        let report = look(&denied, &table, by_end_user_messaging).await;
        let found: Vec<_> = report.findings().iter().filter(|finding| finding.code == "missing-permission").collect();
        let [one] = found.as_slice() else { panic!("{action}: {}", report.text(Paint::Plain)) };
        assert!(one.message.contains(action) && one.remedy.contains(action), "{action}");
        assert!(codes(&report).len() > 1, "{action}: a sandbox is found, too");

        assert!(one.message.contains("says nothing of the installation"), "{}", one.message);

        let silent = State { silent: Some(action), sms_sandbox: true, ..State::ready() };
        let report = look(&silent, &table, by_end_user_messaging).await;
        let found = report.findings().iter().find(|finding| finding.code == "unanswered-check").unwrap();
        assert!(found.message.contains(action) && found.message.contains("connection refused"), "{}", found.message);
    }
}

#[tokio::test]
async fn in_the_sandbox_only_numbers_that_are_not_verified_are_named() {
    let mut state = State::ready();
    (state.sms_sandbox, state.sandbox_numbers) = (true, vec!["+15550101"]);
    let report = look(&state, &table(|_, _| {}).await, false).await;
    let [one] = report.findings() else { panic!("{}", report.text(Paint::Plain)) };
    assert!(one.message.contains("channel `sms` of `natsu` is not verified there"), "{}", one.message);
    // Whoever may not ask which numbers are verified hears of the sandbox all the same.
    state.denied = Some("sns:ListSMSSandboxPhoneNumbers");
    let report = look(&state, &table(|_, _| {}).await, false).await;
    assert_eq!(codes(&report), BTreeSet::from(["missing-permission", "sms-sandbox"]));
}

#[tokio::test]
async fn what_the_installation_knows_of_channels_counts() {
    // Zeref's number is verified by a code only; without the account that is not known.
    let without = reveille_cli::lint::look_at_text(TEAM, "team.yaml", "2026-01-05T12:00:00Z".parse().unwrap());
    assert!(codes(&without).contains("unverified-channel"));
    let disabled = table(|record, mark| {
        assert!(record.disable(&ChannelId::new("sms"), mark, Disabled::OptedOut, "STOP", Timestamp::UNIX_EPOCH));
    });
    let report = look(&State::ready(), &disabled.await, false).await;
    assert_eq!(codes(&report), BTreeSet::from(["channel-out-of-use"]), "{}", report.text(Paint::Plain));
    let message = &report.findings()[0].message;
    assert!(message.contains("its owner has answered STOP (\"STOP\")"), "{message}");
    // What is known of another address says nothing.
    let other = table(|record, _| {
        assert!(record.disable(&ChannelId::new("sms"), "ffff", Disabled::Invalid, "", Timestamp::UNIX_EPOCH));
    });
    assert_eq!(codes(&look(&State::ready(), &other.await, false).await), BTreeSet::new());
}

#[test]
fn every_check_of_an_account_is_found_by_a_row() {
    let rows: BTreeSet<&str> = ROWS.into_iter().flat_map(|(_, _, found)| found.iter().copied()).collect();
    let others = ["channel-out-of-use", "missing-permission", "unanswered-check"];
    let live = checks().filter(|check| check.page.contains("\n## What is asked\n"));
    let unfound: Vec<&str> =
        live.map(|check| check.code).filter(|code| !rows.contains(code) && !others.contains(code)).collect();
    assert!(unfound.is_empty(), "{unfound:?}");
}
