//! What the tests beside the code have in common.

use std::{cell::RefCell, rc::Rc};

use bytes::Bytes;
use mote_wire::{limits::Limits, named::NamedBundle};

use super::{
    options::SupervisorOptions,
    pens::PenKey,
    worker::{Worker, WorkerSpec},
};

pub(super) fn spec(name: &str) -> Rc<WorkerSpec> {
    Rc::new(WorkerSpec {
        name: name.into(),
        account: None,
        cordon: None,
        limits: Limits::DEFAULT,
        env_json: "{}".to_owned(),
        compatibility: mote_wire::compatibility::Compatibility::default(),
        bundle: no_code(),
        prepared: RefCell::default(),
        egress: Rc::new(()),
    })
}

/// Nobody opens it.
pub(crate) fn no_code() -> NamedBundle {
    NamedBundle::packed([0; 32].into(), 0, Bytes::new())
}

pub(super) fn worker(name: &str) -> Rc<Worker> {
    let (spec, options) = (spec(name), SupervisorOptions::default());
    let home = PenKey::home_of(&spec, "default", options.cordon(None).unwrap());
    Worker::new(spec, home)
}
