//! What stands behind a line of a timeline: the message that somebody gets, or what a runbook is started with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reveille_domain::{Attribution, ContactAlias, IncidentId, OutboxId};
use reveille_engine::record::OrderRecord;

use super::Player;
use crate::timeline::{Kind, Line};
use crate::world::{Delivery, Errand, SentMessage};

/// What a line says that something has been done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// A provider has taken this message.
    Message {
        /// What it was sent for.
        errand: Errand,
        /// Where to, masked.
        to: String,
        /// Its subject, where the channel shows one.
        subject: Option<String>,
        /// What it says.
        text: String,
    },
    /// A runbook is to run with these parameters.
    Parameters(BTreeMap<String, Vec<String>>),
}

/// Something that no line has been told with yet.
pub(super) struct Untold {
    /// No two share it.
    pub(super) key: (String, String),
    pub(super) behind: Behind,
    revision: u64,
    about: About,
}

/// The lines that it belongs to.
enum About {
    Delivery { contact: ContactAlias, kind: String },
    Runbook { document: String },
}

impl Untold {
    /// Whether a line of its revision is the one to be told with it.
    pub(super) fn is_behind(&self, line: &Line) -> bool {
        let outcome = line.outcome.as_deref();
        match (&self.about, &self.behind) {
            (About::Delivery { contact, kind }, Behind::Message { errand, .. }) => {
                let ordered = match errand {
                    Errand::Page => line.kind == Kind::Page,
                    Errand::News => line.kind == Kind::Announced,
                };
                // What its provider takes only later has been told as ordered before.
                let told = ordered || line.kind == Kind::Receipt && outcome == Some("sent");
                told && line.contact.as_deref() == Some(contact.as_str()) && line.channel.as_ref() == Some(kind)
            }
            (About::Runbook { document }, Behind::Parameters(_)) => {
                line.kind == Kind::Runbook && outcome == Some("ordered") && line.text.contains(document.as_str())
            }
            (About::Delivery { .. }, Behind::Parameters(_)) | (About::Runbook { .. }, Behind::Message { .. }) => false,
        }
    }
}

impl Player<'_> {
    /// What has been sent and ordered for an incident and told with no line so far, by the revision that ordered it.
    pub(super) fn untold(&self, id: &IncidentId) -> BTreeMap<u64, Vec<Untold>> {
        let sent = self.world.sent();
        let mut sent_at: BTreeMap<Timestamp, Vec<&SentMessage>> = BTreeMap::new();
        for message in &sent {
            sent_at.entry(message.at).or_default().push(message);
        }
        let then = |at: Timestamp| sent_at.get(&at).map_or(&[][..], Vec::as_slice);
        let deliveries = self.world.rows().deliveries(id).into_iter();
        let deliveries = deliveries.filter_map(|delivery| self.delivered(id, then(delivery.at), delivery));
        let orders = self.world.rows().orders(id).into_iter();
        let runbooks = orders.filter_map(|order| ordered(id, order.page(), order.order));
        let mut untold: BTreeMap<u64, Vec<Untold>> = BTreeMap::new();
        for found in deliveries.chain(runbooks).filter(|found| !self.news.told_behind.contains(&found.key)) {
            untold.entry(found.revision).or_default().push(found);
        }
        untold
    }

    fn delivered(&self, id: &IncidentId, sent_then: &[&SentMessage], delivery: Delivery) -> Option<Untold> {
        let Delivery { at: _, order, errand, contact, channel, kind, receipt } = delivery;
        let address = self.address(&contact, &channel)?;
        let carries = |of: &Attribution| of.incident == *id && of.page == order && of.channel == channel;
        let message = sent_then.iter().find(|message| message.attribution.as_ref().is_some_and(carries))?;
        let behind = Behind::Message {
            errand,
            to: address.to_string(),
            subject: (kind == "email").then(|| message.subject.clone()),
            text: message.text.clone(),
        };
        Some(Untold { key: receipt, behind, revision: order.revision, about: About::Delivery { contact, kind } })
    }
}

fn ordered(id: &IncidentId, order: OutboxId, record: OrderRecord) -> Option<Untold> {
    let OrderRecord::Runbook { document, parameters, .. } = record else { return None };
    Some(Untold {
        key: (id.to_string(), order.to_string()),
        behind: Behind::Parameters(parameters),
        revision: order.revision,
        about: About::Runbook { document },
    })
}
