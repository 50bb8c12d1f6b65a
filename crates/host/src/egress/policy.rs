//! What one worker may reach.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use ipnet::IpNet;

use super::addresses::not_public;

/// What a worker reaches if no rule says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Reach {
    /// The public internet.
    Public,
    /// Nothing.
    None,
    /// Whatever the node reaches.
    Any,
}

/// One line of an operator's lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rule {
    target: Target,
    /// `None` for every port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Target {
    Addresses(IpNet),
    Name(String),
    /// All names below this one, and not itself.
    Below(String),
}

/// What a worker may reach. Denied is denied, allowed is allowed, and `reach` decides the rest.
///
/// A name is checked before it is resolved, and what it resolves to is checked before it is connected to: an allowed name
/// leads to public addresses, or to those that a rule allows, so that nobody's DNS opens this network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    reach: Reach,
    allow: Vec<Rule>,
    deny: Vec<Rule>,
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No such reach.
    #[error("egress is `{0}`; it can be `public`, `none` or `any`")]
    Reach(String),
    /// No rule can be read from this.
    #[error(
        "`{0}` is no rule for egress: a rule is an address (192.0.2.7), a range (10.0.0.0/8), a host name (api.example.com) or \
         all names below one (*.example.com), each with `:port` or without; an IPv6 address with a port has brackets"
    )]
    Rule(String),
}

/// A request that a policy does not let out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Whose an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The node itself.
    Node,
    /// Somebody else.
    Other,
}

/// What was found out about a name before it is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A rule allows it.
    Allowed,
    /// What it resolves to decides.
    Open,
}

impl Policy {
    /// Reads a policy as operators write it: `reach` is `public`, `none` or `any`, the lists hold addresses, ranges and names.
    ///
    /// # Errors
    /// When a word means nothing.
    pub fn parse(reach: &str, allow: &[String], deny: &[String]) -> Result<Self, PolicyError> {
        let reach = match reach {
            "public" => Reach::Public,
            "none" => Reach::None,
            "any" => Reach::Any,
            other => return Err(PolicyError::Reach(other.to_owned())),
        };
        let rules =
            |texts: &[String]| texts.iter().map(|text| Rule::parse(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { reach, allow: rules(allow)?, deny: rules(deny)? })
    }

    /// Reaches whatever the node reaches.
    #[must_use]
    pub fn any() -> Self {
        Self { reach: Reach::Any, allow: Vec::new(), deny: Vec::new() }
    }

    /// Whether a name may be resolved at all.
    pub(super) fn check_name(&self, name: &str, port: u16) -> Result<Named, Refusal> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if self.deny.iter().any(|rule| rule.is_for_name(&name, port)) {
            return Err(Refusal("the node's operator has denied this host to the worker".to_owned()));
        }
        if self.allow.iter().any(|rule| rule.is_for_name(&name, port)) {
            return Ok(Named::Allowed);
        }
        let ranges = self.allow.iter().any(|rule| matches!(rule.target, Target::Addresses(_)));
        if self.reach == Reach::None && !ranges {
            return Err(Refusal("this worker has no way out of the node".to_owned()));
        }
        Ok(Named::Open)
    }

    /// Whether an address may be connected to.
    ///
    /// # Errors
    /// Why not; for the worker to read only if it has named the address itself.
    pub(super) fn check_address(
        &self,
        address: SocketAddr,
        named: Named,
        owner: Owner,
    ) -> Result<(), Refusal> {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        if self.deny.iter().any(|rule| rule.is_for_address(ip, port)) {
            return Err(Refusal("the node's operator has denied this address to the worker".to_owned()));
        }
        if self.allow.iter().any(|rule| rule.is_for_address(ip, port)) || self.reach == Reach::Any {
            return Ok(());
        }
        if self.reach == Reach::None && named == Named::Open {
            return Err(Refusal("this worker has no way out of the node".to_owned()));
        }
        if owner == Owner::Node {
            return Err(Refusal(format!(
                "{ip} is the node's own, and the worker reaches the public internet only"
            )));
        }
        match not_public(ip) {
            None => Ok(()),
            Some(why) => Err(Refusal(format!("{ip} is {why}; the worker reaches the public internet only"))),
        }
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, PolicyError> {
        let wrong = || PolicyError::Rule(text.to_owned());
        if let Some(target) = Target::parse(text) {
            return Ok(Self { target, port: None });
        }
        let (target, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        let inner = target.strip_prefix('[').and_then(|target| target.strip_suffix(']'));
        // Without its brackets an address with a port may be another address.
        if inner.is_none() && target.contains(':') {
            return Err(wrong());
        }
        let target = Target::parse(inner.unwrap_or(target)).ok_or_else(wrong)?;
        Ok(Self { target, port: Some(port) })
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }

    fn is_for_name(&self, name: &str, port: u16) -> bool {
        let fits = match &self.target {
            Target::Addresses(_) => false,
            Target::Name(own) => own == name,
            Target::Below(parent) => {
                name.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
        };
        fits && self.has_port(port)
    }

    fn is_for_address(&self, address: IpAddr, port: u16) -> bool {
        matches!(&self.target, Target::Addresses(range) if range.contains(&address)) && self.has_port(port)
    }
}

impl Target {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Addresses(address.to_canonical().into()));
        }
        if let Ok(range) = text.parse::<IpNet>() {
            return Some(Self::Addresses(range.trunc()));
        }
        let (name, below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        if name.contains('*') {
            return None;
        }
        // The URL standard's own reading, so that a rule and a request mean the same host by the same text.
        match url::Host::parse(name).ok()? {
            url::Host::Domain(name) if below => Some(Self::Below(name)),
            url::Host::Domain(name) => Some(Self::Name(name.trim_end_matches('.').to_owned())),
            url::Host::Ipv4(address) => Some(Self::Addresses(IpAddr::V4(address).into())),
            url::Host::Ipv6(address) => Some(Self::Addresses(IpAddr::V6(address).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(reach: &str, allow: &[&str], deny: &[&str]) -> Policy {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Policy::parse(reach, &owned(allow), &owned(deny)).unwrap()
    }

    fn reaches(policy: &Policy, address: &str) -> bool {
        policy.check_address(address.parse().unwrap(), Named::Open, Owner::Other).is_ok()
    }

    #[test]
    fn each_reach_reaches_what_it_says() {
        let (public, none, any) =
            (policy("public", &[], &[]), policy("none", &[], &[]), policy("any", &[], &[]));
        let of = |address: &str| [&public, &none, &any].map(|policy| reaches(policy, address));
        assert_eq!(of("8.8.8.8:443"), [true, false, true]);
        assert_eq!(of("10.0.0.1:443"), [false, false, true]);
        assert_eq!(of("[::ffff:10.0.0.1]:443"), [false, false, true]);
        assert!(none.check_name("example.com", 443).is_err());
        assert_eq!(public.check_name("example.com", 443), Ok(Named::Open));
    }

    #[test]
    fn the_nodes_own_addresses_are_closed_to_the_public_sort_even_where_they_are_public() {
        let own = "8.8.8.8:443".parse().unwrap();
        assert!(policy("public", &[], &[]).check_address(own, Named::Open, Owner::Node).is_err());
        assert!(policy("public", &[], &[]).check_address(own, Named::Allowed, Owner::Node).is_err());
        assert!(policy("public", &["8.8.8.8"], &[]).check_address(own, Named::Open, Owner::Node).is_ok());
        assert!(policy("any", &[], &[]).check_address(own, Named::Open, Owner::Node).is_ok());
    }

    #[test]
    fn denied_wins_over_allowed_and_ports_are_meant() {
        let policy = policy(
            "public",
            &["10.0.0.0/8:5432", "db.example:80"],
            &["10.0.0.7", "*.bad.example", "1.1.1.1:53"],
        );
        assert!(reaches(&policy, "10.1.2.3:5432") && !reaches(&policy, "10.1.2.3:5433"));
        assert!(!reaches(&policy, "10.0.0.7:5432"));
        assert!(!reaches(&policy, "1.1.1.1:53") && reaches(&policy, "1.1.1.1:443"));
        assert_eq!(policy.check_name("DB.example.", 80), Ok(Named::Allowed));
        assert_eq!(policy.check_name("db.example", 81), Ok(Named::Open));
        for (name, is_open) in [
            ("a.bad.example", false),
            ("a.b.bad.example", false),
            ("bad.example", true),
            ("xbad.example", true),
        ] {
            assert_eq!(policy.check_name(name, 80).is_ok(), is_open, "{name}");
        }
    }

    #[test]
    fn an_allowed_name_opens_public_addresses_and_no_private_ones() {
        let policy = policy("none", &["api.example"], &[]);
        let named = policy.check_name("api.example", 443).unwrap();
        assert!(policy.check_address("8.8.8.8:443".parse().unwrap(), named, Owner::Other).is_ok());
        assert!(policy.check_address("10.0.0.1:443".parse().unwrap(), named, Owner::Other).is_err());
        assert!(policy.check_address("8.8.8.8:443".parse().unwrap(), Named::Open, Owner::Other).is_err());
        assert!(policy.check_name("other.example", 443).is_err());
    }

    #[test]
    fn rules_are_read_in_every_spelling_and_nonsense_is_refused_by_name() {
        for text in [
            "1.2.3.4",
            "1.2.3.4:80",
            "10.0.0.0/8",
            "10.0.0.0/8:1",
            "fd00::/8",
            "fd00::1",
            "[fd00::1]:443",
            "a.example",
            "*.a.example:8080",
            "münchen.example",
        ] {
            assert!(Rule::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "*",
            "a b",
            "a.example:",
            "a.example:0",
            "a.example:99999",
            "10.0.0.0/33",
            "http://a.example",
            "*.*.a",
        ] {
            let error = Rule::parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{text}: {error}");
        }
        let error = Policy::parse("all", &[], &[]).unwrap_err();
        assert!(error.to_string().contains("`all`; it can be `public`"), "{error}");
        // 127.0.0.1 as a number is 127.0.0.1.
        assert_eq!(Rule::parse("2130706433").unwrap(), Rule::parse("127.0.0.1").unwrap());
    }
}
