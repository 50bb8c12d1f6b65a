//! Keys and pairs: whoever has one has had its limits checked. The words of refusals are Cloudflare's.

use bytes::Bytes;

/// The most bytes of a key.
pub const KEY_BYTES_MAX: usize = 512;
/// The most bytes of a value.
pub const VALUE_BYTES_MAX: usize = 25 << 20;
/// The most bytes of a pair's metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 1_024;
/// The shortest life of a pair that has an end, in seconds.
pub const TTL_S_MIN: i64 = 60;
/// What a pair takes beside its key, value and metadata; so that a million empty ones count, too.
const OVERHEAD_BYTES: usize = 64;
/// The latest end: the first moment that JavaScript's dates no longer know.
const EXPIRATION_S_MAX: i64 = 8_640_000_000_000;

/// What is wrong with a pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KvInvalid {
    /// The key has no characters.
    #[error("Key name cannot be empty.")]
    EmptyKey,
    /// The key is `.` or `..`, which paths of URLs cannot hold.
    #[error("\"{key}\" is not allowed as a key name.")]
    DotKey {
        /// The key.
        key: String,
    },
    /// The key is too long.
    #[error("UTF-8 encoded length of {bytes} exceeds key length limit of {KEY_BYTES_MAX}.")]
    LongKey {
        /// Its length.
        bytes: usize,
    },
    /// The value is too long.
    #[error("Value length of {bytes} exceeds limit of {VALUE_BYTES_MAX}.")]
    LongValue {
        /// Its length.
        bytes: u64,
    },
    /// The metadata is too long.
    #[error("Metadata length of {bytes} exceeds limit of {METADATA_BYTES_MAX}.")]
    LongMetadata {
        /// Its length.
        bytes: usize,
    },
    /// The metadata is no JSON.
    #[error("Metadata is not valid JSON.")]
    BadMetadata,
    /// The pair would live too short a time.
    #[error("Invalid expiration_ttl of {ttl_s}. Expiration TTL must be at least {TTL_S_MIN}.")]
    ShortTtl {
        /// How long, in seconds.
        ttl_s: i64,
    },
    /// The pair would end too soon, or is over.
    #[error(
        "Invalid expiration of {at_s}. Expiration times must be at least {TTL_S_MIN} seconds in the future."
    )]
    EarlyExpiration {
        /// When, in seconds since the epoch.
        at_s: i64,
    },
    /// The pair would end at no time that there is.
    #[error("Invalid expiration of {at_s}. Expiration times must be at most {EXPIRATION_S_MAX}.")]
    LateExpiration {
        /// When, in seconds since the epoch.
        at_s: i64,
    },
}

impl KvInvalid {
    /// Whether it is about the size of what was sent.
    #[must_use]
    pub fn is_size(&self) -> bool {
        matches!(self, Self::LongValue { .. } | Self::LongMetadata { .. })
    }
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KvKey(String);

impl KvKey {
    /// Checks a key.
    ///
    /// # Errors
    /// If it is empty, too long, or a name that paths cannot hold.
    pub fn parse(key: impl Into<String>) -> Result<Self, KvInvalid> {
        let key = key.into();
        match key.as_str() {
            "" => Err(KvInvalid::EmptyKey),
            "." | ".." => Err(KvInvalid::DotKey { key }),
            _ if key.len() > KEY_BYTES_MAX => Err(KvInvalid::LongKey { bytes: key.len() }),
            _ => Ok(Self(key)),
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// When a pair ends, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvExpiry {
    /// Never.
    Never,
    /// At a time, in seconds since the epoch.
    At(i64),
    /// After so many seconds.
    After(i64),
}

/// A pair, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvPair {
    pub(super) key: KvKey,
    pub(super) value: Bytes,
    pub(super) metadata: Option<String>,
    pub(super) expires_s: Option<i64>,
}

impl KvPair {
    /// Checks a pair. `metadata` is JSON.
    ///
    /// # Errors
    /// If a limit is passed.
    pub fn new(
        key: KvKey,
        value: Bytes,
        metadata: Option<String>,
        expiry: KvExpiry,
        now_ms: i64,
    ) -> Result<Self, KvInvalid> {
        if value.len() > VALUE_BYTES_MAX {
            return Err(KvInvalid::LongValue { bytes: u64::try_from(value.len()).unwrap_or(u64::MAX) });
        }
        let expires_s = expires_s(expiry, now_ms)?;
        let metadata = metadata.map(checked_metadata).transpose()?.flatten();
        Ok(Self { key, value, metadata, expires_s })
    }

    /// What it counts for.
    pub(super) fn bytes(&self) -> i64 {
        let metadata = self.metadata.as_ref().map_or(0, String::len);
        let bytes = self.key.0.len() + self.value.len() + metadata + OVERHEAD_BYTES;
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }
}

/// `null` is no metadata at all.
fn checked_metadata(json: String) -> Result<Option<String>, KvInvalid> {
    if json.len() > METADATA_BYTES_MAX {
        return Err(KvInvalid::LongMetadata { bytes: json.len() });
    }
    let value: serde_json::Value = serde_json::from_str(&json).map_err(|_| KvInvalid::BadMetadata)?;
    Ok((!value.is_null()).then_some(json))
}

fn expires_s(expiry: KvExpiry, now_ms: i64) -> Result<Option<i64>, KvInvalid> {
    let now_s = now_ms.div_euclid(1_000);
    let at_s = match expiry {
        KvExpiry::Never => return Ok(None),
        KvExpiry::At(at_s) if at_s < now_s.saturating_add(TTL_S_MIN) => {
            return Err(KvInvalid::EarlyExpiration { at_s });
        }
        KvExpiry::At(at_s) => at_s,
        KvExpiry::After(ttl_s) if ttl_s < TTL_S_MIN => return Err(KvInvalid::ShortTtl { ttl_s }),
        KvExpiry::After(ttl_s) => now_s.saturating_add(ttl_s),
    };
    if at_s > EXPIRATION_S_MAX {
        return Err(KvInvalid::LateExpiration { at_s });
    }
    Ok(Some(at_s))
}
