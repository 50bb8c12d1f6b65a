//! Where workers answer beside their own names: patterns of URLs, and whole host names.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Store, StoreError,
    workers::{audit, own},
};

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    /// A pattern of host and path.
    Route,
    /// A host name, whole.
    Domain,
}

/// An address of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What tells it from all others: its normal form.
    pub normal: String,
    /// As its owner has written it.
    pub written: String,
}

impl RouteKind {
    fn word(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Domain => "domain",
        }
    }
}

pub(crate) fn of(connection: &Connection, worker: &str, kind: RouteKind) -> Result<Vec<Route>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT normal, written FROM routes WHERE worker = ?1 AND kind = ?2 ORDER BY normal",
    )?;
    let route = |row: &Row<'_>| Ok(Route { normal: row.get(0)?, written: row.get(1)? });
    Ok(statement.query_map(params![worker, kind.word()], route)?.collect::<Result<_, _>>()?)
}

/// Routes and custom domains of one account.
const ROUTES_MAX: u32 = 20_000;
/// Bytes of them, as they are written and in their normal form.
const ROUTE_BYTES_MAX: u32 = 8 << 20;

/// Refuses an account more addresses than it may have: all of them are in the node's memory.
fn check_room(connection: &Connection, account: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), coalesce(sum(octet_length(normal) + octet_length(written)), 0)
         FROM routes JOIN workers ON workers.name = routes.worker WHERE account = ?1",
    )?;
    let (routes, bytes): (u32, u32) = statement.query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (routes > ROUTES_MAX, bytes > ROUTE_BYTES_MAX) {
        (true, _) => Err(StoreError::TooMany { what: "routes and custom domains", max: ROUTES_MAX }),
        (_, true) => {
            Err(StoreError::TooMany { what: "bytes of routes and custom domains", max: ROUTE_BYTES_MAX })
        }
        (false, false) => Ok(()),
    }
}

impl Store {
    /// Replaces a worker's addresses of one kind.
    ///
    /// # Errors
    /// If the account has no such worker, or as many addresses as it may, or an address is another worker's; then nothing changes.
    pub fn set_routes(
        &self,
        account: &str,
        worker: &str,
        kind: RouteKind,
        routes: &[Route],
        (who, now_ms): (&str, i64),
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        own(&transaction, account, worker)?;
        transaction
            .execute("DELETE FROM routes WHERE worker = ?1 AND kind = ?2", params![worker, kind.word()])?;
        for route in routes {
            let taken: Option<(String, String)> = transaction
                .query_row(
                    "SELECT worker, account FROM routes JOIN workers ON workers.name = worker
                     WHERE normal = ?1 AND kind = ?2",
                    params![route.normal, kind.word()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let written = route.written.clone();
            match taken {
                Some((owner, of)) if of == account => {
                    return Err(StoreError::RouteTaken { route: written, owner });
                }
                // What other accounts have is nobody's business.
                Some(_) => return Err(StoreError::RouteOfOther { route: written }),
                None => {}
            }
            transaction.execute(
                "INSERT INTO routes (kind, normal, worker, written) VALUES (?1, ?2, ?3, ?4)",
                params![kind.word(), route.normal, worker, route.written],
            )?;
        }
        if !routes.is_empty() {
            check_room(&transaction, account)?;
        }
        let what = format!("set {} {}s", routes.len(), kind.word());
        audit(&transaction, (who, now_ms), account, worker, &what)?;
        Ok(transaction.commit()?)
    }
}
