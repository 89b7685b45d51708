//! A configuration as it would be written: the way back from the domain's words to those of the file.
//!
//! `export` prints it, and `plan` compares two of them, so that both speak of a thing by the path that it has in a file. What a
//! file may leave out is there, too, marked as what holds by default.

mod plans;
mod routing;
mod schedules;
mod yaml;

use std::fmt;

use reveille_domain::{Channel, ChannelKind, Contact, EngagementPlan, EngagementStep};

use super::Configuration;
use super::address::Address;

/// A value of the file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Written {
    Text(String),
    Number(u32),
    Flag(bool),
    /// What is shown only as a part of it, or not at all.
    Hidden {
        exact: String,
        shown: String,
    },
    List(Vec<Written>),
    Mapping(Vec<Field>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) value: Written,
    /// Whether the same holds without it.
    pub(crate) is_default: bool,
}

// A secret stays out of whatever prints a tree.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inline())
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Written::Text(text.to_owned())
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Written::Text(text)
    }
}

/// The fields of one mapping, in the order of the file.
#[derive(Default)]
struct Fields(Vec<Field>);

impl Fields {
    /// A key that always stands there.
    fn with(mut self, key: impl Into<String>, value: impl Into<Written>) -> Self {
        self.0.push(Field { key: key.into(), value: value.into(), is_default: false });
        self
    }

    /// A key that may be left out if its value is this.
    fn or(mut self, key: &str, value: impl Into<Written>, default: impl Into<Written>) -> Self {
        let value = value.into();
        let is_default = value == default.into();
        self.0.push(Field { key: key.to_owned(), value, is_default });
        self
    }

    /// A key that is left out without a value.
    fn maybe(self, key: &str, value: Option<impl Into<Written>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// A list or mapping that is left out if nothing is in it.
    fn unless_empty(self, key: &str, value: Written) -> Self {
        if value.is_empty() { self } else { self.with(key, value) }
    }

    fn written(self) -> Written {
        Written::Mapping(self.0)
    }
}

impl Written {
    fn list<T: Into<Written>>(items: impl IntoIterator<Item = T>) -> Self {
        Written::List(items.into_iter().map(Into::into).collect())
    }

    /// A mapping of names.
    fn names<N: ToString>(entries: impl IntoIterator<Item = (N, Written)>) -> Self {
        let fields =
            entries.into_iter().fold(Fields::default(), |all, (name, value)| all.with(name.to_string(), value));
        fields.written()
    }

    /// Whether it is a list or mapping with nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Written::List(items) => items.is_empty(),
            Written::Mapping(fields) => fields.is_empty(),
            Written::Text(_) | Written::Number(_) | Written::Flag(_) | Written::Hidden { .. } => false,
        }
    }

    /// The fields of a mapping; none of anything else.
    fn fields(&self) -> &[Field] {
        match self {
            Written::Mapping(fields) => fields,
            Written::Text(_) | Written::Number(_) | Written::Flag(_) | Written::Hidden { .. } | Written::List(_) => &[],
        }
    }

    /// Whether nothing stands in it but one value.
    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(self, Written::List(_) | Written::Mapping(_))
    }
}

impl From<u32> for Written {
    fn from(number: u32) -> Self {
        Written::Number(number)
    }
}

impl From<u8> for Written {
    fn from(number: u8) -> Self {
        Written::Number(number.into())
    }
}

impl From<bool> for Written {
    fn from(flag: bool) -> Self {
        Written::Flag(flag)
    }
}

impl From<&Address> for Written {
    fn from(address: &Address) -> Self {
        Written::Hidden { exact: address.expose().to_owned(), shown: address.to_string() }
    }
}

impl Configuration {
    /// The configuration in the words of the file.
    pub(crate) fn written(&self) -> Written {
        let contacts = self.contacts.values().map(|contact| (&contact.alias, self.contact_written(contact)));
        let schedules = self.schedules.values().map(|schedule| (schedule.alias(), schedules::written(schedule)));
        let plans = self.escalation_plans.values().map(|plan| (&plan.alias, plans::escalation_plan(plan)));
        let responses = self.response_plans.values().map(|plan| (&plan.name, plans::response_plan(plan)));
        Fields::default()
            .with("reveille", 1_u32)
            .with("defaults", routing::defaults(&self.routing.default_plan, self.safety_contact.as_ref()))
            .with("contacts", Written::names(contacts))
            .unless_empty("schedules", Written::names(schedules))
            .unless_empty("escalation_plans", Written::names(plans))
            .with("response_plans", Written::names(responses))
            .unless_empty("rules", Written::List(self.routing.rules.iter().map(routing::rule).collect()))
            .unless_empty("webhooks", routing::webhooks(&self.webhooks))
            .written()
    }

    fn contact_written(&self, contact: &Contact) -> Written {
        let channels = contact.channels.iter().map(|channel| (&channel.id, self.channel_written(contact, channel)));
        let by_impact = contact.engagement_by_impact.iter().map(|(impact, plan)| (impact.number(), engagement(plan)));
        Fields::default()
            .with("name", contact.name.as_str())
            .with("channels", Written::names(channels))
            .maybe("engagement", contact.engagement.as_ref().map(engagement))
            .unless_empty("engagement_by_impact", Written::names(by_impact))
            .written()
    }

    fn channel_written(&self, contact: &Contact, channel: &Channel) -> Written {
        let address = self.addresses.get(&contact.alias).and_then(|addresses| addresses.get(&channel.id));
        let secret = self.secrets.get(&contact.alias).and_then(|secrets| secrets.get(&channel.id));
        let hidden =
            secret.map(|secret| Written::Hidden { exact: secret.expose().to_owned(), shown: "a secret".to_owned() });
        // Whether a channel is paged at all is never left to what holds by default.
        Fields::default()
            .with("type", kind(channel.kind))
            .maybe("address", address)
            .maybe("secret", hidden)
            .with("verified", channel.verified)
            .written()
    }
}

fn kind(kind: ChannelKind) -> Written {
    kind.name().into()
}

fn engagement(plan: &EngagementPlan) -> Written {
    Written::List(plan.steps.iter().map(step).collect())
}

fn step(step: &EngagementStep) -> Written {
    let times = step.repeat.map(|repeat| match repeat.times {
        Some(times) => Written::Number(times),
        None => UNTIL_ACKNOWLEDGED.into(),
    });
    let fields = Fields::default()
        .or("after", step.after_minutes, 0_u32)
        .with("channels", Written::list(step.channels.iter().map(|id| id.as_str())))
        .maybe("every", step.repeat.map(|repeat| repeat.every_minutes));
    match times {
        Some(times) => fields.or("times", times, UNTIL_ACKNOWLEDGED).written(),
        None => fields.written(),
    }
}

const UNTIL_ACKNOWLEDGED: &str = "until_acknowledged";
