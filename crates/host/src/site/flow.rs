//! A file on its way to clients: in memory once, however many there are and however slowly they read.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use mote_store::Asset;

/// A file, for as long as somebody has something of it.
#[derive(Default)]
pub(super) struct Flow(Option<(Weak<Shared>, Asset)>);

/// The content of a file.
struct Shared(Bytes);

/// A part in it.
struct Part(Arc<Shared>);

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

impl Flow {
    /// The file, if it is still there.
    pub(super) fn asset(&self) -> Option<Asset> {
        let (shared, empty) = self.0.as_ref()?;
        Some(Asset { bytes: Bytes::from_owner(Part(shared.upgrade()?)), ..empty.clone() })
    }

    /// Whether it is.
    pub(super) fn flows(&self) -> bool {
        self.0.as_ref().is_some_and(|(shared, _)| shared.strong_count() > 0)
    }

    /// Shares a file that was read with whoever asks for it next.
    pub(super) fn share(&mut self, asset: Asset) -> Asset {
        let shared = Arc::new(Shared(asset.bytes.clone()));
        self.0 = Some((Arc::downgrade(&shared), Asset { bytes: Bytes::new(), ..asset.clone() }));
        Asset { bytes: Bytes::from_owner(Part(shared)), ..asset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_once_and_goes_with_the_last_who_has_some_of_it() {
        let mut flow = Flow::default();
        assert!(flow.asset().is_none() && !flow.flows());
        let file = Asset { hash: "h".to_owned(), kind: "k".to_owned(), bytes: "content".into() };
        let first = flow.share(file.clone());
        let second = flow.asset().unwrap();
        assert_eq!((&first, &second), (&file, &file));
        assert_eq!(first.bytes.as_ptr(), second.bytes.as_ptr());
        let part = second.bytes.slice(3..);
        drop((first, second));
        assert_eq!(flow.asset().unwrap(), file, "a part of it is on its way");
        drop(part);
        assert!(flow.asset().is_none() && !flow.flows());
    }
}
