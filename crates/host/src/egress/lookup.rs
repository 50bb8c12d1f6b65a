//! Addresses of names, for `node:dns`. A worker learns those that it could connect to, and no others: what this network calls its
//! machines is nobody's to ask.

use std::sync::Arc;

use http::{Response, Uri};
use mote_wire::{
    http::{Body, EgressError},
    lookup,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    connect::{CONNECT_MAX, Connector},
    policy::Refusal,
};

/// The most addresses that an answer has.
const ADDRESSES_MAX: usize = 256;

/// Looks a name up, as for a request to it.
pub(super) async fn look_up(
    connector: Connector,
    turns: Arc<Semaphore>,
    name: String,
) -> Result<Response<Body>, EgressError> {
    let _turn = turns.acquire_owned().await.ok();
    let uri = Uri::builder().scheme("https").authority(name.as_str()).path_and_query("/").build();
    let Ok(uri) = uri else { return Ok(lookup::unknown("it is no name")) };
    let found = timeout(CONNECT_MAX, connector.addresses(&uri)).await.map_err(|_| {
        let reason = format!("no answer within {} s", CONNECT_MAX.as_secs());
        EgressError::Unreachable { host: name, reason }
    })?;
    Ok(match found {
        Ok(found) if found.is_empty() => lookup::unknown("it has no addresses"),
        Ok(found) => {
            let mut addresses: Vec<String> = Vec::new();
            for address in found.iter().take(ADDRESSES_MAX) {
                let address = address.ip().to_string();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            lookup::found(&addresses)
        }
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(Refusal(reason)) => lookup::refused(reason),
            None => lookup::unknown(&error.to_string()),
        },
    })
}
