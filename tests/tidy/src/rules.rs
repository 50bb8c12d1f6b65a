//! The rules, a file for each concern.

pub mod docs;
pub mod examples;
pub mod lazy;
pub mod rooms;
pub mod size;
pub mod text;
pub mod words;

/// The last part of a path.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What follows the last dot of a file's name.
fn ending_of(path: &str) -> &str {
    name_of(path).rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether people write and read this file as code.
fn is_source(path: &str) -> bool {
    matches!(ending_of(path), "rs" | "js" | "mjs" | "cjs" | "ts" | "tsx" | "jsx" | "py" | "sh")
        || path.starts_with("scripts/")
        || path.starts_with(".ci/")
}

/// Whether this file is part of the rules themselves, which have to spell out what they forbid.
fn is_of_tidy(path: &str) -> bool {
    path.starts_with("tests/tidy/")
}
