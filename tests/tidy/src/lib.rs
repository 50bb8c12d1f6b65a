//! Holds the house rules on the tree: what a compiler or a lint cannot see, because it lies between the files.
//!
//! A rule is a function from a [`Tree`] to its [`Finding`]s, so that each is tested on a small tree made up in memory
//! (beside the rule) and then held on the real one (`tests/tree.rs`). `tests/scripts.rs` and `tests/v8_script.rs` do the
//! same for what lies under `scripts/`.
//!
//! Reads only; knows nothing of git, so that it holds on an unpacked release as on a checkout. When a rule makes a place
//! worse, the rule's own list of exceptions takes the place up, with a reason.

#![forbid(unsafe_code)]

pub mod manifest;
pub mod rules;
mod tree;

pub use tree::{Finding, Tree};
