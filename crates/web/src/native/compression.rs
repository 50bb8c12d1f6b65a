//! Being written.
pub(super) fn natives() -> Vec<mote_engine::Native> { Vec::new() }
