//! What an order says, and its way to one address.

use reveille_domain::{Attribution, ChannelKind, ContactAlias, Incident, Receipt, mutant};
use reveille_engine::link::Link;
use reveille_engine::port::{Envelope, SendError, Sent};
use reveille_engine::record::{AddressRecord, ChannelDelivery, OrderRecord, OutboxRecord, address_mark};
use reveille_engine::reply_code::ReplyCode;
use reveille_engine::{Bundle, Chain, Words, plain};

use crate::Context;
use crate::outcome::Outcome;
use crate::scene::Scene;
use crate::senders::patience;
use crate::storm::Other;

/// What is said, whichever the channel.
pub(crate) enum Message {
    /// Of an incident, or of several.
    Words(Box<Words>),
    /// Of none.
    Plain { subject: String, text: String },
}

/// What the order says now.
pub(crate) async fn message(context: &Context, scene: &Scene, others: &[Other]) -> Message {
    let order = &scene.order.order;
    match (&scene.incident, order) {
        (_, OrderRecord::Tell { subject, text, .. }) => Message::Plain { subject: subject.clone(), text: text.clone() },
        (Some(incident), OrderRecord::Page { .. }) => {
            Message::Words(Box::new(page_words(context, scene, incident, others).await))
        }
        (
            Some(incident),
            OrderRecord::Announce { .. } | OrderRecord::TellOperators(_) | OrderRecord::Runbook { .. },
        ) => Message::Words(Box::new(Words::of(order, incident, None, None))),
        (
            None,
            OrderRecord::Page { .. }
            | OrderRecord::Announce { .. }
            | OrderRecord::TellOperators(_)
            | OrderRecord::Runbook { .. },
        ) => {
            unreachable!("an order of an incident that is not there is left alone")
        }
    }
}

async fn page_words(context: &Context, scene: &Scene, incident: &Incident, others: &[Other]) -> Words {
    let link = link(context, &scene.order, incident, &scene.contact).await;
    let opening = &incident.opening;
    if others.is_empty() {
        let code = ReplyCode::of_incident(&scene.contact, &opening.id);
        let code = context.takes_replies.then(|| code.shown());
        return Words::of(&scene.order.order, incident, link.as_deref(), code);
    }
    let others: Vec<&Incident> = others.iter().map(|other| &other.incident).collect();
    let code = ReplyCode::of_plan(&scene.contact, &opening.response_plan);
    let code = context.takes_replies.then(|| code.shown());
    Words::bundle(&Bundle {
        order: &scene.order.order,
        plan: &opening.response_plan,
        first: incident,
        others: &others,
        link: link.as_deref(),
        code,
    })
}

/// A page without a link is better than no page: whatever keeps us from signing is logged, and the page leaves.
async fn link(
    context: &Context,
    claimed: &OutboxRecord,
    incident: &Incident,
    contact: &ContactAlias,
) -> Option<String> {
    let keys = match context.keys.keys().await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "no signing key: the page leaves without a link");
            return None;
        }
    };
    let token = Link::new(&incident.opening.id, claimed.page(), contact).token(&keys, context.engine.now());
    match token {
        Ok(token) => Some(format!("{}/a/{token}", context.front_url)),
        Err(error) => {
            tracing::error!(%error, "no link: the page leaves without one");
            None
        }
    }
}

/// Sends it on one channel, and waits for the provider as long as that one may take.
pub(crate) async fn send(context: &Context, channel: ChannelDelivery, scene: &Scene, message: &Message) -> Outcome {
    let Some(address) = scene.addresses.get(&channel.id()) else {
        let why = "there is no address for this channel: apply the configuration again".to_owned();
        return Outcome::of(channel, Receipt::Refused(why));
    };
    let kind = channel.kind();
    if mutant("address-in-log") {
        tracing::info!(address = %address.address, "a message leaves")
    }
    let attribution = attribution(scene, &channel, address);
    let said = match message {
        Message::Words(words) => words.envelope(kind, address.address.clone()),
        Message::Plain { subject, text } => plain(kind, address.address.clone(), subject, text),
    };
    let envelope = Envelope { secret: address.secret(), attribution: attribution.clone(), ..said };
    match context.engine.within(patience(kind), deliver(context, kind, scene, &envelope)).await {
        Some(Ok(sent)) => Outcome { message_id: sent.message_id, ..Outcome::of(channel, Receipt::Sent) },
        Some(Err(SendError::Refused(why))) => Outcome::of(channel, Receipt::Refused(why)),
        Some(Err(SendError::Unusable(disabled, why))) => Outcome {
            disables: attribution.map(|attribution| (attribution, disabled)),
            ..Outcome::of(channel, Receipt::Refused(why))
        },
        Some(Err(SendError::Failed(why))) => Outcome::of(channel, Receipt::Failed(why)),
        None => Outcome::of(channel, Receipt::Failed(format!("no answer within {} s", patience(kind).as_secs()))),
    }
}

async fn deliver(context: &Context, kind: ChannelKind, scene: &Scene, envelope: &Envelope) -> Result<Sent, SendError> {
    if scene.is_synthetic() {
        return match context.senders.reader.open(&envelope.text).await {
            Ok(()) => Ok(Sent { message_id: None }),
            // There is no channel that could be taken out of use.
            Err(SendError::Unusable(_, why)) => Err(SendError::Refused(why)),
            Err(error) => Err(error),
        };
    }
    context.senders.provider(kind).send(envelope).await
}

/// The reader of a synthetic page answers what has reached it. Nobody tries again: an answer that is missing is what an alarm waits for.
pub(crate) async fn answer(context: &Context, outcomes: &[Outcome], message: &Message) {
    let taken = outcomes.iter().find(|outcome| outcome.receipt == Receipt::Sent);
    let (Some(taken), Message::Words(words)) = (taken, message) else { return };
    let kind = taken.channel.kind();
    let text = words.envelope(kind, context.front_url.clone()).text;
    match context.engine.within(patience(kind), context.senders.reader.answer(&text)).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::error!(error = %Chain(&error), "a synthetic page could not be answered"),
        None => tracing::error!("a synthetic page could not be answered: no answer in time"),
    }
}

/// What comes back in the provider's reports; what is no incident's concerns none.
fn attribution(scene: &Scene, channel: &ChannelDelivery, address: &AddressRecord) -> Option<Attribution> {
    let id = channel.id();
    Some(Attribution {
        incident: scene.place.incident()?.clone(),
        page: scene.order.page(),
        contact: scene.contact.clone(),
        address_mark: address_mark(&scene.contact, &id, &address.address),
        channel: id,
    })
}
