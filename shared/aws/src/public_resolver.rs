//! Names of servers become addresses of the public network, or none. A URL is written by an operator, but the name in it belongs to
//! somebody else, who can let it lead to this machine, or to whatever only this machine can reach.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};

/// Resolves as the system does, and leaves out what is not public.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicResolver;

/// The name leads to no public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of the server leads to no public address")
    }
}

impl std::error::Error for NotPublic {}

impl ResolveDns for PublicResolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            let public: Vec<IpAddr> = found.map(|address| address.ip()).filter(|address| is_public(*address)).collect();
            if public.is_empty() { Err(ResolveDnsError::new(NotPublic)) } else { Ok(public) }
        })
    }
}

/// Whether an address can be somebody's server on the public network: none of the blocks that IANA has set aside.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let set_aside = match address.octets() {
        // This network, this machine, multicast and whatever is reserved.
        [0 | 127 | 224..=255, ..] => true,
        // Private networks, and those of carriers.
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => true,
        // The link: where clouds keep their metadata.
        [169, 254, ..] => true,
        // Protocols, examples and measurements.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => true,
        _ => false,
    };
    !set_aside
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // An address of the older network in another form is what it stands for: mapped, translated (NAT64), tunnelled (6to4).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Examples.
        [0x2001, 0x0db8, ..] => false,
        // Protocols of their own: tunnels, measurements.
        [0x2001, 0..=0x01ff, ..] => false,
        // Everything that has been given to anybody.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_machine_can_reach_is_nobodys_server() {
        for (address, expected) in [
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("169.254.169.254", false),
            ("169.254.170.2", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("192.0.2.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("3.5.140.2", true),
            ("100.128.0.1", true),
            ("::", false),
            ("::1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:3.5.140.2", true),
            ("::169.254.169.254", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::305:8c02", true),
            ("2002:7f00:1::", false),
            ("2002:305:8c02::", true),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("ff02::1", false),
            ("2600:1f14::1", true),
            ("2a05:d018::1", true),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(is_public(address), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_looked_for_any_further() {
        // The second and third are numbers to the system, however little they look like it.
        for name in ["localhost", "127.0x1", "0x7f.1", "2130706433"] {
            let error = PublicResolver.resolve_dns(name).await.expect_err(name);
            let why = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<NotPublic>());
            assert_eq!(why, Some(&NotPublic), "{name}");
        }
    }
}
