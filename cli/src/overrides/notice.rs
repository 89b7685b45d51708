//! Telling those whom an override concerns: whoever stands in must know of it before the telephone rings.

use reveille_domain::{Change, Channel, ChannelId, ChannelKind, Contact, ContactAlias, MadeOverride, Schedule};
use reveille_engine::record::{ChannelDelivery, OrderRecord};
use reveille_engine::{Engine, EngineError, outbox};

use crate::on_call::{clock_of, wall};

/// What has become of the override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It was made.
    Made,
    /// It was taken back.
    Withdrawn,
}

/// Tells everybody whom it concerns on their channels in use, but not by telephone; answers with whom.
pub async fn tell(
    engine: &Engine,
    schedule: &Schedule,
    made: &MadeOverride,
    news: News,
) -> Result<Vec<String>, EngineError> {
    let name = schedule.alias();
    let mut told = Vec::new();
    for alias in made.contacts() {
        let Some(contact) = engine.contact(alias).await? else { continue };
        let mut is_told = false;
        for (speed, channels) in channels(&contact) {
            if channels.is_empty() {
                continue;
            }
            let order = OrderRecord::Tell {
                contact: alias.to_string(),
                channels: ChannelDelivery::ready(&channels),
                subject: format!(
                    "On call in {name}: {}",
                    if news == News::Made { "a change" } else { "a change is off" }
                ),
                text: words(schedule, made, alias, news),
            };
            // The same however often the command is repeated; one that ends early has another end.
            let cause = format!("override {name} {} {} {news:?} {alias} {speed}", made.id, made.end);
            outbox::tell(engine, &cause, order, Vec::new()).await?;
            is_told = true;
        }
        if is_told {
            told.push(alias.to_string());
        }
    }
    Ok(told)
}

/// Servers that may hang have an order of their own.
fn channels(contact: &Contact) -> [(&'static str, Vec<(ChannelId, ChannelKind)>); 2] {
    let usable =
        |channel: &&Channel| channel.verified && channel.disabled.is_none() && channel.kind != ChannelKind::Voice;
    let of = |slow: bool| {
        let chosen = contact.channels.iter().filter(usable).filter(|channel| channel.kind.is_slow() == slow);
        chosen.map(|channel| (channel.id.clone(), channel.kind)).collect()
    };
    [("fast", of(false)), ("slow", of(true))]
}

fn words(schedule: &Schedule, made: &MadeOverride, reader: &ContactAlias, news: News) -> String {
    let what = made.changes.iter().filter_map(|change| concerning(change, reader)).collect::<Vec<_>>().join(" ");
    let zone = clock_of(schedule);
    let span = format!("{}, from {} until {}", schedule.alias(), wall(made.start, &zone), wall(made.end, &zone));
    let reason = if made.reason.is_empty() { String::new() } else { format!(" Reason: {}", made.reason) };
    match news {
        News::Made => format!("{what} That is for {span}.{reason}"),
        News::Withdrawn => format!("No longer so: {what} That was for {span}."),
    }
}

/// What a change means for one of those whom it concerns.
fn concerning(change: &Change, reader: &ContactAlias) -> Option<String> {
    let (removed, added) = (change.removed(), change.added());
    let others = |other: &ContactAlias| format!("Whenever you would be on call, {other} is.");
    if added == Some(reader) {
        return Some(match removed {
            Some(other) => format!("You are on call whenever {other} would be."),
            None => "You are on call in addition.".to_owned(),
        });
    }
    (removed == Some(reader)).then(|| added.map_or_else(|| "You are not on call.".to_owned(), others))
}
