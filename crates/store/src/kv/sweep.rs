//! What is over and takes room still: expired pairs, and those of namespaces that were deleted.

use rusqlite::{Connection, OptionalExtension, params};

use super::{KvError, change::Batch};

/// Pairs of one step: others want to write, too.
const PAIRS_MAX: usize = 500;
/// Bytes of one step. To free a large value is to read it.
const BYTES_MAX: i64 = 16 << 20;

/// Whether a step has left something for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Something,
}

/// Frees some room, inside a transaction of its own.
pub(super) fn step(connection: &mut Connection, now_ms: i64) -> Result<Left, KvError> {
    let doomed = doomed(connection, now_ms.div_euclid(1_000))?;
    let emptied = if doomed.is_empty() { emptied(connection)? } else { None };
    if doomed.is_empty() && emptied.is_none() {
        return Ok(Left::Nothing);
    }
    let transaction = connection.transaction()?;
    let mut batch = Batch::new(&transaction, now_ms);
    for pair in &doomed {
        // By the number and what made it doomed: it may have been written anew since it was looked up.
        let gone = transaction
            .prepare_cached("DELETE FROM kv_pairs WHERE number = ?1 AND bytes = ?2 AND expires_s IS ?3")?
            .execute(params![pair.number, pair.bytes, pair.expires_s])?;
        if gone > 0 {
            batch.credit(&pair.account, pair.bytes)?;
        }
    }
    if let Some(namespace) = emptied {
        transaction.execute("DELETE FROM kv_leavings WHERE namespace = ?1", [namespace])?;
    }
    batch.settle()?;
    transaction.commit()?;
    Ok(Left::Something)
}

struct Doomed {
    number: i64,
    bytes: i64,
    expires_s: Option<i64>,
    account: String,
}

fn doomed(connection: &Connection, now_s: i64) -> Result<Vec<Doomed>, KvError> {
    let mut expired = connection.prepare_cached(
        "SELECT number, bytes, expires_s, coalesce(
             (SELECT account FROM kv_namespaces WHERE number = namespace),
             (SELECT account FROM kv_leavings WHERE kv_leavings.namespace = kv_pairs.namespace), '')
         FROM kv_pairs WHERE expires_s <= ?1 ORDER BY expires_s",
    )?;
    let found = some_of(expired.query([now_s])?)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let mut left = connection.prepare_cached(
        // CROSS: from the few namespaces to their pairs, not the other way round.
        "SELECT number, bytes, expires_s, account FROM kv_leavings
         CROSS JOIN kv_pairs ON kv_pairs.namespace = kv_leavings.namespace",
    )?;
    some_of(left.query([])?)
}

fn some_of(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Doomed>, KvError> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    while bytes < BYTES_MAX
        && found.len() < PAIRS_MAX
        && let Some(row) = rows.next()?
    {
        let pair =
            Doomed { number: row.get(0)?, bytes: row.get(1)?, expires_s: row.get(2)?, account: row.get(3)? };
        bytes += pair.bytes;
        found.push(pair);
    }
    Ok(found)
}

/// A deleted namespace of which no pair is left.
fn emptied(connection: &Connection) -> Result<Option<i64>, KvError> {
    Ok(connection.query_row("SELECT namespace FROM kv_leavings LIMIT 1", [], |row| row.get(0)).optional()?)
}
