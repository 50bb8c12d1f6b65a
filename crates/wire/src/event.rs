//! What becomes of an event that has no response of its worker's own.

use serde::{Deserialize, Serialize};

/// An error, as the host shows it to a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventError {
    /// The response's status.
    pub status: u16,
    /// Cloudflare's number.
    pub code: u16,
    /// The value of the `mote-error` header: lower-case letters and hyphens.
    pub slug: String,
    /// One line for people.
    pub title: String,
    /// Message and stack: for the worker's owner, never for strangers.
    pub detail: String,
    /// In how many seconds it is worth to come again.
    pub retry_after_s: Option<u64>,
}

impl EventError {
    /// An error that nobody is told to come again for.
    #[must_use]
    pub fn new(status: u16, code: u16, slug: &str, title: &str, detail: impl Into<String>) -> Self {
        let (slug, title) = (slug.to_owned(), title.to_owned());
        Self { status, code, slug, title, detail: detail.into(), retry_after_s: None }
    }
}
