//! The tables that each event looks into.

use std::collections::HashMap;

/// A table with a quick hash. Its seed is drawn for each process, and whose keys these are (names of workers, and numbers that are
/// given out in order) learns nothing of it.
pub(super) type Lookup<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
