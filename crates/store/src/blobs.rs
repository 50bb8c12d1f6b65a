//! Reads large values straight into where they stay. As a column of a row they would come through memory of SQLite's first, and
//! memory that is touched for the first time costs as much as all the rest of reading it.

use rusqlite::Connection;

/// The value in this row and column; `None` if it is longer than it may be. Nobody may write the row between the look for it and
/// this: the caller has locked the store.
pub(crate) fn read(
    connection: &Connection,
    (table, column): (&str, &str),
    row: i64,
    bytes_max: usize,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let blob = connection.blob_open("main", table, column, row, true)?;
    if blob.len() > bytes_max {
        return Ok(None);
    }
    let mut bytes = vec![0; blob.len()];
    blob.read_at_exact(&mut bytes, 0)?;
    Ok(Some(bytes))
}
