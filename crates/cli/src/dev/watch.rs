//! Notices when files change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender},
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Editors write a file in several steps; what comes within this time is one change.
const SETTLE: Duration = Duration::from_millis(30);

/// Why the building thread wakes up.
pub(crate) enum Change {
    /// These files changed.
    Files(BTreeSet<PathBuf>),
    /// The developer has had enough.
    Stop,
}

/// Watches the folders of files: an editor may replace a file by renaming another, which a watch on the file would miss.
pub(crate) struct Watcher {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

impl Watcher {
    /// Sends each change to `changed`.
    pub(crate) fn start(changed: Sender<Change>) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event
                && matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_))
            {
                let _ = changed.send(Change::Files(event.paths.into_iter().collect()));
            }
        })?;
        Ok(Self { watcher, folders: BTreeSet::new() })
    }

    /// Also watches these files.
    pub(crate) fn watch(&mut self, files: &[PathBuf]) {
        for folder in files.iter().filter_map(|file| file.parent()) {
            if !self.folders.contains(folder) && self.watch_folder(folder) {
                self.folders.insert(folder.to_owned());
            }
        }
    }

    fn watch_folder(&mut self, folder: &Path) -> bool {
        // A folder that is not there cannot be watched; it is tried again at the next build.
        self.watcher.watch(folder, RecursiveMode::NonRecursive).is_ok()
    }
}

/// Adds what changes within a moment to `change`.
pub(crate) fn settle(change: Change, changes: &Receiver<Change>) -> Change {
    let Change::Files(mut files) = change else { return Change::Stop };
    loop {
        match changes.recv_timeout(SETTLE) {
            Ok(Change::Files(more)) => files.extend(more),
            Ok(Change::Stop) => return Change::Stop,
            Err(_) => return Change::Files(files),
        }
    }
}
