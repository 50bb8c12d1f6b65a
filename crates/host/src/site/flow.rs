//! A file on its way to clients: in memory once, however many there are and however slowly they read.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use mote_store::Asset;

use crate::budget::Reserved;

/// A file, for as long as somebody has something of it.
#[derive(Default)]
pub(super) struct Flow(Option<(Weak<Shared>, Asset)>);

/// The content of a file, and its place in the memory that there is for files.
struct Shared {
    bytes: Bytes,
    _held: Reserved,
}

/// A part in it.
struct Part(Arc<Shared>);

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
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

    /// Shares a file that was read with whoever asks for it next. Its memory is given back when nobody has any of it.
    pub(super) fn share(&mut self, asset: Asset, held: Reserved) -> Asset {
        let shared = Arc::new(Shared { bytes: asset.bytes.clone(), _held: held });
        self.0 = Some((Arc::downgrade(&shared), Asset { bytes: Bytes::new(), ..asset.clone() }));
        Asset { bytes: Bytes::from_owner(Part(shared)), ..asset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Memory;

    #[tokio::test]
    async fn a_file_is_there_once_and_goes_with_the_last_who_has_some_of_it() {
        let (mut flow, memory) = (Flow::default(), Memory::new(1 << 20, 1 << 20));
        assert!(flow.asset().is_none() && !flow.flows());
        let file = Asset { hash: "h".to_owned(), kind: "k".to_owned(), bytes: "content".into() };
        let first = flow.share(file.clone(), memory.reserve("a", 7).await);
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
