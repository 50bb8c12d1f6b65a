//! What the operator gives the API.

/// How much of what the API may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiOptions {
    /// Bytes of memory for everything that is being sent to it at once, and what is made of it.
    pub upload_bytes_max: usize,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self { upload_bytes_max: 512 << 20 }
    }
}
