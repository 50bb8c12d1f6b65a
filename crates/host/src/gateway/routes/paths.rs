//! The routes of one host, by path and scheme.

use std::collections::BTreeMap;

use super::{
    DuplicateRoute,
    pattern::{PathPattern, RoutePattern, Scheme},
    trie::Trie,
};

/// The routes of one host.
#[derive(Debug)]
pub(super) struct Paths<T> {
    exact: BTreeMap<Box<str>, Schemes<T>>,
    /// By what stands before the path's `*`.
    prefixes: Trie<Schemes<T>>,
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self { exact: BTreeMap::new(), prefixes: Trie::default() }
    }
}

impl<T> Paths<T> {
    /// Adds a route. One that is refused leaves nothing behind, as an equal one has all its places.
    pub(super) fn insert(&mut self, pattern: RoutePattern, target: T) -> Result<(), DuplicateRoute> {
        let schemes = match &pattern.path {
            PathPattern::Exact(path) => self.exact.entry(path.clone()).or_default(),
            PathPattern::StartsWith(prefix) => self.prefixes.or_default(prefix.as_bytes()),
        };
        schemes.insert(pattern, target)
    }

    pub(super) fn remove(&mut self, pattern: &RoutePattern) -> Option<T> {
        match &pattern.path {
            PathPattern::Exact(path) => {
                let schemes = self.exact.get_mut(path)?;
                let target = schemes.remove(pattern.scheme)?;
                if schemes.0.is_empty() {
                    self.exact.remove(path);
                }
                Some(target)
            }
            PathPattern::StartsWith(prefix) => {
                let schemes = self.prefixes.value_mut(prefix.as_bytes())?;
                let target = schemes.remove(pattern.scheme)?;
                if schemes.0.is_empty() {
                    self.prefixes.remove(prefix.as_bytes());
                }
                Some(target)
            }
        }
    }

    pub(super) fn target_of(&self, pattern: &RoutePattern) -> Option<&T> {
        let schemes = match &pattern.path {
            PathPattern::Exact(path) => self.exact.get(path)?,
            PathPattern::StartsWith(prefix) => self.prefixes.value(prefix.as_bytes())?,
        };
        schemes.target_of(pattern.scheme)
    }

    /// The target of the most specific path that matches.
    pub(super) fn find(&self, scheme: Scheme, path: &str) -> Option<&T> {
        let exact = self.exact.get(path).and_then(|schemes| schemes.find(scheme));
        exact.or_else(|| {
            // A longer prefix comes after a shorter one, and may be for the other scheme only.
            self.prefixes.prefixes_of(path.as_bytes()).filter_map(|schemes| schemes.find(scheme)).last()
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty()
    }
}

/// The routes of one host and path: at most one for each scheme, and one for both.
#[derive(Debug)]
struct Schemes<T>(Vec<Route<T>>);

#[derive(Debug)]
struct Route<T> {
    scheme: Option<Scheme>,
    /// The whole pattern, as its owner has written it.
    written: Box<str>,
    target: T,
}

impl<T> Default for Schemes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Schemes<T> {
    fn insert(&mut self, pattern: RoutePattern, target: T) -> Result<(), DuplicateRoute> {
        let RoutePattern { scheme, written, .. } = pattern;
        if let Some(route) = self.0.iter().find(|route| route.scheme == scheme) {
            return Err(DuplicateRoute { refused: written, existing: route.written.clone() });
        }
        // Of a hundred thousand of these, most have one route.
        self.0.reserve_exact(1);
        self.0.push(Route { scheme, written, target });
        Ok(())
    }

    fn remove(&mut self, scheme: Option<Scheme>) -> Option<T> {
        let index = self.0.iter().position(|route| route.scheme == scheme)?;
        Some(self.0.swap_remove(index).target)
    }

    fn target_of(&self, scheme: Option<Scheme>) -> Option<&T> {
        self.0.iter().find(|route| route.scheme == scheme).map(|route| &route.target)
    }

    fn find(&self, scheme: Scheme) -> Option<&T> {
        self.target_of(Some(scheme)).or_else(|| self.target_of(None))
    }
}
