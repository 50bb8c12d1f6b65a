//! Every house rule, held on this checkout.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use mote_tidy::rules::{docs, examples, lazy, rooms, size, text, words};
use mote_tidy::{Finding, Tree};

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Tree::read(&root).expect("the checkout can be read")
});

/// What a test answers with: as a panic it would bury the list under a backtrace.
struct Broken(Vec<Finding>);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to mend:", self.0.len())?;
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}

fn hold(rule: fn(&Tree) -> Vec<Finding>) -> Result<(), Broken> {
    let findings = rule(&TREE);
    if findings.is_empty() { Ok(()) } else { Err(Broken(findings)) }
}

#[test]
fn no_file_grows_past_the_line() -> Result<(), Broken> {
    hold(size::length)
}

#[test]
fn no_name_says_nothing() -> Result<(), Broken> {
    hold(words::empty_names)
}

#[test]
fn no_unfinished_work_is_handed_in() -> Result<(), Broken> {
    hold(words::unfinished_work)
}

#[test]
fn no_lint_is_switched_off_without_a_reason() -> Result<(), Broken> {
    hold(words::allow_without_reason)
}

#[test]
fn no_stray_white_space() -> Result<(), Broken> {
    hold(text::white_space)
}

#[test]
fn no_path_of_one_machine() -> Result<(), Broken> {
    hold(text::home_paths)
}

#[test]
fn no_link_leads_nowhere() -> Result<(), Broken> {
    hold(docs::dead_links)
}

#[test]
fn no_example_goes_untold_or_untested() -> Result<(), Broken> {
    hold(examples::untold_or_untested)
}

#[test]
fn no_dependency_points_against_the_arrows() -> Result<(), Broken> {
    hold(rooms::arrows)
}

#[test]
fn no_room_is_off_the_map() -> Result<(), Broken> {
    hold(rooms::unknown_rooms)?;
    hold(rooms::off_the_map)
}

#[test]
fn no_dependency_goes_unused() -> Result<(), Broken> {
    hold(rooms::unused_dependencies)
}

#[test]
fn no_door_stands_open_to_unsafe_code_or_panics() -> Result<(), Broken> {
    hold(rooms::doors)
}

#[test]
fn nothing_that_runs_beside_a_tenant_opens_anything() -> Result<(), Broken> {
    hold(rooms::out_of_jail)
}

#[test]
fn no_import_crosses_what_is_loaded_late() -> Result<(), Broken> {
    hold(lazy::imports_across)
}

#[test]
fn no_module_of_the_platform_is_left_over() -> Result<(), Broken> {
    hold(lazy::unreachable)
}
