//! Secrets at rest: sealed with a key that lies beside the store, never in it, so that a copy of the store gives none away.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

const KEY_BYTES: usize = 32;

/// The node's key.
pub struct Seal {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Why secrets cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key's file cannot be used.
    #[error("the key for secrets cannot be used: {0}")]
    Key(#[from] io::Error),
    /// The file holds no key.
    #[error(
        "the key for secrets has {bytes} bytes instead of {KEY_BYTES}: restore it, secrets cannot be opened without it"
    )]
    Length {
        /// What it has.
        bytes: usize,
    },
    /// The bytes were sealed with another key or for something else, or they are damaged.
    #[error("the secrets cannot be opened: they were sealed with another key, or are damaged")]
    Forged,
    /// The system gives no random bytes, or there are too many to seal.
    #[error("the secrets cannot be sealed")]
    Unsealable,
}

impl Seal {
    /// The key in this file, which is made if it is not there; only its owner may read it.
    ///
    /// # Errors
    /// If the file cannot be read or made, or holds no key.
    pub fn at(path: &Path) -> Result<Self, SealError> {
        let random = SystemRandom::new();
        let key = match fs::read(path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = vec![0; KEY_BYTES];
                random.fill(&mut key).map_err(|_| SealError::Unsealable)?;
                write_private(path, &key)?;
                key
            }
            Err(error) => return Err(error.into()),
        };
        let unbound =
            UnboundKey::new(&AES_256_GCM, &key).map_err(|_| SealError::Length { bytes: key.len() })?;
        Ok(Self { key: LessSafeKey::new(unbound), random })
    }

    /// Seals bytes for a purpose: they open for the same one only.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| SealError::Unsealable)?;
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| SealError::Unsealable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this purpose.
    ///
    /// # Errors
    /// If it was not, or is damaged.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Forged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Forged)?;
        let mut rest = rest.to_vec();
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut rest)
            .map_err(|_| SealError::Forged)?;
        Ok(plain.to_vec())
    }
}

/// Writes a file that only its owner may read. It is there whole or not at all, and an older one is not replaced.
///
/// # Errors
/// If it cannot be written, or is there already.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::hard_link(&unfinished, path)?;
    fs::remove_file(&unfinished)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_opens_for_its_purpose_with_its_key_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let seal = Seal::at(&path).unwrap();
        let sealed = seal.seal("version 1", b"hush").unwrap();
        assert!(!sealed.windows(4).any(|bytes| bytes == b"hush"));
        assert_eq!(Seal::at(&path).unwrap().open("version 1", &sealed).unwrap(), b"hush");
        assert!(matches!(seal.open("version 2", &sealed), Err(SealError::Forged)));
        let other = Seal::at(&folder.path().join("other")).unwrap();
        assert!(matches!(other.open("version 1", &sealed), Err(SealError::Forged)));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(matches!(seal.open("version 1", &damaged), Err(SealError::Forged)), "byte {at}");
            assert!(matches!(seal.open("version 1", &sealed[..at]), Err(SealError::Forged)), "{at} bytes");
        }
    }

    #[test]
    fn nobody_else_may_read_the_key_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(Seal::at(&path).is_ok());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        assert!(matches!(Seal::at(&path), Err(SealError::Length { bytes: 5 })));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
