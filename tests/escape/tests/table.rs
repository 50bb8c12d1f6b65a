//! The result table: Markdown, one row for each attempt, written to the file that `MOTE_ESCAPE_TABLE` names.

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{Read, Seek, SeekFrom, Write},
    time::Duration,
};

use crate::attacks::Attack;

const HEAD: &str =
    "| the attacker tries | status | what became of it | ms | held |\n| --- | ---: | --- | ---: | --- |\n";

/// Adds the row to the table, in the place of an older one, if a table is wanted.
pub(crate) fn record(attack: &Attack, result: &Result<String, String>, status: u16, took: Duration) {
    let Some(path) = std::env::var_os("MOTE_ESCAPE_TABLE") else { return };
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
    let mut file = file.expect("the table's file can be opened");
    // Trials run in several processes at once.
    file.lock().expect("the table's file can be locked");
    let mut table = String::new();
    file.read_to_string(&mut table).expect("the table is text");
    let first = format!("| {} |", attack.name);
    let mut rows: Vec<String> =
        table.lines().skip(2).filter(|row| !row.starts_with(&first)).map(str::to_owned).collect();
    let (seen, held) = match result {
        Ok(seen) => (seen.as_str(), "yes"),
        Err(reason) => (reason.lines().next().unwrap_or_default(), "**no**"),
    };
    rows.push(format!("{first} {status} | {seen} | {} | {held} |", took.as_millis()));
    rows.sort();
    let mut table = HEAD.to_owned();
    for row in rows {
        let _ = writeln!(table, "{row}");
    }
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).expect("the table can be rewritten");
    file.write_all(table.as_bytes()).expect("the table can be rewritten");
}
