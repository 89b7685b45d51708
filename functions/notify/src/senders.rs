//! The ways out: which provider a channel goes through, and how the operators are told.

use std::sync::Arc;
use std::time::Duration;

use reveille_aws::{
    ChatWebhook, Clients, EndUserMessagingSms, EndUserMessagingVoice, Environment, FrontReader, OperatorsTopic,
    SesEmail, SmsSender, SnsSms, Webhook,
};
use reveille_domain::ChannelKind;
use reveille_engine::port::{Clock, Operators, PageReader, Provider};

/// How long a provider may take. Shorter than the function's timeout, which is shorter than the lease of the claim.
const SEND_TIMEOUT: Duration = Duration::from_secs(3);
/// A server that we know nothing about may take longer: whoever waits with it waits apart from the others.
const SLOW_SEND_TIMEOUT: Duration = Duration::from_secs(6);

/// How long the operators' topic may take.
pub(crate) const OPERATORS_TIMEOUT: Duration = SEND_TIMEOUT;

/// One provider for each kind of channel, and the operators.
#[derive(Clone)]
pub struct Senders {
    /// Text messages.
    pub sms: Arc<dyn Provider>,
    /// E-mail.
    pub email: Arc<dyn Provider>,
    /// Calls.
    pub voice: Arc<dyn Provider>,
    /// Servers of the contacts' own.
    pub webhook: Arc<dyn Provider>,
    /// Slack.
    pub slack: Arc<dyn Provider>,
    /// Microsoft Teams.
    pub teams: Arc<dyn Provider>,
    /// Who reads the pages of synthetic incidents, whatever the channel.
    pub reader: Arc<dyn PageReader>,
    /// Who is told when a channel goes out of use.
    pub operators: Arc<dyn Operators>,
}

/// Who carries text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SmsService {
    /// SNS, which says nothing more once it has taken a message.
    Sns,
    /// End User Messaging, which reports what becomes of it.
    EndUserMessaging,
}

impl SmsService {
    /// What the setting says; the template allows no third word.
    fn of(setting: Option<&str>) -> Self {
        match setting {
            Some("end-user-messaging") => Self::EndUserMessaging,
            Some(_) | None => Self::Sns,
        }
    }
}

impl Senders {
    /// On AWS, or on whatever the clients are connected to.
    pub(crate) fn connect(clients: &Clients, environment: &Environment, clock: Arc<dyn Clock>) -> Self {
        let setting = |name| environment.find(name).map(str::to_owned);
        let origination = setting("REVEILLE_SMS_ORIGINATION");
        let reports = setting("REVEILLE_MESSAGING_CONFIGURATION_SET");
        let messaging = clients.end_user_messaging();
        let sms: Arc<dyn Provider> = match SmsService::of(environment.find("REVEILLE_SMS_SENDER")) {
            SmsService::Sns => Arc::new(SnsSms::new(clients.sns(), SmsSender::from_origination(origination))),
            SmsService::EndUserMessaging => {
                Arc::new(EndUserMessagingSms::new(messaging.clone(), reports.clone(), origination))
            }
        };
        let email = SesEmail::new(clients.ses(), environment.get("REVEILLE_EMAIL_FROM"))
            .reporting_by(setting("REVEILLE_EMAIL_CONFIGURATION_SET"));
        let operators = OperatorsTopic::new(clients.sns(), environment.get("REVEILLE_OPERATORS_TOPIC_ARN"));
        let https = clients.https();
        Self {
            sms,
            email: Arc::new(email),
            voice: Arc::new(EndUserMessagingVoice::new(messaging, reports, setting("REVEILLE_VOICE_ORIGINATION"))),
            webhook: Arc::new(Webhook::new(https.clone(), clock)),
            slack: Arc::new(ChatWebhook::new(https.clone())),
            teams: Arc::new(ChatWebhook::new(https.clone())),
            reader: Arc::new(FrontReader::new(https, environment.get("REVEILLE_FRONT_URL"))),
            operators: Arc::new(operators),
        }
    }

    pub(crate) fn provider(&self, kind: ChannelKind) -> &dyn Provider {
        match kind {
            ChannelKind::Sms => self.sms.as_ref(),
            ChannelKind::Email => self.email.as_ref(),
            ChannelKind::Voice => self.voice.as_ref(),
            ChannelKind::Webhook => self.webhook.as_ref(),
            ChannelKind::Slack => self.slack.as_ref(),
            ChannelKind::Teams => self.teams.as_ref(),
        }
    }
}

/// How long the provider of a kind may take.
pub(crate) fn patience(kind: ChannelKind) -> Duration {
    if kind.is_slow() { SLOW_SEND_TIMEOUT } else { SEND_TIMEOUT }
}
