//! Asking an account whether it is ready to page: SNS, SES, End User Messaging and Systems Manager, as the caller may.

use std::collections::BTreeSet;
use std::error::Error;

use async_trait::async_trait;
use aws_sdk_pinpointsmsvoicev2::types::{AccountAttributeName, SpendLimitName};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::types::SmsSandboxPhoneNumberVerificationStatus;
use reveille_engine::port::{
    DocumentFacts, DocumentParameter, MailAccount, MessagingAccount, MessagingSpendLimits, Readiness, ReadinessError,
    SmsSpendLimit, SpendLimit,
};

use crate::Clients;

/// Codes by which the services say that the caller may not ask.
const DENIALS: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
];

/// Asks with the credentials of whoever runs a tool.
#[derive(Clone, Debug)]
pub struct AwsReadiness {
    sns: aws_sdk_sns::Client,
    ses: aws_sdk_sesv2::Client,
    messaging: aws_sdk_pinpointsmsvoicev2::Client,
    ssm: aws_sdk_ssm::Client,
}

impl AwsReadiness {
    /// Asks through these clients.
    pub fn new(clients: &Clients) -> Self {
        let (sns, ses) = (clients.sns(), clients.ses());
        Self { sns, ses, messaging: clients.end_user_messaging(), ssm: clients.ssm() }
    }
}

#[async_trait]
impl Readiness for AwsReadiness {
    async fn sms_sandbox(&self) -> Result<bool, ReadinessError> {
        let answer = self.sns.get_sms_sandbox_account_status().send().await;
        Ok(answer.map_err(failure("sns:GetSMSSandboxAccountStatus"))?.is_in_sandbox)
    }

    async fn sms_sandbox_numbers(&self) -> Result<BTreeSet<String>, ReadinessError> {
        let mut numbers = BTreeSet::new();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let answer = self.sns.list_sms_sandbox_phone_numbers().set_next_token(next).send().await;
            let answer = answer.map_err(failure("sns:ListSMSSandboxPhoneNumbers"))?;
            let verified = answer
                .phone_numbers()
                .iter()
                .filter(|number| number.status() == Some(&SmsSandboxPhoneNumberVerificationStatus::Verified));
            numbers.extend(verified.filter_map(|number| number.phone_number().map(str::to_owned)));
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(numbers)
    }

    async fn sms_spend_limit(&self) -> Result<SmsSpendLimit, ReadinessError> {
        let answer = self.sns.get_sms_attributes().attributes("MonthlySpendLimit").send().await;
        let answer = answer.map_err(failure("sns:GetSMSAttributes"))?;
        let limit = answer.attributes().and_then(|attributes| attributes.get("MonthlySpendLimit"));
        Ok(SmsSpendLimit { monthly_usd: limit.and_then(|limit| limit.parse().ok()) })
    }

    async fn has_opted_out(&self, number: &str) -> Result<bool, ReadinessError> {
        let answer = self.sns.check_if_phone_number_is_opted_out().phone_number(number).send().await;
        Ok(answer.map_err(failure("sns:CheckIfPhoneNumberIsOptedOut"))?.is_opted_out)
    }

    async fn mail_account(&self) -> Result<MailAccount, ReadinessError> {
        let answer = self.ses.get_account().send().await.map_err(failure("ses:GetAccount"))?;
        let quota = answer.send_quota();
        Ok(MailAccount {
            in_sandbox: !answer.production_access_enabled,
            sending: answer.sending_enabled,
            enforcement: answer.enforcement_status().map(str::to_owned),
            sent_24h: quota.map_or(0.0, |quota| quota.sent_last24_hours),
            // Without a quota in the answer nothing is known that could be near.
            max_24h: quota.map_or(-1.0, |quota| quota.max24_hour_send),
        })
    }

    async fn may_send_as(&self, identity: &str) -> Result<Option<bool>, ReadinessError> {
        match self.ses.get_email_identity().email_identity(identity).send().await {
            Ok(answer) => Ok(Some(answer.verified_for_sending_status)),
            Err(error) if error.code() == Some("NotFoundException") => Ok(None),
            Err(error) => Err(failure("ses:GetEmailIdentity")(error)),
        }
    }

    async fn messaging_account(&self) -> Result<MessagingAccount, ReadinessError> {
        let answer = self.messaging.describe_account_attributes().send().await;
        let answer = answer.map_err(failure("sms-voice:DescribeAccountAttributes"))?;
        let tier = answer.account_attributes().iter().find(|one| *one.name() == AccountAttributeName::AccountTier);
        Ok(MessagingAccount { in_sandbox: tier.is_some_and(|tier| tier.value() == "SANDBOX") })
    }

    async fn messaging_spend_limits(&self) -> Result<MessagingSpendLimits, ReadinessError> {
        let mut limits = MessagingSpendLimits::default();
        let mut next = None;
        // Five limits fit on one page; a service that always has another one is not asked forever.
        for _ in 0..PAGES_MAX {
            let answer = self.messaging.describe_spend_limits().set_next_token(next).send().await;
            let answer = answer.map_err(failure("sms-voice:DescribeSpendLimits"))?;
            for limit in answer.spend_limits() {
                let read = SpendLimit { enforced_usd: limit.enforced_limit, max_usd: limit.max_limit };
                if *limit.name() == SpendLimitName::TextMessageMonthlySpendLimit {
                    limits.text = Some(read);
                } else if *limit.name() == SpendLimitName::VoiceMessageMonthlySpendLimit {
                    limits.voice = Some(read);
                }
            }
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(limits)
    }

    async fn document(&self, name: &str) -> Result<Option<DocumentFacts>, ReadinessError> {
        let answer = match self.ssm.describe_document().name(name).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("InvalidDocument") => return Ok(None),
            Err(error) => return Err(failure("ssm:DescribeDocument")(error)),
        };
        let Some(document) = answer.document() else { return Ok(None) };
        let parameters = document.parameters().iter().filter_map(|parameter| {
            Some(DocumentParameter {
                name: parameter.name()?.to_owned(),
                kind: parameter.r#type().map(|kind| kind.as_str().to_owned()),
                has_default: parameter.default_value().is_some(),
            })
        });
        let kind = document.document_type().map(|kind| kind.as_str().to_owned());
        Ok(Some(DocumentFacts { kind, parameters: parameters.collect() }))
    }
}

/// More pages than there are limits, or numbers in a sandbox: SNS keeps ten of them.
const PAGES_MAX: usize = 10;

/// Tells a missing permission from a service that does not answer.
fn failure<E>(action: &'static str) -> impl Fn(SdkError<E>) -> ReadinessError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| match error.code() {
        Some(code) if DENIALS.contains(&code) => ReadinessError::Denied { action },
        Some(_) | None => ReadinessError::Unavailable { action, source: error.into() },
    }
}
