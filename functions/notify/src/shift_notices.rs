//! Notices of upcoming shifts: each minute, whoever begins one before long is told.
//!
//! Nothing is remembered of the last tick. The last minutes are looked through each time, and an order's place derives from the
//! shift: however often it is ordered, it leaves once.

use jiff::{SignedDuration, Timestamp};
use reveille_domain::{Beginning, Channel, ChannelId, ChannelKind, Contact, Schedule, ScheduleHistory};
use reveille_engine::record::{ChannelDelivery, OrderRecord, ScheduleRecord, SettingsRecord, from_item};
use reveille_engine::{Chain, EngineError, key, outbox};

use crate::{Context, attempt};

/// A tick may be late or fail some times; a notice that comes later than this is of no use.
const LOOK_BACK_MINUTES: i64 = 10;

/// Orders the notices that are due and sends them. What is wrong with one schedule keeps no other from being looked at.
pub(crate) async fn send_due(context: &Context) -> Result<(), EngineError> {
    let engine = &context.engine;
    let Some(settings) = engine.table().get(&key::settings()).await? else { return Ok(()) };
    let settings: SettingsRecord = from_item(&settings)?;
    let keys: Vec<_> = settings.announcing_schedules().map(|alias| key::schedule(&alias)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    for row in engine.table().get_many(&keys).await? {
        let history = from_item::<ScheduleRecord>(&row).and_then(ScheduleHistory::try_from);
        let ordered = match history {
            Ok(history) => send_of_schedule(context, history.current()).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = ordered {
            tracing::error!(error = %Chain(&error), "notices of a schedule's shifts could not be sent; the next tick looks again");
        }
    }
    Ok(())
}

async fn send_of_schedule(context: &Context, schedule: &Schedule) -> Result<(), EngineError> {
    let now = context.engine.now();
    for notice in &schedule.rules().notices {
        let reach = SignedDuration::from_mins(i64::from(notice.before_minutes));
        let later = |at: Timestamp, by: SignedDuration| at.saturating_add(by).unwrap_or(at);
        let until = later(now, reach);
        let after = later(until, -SignedDuration::from_mins(LOOK_BACK_MINUTES)).max(now);
        for beginning in schedule.beginnings(after, until) {
            let cause =
                format!("shift {} {} {} {}", schedule.alias(), beginning.at, beginning.contact, notice.before_minutes);
            send(context, schedule, &beginning, &cause).await?;
        }
    }
    Ok(())
}

async fn send(context: &Context, schedule: &Schedule, beginning: &Beginning, cause: &str) -> Result<(), EngineError> {
    let engine = &context.engine;
    let Some(contact) = engine.contact(&beginning.contact).await? else { return Ok(()) };
    let (subject, text) = words(schedule, beginning, engine.now());
    for (speed, channels) in channels(&contact) {
        if channels.is_empty() {
            continue;
        }
        let order = OrderRecord::Tell {
            contact: contact.alias.to_string(),
            channels: ChannelDelivery::ready(&channels),
            subject: subject.clone(),
            text: text.clone(),
        };
        let work = outbox::order_alone(engine, &format!("{cause} {speed}"), order, Vec::new()).await?;
        attempt::run(context, &work.place(), work.order(), work.reach()).await?;
    }
    Ok(())
}

/// Nobody is called for a notice. Servers that may hang have an order of their own.
fn channels(contact: &Contact) -> [(&'static str, Vec<(ChannelId, ChannelKind)>); 2] {
    let usable =
        |channel: &&Channel| channel.verified && channel.disabled.is_none() && channel.kind != ChannelKind::Voice;
    let of = |slow: bool| {
        let chosen = contact.channels.iter().filter(usable).filter(|channel| channel.kind.is_slow() == slow);
        chosen.map(|channel| (channel.id.clone(), channel.kind)).collect()
    };
    [("fast", of(false)), ("slow", of(true))]
}

fn words(schedule: &Schedule, beginning: &Beginning, now: Timestamp) -> (String, String) {
    let minutes = (beginning.at.duration_since(now).as_secs() + 59) / 60;
    let subject = format!("On call in {}: {}", span(minutes), schedule.alias());
    let zone = schedule.rotations().first().map(|rotation| rotation.rules().time_zone.clone());
    let local = zone.filter(|zone| zone.iana_name() != Some("UTC"));
    let local = local.map(|zone| beginning.at.to_zoned_datetime(zone).strftime(" (%a %H:%M %Z)").to_string());
    let ends = schedule.next_handoff(beginning.at);
    let ends = ends.map(|at| format!(", until {}", at.strftime("%a %d %b %H:%M UTC"))).unwrap_or_default();
    let text = format!(
        "You are on call in {alias} from {from}{local}{ends}.",
        alias = schedule.alias(),
        from = beginning.at.strftime("%a %d %b %H:%M UTC"),
        local = local.unwrap_or_default(),
    );
    (subject, text)
}

/// Minutes as people say them.
fn span(minutes: i64) -> String {
    match minutes {
        1 => "1 minute".to_owned(),
        2..=119 => format!("{minutes} minutes"),
        120..=2_879 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}
