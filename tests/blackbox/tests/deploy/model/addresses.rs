//! Which worker answers at an address, found by looking at all of them.

use super::world::{Version, Worker, World};

/// Patterns of routes; the last ones are none.
pub(super) const ROUTES: &[&str] = &[
    "a.example/*",
    "A.EXAMPLE/*",
    "http://a.example/*",
    "a.example/x",
    "a.example/x/*",
    "*.a.example/*",
    "*a.example/x*",
    "b.example/*",
    "w1.localhost/*",
    "a.example/*/b",
    "ex*mple.com/",
    "a.example:80/*",
    "a.example/?q",
    "",
];
const SOUND_ROUTES: usize = 9;

/// Host names; the last ones are no custom domains.
pub(super) const DOMAINS: &[&str] = &[
    "a.example",
    "A.Example",
    "b.example",
    "c.example",
    "shop.localhost",
    "*.a.example",
    "a.example:80",
    "a.example/x",
    "",
];
const SOUND_DOMAINS: usize = 5;

/// What visitors ask for: hosts, and paths.
pub(super) const VISITS: &[(&str, &str)] = &[
    ("a.example", "/"),
    ("a.example", "/x"),
    ("a.example", "/x/y?q"),
    ("a.example", "/xy"),
    ("www.a.example", "/x"),
    ("b.example", "/x"),
    ("c.example", "/"),
    ("w1.localhost", "/"),
    ("shop.localhost", "/"),
    ("nobody.example", "/"),
];

pub(super) fn normal_route(written: &str) -> Option<String> {
    let at = ROUTES.iter().position(|route| *route == written)?;
    (at < SOUND_ROUTES).then(|| written.to_ascii_lowercase())
}

pub(super) fn normal_domain(written: &str) -> Option<String> {
    let at = DOMAINS.iter().position(|domain| *domain == written)?;
    (at < SOUND_DOMAINS).then(|| written.to_ascii_lowercase())
}

impl World {
    /// The versions of which one answers at this host and path.
    pub(super) fn at(&self, host: &str, path: &str) -> Option<Vec<&Version>> {
        let label = host.strip_suffix(".localhost");
        label.and_then(|label| self.named(label)).or_else(|| self.routed(host, path))
    }

    /// A worker comes before a preview that has the same name.
    pub(super) fn named(&self, label: &str) -> Option<Vec<&Version>> {
        if let Some(worker) = self.workers.get(label) {
            return Some(worker.live());
        }
        self.preview(label).map(|(_, version)| vec![version])
    }

    /// Whether this is the name of a preview of another account's worker.
    pub(super) fn is_preview_of_other(&self, label: &str, account: &str) -> bool {
        self.preview(label).is_some_and(|(worker, _)| worker.account != account)
    }

    fn preview(&self, label: &str) -> Option<(&Worker, &Version)> {
        let worker = self.workers.get(label.get(8..)?.strip_prefix('-')?)?;
        let version = worker.versions.iter().rev().find(|version| version.id.get(..8) == label.get(..8))?;
        Some((worker, version))
    }

    fn routed(&self, host: &str, path: &str) -> Option<Vec<&Version>> {
        let path = path.split('?').next().unwrap_or_default();
        let routes =
            self.workers.values().flat_map(|worker| worker.routes.keys().map(move |route| (route, worker)));
        let best = routes
            .filter_map(|(route, worker)| Some((rank(route, host, path)?, worker)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, worker)| worker);
        let by_domain = || self.workers.values().find(|worker| worker.domains.contains_key(host));
        best.or_else(by_domain).map(|worker| worker.live())
    }
}

/// How specific a route is that matches: an exact host before a longer one, then an exact path before a longer one, then one
/// with a scheme.
fn rank(route: &str, host: &str, path: &str) -> Option<(bool, usize, bool, usize, bool)> {
    let (scheme, rest) = route.split_once("://").map_or((false, route), |(_, rest)| (true, rest));
    let (wanted_host, _) = rest.split_once('/')?;
    let wanted_path = &rest[wanted_host.len()..];
    let host_fits = wanted_host.strip_prefix('*').map_or(host == wanted_host, |end| host.ends_with(end));
    let path_fits =
        wanted_path.strip_suffix('*').map_or(path == wanted_path, |start| path.starts_with(start));
    let (exact_host, exact_path) = (!wanted_host.starts_with('*'), !wanted_path.ends_with('*'));
    (host_fits && path_fits).then_some((exact_host, wanted_host.len(), exact_path, wanted_path.len(), scheme))
}
