//! Telephone numbers, e-mail addresses and URLs: read in the ways people write them, and masked wherever they are shown.

use std::fmt;

use reveille_domain::ChannelKind;

use super::limits::{EMAIL_CHARACTERS_MAX, EMAIL_LOCAL_CHARACTERS_MAX, PHONE_DIGITS, URL_CHARACTERS_MAX};

/// The address of a channel: E.164 for SMS and calls, `local@domain` for e-mail, an `https://` URL for everything else.
///
/// `Debug` and `Display` are masked, so that an address cannot end in a log by accident; [`Address::expose`] is the
/// one way to the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AddressError {
    /// What is wrong; never holds the address.
    pub message: &'static str,
    /// What to write.
    pub remedy: &'static str,
}

/// Quotes that word processors and chats make of straight ones.
const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‟', '«', '»', '‘', '’'];

impl Address {
    /// Reads the address of a channel of this kind.
    pub fn parse(kind: ChannelKind, written: &str) -> Result<Self, AddressError> {
        if written.trim().starts_with(TYPOGRAPHIC) {
            let message = "the quotes around it are typographic, and part of the text to YAML";
            return Err(AddressError { message, remedy: "write straight quotes: \"" });
        }
        match kind {
            ChannelKind::Sms | ChannelKind::Voice => phone(written),
            ChannelKind::Email => email(written),
            ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => url(written),
        }
        .map(Self)
    }

    /// An address that was read before it was stored.
    pub(crate) fn stored(address: String) -> Self {
        Self(address)
    }

    /// The address itself, for storing and sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Five dots, however much they hide: the length of an address says something about it.
        if let Some(rest) = self.0.strip_prefix(HTTPS) {
            // The path of a chat's URL is the permission to post there.
            return write!(f, "{HTTPS}{}/•••••", host_of(rest));
        }
        match self.0.split_once('@') {
            Some((local, domain)) => {
                let first = local.chars().next().unwrap_or('•');
                write!(f, "{first}•••@{domain}")
            }
            None => {
                let head = self.0.get(..3).unwrap_or("+");
                let tail = self.0.get(self.0.len().saturating_sub(3)..).unwrap_or("");
                write!(f, "{head}•••••{tail}")
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

const PHONE_REMEDY: &str = "write it as +, country code and number, for example \"+84 3127 12 567\"";

fn phone(written: &str) -> Result<String, AddressError> {
    let wrong = |message, remedy| Err(AddressError { message, remedy });
    // "+44 (0)20 …" is dialled with the 0 at home and without it from abroad: nobody can tell which one is meant.
    if written.contains("(0)") {
        return wrong("a telephone number cannot hold `(0)`", "leave `(0)` out");
    }
    let number: String = written.chars().filter(|c| !" -.()\u{a0}".contains(*c)).collect();
    let Some(digits) = number.strip_prefix('+') else {
        let remedy = if number.starts_with("00") { "write `+` in place of the leading 00" } else { PHONE_REMEDY };
        return wrong("a telephone number must begin with `+` and its country code", remedy);
    };
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return wrong("a telephone number can hold only digits, spaces, `-`, `.`, `(` and `)`", PHONE_REMEDY);
    }
    if digits.starts_with('0') {
        return wrong("no country code begins with 0", PHONE_REMEDY);
    }
    if !PHONE_DIGITS.contains(&digits.len()) {
        return wrong("a telephone number has 8 to 15 digits with its country code", PHONE_REMEDY);
    }
    Ok(number)
}

const EMAIL_REMEDY: &str = "write it as name@domain, for example natsu@devopsvn.tech";

fn email(written: &str) -> Result<String, AddressError> {
    let wrong = |message| Err(AddressError { message, remedy: EMAIL_REMEDY });
    let written = written.trim();
    let Some((local, domain)) = written.rsplit_once('@') else {
        return wrong("an e-mail address must hold an `@`");
    };
    if written.len() > EMAIL_CHARACTERS_MAX || local.len() > EMAIL_LOCAL_CHARACTERS_MAX {
        return wrong("an e-mail address has at most 254 characters, 64 of them before the `@`");
    }
    let local_fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let dotted = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    if local.is_empty() || !local.chars().all(local_fits) || !dotted {
        return wrong("what stands before the `@` cannot be the name of a mailbox");
    }
    let label_fits = |label: &str| {
        let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        !label.is_empty() && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    if !domain.contains('.') || !domain.split('.').all(label_fits) {
        return wrong("what stands behind the `@` cannot be a domain");
    }
    Ok(written.to_owned())
}

const HTTPS: &str = "https://";
/// What ends the names of machines that the public network does not know.
const LOCAL: [&str; 4] = ["internal", "local", "localdomain", "localhost"];
const URL_REMEDY: &str = "write it as https://, host and path, for example https://hooks.slack.com/services/…";

fn url(written: &str) -> Result<String, AddressError> {
    let wrong = |message| Err(AddressError { message, remedy: URL_REMEDY });
    let written = written.trim();
    let Some(rest) = written.strip_prefix(HTTPS) else {
        return wrong("a URL must begin with `https://`: pages are not sent unencrypted");
    };
    if written.len() > URL_CHARACTERS_MAX {
        return wrong("a URL has at most 2,048 characters");
    }
    // What goes onto the wire as it is: anything else is written in its `%` form.
    if !written.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c)) {
        return wrong("a URL cannot hold spaces, quotes, brackets or characters beyond ASCII");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return wrong("a URL cannot hold a user name");
    }
    let host = host_of(rest);
    let port = authority.strip_prefix(host).and_then(|port| port.strip_prefix(':'));
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let label_fits = |label: &str| {
        let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        !label.is_empty() && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    // A name of the public network: an address of numbers, or of this machine, is nobody's server. The system also takes `0x1`
    // for a number, and no name of the public network ends in a label that begins with a digit.
    let named = host.contains('.')
        && host.rsplit('.').next().is_some_and(|top| {
            !top.starts_with(|c: char| c.is_ascii_digit()) && !LOCAL.contains(&top.to_ascii_lowercase().as_str())
        });
    if !port_fits || !named || !host.split('.').all(label_fits) {
        return wrong("what stands behind `https://` cannot be the name of a server");
    }
    if rest.contains('#') {
        return wrong("a URL cannot hold a `#`: what stands behind it is never sent");
    }
    Ok(written.to_owned())
}

/// The host of what stands behind `https://`.
pub(super) fn host_of(rest: &str) -> &str {
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_normalised_or_refused() {
        let rows = [
            ("+84 3127 12 567", Some("+84312712567")),
            ("+1 (415) 555-01.00", Some("+14155550100")),
            ("+1 555 0101", Some("+15550101")),
            ("0084312712567", None),
            ("0312712567", None),
            ("+44 (0)20 7946 0000", None),
            ("+0312712567", None),
            ("+1234567", None),
            ("+1234567890123456", None),
            ("+84 3127 12 56x", None),
            ("", None),
        ];
        for (written, expected) in rows {
            let read = Address::parse(ChannelKind::Sms, written).ok();
            assert_eq!(read.as_ref().map(Address::expose), expected, "{written}");
        }
    }

    #[test]
    fn mail_addresses_are_plausible() {
        let rows = [
            ("natsu@devopsvn.tech", true),
            ("first.last+page@sub.example.com", true),
            ("natsu", false),
            ("natsu@devopsvn", false),
            ("natsu@@devopsvn.tech", false),
            ("@devopsvn.tech", false),
            ("natsu@devopsvn..tech", false),
            ("na tsu@devopsvn.tech", false),
            (".natsu@devopsvn.tech", false),
            ("natsu@-devopsvn.tech", false),
        ];
        for (written, expected) in rows {
            let read = Address::parse(ChannelKind::Email, written);
            assert_eq!(read.is_ok(), expected, "{written}");
        }
    }

    #[test]
    fn urls_lead_to_a_server_over_https() {
        let rows = [
            ("https://hooks.slack.com/services/T0/B0/secret", true),
            ("https://prod-01.westeurope.logic.azure.com:443/workflows/a?sig=b%2Fc&sp=%2Ftriggers", true),
            (" https://pager.devopsvn.tech ", true),
            ("http://hooks.slack.com/services/T0/B0/secret", false),
            ("hooks.slack.com/services", false),
            ("https://", false),
            ("https://localhost/x", false),
            ("https://127.0.0.1/x", false),
            ("https://169.254.169.254/latest", false),
            ("https://[::1]/x", false),
            ("https://127.0x1/x", false),
            ("https://0x7f.0.0.0x1/x", false),
            ("https://127.1/x", false),
            ("https://app.localhost/x", false),
            ("https://metadata.google.internal/x", false),
            ("https://printer.LOCAL/x", false),
            ("https://169.254.169.254.devopsvn.tech/x", true),
            ("https://user:word@devopsvn.tech/", false),
            ("https://devopsvn.tech:0/", false),
            ("https://devopsvn.tech:http/", false),
            ("https://devopsvn.tech/a b", false),
            ("https://devopsvn.tech/\u{e9}", false),
            ("https://devopsvn.tech/#top", false),
            ("https://-devopsvn.tech/", false),
        ];
        for (written, expected) in rows {
            for kind in [ChannelKind::Webhook, ChannelKind::Slack, ChannelKind::Teams] {
                assert_eq!(Address::parse(kind, written).is_ok(), expected, "{written}");
            }
        }
    }

    #[test]
    fn addresses_are_masked() {
        let url = Address("https://hooks.slack.com/services/T0/B0/secret".to_owned());
        assert_eq!(url.to_string(), "https://hooks.slack.com/•••••");
        let phone = Address("+84312712567".to_owned());
        let mail = Address("natsu@devopsvn.tech".to_owned());
        assert_eq!(phone.to_string(), "+84•••••567");
        assert_eq!(mail.to_string(), "n•••@devopsvn.tech");
        assert_eq!(format!("{phone:?}"), "Address(+84•••••567)");
    }
}
