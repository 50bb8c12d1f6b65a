//! Which worker answers at an address that is not its own name: routes first, then custom domains.

use std::{collections::HashMap, sync::Arc};

use mote_store::Live;

use crate::gateway::{RoutePattern, Router, Scheme};

/// The addresses of all workers.
#[derive(Default)]
pub(crate) struct Addresses {
    routes: Router<Arc<str>>,
    domains: HashMap<String, Arc<str>>,
}

impl Addresses {
    /// Adds those of a worker. The store has seen to it that they are nobody else's.
    pub(crate) fn add(&mut self, live: &Live) {
        let name: Arc<str> = live.worker.name.as_str().into();
        for pattern in live.routes.iter().filter_map(|route| RoutePattern::parse(&route.written).ok()) {
            // One that is there twice leads where it led before.
            let _ = self.routes.insert(pattern, name.clone());
        }
        for domain in &live.domains {
            self.domains.insert(domain.normal.clone(), name.clone());
        }
    }

    /// Puts a worker's addresses in the place of those that it had.
    pub(crate) fn replace(&mut self, old: Option<&Live>, new: Option<&Live>) {
        for route in old.into_iter().flat_map(|old| &old.routes) {
            if let Ok(pattern) = RoutePattern::parse(&route.written) {
                self.routes.remove(&pattern);
            }
        }
        for domain in old.into_iter().flat_map(|old| &old.domains) {
            self.domains.remove(&domain.normal);
        }
        new.into_iter().for_each(|new| self.add(new));
    }

    /// The worker at a URL in normal form. `host` may have a port.
    pub(crate) fn find(&self, host: &str, url: &str) -> Option<Arc<str>> {
        if self.routes.is_empty() && self.domains.is_empty() {
            return None;
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        let (scheme, rest) = url.split_once("://")?;
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
        let routed = self.routes.find(scheme, name, path).cloned();
        routed.or_else(|| self.domains.get(&name.trim_end_matches('.').to_ascii_lowercase()).cloned())
    }
}

#[cfg(test)]
mod tests {
    use mote_store::{Route, Worker};

    use super::*;

    fn live(name: &str, routes: &[&str], domains: &[&str]) -> Live {
        let all = |list: &[&str]| {
            list.iter()
                .map(|text| Route { normal: (*text).to_owned(), written: (*text).to_owned() })
                .collect()
        };
        let worker = Worker {
            name: name.to_owned(),
            account: "acme".to_owned(),
            tag: String::new(),
            created_ms: 0,
            modified_ms: 0,
            settings_json: "{}".to_owned(),
        };
        let (routes, domains) = (all(routes), all(domains));
        Live { worker, shares: Vec::new(), versions: Vec::new(), routes, domains, schedules: Vec::new() }
    }

    #[test]
    fn routes_come_before_domains_and_go_with_their_worker() {
        let mut addresses = Addresses::default();
        let (shop, api) = (live("shop", &[], &["example.com"]), live("api", &["example.com/api/*"], &[]));
        addresses.add(&shop);
        addresses.add(&api);
        let find = |addresses: &Addresses, path: &str| {
            addresses
                .find("Example.com:8787", &format!("http://example.com:8787{path}"))
                .map(|name| name.to_string())
        };
        assert_eq!(find(&addresses, "/").as_deref(), Some("shop"));
        assert_eq!(find(&addresses, "/api/x?y").as_deref(), Some("api"));
        addresses.replace(Some(&api), Some(&live("api", &["example.com/v2/*"], &[])));
        assert_eq!(find(&addresses, "/api/x").as_deref(), Some("shop"));
        assert_eq!(find(&addresses, "/v2/x").as_deref(), Some("api"));
        addresses.replace(Some(&shop), None);
        assert_eq!(find(&addresses, "/"), None);
    }
}
