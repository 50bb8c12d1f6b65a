//! What host and cell say to each other: types only, no behaviour beyond checking themselves.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

pub mod bundle;
pub mod compatibility;
pub mod control;
pub mod event;
pub mod http;
pub mod limits;
pub mod link;
pub mod lookup;
pub mod named;
pub mod packed;
pub mod prepared;
pub mod socket;
