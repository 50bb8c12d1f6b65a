//! What an API token may do: scopes, and sets of them.

use std::{
    fmt::{self, Display},
    str::FromStr,
};

/// One kind of thing that a token may do in its account.
///
/// Whoever may write a thing may read it, too: no client can change what it cannot look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `workers:read`: see workers, versions, deployments, routes, triggers, and the names of secrets.
    WorkersRead,
    /// `workers:write`: upload, deploy, roll back, set secrets, routes and triggers, delete.
    WorkersWrite,
    /// `kv:read`: list namespaces and keys, read values.
    KvRead,
    /// `kv:write`: make and remove namespaces, write and delete values.
    KvWrite,
    /// `tail:read`: follow the live logs of workers, which may hold what their clients send.
    TailRead,
    /// `account:write`: make, replace and revoke tokens of the account, and read its audit log.
    AccountWrite,
}

/// A text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is no scope; there are {}", Scopes::ALL)]
pub struct UnknownScope {
    /// The beginning of the text.
    pub shown: String,
}

/// Characters of an unknown scope that an error repeats.
const SHOWN_CHARS_MAX: usize = 60;

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 6] = [
        Self::WorkersRead,
        Self::WorkersWrite,
        Self::KvRead,
        Self::KvWrite,
        Self::TailRead,
        Self::AccountWrite,
    ];

    /// Its name, as it is written in requests and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkersRead => "workers:read",
            Self::WorkersWrite => "workers:write",
            Self::KvRead => "kv:read",
            Self::KvWrite => "kv:write",
            Self::TailRead => "tail:read",
            Self::AccountWrite => "account:write",
        }
    }

    /// The scope that includes this one.
    const fn included_in(self) -> Option<Self> {
        match self {
            Self::WorkersRead => Some(Self::WorkersWrite),
            Self::KvRead => Some(Self::KvWrite),
            Self::WorkersWrite | Self::KvWrite | Self::TailRead | Self::AccountWrite => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let known = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        known.ok_or_else(|| UnknownScope { shown: text.chars().take(SHOWN_CHARS_MAX).collect() })
    }
}

/// A set of scopes. As a text it is their names with blanks between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// All there are.
    pub const ALL: Self = Self((1 << Scope::ALL.len()) - 1);

    /// Whether a holder of these may do what needs `scope`.
    #[must_use]
    pub fn allow(self, scope: Scope) -> bool {
        let has = |scope: Scope| self.0 & scope.bit() != 0;
        has(scope) || scope.included_in().is_some_and(has)
    }

    /// Whether a holder of these may do all that a holder of `others` may.
    #[must_use]
    pub fn allow_all(self, others: Self) -> bool {
        others.iter().all(|scope| self.allow(scope))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, always in the same order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let between = if index == 0 { "" } else { " " };
            write!(f, "{between}{scope}")?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_scopes_and_nothing_else_does() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        for wrong in ["", "workers", "workers:*", "WORKERS:READ", " workers:read", "workers:read kv:read"] {
            assert!(wrong.parse::<Scope>().is_err(), "{wrong}");
        }
        let long = "x".repeat(5_000).parse::<Scope>().unwrap_err();
        assert!(long.to_string().len() < 300, "an error does not repeat all that it was sent");
    }

    #[test]
    fn sets_are_read_as_they_were_written() {
        let some: Scopes = [Scope::TailRead, Scope::KvRead].into_iter().collect();
        assert_eq!(some.to_string(), "kv:read tail:read");
        for scopes in [Scopes::default(), some, Scopes::ALL] {
            assert_eq!(scopes.to_string().parse(), Ok(scopes));
        }
        assert!("kv:read nonsense".parse::<Scopes>().is_err());
        assert_eq!(Scope::ALL.into_iter().collect::<Scopes>(), Scopes::ALL);
    }

    #[test]
    fn who_may_write_may_read_and_nobody_may_more() {
        for held in Scope::ALL {
            let scopes: Scopes = [held].into_iter().collect();
            for needed in Scope::ALL {
                let reads_own = matches!(
                    (held, needed),
                    (Scope::WorkersWrite, Scope::WorkersRead) | (Scope::KvWrite, Scope::KvRead)
                );
                assert_eq!(scopes.allow(needed), held == needed || reads_own, "{held} for {needed}");
                assert!(!Scopes::default().allow(needed));
                assert!(Scopes::ALL.allow(needed));
            }
            assert!(!scopes.allow_all(Scopes::ALL));
        }
        let reads: Scopes = "workers:read kv:read".parse().unwrap();
        let writes: Scopes = "workers:write kv:write".parse().unwrap();
        assert!(writes.allow_all(reads) && !reads.allow_all(writes));
    }
}
