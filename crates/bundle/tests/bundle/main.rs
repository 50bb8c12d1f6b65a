//! Projects of all kinds, through the public API: what a bundle has in it, and what is said where there is none.

mod code;
mod errors;
mod modules;
mod packages;
mod projects;
mod support;
mod verbatim;
