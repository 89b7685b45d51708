//! How the installation knows that channels stand: verified by a code, or taken out of use.

use futures_util::future::join_all;
use reveille_domain::{ChannelId, Contact};
use reveille_engine::Chain;
use reveille_engine::key;
use reveille_engine::port::{Table, TableError};
use reveille_engine::record::{ChannelStateRecord, address_mark, from_item};

use super::{channel_path, missing_permission, no_answer};
use crate::configuration::Configuration;
use crate::lint::catalogue::{Check, check};
use crate::lint::finding::Findings;

pub(in crate::lint) const CHANNEL_OUT_OF_USE: Check =
    check!(Warning, "channel-out-of-use", "A channel is out of use: its provider has said that nothing arrives there");

/// Reads how every channel stands into the configuration, and says which are out of use.
pub(super) async fn look(table: &dyn Table, configuration: &mut Configuration, findings: &mut Findings<'_>) {
    let keys: Vec<_> = configuration.contacts.keys().map(key::channel_state).collect();
    let rows = join_all(keys.iter().map(|key| table.get(key))).await;
    let addresses = &configuration.addresses;
    for (contact, row) in configuration.contacts.values_mut().zip(rows) {
        let record = match row {
            Ok(Some(item)) => from_item::<ChannelStateRecord>(&item).unwrap_or_default(),
            Ok(None) => continue,
            Err(error) => {
                unanswered(&error, findings);
                return;
            }
        };
        let theirs = addresses.get(&contact.alias);
        let address = |id: &ChannelId| theirs.and_then(|addresses| addresses.get(id)).map(|address| address.expose());
        take_in(contact, &record, address, findings);
    }
}

fn take_in<'a>(
    contact: &mut Contact,
    record: &ChannelStateRecord,
    address: impl Fn(&ChannelId) -> Option<&'a str>,
    findings: &mut Findings<'_>,
) {
    let alias = contact.alias.clone();
    for channel in &mut contact.channels {
        let mark = address(&channel.id).map(|address| address_mark(&alias, &channel.id, address));
        let Some(state) = mark.as_deref().and_then(|mark| record.of(&channel.id, mark)) else { continue };
        channel.verified |= state.verified_at.is_some();
        channel.disabled = state.disabled();
        let Some((reason, (since, text))) = channel.disabled.zip(state.disabled_since()) else { continue };
        let said = if text.is_empty() { String::new() } else { format!(" (\"{text}\")") };
        let message = format!(
            "channel `{}` of `{alias}` has been out of use since {since}: {}{said}; it is paged only where nothing else is left",
            channel.id,
            reason.describe()
        );
        let remedy = format!(
            "give it another address and apply the file, or have it verified again: `reveille verify {alias} {}`",
            channel.id
        );
        findings.add(&CHANNEL_OUT_OF_USE, &channel_path(&alias, channel), message, remedy);
    }
}

fn unanswered(error: &TableError, findings: &mut Findings<'_>) {
    const ACTION: &str = "dynamodb:GetItem";
    let why = Chain(error).to_string();
    if why.contains("AccessDenied") {
        missing_permission(ACTION, "contacts", findings);
    } else {
        no_answer(ACTION, &why, "contacts", findings);
    }
}
