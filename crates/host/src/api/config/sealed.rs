//! The secrets of a version: sealed in the store, and named in its settings.

use std::collections::BTreeMap;

use mote_store::Version;
use serde_json::json;

use super::{Refusal, SECRET, VersionConfig, object, text};
use crate::secrets::Seal;

/// What became of the secrets of a version that has names of some, and nothing sealed.
const LOST: &str = "its secrets were given up when the node was restored without its key: set them again";

/// The names and texts of a version's secrets.
pub(crate) type Secrets = BTreeMap<String, String>;

impl VersionConfig {
    /// Puts a secret in, in place of whatever has its name; or takes it out.
    pub(in crate::api) fn set_secret(&mut self, secrets: &mut Secrets, name: &str, secret: Option<String>) {
        self.bindings.retain(|binding| text(binding, "name") != Some(name));
        secrets.remove(name);
        if let Some(secret) = secret {
            self.bindings.push(object(json!({"name": name, "type": SECRET})));
            secrets.insert(name.to_owned(), secret);
        }
    }

    /// Whether its secrets were given up, because the key that opens them was lost.
    pub(in crate::api) fn has_lost_its_secrets(&self, version: &Version) -> bool {
        version.secrets.is_empty() && !self.secret_names().is_empty()
    }

    /// The same settings, with those bindings alone that are no secrets.
    pub(in crate::api) fn without_secrets(mut self) -> Self {
        self.bindings.retain(|binding| text(binding, "type") != Some(SECRET));
        self
    }

    /// The names of its secrets.
    pub(in crate::api) fn secret_names(&self) -> Vec<&str> {
        let secrets = self.bindings.iter().filter(|binding| text(binding, "type") == Some(SECRET));
        secrets.filter_map(|binding| text(binding, "name")).collect()
    }
}

/// Seals the secrets of one version. Where there are none, nothing is sealed, so that nothing needs the key.
pub(in crate::api) fn seal_secrets(
    seal: &Seal,
    version: &str,
    secrets: &Secrets,
) -> Result<Vec<u8>, Refusal> {
    if secrets.is_empty() {
        return Ok(Vec::new());
    }
    let plain = serde_json::to_vec(secrets).map_err(Refusal::internal)?;
    seal.seal(version, &plain).map_err(Refusal::internal)
}

/// Opens them again. A version whose settings name no secret has none, whatever was sealed with it: an earlier Mote sealed also that there
/// is nothing.
pub(crate) fn open_secrets(
    seal: &Seal,
    version: &Version,
    config: &VersionConfig,
) -> Result<Secrets, String> {
    if config.secret_names().is_empty() {
        return Ok(Secrets::new());
    }
    if config.has_lost_its_secrets(version) {
        return Err(LOST.to_owned());
    }
    let plain = seal.open(&version.id, &version.secrets).map_err(|error| error.to_string())?;
    serde_json::from_slice(&plain).map_err(|_| "the secrets are damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use mote_wire::bundle::BundleHash;

    use super::*;

    fn version(secrets: Vec<u8>) -> Version {
        Version {
            id: "v1".to_owned(),
            worker: "shop".to_owned(),
            number: 1,
            created_ms: 1,
            bundle: BundleHash::from([0; 32]),
            config_json: "{}".to_owned(),
            secrets,
        }
    }

    #[test]
    fn a_version_without_secrets_needs_no_key_also_if_an_earlier_mote_has_sealed_that() {
        let folder = tempfile::tempdir().unwrap();
        let key = |name| Seal::at(&folder.path().join(name)).unwrap();
        let (lost, here) = (key("lost"), key("here"));
        assert_eq!(seal_secrets(&here, "v1", &Secrets::new()).unwrap(), b"");
        let before = version(lost.seal("v1", b"{}").unwrap());
        assert_eq!(before.secrets.len(), 30, "what the store knows it by");
        for nothing in [before, version(Vec::new())] {
            assert_eq!(open_secrets(&here, &nothing, &VersionConfig::default()).unwrap(), Secrets::new());
        }
    }

    #[test]
    fn secrets_that_were_given_up_are_no_bindings_and_are_never_taken_for_empty_ones() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::at(&folder.path().join("key")).unwrap();
        let (mut config, mut secrets) = (VersionConfig::default(), Secrets::new());
        config.set_secret(&mut secrets, "KEY", Some("hush".to_owned()));
        let sealed = version(seal_secrets(&seal, "v1", &secrets).unwrap());
        assert_eq!(open_secrets(&seal, &sealed, &config).unwrap(), secrets);
        let lost = version(Vec::new());
        assert!(config.has_lost_its_secrets(&lost) && !config.has_lost_its_secrets(&sealed));
        assert!(open_secrets(&seal, &lost, &config).unwrap_err().contains("set them again"));
        assert_eq!(config.without_secrets().secret_names(), Vec::<&str>::new());
    }
}
