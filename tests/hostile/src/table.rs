//! The result table: Markdown, one row for each hostile worker, written to the file that `MOTE_HOSTILE_TABLE` names.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

const HEAD: &str = "\
| worker | harm | status | error | outcome | CPU ms an event | peak MiB | neighbours' answers | longest wait ms | held |
| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |
";

/// What came of one hostile worker.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) worker: String,
    pub(crate) harm: String,
    pub(crate) status: Option<u16>,
    pub(crate) slug: Option<String>,
    pub(crate) outcome: String,
    /// CPU time of an event.
    pub(crate) cpu_ms: u64,
    /// Growth of the process while it ran.
    pub(crate) peak_mib: u64,
    /// Right answers of its neighbours while it ran.
    pub(crate) answers: u64,
    /// The longest that a neighbour took to answer.
    pub(crate) waited_ms: u128,
    pub(crate) held: bool,
}

/// Adds the row to the table, in the place of an older one, if a table is wanted.
pub(crate) fn record(row: &Row) {
    let Some(path) = std::env::var_os("MOTE_HOSTILE_TABLE") else { return };
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
    let mut file = file.expect("the table's file can be opened");
    // Trials run in several processes at once.
    file.lock().expect("the table's file can be locked");
    let mut table = String::new();
    file.read_to_string(&mut table).expect("the table is text");
    let name = format!("| `{}` |", row.worker);
    let mut rows: Vec<String> = table
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with(&name))
        .map(str::to_owned)
        .collect();
    rows.push(row.line());
    rows.sort();
    let mut table = HEAD.to_owned();
    for row in rows {
        let _ = writeln!(table, "{row}");
    }
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).expect("the table can be rewritten");
    file.write_all(table.as_bytes()).expect("the table can be rewritten");
}

impl Row {
    fn line(&self) -> String {
        let status = self.status.map_or("-".to_owned(), |status| status.to_string());
        let Self { worker, harm, outcome, cpu_ms, peak_mib, answers, waited_ms, .. } = self;
        let (slug, held) = (self.slug.as_deref().unwrap_or("-"), if self.held { "yes" } else { "**no**" });
        let harm = harm.replace('|', "\\|");
        format!(
            "| `{worker}` | {harm} | {status} | {slug} | {outcome} | {cpu_ms} | {peak_mib} | {answers} | {waited_ms} | {held} |"
        )
    }
}
