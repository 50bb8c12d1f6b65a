//! The files under `workers/`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Header, Worker};

/// A corpus that shrinks below this has lost something.
const WORKERS_MIN: usize = 450;
/// A worker that takes more room than this does several things at once.
const LINES_MAX: usize = 60;
/// The spread takes one worker of so many.
const SPREAD_STEP: usize = 5;

/// Reads every hostile worker, in the order of their names.
///
/// # Errors
/// Names the files that break a rule of the corpus.
pub fn corpus() -> Result<Vec<Worker>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workers");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus is a folder")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .collect();
    files.sort();
    let (mut workers, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match read(&file) {
            Ok(worker) => workers.push(worker),
            Err(reason) => wrong.push(format!("{}: {reason}", file.display())),
        }
    }
    wrong.extend(doubles(&workers));
    if workers.len() < WORKERS_MIN {
        wrong.push(format!("{} workers are fewer than {WORKERS_MIN}", workers.len()));
    }
    if wrong.is_empty() { Ok(workers) } else { Err(wrong.join("\n")) }
}

/// Some of them, of every kind: names of one kind stand together, so every fifth is a fair choice.
#[must_use]
pub fn spread(workers: &[Worker]) -> Vec<Worker> {
    workers.iter().step_by(SPREAD_STEP).cloned().collect()
}

fn read(file: &Path) -> Result<Worker, String> {
    let name = file.file_stem().and_then(|name| name.to_str()).ok_or("its name is no text")?;
    let well_named =
        name.len() <= 63 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !well_named || file.extension().is_none_or(|ending| ending != "js") {
        return Err("not named like `what-it-tries.js`".to_owned());
    }
    let source = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    if source.lines().count() > LINES_MAX {
        return Err(format!("has more than {LINES_MAX} lines"));
    }
    let header = Header::parse(&source)?;
    Ok(Worker { name: name.to_owned(), source, header })
}

/// Two files that say they try the same: one of them is named wrongly, or superfluous.
fn doubles(workers: &[Worker]) -> Vec<String> {
    let mut by_harm: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for worker in workers {
        by_harm.entry(&worker.header.harm).or_default().push(&worker.name);
    }
    let several = by_harm.into_iter().filter(|(_, names)| names.len() > 1);
    several.map(|(harm, names)| format!("{} try the same: {harm}", names.join(" and "))).collect()
}
