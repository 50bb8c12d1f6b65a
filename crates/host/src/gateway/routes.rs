//! Which worker a request is for: Cloudflare's routes.
//!
//! What it does: of all the [`RoutePattern`]s that match a request, the most specific one wins. The host decides first: an
//! exact one before any wildcard, a longer wildcard before a shorter one. Then the path: an exact one before any prefix, a
//! longer prefix before a shorter one. Last the scheme: a pattern that names it before one that does not. What a route
//! leads to is its owner's: a route that switches workers off has a target like any other.
//!
//! One difference to Cloudflare is meant: there `/images*` wins over `/images/*`, which its documentation lists as an
//! error; here the longer prefix always wins.
//!
//! Invariants: a lookup allocates nothing. It looks only at routes whose host ends as the request's does, and it walks along
//! the path once for each such wildcard, so that its work is bounded by the bytes of the host times those of a pattern's
//! path, however many routes there are. Only an owner whose routes nest in one another byte by byte comes near to that:
//! whoever lets routes in bounds how many one owner has (Cloudflare: 1,000 for a zone). Adding or removing a route touches
//! that route's own places only.
//!
//! What happens when it fails: a pattern that is none is a [`PatternError`], a route that is there already is a
//! [`DuplicateRoute`], and both are for whoever deploys. A request that no pattern matches has no route.

mod paths;
mod pattern;
#[cfg(test)]
mod tests;
mod trie;

use std::collections::HashMap;

use paths::Paths;
use pattern::{HOST_BYTES_MAX, HostPattern};
pub use pattern::{PatternError, RoutePattern, Scheme};
use trie::Trie;

/// Two patterns that match the same requests cannot lead to two targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the route `{refused}` matches the same requests as `{existing}`, which is there already")]
pub struct DuplicateRoute {
    /// The pattern that was not added, as its owner has written it.
    pub refused: Box<str>,
    /// The pattern that has been there before, as its owner has written it.
    pub existing: Box<str>,
}

/// Finds the target of a request among any number of routes.
#[derive(Debug)]
pub struct Router<T> {
    /// By lower-case host.
    exact: HashMap<Box<[u8]>, Paths<T>>,
    /// By what follows a host's `*`, from its last byte to its first.
    wildcard: Trie<Paths<T>>,
    len: usize,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), wildcard: Trie::default(), len: 0 }
    }
}

impl<T> Router<T> {
    /// A router without routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A router with these routes.
    ///
    /// # Errors
    /// When two of the patterns are equal.
    pub fn build(routes: impl IntoIterator<Item = (RoutePattern, T)>) -> Result<Self, DuplicateRoute> {
        let mut router = Self::new();
        for (pattern, target) in routes {
            router.insert(pattern, target)?;
        }
        Ok(router)
    }

    /// Adds a route.
    ///
    /// # Errors
    /// When an equal pattern is there already; it stays, with its target.
    pub fn insert(&mut self, pattern: RoutePattern, target: T) -> Result<(), DuplicateRoute> {
        let paths = match &pattern.host {
            HostPattern::Exact(host) => self.exact.entry(host.as_bytes().into()).or_default(),
            HostPattern::EndsWith(suffix) => self.wildcard.or_default(&reversed(suffix)),
        };
        paths.insert(pattern, target)?;
        self.len += 1;
        Ok(())
    }

    /// Takes a route out. `None` if there is no equal pattern.
    pub fn remove(&mut self, pattern: &RoutePattern) -> Option<T> {
        let target = match &pattern.host {
            HostPattern::Exact(host) => {
                let paths = self.exact.get_mut(host.as_bytes())?;
                let target = paths.remove(pattern)?;
                if paths.is_empty() {
                    self.exact.remove(host.as_bytes());
                }
                target
            }
            HostPattern::EndsWith(suffix) => {
                let key = reversed(suffix);
                let paths = self.wildcard.value_mut(&key)?;
                let target = paths.remove(pattern)?;
                if paths.is_empty() {
                    self.wildcard.remove(&key);
                }
                target
            }
        };
        self.len = self.len.saturating_sub(1);
        Some(target)
    }

    /// The target of the route with just this pattern: who has it, before somebody else asks for it.
    #[must_use]
    pub fn target_of(&self, pattern: &RoutePattern) -> Option<&T> {
        let paths = match &pattern.host {
            HostPattern::Exact(host) => self.exact.get(host.as_bytes())?,
            HostPattern::EndsWith(suffix) => self.wildcard.value(&reversed(suffix))?,
        };
        paths.target_of(pattern)
    }

    /// The target of the most specific pattern that matches a request.
    ///
    /// `host` has no port, and letters of either case. `path` is the path with the query, as a pattern's path is compared
    /// to both; it has to be that of a parsed URL, or `/%2e%2e/` leads around a route.
    #[must_use]
    pub fn find(&self, scheme: Scheme, host: &str, path: &str) -> Option<&T> {
        // With its root spelt out a name is still the same name, and would otherwise lead around the exact routes.
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let mut buffer = [0; HOST_BYTES_MAX];
        // No name is longer, and so none is here.
        let name = buffer.get_mut(..host.len())?;
        name.copy_from_slice(host);
        name.make_ascii_lowercase();
        let exact = self.exact.get(&*name).and_then(|paths| paths.find(scheme, path));
        if exact.is_some() {
            return exact;
        }
        name.reverse();
        // A longer wildcard comes after a shorter one, and may have no route for this path.
        self.wildcard.prefixes_of(name).filter_map(|paths| paths.find(scheme, path)).last()
    }

    /// How many routes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is no route.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

fn reversed(suffix: &str) -> Vec<u8> {
    suffix.bytes().rev().collect()
}
