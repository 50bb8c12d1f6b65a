//! What a cell tries and does not get, and that does not end it: told to the [`super::Watcher`] with the cell and its workers, so
//! that whoever looks into an attack finds where it began.
//!
//! How often somebody tries is his own choice, so how often it is told is not: once in a while for each cell and kind, with the
//! number of those in between.

use std::{
    cell::Cell,
    fmt,
    rc::{Rc, Weak},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{Supervisor, live::LiveCell, lose::workers_of};

/// Of one kind a cell is told of once in this time.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// How long a cell may take for the rest of what it has begun to say. One that means well writes all of it at once.
const UNFINISHED_MAX: Duration = Duration::from_secs(5);
/// Characters that are told of what was tried.
const DETAIL_CHARS_MAX: usize = 200;

/// Kinds of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainedKind {
    /// It asked for a binding that its worker was not given.
    OtherBinding,
    /// It asked for what its worker may not reach.
    NotLetOut,
    /// It wrote more lines than are shown.
    TooManyLines,
    /// It began to say something and did not end it.
    Unfinished,
}

impl ContainedKind {
    const COUNT: usize = 4;

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherBinding => "other-binding",
            Self::NotLetOut => "not-let-out",
            Self::TooManyLines => "too-many-lines",
            Self::Unfinished => "unfinished",
        }
    }
}

/// An attempt that came to nothing.
#[derive(Debug, Clone)]
pub struct Contained {
    /// The cell's number.
    pub cell: u64,
    /// Its process.
    pub pid: u32,
    /// Its cordon; `None` if it is blank.
    pub cordon: Option<Arc<str>>,
    /// What it tried.
    pub kind: ContainedKind,
    /// The same in words, with what is known.
    pub detail: String,
    /// Attempts of this kind since the last one that was told.
    pub untold: u64,
    /// Workers that it holds, at most [`super::Incident::WORKERS_SHOWN_MAX`] of them, those with events under way first.
    pub workers: Vec<Arc<str>>,
}

impl fmt::Display for Contained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cordon = self.cordon.as_deref().unwrap_or("none yet");
        let (cell, pid, kind) = (self.cell, self.pid, self.kind.as_str());
        write!(
            f,
            "cell {cell} (pid {pid}, cordon {cordon}) was kept from something: {kind}: {}",
            self.detail
        )?;
        if self.untold > 0 {
            write!(f, "; {} more since the last line", self.untold)?;
        }
        Ok(())
    }
}

/// By which whoever answers a cell says that it tried something.
#[derive(Clone)]
pub struct Attempts {
    supervisor: Weak<Supervisor>,
    cell: Weak<LiveCell>,
}

impl Attempts {
    pub(super) fn of(supervisor: &Weak<Supervisor>, cell: &Weak<LiveCell>) -> Self {
        Self { supervisor: supervisor.clone(), cell: cell.clone() }
    }

    /// It tried this, and did not get it.
    pub fn contained(&self, kind: ContainedKind, detail: &str) {
        if let (Some(supervisor), Some(cell)) = (self.supervisor.upgrade(), self.cell.upgrade()) {
            supervisor.contained(&cell, kind, detail);
        }
    }
}

/// When a cell was told of, for each kind, and what it has begun to say.
#[derive(Default)]
pub(super) struct Kept {
    told: [Cell<Option<(Instant, u64)>>; ContainedKind::COUNT],
    unfinished: Cell<Option<Unfinished>>,
}

/// A frame of the link that is not whole yet.
#[derive(Clone, Copy)]
struct Unfinished {
    /// Frames that had come by then.
    heard: u64,
    since: Instant,
    told: Told,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    NotYet,
    Once,
}

impl Kept {
    /// How many were not told, if this one is to be.
    fn tells(&self, kind: ContainedKind, now: Instant) -> Option<u64> {
        let told = self.told.get(kind as usize)?;
        match told.get() {
            Some((at, untold)) if now.saturating_duration_since(at) < TOLD_EVERY => {
                told.set(Some((at, untold.saturating_add(1))));
                None
            }
            before => {
                told.set(Some((now, 0)));
                Some(before.map_or(0, |(_, untold)| untold))
            }
        }
    }

    /// Whether a frame has been begun for too long; true once for each. `bytes` are there of one, and `heard` is how many have
    /// come whole.
    fn hangs(&self, bytes: usize, heard: u64, now: Instant) -> bool {
        let begun = self.unfinished.get().filter(|begun| begun.heard == heard);
        match begun {
            _ if bytes == 0 => self.unfinished.set(None),
            None => self.unfinished.set(Some(Unfinished { heard, since: now, told: Told::NotYet })),
            Some(begun) => {
                let late = now.saturating_duration_since(begun.since) >= UNFINISHED_MAX;
                if late && begun.told == Told::NotYet {
                    self.unfinished.set(Some(Unfinished { told: Told::Once, ..begun }));
                    return true;
                }
            }
        }
        false
    }
}

impl Supervisor {
    /// A cell tried something and did not get it.
    pub(super) fn contained(&self, cell: &LiveCell, kind: ContainedKind, detail: &str) {
        let Some(untold) = cell.contained.tells(kind, Instant::now()) else { return };
        self.watcher.contained(&Contained {
            cell: cell.id,
            pid: cell.process.pid(),
            cordon: cell.cordon(),
            kind,
            detail: detail.chars().take(DETAIL_CHARS_MAX).collect(),
            untold,
            workers: workers_of(cell),
        });
    }

    /// Looks whether a cell has begun to say something that it does not end.
    pub(super) fn look_for_unfinished(&self, cell: &Rc<LiveCell>, now: Instant) {
        if cell.contained.hangs(cell.link.unfinished_bytes(), cell.link.heard(), now) {
            let detail = "a frame of the link has not come whole for five seconds";
            self.contained(cell, ContainedKind::Unfinished, detail);
        }
        let begun = cell.message_begun.get();
        if begun.is_some_and(|begun| now.saturating_duration_since(begun) >= UNFINISHED_MAX) {
            // Once for each.
            cell.message_begun.set(None);
            let detail = "a message has not come whole for five seconds";
            self.contained(cell, ContainedKind::Unfinished, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn however_often_somebody_tries_it_is_told_now_and_then_with_the_number() {
        let kept = Kept::default();
        let tells = |kind| kept.tells(kind, Instant::now());
        assert_eq!(tells(ContainedKind::OtherBinding), Some(0));
        assert_eq!(tells(ContainedKind::NotLetOut), Some(0), "another kind");
        for _ in 0..1_000 {
            assert_eq!(tells(ContainedKind::OtherBinding), None);
        }
        tokio::time::advance(TOLD_EVERY).await;
        assert_eq!(tells(ContainedKind::OtherBinding), Some(1_000));
        tokio::time::advance(TOLD_EVERY).await;
        assert_eq!(tells(ContainedKind::OtherBinding), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_frame_is_told_once_and_one_that_comes_in_parts_never() {
        let kept = Kept::default();
        let hangs = |bytes, heard| kept.hangs(bytes, heard, Instant::now());
        assert!(!hangs(0, 0) && !hangs(10, 1));
        tokio::time::advance(UNFINISHED_MAX).await;
        assert!(!hangs(10, 2), "the one before is whole");
        tokio::time::advance(UNFINISHED_MAX).await;
        assert!(hangs(10, 2) && !hangs(11, 2));
        assert!(!hangs(0, 3) && !hangs(5, 3));
        tokio::time::advance(UNFINISHED_MAX).await;
        assert!(hangs(5, 3));
    }

    #[test]
    fn an_attempt_reads_as_one_line() {
        let contained = Contained {
            cell: 7,
            pid: 4_242,
            cordon: Some("default".into()),
            kind: ContainedKind::OtherBinding,
            detail: "`shop` asked for \"VAULT\"".to_owned(),
            untold: 12,
            workers: vec!["shop".into()],
        };
        assert_eq!(
            contained.to_string(),
            "cell 7 (pid 4242, cordon default) was kept from something: other-binding: `shop` asked for \"VAULT\"; \
             12 more since the last line"
        );
    }
}
