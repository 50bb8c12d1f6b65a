//! What a node keeps: workers, their immutable versions and bundles, which versions are deployed, and who did what.
//!
//! What this room does: one SQLite file in the node's folder. Every write is one transaction that is on the disk when the
//! call returns, so that a process that is killed loses nothing that it has acknowledged and leaves nothing half done.
//!
//! What it refuses: a bundle that is not what its hash says; a file that is damaged or of a newer Mote, which it does not
//! open rather than serve from. It knows nothing of what bindings mean: their document is a text to it, and secrets come
//! sealed.
//!
//! What happens when it fails: a write that finds the disk full changes nothing and says so ([`StoreError::Full`]); what
//! is in service goes on.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod assets;
mod bundles;
mod deployments;
mod routes;
mod schedules;
mod schema;
mod store;
mod versions;
mod workers;

#[cfg(test)]
mod tests;

pub use assets::{Asset, AssetPath};
pub use deployments::{Deployment, NewDeployment, Share};
pub use routes::{Route, RouteKind};
pub use schedules::Schedule;
pub use store::{Store, StoreError};
pub use versions::{NewVersion, Takes, Version};
pub use workers::{AuditEntry, Live, Worker};
