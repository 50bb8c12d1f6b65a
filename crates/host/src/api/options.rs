//! What the operator gives the API.

use std::num::NonZeroUsize;

use mote_store::Kept;

/// How much of what the API may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiOptions {
    /// Bytes of memory for everything that is being sent to it at once, and what is made of it.
    pub upload_bytes_max: usize,
    /// Bytes on the disk of everything that is being sent to it and is not there as a whole yet.
    pub upload_disk_bytes_max: usize,
    /// Workers whose code is tried out at once.
    pub trials_at_once: usize,
    /// How many workers and versions an account may have.
    pub kept: Kept,
}

impl Default for ApiOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            upload_bytes_max: 512 << 20,
            upload_disk_bytes_max: 2 << 30,
            trials_at_once: cores,
            kept: Kept::default(),
        }
    }
}
