//! The world in memory as tests use it: what cannot go wrong without a bug of ours panics, and addresses are enough to name
//! people by.

use std::ops::Deref;

use jiff::SignedDuration;
use reveille_cli::configuration;
use reveille_cli::world;
use reveille_domain::Incident;
use serde_json::{Value, json};

use crate::logs::Ears;

/// A world in memory, at [`world::dawn`].
pub struct World {
    world: world::World,
    _ears: Ears,
}

impl Deref for World {
    type Target = world::World;

    fn deref(&self) -> &world::World {
        &self.world
    }
}

impl World {
    /// A world with this configuration applied.
    pub async fn with(yaml: &str) -> Self {
        let world = Self::empty();
        world.apply(yaml).await;
        world
    }

    /// A world to which nothing has been applied.
    pub fn empty() -> Self {
        Self { world: world::World::starting(world::dawn()), _ears: Ears::open() }
    }

    /// Applies a configuration.
    pub async fn apply(&self, yaml: &str) {
        let configuration = configuration::parse(yaml, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        self.world.apply(&configuration).await.expect("it applies");
    }

    /// Mends something.
    pub fn heal(&self, fault: world::Fault) {
        self.world.heal(&fault);
    }

    /// An event reaches `ingest`.
    pub async fn ingest(&self, event: Value) -> Value {
        self.world.ingest(event).await.unwrap_or_else(|failed| panic!("{failed}"))
    }

    /// A request reaches the page behind a link.
    pub async fn visit(&self, method: &str, path: &str, body: &str) -> Value {
        self.world.visit(method, path, body).await.unwrap_or_else(|failed| panic!("{failed}"))
    }

    /// A request reaches the webhook.
    pub async fn post(&self, path: &str, body: &str) -> Value {
        self.ingest(world::request("POST", path, body)).await
    }

    /// Somebody sends an SMS, of which there is only this one.
    pub async fn reply(&self, from: &str, body: &str) {
        let id = format!("sms at {} of {body}", self.seconds());
        self.world.reply(from, body, &id).await.unwrap_or_else(|failed| panic!("{failed}"));
    }

    /// The SMS with this id arrives.
    pub async fn reply_of(&self, from: &str, body: &str, id: &str) {
        self.world.reply(from, body, id).await.unwrap_or_else(|failed| panic!("{failed}"));
    }

    /// The text of the newest SMS to a number.
    pub fn last_sms(&self, to: &str) -> String {
        let sent = self.sent();
        let last = sent.iter().rev().find(|message| message.channel == "sms" && message.to == to);
        last.unwrap_or_else(|| panic!("no SMS to {to}")).text.clone()
    }

    /// The four digits that the newest SMS to a number asks for.
    pub fn code(&self, to: &str) -> String {
        self.world.code(to).unwrap_or_else(|| panic!("no code in {}", self.last_sms(to)))
    }

    /// A provider reports what became of a message.
    pub async fn report(&self, message: &world::SentMessage, kind: &str) -> Value {
        self.world.report(message, kind).await.unwrap_or_else(|failed| panic!("{failed}"))
    }

    /// Somebody opens the newest link that was sent to them and presses the button.
    pub async fn acknowledge(&self, address: &str) -> Value {
        let path = self.link(address).expect("they have been sent a link");
        self.visit("POST", &path, "do=acknowledge").await
    }

    /// The path of the newest link that was sent to an address.
    pub fn link(&self, address: &str) -> Option<String> {
        self.world.link(&[address], None)
    }

    /// Who has been paged when: seconds, channel and address, in order.
    pub fn pages(&self) -> Vec<(i64, &'static str, String)> {
        let mut pages: Vec<_> = self
            .sent()
            .into_iter()
            .filter(|message| message.text.contains("Acknowledge:") || message.text.contains("Reply ACK"))
            .map(|message| (message.at.duration_since(world::dawn()).as_secs(), message.channel, message.to))
            .collect();
        pages.sort();
        pages
    }

    /// Lets so many seconds pass, with everything that happens in them. No function fails unless it was made to.
    pub async fn pass(&self, seconds: i64) {
        self.world.pass(seconds).await;
        assert_eq!(self.failures(), Vec::<String>::new());
    }

    /// The only incident.
    pub fn incident(&self) -> Incident {
        let mut incidents = self.incidents();
        assert_eq!(incidents.len(), 1, "one incident: {incidents:#?}");
        incidents.remove(0)
    }
}

/// A CloudWatch alarm as it invokes a function: its name, its state, and when that changed, in seconds from the beginning.
pub fn alarm(name: &str, state: &str, at_s: i64) -> Value {
    world::alarm(name, state, world::dawn() + SignedDuration::from_secs(at_s))
}

/// One time series of an alarm on many changes its state, as EventBridge says it.
pub fn contributor(name: &str, id: &str, state: &str, at_s: i64) -> Value {
    let at = second(at_s);
    json!({ "id": format!("{id}-{state}-{at_s}"), "detail-type": "CloudWatch Alarm Contributor State Change",
        "source": "aws.cloudwatch", "account": "123456789012", "region": "eu-west-1", "time": at, "resources": [arn(name)],
        "detail": { "alarmName": name, "state": { "value": state, "timestamp": at },
            "alarmContributor": { "id": id, "attributes": { "TableName": id } } } })
}

/// An alarm is deleted, as EventBridge says it.
pub fn deletion(name: &str, at_s: i64) -> Value {
    json!({ "id": "deleted", "detail-type": "CloudWatch Alarm Configuration Change", "source": "aws.cloudwatch",
        "account": "123456789012", "region": "eu-west-1", "time": second(at_s), "resources": [arn(name)],
        "detail": { "alarmName": name, "operation": "delete", "state": { "value": "ALARM" } } })
}

fn arn(alarm: &str) -> String {
    format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{alarm}")
}

/// So many seconds from the beginning.
fn second(at_s: i64) -> String {
    (world::dawn() + SignedDuration::from_secs(at_s)).to_string()
}
