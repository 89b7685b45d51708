//! Replies by SMS: whose number it is, what the words mean, and what is done.
//!
//! A stranger is never answered, and learns nothing. What somebody asks for is done once for each SMS, however often it is
//! delivered; then `notify` sends an answer that says what has happened, because this function cannot reach anybody.

use futures_util::future::try_join_all;
use reveille_domain::limits::{ANSWERED_PER_REPLY_MAX, SNOOZE_MINUTES, SNOOZE_MINUTES_MAX};
use reveille_domain::{ChannelId, ChannelKind, ContactAlias};
use reveille_engine::outbox;
use reveille_engine::record::{ChannelDelivery, NumberRecord, OrderRecord, from_item};
use reveille_engine::{Engine, EngineError, key};
use reveille_wire::{InboundSms, Reply, Which, read_reply};

use crate::answer::{self, Done};
use crate::deed::{self, Deed};
use crate::known::{self, Known, Unmeant};
use crate::{Context, opt_out};

/// Commits at a time for one reply.
const AT_A_TIME: usize = 10;

/// Minutes in which one number is told once at most what it can write. Telephones answer by themselves, "I am driving", and two
/// machines that explain themselves to each other do not stop.
const HELP_EACH_MINUTES: i64 = 10;

/// Does what an SMS asks for, and has its sender told.
pub(crate) async fn take(context: &Context, sms: &InboundSms) -> Result<(), EngineError> {
    let engine = &context.engine;
    let row = engine.table().get(&key::number(&sms.from)).await?;
    let owners: Vec<(ContactAlias, ChannelId)> = match row.as_ref().map(from_item::<NumberRecord>).transpose()? {
        Some(record) => record.owners().collect(),
        None => Vec::new(),
    };
    let Some((contact, channel)) = owners.first() else {
        tracing::info!(sms = %sms.id, "an SMS from a number of nobody here is left without an answer");
        return Ok(());
    };
    let reply = read_reply(&sms.body);
    let (text, cause) = match &reply {
        Reply::Help | Reply::Unclear => {
            let span = engine.now().as_second().div_euclid(HELP_EACH_MINUTES * 60);
            (answer::help(&reply), format!("help {contact} {channel} {span}"))
        }
        Reply::Stop | Reply::Start => {
            opt_out::change(engine, sms, &owners, reply == Reply::Stop).await?;
            (answer::opted(&reply), answers(sms))
        }
        Reply::Acknowledge(which) => (act(context, sms, &owners, Deed::Acknowledge, which).await?, answers(sms)),
        Reply::Resolve(which) => (act(context, sms, &owners, Deed::Resolve, which).await?, answers(sms)),
        Reply::Snooze(which, minutes) => {
            let minutes = minutes.unwrap_or(SNOOZE_MINUTES);
            let text = if (1..=SNOOZE_MINUTES_MAX).contains(&minutes) {
                act(context, sms, &owners, Deed::Snooze(minutes), which).await?
            } else {
                // Less than was asked for would wake somebody who counts on their sleep.
                answer::snooze_out_of_range()
            };
            (text, answers(sms))
        }
        Reply::Escalate(which) => (act(context, sms, &owners, Deed::Escalate, which).await?, answers(sms)),
    };
    let channels = ChannelDelivery::ready(&[(channel.clone(), ChannelKind::Sms)]);
    let subject = "Reveille".to_owned();
    let order = OrderRecord::Tell { contact: contact.to_string(), channels, subject, text };
    Ok(outbox::tell(engine, &cause, order, Vec::new()).await?)
}

fn answers(sms: &InboundSms) -> String {
    format!("answer {}", sms.id)
}

/// Does one deed to every incident that is meant, and says what has become of them.
async fn act(
    context: &Context,
    sms: &InboundSms,
    owners: &[(ContactAlias, ChannelId)],
    deed: Deed,
    which: &Which,
) -> Result<String, EngineError> {
    let mut contacts: Vec<ContactAlias> = owners.iter().map(|(contact, _)| contact.clone()).collect();
    contacts.dedup();
    let mut known = known::heard(&context.engine, &contacts).await?;
    if let Err(Unmeant::NoSuchCode(_)) = known::meant(&known, which, |known| deed.fits(known)) {
        known::add_open(&context.engine, &contacts, which, &mut known).await?;
    }
    let meant = match known::meant(&known, which, |known| deed.fits(known)) {
        Ok(meant) => meant,
        Err(why) => return Ok(answer::unmeant(&why, deed, &known)),
    };
    // What is done to all of them at once can be undone; this cannot, so that each is named.
    if !deed.can_be_undone() && !known::is_each_named(&meant, which) {
        return Ok(answer::unmeant(&Unmeant::WhichOne, deed, &known));
    }
    let incidents = known::by_incident(meant);
    let left = incidents.len().saturating_sub(ANSWERED_PER_REPLY_MAX);
    let mut done = Vec::new();
    for some in incidents[..incidents.len() - left].chunks(AT_A_TIME) {
        done.extend(
            try_join_all(some.iter().map(|rows| act_on(context, sms, rows, deed))).await?.into_iter().flatten(),
        );
    }
    Ok(answer::done(&done, deed, left, context.engine.now()))
}

/// Does one deed to one incident, for each of those who share the number: in turn, because they would only overtake each
/// other. Answers with the first that changed something.
async fn act_on<'k>(
    context: &Context,
    sms: &InboundSms,
    rows: &[&'k Known],
    deed: Deed,
) -> Result<Option<Done<'k>>, EngineError> {
    let mut first: Option<Done<'k>> = None;
    for one in rows.iter().take(if deed.is_personal() { rows.len() } else { 1 }) {
        let (id, contact) = (one.paged.incident(), one.paged.contact());
        // The id of the SMS makes it count once: whoever answers twice gets the same answer twice, and nothing is done twice.
        let cause = format!("sms {} {id} {contact}", sms.id);
        let input = deed.input(&contact, one.paged.page());
        let Some(outcome) = deed::apply(&context.engine, &input, &id, Some(&cause)).await? else { continue };
        if first.as_ref().is_none_or(|first| first.outcome.ignored.is_some() && outcome.ignored.is_none()) {
            first = Some(Done { paged: &one.paged, outcome });
        }
    }
    Ok(first)
}

/// Acknowledges all of these through the page. The same button twice does no harm.
pub(crate) async fn acknowledge_all(engine: &Engine, all: &[Known]) -> Result<(), EngineError> {
    for some in all.chunks(AT_A_TIME) {
        let each = some.iter().map(|one| async move {
            let input = Deed::Acknowledge.input(&one.paged.contact(), one.paged.page());
            deed::apply(engine, &input, &one.paged.incident(), None).await
        });
        try_join_all(each).await?;
    }
    Ok(())
}
