//! The node's own addresses.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;

use super::policy::Owner;

/// How old what is known of the machine's interfaces may be.
const KNOWN_FOR: Duration = Duration::from_secs(30);

/// Ranges that the operator names, and the addresses of the machine's interfaces.
pub(super) struct OwnAddresses {
    ranges: Vec<IpNet>,
    interfaces: Mutex<Option<(Instant, Vec<IpAddr>)>>,
}

impl OwnAddresses {
    /// Reads the operator's ranges.
    ///
    /// # Errors
    /// The first that is none.
    pub(super) fn new(ranges: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let address = text.parse::<IpAddr>().map(IpNet::from).ok();
            address.or_else(|| text.parse().ok()).ok_or_else(|| text.clone())
        };
        let ranges = ranges.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { ranges, interfaces: Mutex::new(None) })
    }

    /// Whose an address is.
    pub(super) fn owner(&self, address: IpAddr) -> Owner {
        let address = address.to_canonical();
        let own = self.ranges.iter().any(|range| range.contains(&address)) || self.is_of_interface(address);
        if own { Owner::Node } else { Owner::Other }
    }

    fn is_of_interface(&self, address: IpAddr) -> bool {
        let mut known = self.interfaces.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if known.as_ref().is_none_or(|(at, _)| now.saturating_duration_since(*at) > KNOWN_FOR) {
            // What was known before is better than nothing.
            if let Ok(interfaces) = if_addrs::get_if_addrs() {
                *known = Some((now, interfaces.iter().map(if_addrs::Interface::ip).collect()));
            }
        }
        known.as_ref().is_some_and(|(_, interfaces)| interfaces.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_addresses_and_the_operators_ranges_are_the_nodes() {
        let own = OwnAddresses::new(&["203.0.113.0/24".to_owned(), "2001:db8::7".to_owned()]).unwrap();
        for (address, is_own) in [
            ("127.0.0.1", true),
            ("203.0.113.9", true),
            ("::ffff:203.0.113.9", true),
            ("2001:db8::7", true),
            ("8.8.8.8", false),
        ] {
            assert_eq!(own.owner(address.parse().unwrap()) == Owner::Node, is_own, "{address}");
        }
        assert_eq!(OwnAddresses::new(&["nowhere".to_owned()]).err(), Some("nowhere".to_owned()));
    }
}
