//! Secrets at rest: sealed with a key that lies beside the store, never in it, so that a copy of the store gives none away.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use mote_store::{Store, StoreError};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

const KEY_BYTES: usize = 32;
/// The purpose of the sample in the store, by which the key is known. No version has such an id.
const SAMPLE: &str = "sample";
/// Versions whose secrets are tried where there is no sample yet: one of them may be damaged.
const TRIED_MAX: u32 = 64;

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
    /// There is no key, and the store has secrets that were sealed with one.
    #[error(
        "{} is missing, and secrets in the store were sealed with it, those of `{worker}` among them\n  help: bring the \
         secrets.key of the node that the store comes from; `mote restore --forget-secrets` restores a backup without its secrets",
        path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// A worker that has secrets.
        worker: String,
    },
    /// The key is another one than that with which the store's secrets were sealed.
    #[error(
        "{} does not open the secrets in the store, those of `{worker}` for example: they were sealed with another key\n  help: \
         bring the secrets.key of the node that the store comes from; `mote restore --forget-secrets` restores a backup without \
         its secrets",
        path.display()
    )]
    Wrong {
        /// Where it is.
        path: PathBuf,
        /// A worker that has secrets.
        worker: String,
    },
    /// The store cannot be asked.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The system gives no random bytes, or there are too many to seal.
    #[error("the secrets cannot be sealed")]
    Unsealable,
}

impl Seal {
    /// The key in this file for what is in this store. It is made if it is not there and nothing was sealed with it: a node that went on with
    /// another key would find out at each worker's next event.
    ///
    /// # Errors
    /// If the file cannot be read or made, or holds no key, or not the one with which the store's secrets were sealed.
    pub fn of(store: &Store, path: &Path) -> Result<Self, SealError> {
        Self::check(store, path)?;
        let seal = Self::at(path)?;
        if !seal.is_known(store)? {
            // Without it the next start looks at secrets again, as this one did.
            let _ = store.set_seal_sample(&seal.seal(SAMPLE, SAMPLE.as_bytes())?);
        }
        Ok(seal)
    }

    /// Looks whether the key for what is in this store lies here, and changes nothing; false if no key is needed.
    ///
    /// # Errors
    /// What is wrong with it, or that it is not there.
    pub fn check(store: &Store, path: &Path) -> Result<bool, SealError> {
        let seal = Self::find(path)?;
        let sealed = store.sealed(TRIED_MAX)?;
        let Some(one) = sealed.first() else { return Ok(false) };
        let (path, worker) = (path.to_owned(), one.worker.clone());
        let Some(seal) = seal else { return Err(SealError::Missing { path, worker }) };
        let opens = || sealed.iter().any(|one| seal.open(&one.version, &one.secrets).is_ok());
        if seal.is_known(store)? || opens() { Ok(true) } else { Err(SealError::Wrong { path, worker }) }
    }

    fn is_known(&self, store: &Store) -> Result<bool, SealError> {
        Ok(store.seal_sample()?.is_some_and(|sample| self.open(SAMPLE, &sample).is_ok()))
    }

    /// The key in this file, which is made if it is not there; only its owner may read it.
    ///
    /// # Errors
    /// If the file cannot be read or made, or holds no key.
    pub fn at(path: &Path) -> Result<Self, SealError> {
        if let Some(seal) = Self::find(path)? {
            return Ok(seal);
        }
        let mut key = vec![0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).map_err(|_| SealError::Unsealable)?;
        write_private(path, &key)?;
        Self::new(&key)
    }

    /// The key in this file; `None` if there is none.
    fn find(path: &Path) -> Result<Option<Self>, SealError> {
        match fs::read(path) {
            Ok(key) => Self::new(&key).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn new(key: &[u8]) -> Result<Self, SealError> {
        let unbound =
            UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError::Length { bytes: key.len() })?;
        Ok(Self { key: LessSafeKey::new(unbound), random: SystemRandom::new() })
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
    fn a_key_is_made_once_and_known_by_its_sample() {
        let folder = tempfile::tempdir().unwrap();
        let (store, path) = (Store::open(&folder.path().join("store")).unwrap(), folder.path().join("key"));
        assert!(!Seal::check(&store, &path).unwrap() && !path.exists(), "a look changes nothing");
        let seal = Seal::of(&store, &path).unwrap();
        assert!(seal.is_known(&store).unwrap() && Seal::of(&store, &path).is_ok());
        // Nothing is lost with a key that nothing was sealed with.
        fs::remove_file(&path).unwrap();
        let other = Seal::of(&store, &path).unwrap();
        assert!(other.is_known(&store).unwrap() && !seal.is_known(&store).unwrap());
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
