//! Static assets: what becomes of a request for a file that was uploaded along with a worker.
//!
//! What this room does: it decides, and nothing else. [`rules`] reads `_redirects` and `_headers`, [`run_worker_first`] says
//! who is asked first, [`resolve`] finds the file behind a path, [`conditional`] says how much of it a client wants, and
//! [`encoding`] in which coding. It holds no file, opens no socket and knows no clock.
//!
//! What it refuses: all that an uploaded file says is hostile, and so is the request. Each parser has a bound on what it
//! reads, each match takes time in proportion to what is matched, and what goes into a header is checked again after a
//! request's words have been put into it.
//!
//! What happens when it fails: a line that cannot be read is a warning for its author, and the other lines hold. A
//! configuration that cannot be read is an error, since it would otherwise serve what it was to protect.

pub mod conditional;
pub mod encoding;
pub mod path;
pub mod resolve;
pub mod rules;
pub mod run_worker_first;
