//! A page of memory that host and cell share: numbers that the cell writes and the host reads, also when the cell is dead.
//!
//! It is sealed against changes of its size, so neither side can make the other's next access fail.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    ptr::NonNull,
    sync::atomic::AtomicU64,
};

use crate::raw;

/// How many numbers a page has.
pub const SLOTS: usize = 64;

/// Bytes that are mapped: more than the numbers need, because the kernel gives whole pages.
const BYTES: usize = 4096;
/// What keeps the other side from taking memory away.
const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

const _: () = assert!(SLOTS * size_of::<AtomicU64>() <= BYTES, "the numbers fit on the page");

/// The mapped page. Both sides may change it at any time, so whatever is read from it is a claim.
#[derive(Debug)]
pub struct SharedPage {
    slots: NonNull<[AtomicU64; SLOTS]>,
}

// SAFETY: it is memory full of atomics that belongs to no thread.
unsafe impl Send for SharedPage {}
// SAFETY: all that can be had from a shared reference are atomics.
unsafe impl Sync for SharedPage {}

impl SharedPage {
    /// A new page full of zeros, and the descriptor to hand to the other process. It is sealed against changes of its size.
    ///
    /// # Errors
    /// When the system has no memory or no descriptors left.
    pub fn create() -> io::Result<(Self, OwnedFd)> {
        let descriptor = anonymous_file()?;
        // SAFETY: it changes the size of a file that nobody has mapped yet.
        raw::done(unsafe { libc::ftruncate(descriptor.as_raw_fd(), BYTES_AS_OFFSET) }.into())?;
        // SAFETY: it seals a file that is ours alone.
        raw::done(unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_ADD_SEALS, SEALS) }.into())?;
        Ok((Self::map(descriptor.as_fd())?, descriptor))
    }

    /// Maps a page that another process has created.
    ///
    /// # Errors
    /// When the descriptor is no such page.
    pub fn map(descriptor: BorrowedFd<'_>) -> io::Result<Self> {
        // Why look at the seals: without them the other side could shorten the file, and our next access would end us.
        // SAFETY: it reads flags.
        let seals = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_GET_SEALS) };
        // SAFETY: all zeros are a `stat`.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: `about` is a `stat` to write to.
        raw::done(unsafe { libc::fstat(descriptor.as_raw_fd(), &raw mut about) }.into())?;
        if seals < 0 || seals & SEALS != SEALS || about.st_size != BYTES_AS_OFFSET {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no page of ours"));
        }
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at a place that the kernel chooses touches no memory that is in use.
        let memory = unsafe {
            libc::mmap(std::ptr::null_mut(), BYTES, access, libc::MAP_SHARED, descriptor.as_raw_fd(), 0)
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(memory.cast())
            .map(|slots| Self { slots })
            .ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// One of its numbers.
    ///
    /// # Panics
    /// When there are not that many: which number is meant is written in the code, it comes from nobody.
    #[must_use]
    pub fn slot(&self, index: usize) -> &AtomicU64 {
        self.slots().get(index).expect("a page has SLOTS numbers")
    }

    /// The same for the life of the process: the mapping is never undone.
    #[must_use]
    pub fn leak(self) -> &'static [AtomicU64; SLOTS] {
        let page = std::mem::ManuallyDrop::new(self);
        // SAFETY: it is mapped, aligned to a page and large enough; it is never dropped, so the mapping stays.
        unsafe { page.slots.as_ref() }
    }

    fn slots(&self) -> &[AtomicU64; SLOTS] {
        // SAFETY: it is mapped until `self` is dropped, aligned to a page, large enough, and any bits are an `AtomicU64`.
        unsafe { self.slots.as_ref() }
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        // SAFETY: it is our mapping, of this length, and no reference into it outlives `self`.
        unsafe { libc::munmap(self.slots.as_ptr().cast(), BYTES) };
    }
}

const BYTES_AS_OFFSET: libc::off_t = 4096;

/// A file without a name, that nobody can run as a program where the kernel knows how to hold that.
fn anonymous_file() -> io::Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    for flags in [flags | libc::MFD_NOEXEC_SEAL, flags] {
        // SAFETY: the name ends in zero.
        let made = unsafe { libc::memfd_create(c"mote-page".as_ptr(), flags) };
        if made >= 0 || raw::errno() != libc::EINVAL {
            // SAFETY: it was made just now, for us.
            return unsafe { raw::owned(made.into()) };
        }
    }
    Err(io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use std::{
        os::fd::{AsFd, AsRawFd},
        sync::atomic::Ordering,
    };

    use super::{SLOTS, SharedPage};

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (ours, descriptor) = SharedPage::create().unwrap();
        let theirs = SharedPage::map(descriptor.as_fd()).unwrap().leak();
        theirs[SLOTS - 1].store(7, Ordering::Relaxed);
        assert_eq!(ours.slot(SLOTS - 1).load(Ordering::Relaxed), 7);
        assert_eq!(ours.slot(0).load(Ordering::Relaxed), 0);
    }

    #[test]
    fn nobody_can_shorten_a_page_under_the_other_side() {
        let (_page, descriptor) = SharedPage::create().unwrap();
        for bytes in [0, 8192] {
            // SAFETY: it is the very thing that must not work.
            assert_eq!(unsafe { libc::ftruncate(descriptor.as_raw_fd(), bytes) }, -1);
        }
    }

    #[test]
    fn a_file_that_is_no_page_is_never_mapped() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        assert!(SharedPage::map(file.as_fd()).is_err());
        let (pipe, _other) = std::io::pipe().unwrap();
        assert!(SharedPage::map(pipe.as_fd()).is_err());
    }
}
