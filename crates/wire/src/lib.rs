//! What host and cell say to each other: types only, no behaviour beyond checking themselves.
#![forbid(unsafe_code)]

pub mod bundle;
pub mod http;
