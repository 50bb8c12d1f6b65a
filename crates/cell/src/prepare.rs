//! Finds out how a version starts soonest, and makes what it needs for that: the code caches of its modules, with what a first
//! event compiles, and the heap that its top-level code leaves behind, if a start from that heap is sooner than running the code
//! again.
//!
//! It belongs into a cell that is thrown away: V8 ends the process if it meets what it cannot write down, and what comes of it
//! is given to cells with other tenants, so that nobody else may have had a hand in it.

use std::{rc::Rc, sync::Arc, time::Duration};

use mote_engine::{
    PackedHeap, Snapshot, UNPACKED_BYTES_MAX,
    meter::Stretch,
    program::{Made, Program},
};
use mote_web::{Heap, Runtime, Worker};
use mote_wire::{
    packed::{NotPacked, Packed},
    prepared::{HEAP_BYTES_MAX, PREPARED_BYTES_MAX, Prepared, PreparedHeap, PreparedReport},
};

use crate::{
    cell::Cell,
    rehearsal::{Nowhere, Unheard, rehearse},
    slot::{Slot, Way},
};

/// A start that takes no longer than this, in microseconds, with the code caches gets no heap: an isolate takes a thousand microseconds to make
/// from one, and a blank one can be ready before it is needed.
const HEAP_WORTH_US: u64 = 1_000;
/// The name of the handler that is rehearsed.
const FETCH: &str = "fetch";
/// Why there is nothing to prepare.
const NOT_LOADED: &str = "no version of the worker is loaded";
/// How often each start is measured; the shortest counts. One that needs no heap is measured no further.
const ROUNDS: usize = 3;

const _: () = assert!(HEAP_BYTES_MAX <= UNPACKED_BYTES_MAX, "the engine has room for each heap");

/// Gives a program its code caches, and the heap that its isolates start from, if there is one. Whether it is one of this engine
/// turns out at the first start.
pub(crate) fn give(prepared: &Prepared, program: &Program, snapshot: &Snapshot) -> Option<Arc<Heap>> {
    for (name, cache) in &prepared.code_caches {
        if let (Some(module), Ok(cache)) = (program.module(name), cache.unpack(PREPARED_BYTES_MAX)) {
            module.keep_code_cache(Made::Loaded, cache);
        }
    }
    let heap = prepared.heap.as_ref()?;
    Some(started_from(heap, snapshot))
}

fn started_from(heap: &PreparedHeap, snapshot: &Snapshot) -> Arc<Heap> {
    let bytes = heap.bytes.clone();
    let unpack = Arc::new(move |room: &mut [u8]| bytes.unpack_into(room).is_ok());
    let packed = PackedHeap::new(snapshot.clone(), heap.bytes.len(), unpack);
    Arc::new(Heap { packed, modules: heap.modules.clone(), handlers: heap.handlers.clone() })
}

impl Cell {
    /// Starts a worker's isolates from what was prepared, from now on; those that are there go on as they are.
    pub(crate) fn adopt(&self, name: &str, prepared: &Prepared) {
        let Some(slot) = self.slot_named(name) else { return };
        if let Some(worker) = slot.worker.borrow_mut().as_mut() {
            worker.heap = give(prepared, &worker.program, &self.snapshot);
        }
    }

    /// The code that was compiled while the version of a worker was loaded here.
    ///
    /// # Errors
    /// When it is not loaded, or its isolate is gone.
    pub fn compiled(&self, name: &str) -> Result<Prepared, String> {
        let slot = self.slot_named(name).ok_or(NOT_LOADED)?;
        // A cell that is asked for it was trying something out, and takes no events.
        self.blanks.stop();
        let (worker, _) = self.to_prepare(&slot)?;
        let runtime = slot.warm.borrow().clone().ok_or(NOT_LOADED)?;
        runtime.keep_code_cache(Made::Loaded);
        let code_caches = caches(&worker.program, Packed::pack_fast, |_| true);
        Ok(Prepared { code_caches, heap: None, report: PreparedReport::default() })
    }

    /// Prepares the version of a worker that is loaded here. Nothing that it does meanwhile leaves the cell.
    ///
    /// # Errors
    /// When it is not loaded, or does not load any more.
    pub async fn prepare(&self, name: &str) -> Result<Prepared, String> {
        let slot = self.slot_named(name).ok_or(NOT_LOADED)?;
        let (worker, way) = self.to_prepare(&slot)?;
        self.prepare_worker(&slot, worker, &way).await
    }

    async fn prepare_worker(
        &self,
        slot: &Rc<Slot>,
        mut worker: Worker,
        way: &Way,
    ) -> Result<Prepared, String> {
        let program = worker.program.clone();
        // What was prepared before, if anything was, is what this is about.
        worker.heap = None;
        program.forget_code_caches();
        let mut report = PreparedReport::default();
        let (runtime, took) = self.start(slot, &mut worker, way)?;
        report.source_us = took.load;
        runtime.keep_code_cache(Made::Loaded);
        if took.handlers.iter().any(|handler| handler == FETCH) {
            rehearse(&runtime, slot.limits.get()).await;
            runtime.keep_code_cache(Made::Served);
        }
        drop(runtime);
        report.cached_us = self.shortest(slot, &mut worker, way, |took| took.load)?;
        let heap = if report.cached_us <= HEAP_WORTH_US {
            Err("it starts soon enough without".to_owned())
        } else {
            self.record(slot, &worker, way).and_then(|kept| {
                worker.heap = Some(started_from(&kept, &self.snapshot));
                let heap_us = self.shortest(slot, &mut worker, way, |took| took.make + took.load)?;
                if worker.heap.is_none() {
                    return Err("no isolate can be made from its heap".to_owned());
                }
                report.heap_us = Some(heap_us);
                if heap_us < report.cached_us {
                    Ok(kept)
                } else {
                    Err("a start from its heap takes longer".to_owned())
                }
            })
        };
        let heap = heap.map_err(|reason| report.without_heap = Some(reason)).ok();
        // Code that is in the heap is not compiled again.
        let in_heap = |name: &String| heap.as_ref().is_some_and(|heap| heap.modules.contains(name));
        let code_caches = caches(&program, Packed::pack, |name| !in_heap(name));
        Ok(Prepared { code_caches, heap, report })
    }

    /// Keeps the heap that the top-level code of a worker's version leaves behind, whether or not it is worth it.
    ///
    /// # Errors
    /// Why there is none, in words for the worker's author.
    pub fn record_heap(&self, name: &str) -> Result<PreparedHeap, String> {
        let slot = self.slot_named(name).ok_or(NOT_LOADED)?;
        let (worker, way) = self.to_prepare(&slot)?;
        self.record(&slot, &worker, &way)
    }

    /// What is loaded, and a way that leads nowhere.
    fn to_prepare(&self, slot: &Slot) -> Result<(Worker, Way), String> {
        let (worker, way) = (slot.worker.borrow().clone(), slot.way.borrow().clone());
        let (Some(worker), Some(way)) = (worker, way) else { return Err(NOT_LOADED.to_owned()) };
        Ok((worker, Way { egress: Arc::new(Nowhere), label: way.label }))
    }

    fn record(&self, slot: &Slot, worker: &Worker, way: &Way) -> Result<PreparedHeap, String> {
        let (limits, egress) = (slot.limits.get(), way.egress.clone());
        let kept = Runtime::record(&self.snapshot, limits, egress, Rc::new(Unheard), worker)?;
        if kept.bytes.len() > HEAP_BYTES_MAX {
            let mib = kept.bytes.len() >> 20;
            return Err(format!("its heap has {mib} MiB, and {} are the most", HEAP_BYTES_MAX >> 20));
        }
        let bytes = Packed::pack(&kept.bytes).map_err(|error| error.to_string())?;
        Ok(PreparedHeap { modules: kept.modules, handlers: kept.handlers, bytes })
    }

    fn shortest(
        &self,
        slot: &Slot,
        worker: &mut Worker,
        way: &Way,
        part: fn(&Took) -> u64,
    ) -> Result<u64, String> {
        let mut shortest = u64::MAX;
        for _ in 0..ROUNDS {
            let (_runtime, took) = self.start(slot, worker, way)?;
            shortest = shortest.min(part(&took));
            if shortest <= HEAP_WORTH_US {
                break;
            }
        }
        Ok(shortest)
    }

    fn start(&self, slot: &Slot, worker: &mut Worker, way: &Way) -> Result<(Rc<Runtime>, Took), String> {
        let making = Stretch::begin();
        let runtime = self.blank_for(slot, worker, slot.limits.get(), way, Rc::new(Unheard));
        let make = making.used();
        let loading = Stretch::begin();
        let handlers = runtime.load(worker).map_err(|error| error.to_string())?;
        let load = loading.used();
        let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Ok((runtime, Took { make: microseconds(make), load: microseconds(load), handlers }))
    }
}

/// The code caches of modules, packed.
fn caches(
    program: &Program,
    pack: fn(&[u8]) -> Result<Packed, NotPacked>,
    wanted: impl Fn(&String) -> bool,
) -> Vec<(String, Packed)> {
    let modules = program.modules().iter().filter(|module| wanted(&module.name));
    modules.filter_map(|module| Some((module.name.clone(), pack(&module.code_cache()?).ok()?))).collect()
}

/// Microseconds of CPU time of a start. The wall clock would tell how busy the node is at the moment, and which way is sooner would be
/// left to chance.
struct Took {
    /// To make the isolate.
    make: u64,
    /// To bring the worker into it.
    load: u64,
    /// The worker's handlers.
    handlers: Vec<String>,
}
