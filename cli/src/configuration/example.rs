//! Addresses that stand in examples. Applied to a real account, they would page nobody, or a stranger.

use reveille_domain::{ChannelId, ContactAlias};

use super::address::host_of;
use super::{Address, Configuration};

/// A channel whose address stands in an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleAddress {
    /// Whose it is.
    pub contact: ContactAlias,
    /// Which of their channels.
    pub channel: ChannelId,
    /// The address; masked when shown.
    pub address: Address,
    /// Why it cannot be a colleague's.
    pub reason: ExampleReason,
}

/// Why an address cannot be a colleague's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleReason {
    /// A domain that is reserved for documentation and tests (RFC 2606).
    ReservedDomain,
    /// A number that is reserved for fiction (555-0100 to 555-0199).
    FictionalNumber,
    /// An address of the example files that come with Reveille.
    ShippedExample,
}

impl ExampleReason {
    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            ExampleReason::ReservedDomain => "a domain reserved for documentation and tests",
            ExampleReason::FictionalNumber => "a number reserved for fiction",
            ExampleReason::ShippedExample => "an address of the examples that come with Reveille",
        }
    }
}

/// The addresses which must never be applied to a real account, in the order of contacts and channels.
pub fn example_addresses(configuration: &Configuration) -> Vec<ExampleAddress> {
    configuration
        .addresses
        .iter()
        .flat_map(|(contact, channels)| channels.iter().map(move |(channel, address)| (contact, channel, address)))
        .filter_map(|(contact, channel, address)| {
            Some(ExampleAddress {
                contact: contact.clone(),
                channel: channel.clone(),
                address: address.clone(),
                reason: reason(address)?,
            })
        })
        .collect()
}

/// Natsu is the person of the example files: a team that forgets to replace them would page him.
const SHIPPED: [&str; 2] = ["natsu@devopsvn.tech", "+84312712567"];

/// Second-level domains and top-level domains of RFC 2606.
const RESERVED_DOMAINS: [&str; 7] =
    ["example.com", "example.net", "example.org", "example", "invalid", "localhost", "test"];

fn reason(address: &Address) -> Option<ExampleReason> {
    let text = address.expose().to_ascii_lowercase();
    if SHIPPED.contains(&text.as_str()) {
        return Some(ExampleReason::ShippedExample);
    }
    let mail = || text.split_once('@').map(|(_, domain)| domain);
    match text.strip_prefix("https://").map(host_of).or_else(mail) {
        Some(domain) => {
            let reserved = |reserved: &str| {
                domain.strip_suffix(reserved).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            };
            RESERVED_DOMAINS.into_iter().any(reserved).then_some(ExampleReason::ReservedDomain)
        }
        None => fictional(&text).then_some(ExampleReason::FictionalNumber),
    }
}

/// `+1 555 01xx`, with or without an area code.
fn fictional(number: &str) -> bool {
    let Some(national) = number.strip_prefix("+1") else {
        return false;
    };
    let local = match national.len() {
        7 => national,
        10 => &national[3..],
        _ => return false,
    };
    local.starts_with("55501")
}

#[cfg(test)]
mod tests {
    use reveille_domain::ChannelKind;

    use super::*;

    #[test]
    fn examples_are_told_from_people() {
        let rows = [
            ("+1 555 0101", Some(ExampleReason::FictionalNumber)),
            ("+1 415 555 0199", Some(ExampleReason::FictionalNumber)),
            ("+1 415 555 0200", None),
            ("+1 555 010 1234", None),
            ("+84 3127 12 567", Some(ExampleReason::ShippedExample)),
            ("+84 3127 12 568", None),
            ("natsu@devopsvn.tech", Some(ExampleReason::ShippedExample)),
            ("Natsu@DevOpsVN.tech", Some(ExampleReason::ShippedExample)),
            ("zeref@example.com", Some(ExampleReason::ReservedDomain)),
            ("zeref@mail.example.org", Some(ExampleReason::ReservedDomain)),
            ("zeref@team.test", Some(ExampleReason::ReservedDomain)),
            ("zeref@myexample.com", None),
            ("zeref@example.com.vn", None),
            ("https://example.com/hook?x=y@devopsvn.tech", Some(ExampleReason::ReservedDomain)),
            ("https://hooks.example.org:8443/x", Some(ExampleReason::ReservedDomain)),
            ("https://hooks.slack.com/services/example.com", None),
        ];
        for (written, expected) in rows {
            let kind = if written.starts_with("https:") {
                ChannelKind::Webhook
            } else if written.contains('@') {
                ChannelKind::Email
            } else {
                ChannelKind::Sms
            };
            let address = Address::parse(kind, written).unwrap();
            assert_eq!(reason(&address), expected, "{written}");
        }
    }
}
