//! Addresses that are not the public internet's.
//!
//! Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and what has been entered since).

use std::{net::IpAddr, sync::LazyLock};

use ipnet::IpNet;

/// A range, what it is for, and where that is written.
type Special = (&'static str, &'static str);

/// Ranges of special purpose. Also those that IANA calls globally reachable, where what is reached may be this network's: a
/// gateway to IPv4, a relay.
const SPECIAL: &[Special] = &[
    ("0.0.0.0/8", "this network, RFC 791"),
    ("10.0.0.0/8", "private, RFC 1918"),
    ("100.64.0.0/10", "behind a carrier's NAT, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("169.254.0.0/16", "link-local, where clouds keep their metadata, RFC 3927"),
    ("172.16.0.0/12", "private, RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, RFC 6890"),
    ("192.0.2.0/24", "documentation, RFC 5737"),
    ("192.31.196.0/24", "AS112, RFC 7535"),
    ("192.52.193.0/24", "automatic multicast tunnels, RFC 7450"),
    ("192.88.99.0/24", "relays of 6to4, RFC 7526"),
    ("192.168.0.0/16", "private, RFC 1918"),
    ("192.175.48.0/24", "AS112, RFC 7534"),
    ("198.18.0.0/15", "benchmarks, RFC 2544"),
    ("198.51.100.0/24", "documentation, RFC 5737"),
    ("203.0.113.0/24", "documentation, RFC 5737"),
    ("224.0.0.0/4", "multicast, RFC 5771"),
    ("240.0.0.0/4", "reserved, and broadcast, RFC 1112"),
    ("2001::/23", "protocol assignments, Teredo among them, RFC 2928"),
    ("2001:db8::/32", "documentation, RFC 3849"),
    ("2002::/16", "6to4, which leads to any IPv4 address, RFC 3056"),
    ("2620:4f:8000::/48", "AS112, RFC 7534"),
    ("3fff::/20", "documentation, RFC 9637"),
];

/// Where IPv6's public addresses are; what is outside is loopback, link-local, unique local (among them clouds' metadata),
/// multicast, a form of an IPv4 address, or not given out (RFC 4291).
const GLOBAL_V6: &str = "2000::/3";

static RANGES: LazyLock<Vec<(IpNet, Special)>> = LazyLock::new(|| {
    SPECIAL.iter().filter_map(|special| Some((special.0.parse().ok()?, *special))).collect()
});
static GLOBAL: LazyLock<Option<IpNet>> = LazyLock::new(|| GLOBAL_V6.parse().ok());

/// Why an address is not one of the public internet; `None` if it is.
pub(super) fn not_public(address: IpAddr) -> Option<String> {
    // An IPv4 address in IPv6's clothes is the IPv4 address.
    let address = address.to_canonical();
    if address.is_ipv6() && !GLOBAL.as_ref().is_some_and(|global| global.contains(&address)) {
        return Some(format!("not in {GLOBAL_V6}, where public addresses are, RFC 4291"));
    }
    let (_, (range, purpose)) = RANGES.iter().find(|(range, _)| range.contains(&address))?;
    Some(format!("in {range}: {purpose}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public(text: &str) -> bool {
        not_public(text.parse().unwrap()).is_none()
    }

    #[test]
    fn every_line_of_the_table_is_read_and_refuses_both_its_ends_and_nothing_beyond() {
        assert_eq!(RANGES.len(), SPECIAL.len());
        assert!(GLOBAL.is_some());
        for (range, _) in RANGES.iter() {
            let (first, last) = match range {
                IpNet::V4(range) => (IpAddr::V4(range.network()), IpAddr::V4(range.broadcast())),
                IpNet::V6(range) => (IpAddr::V6(range.network()), IpAddr::V6(range.broadcast())),
            };
            assert!(not_public(first).is_some() && not_public(last).is_some(), "{range}");
        }
        for neighbour in [
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "1.1.1.1",
            "8.8.8.8",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2606:4700::1111",
            "3ffe::1",
            "2a00::1",
        ] {
            assert!(is_public(neighbour), "{neighbour}");
        }
    }

    #[test]
    fn what_leads_home_is_not_public_in_any_spelling() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "fd00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!is_public(address), "{address}");
        }
        assert!(is_public("::ffff:8.8.8.8"));
    }
}
