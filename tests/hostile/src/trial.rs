//! One hostile worker, or many, against the same neighbours: what happens, and whether it may.

use std::time::{Duration, Instant};

use crate::client::{Seen, provoke};
use crate::header::Expected;
use crate::neighbours::{Home, Neighbours};
use crate::node::{Books, Node};
use crate::table::{Row, record};
use crate::{Worker, upstream};

/// Until an event is in the books: waits for clients and for `waitUntil` work are far shorter.
const COUNTED_WITHIN: Duration = Duration::from_secs(10);
/// Until the memory is back.
const RETURNED_WITHIN: Duration = Duration::from_secs(8);
/// Right answers that each neighbour gives before, during and after.
const ANSWERS_MIN: u64 = 3;
/// What an event may use over its CPU limit: a tenth, and what natives without optimisation cost on a busy machine. How far it
/// really goes over is measured by the bench.
const CPU_OVER_MS: u64 = 1_500;
/// What the process may hold after it all, over what it held before and what the worker's isolate may keep: the neighbours'
/// own growth, and what allocators keep for the next time.
const KEPT_KIB: u64 = 80 << 10;
/// What a node says that had to leave an isolate behind. In one process its memory never comes back; a cell is replaced for it.
const LEFT: &str = "its isolate was given up";
/// As far past its limit the heap of an isolate that is left may be: no turn is let go on farther.
const LEFT_KIB: u64 = 512 << 10;
/// What the process may hold meanwhile, over that and twice the worker's limit: two isolates of it may live at once.
const PEAK_KIB: u64 = 128 << 10;

/// What cannot be built: `mote dev` shows the mistake to whoever asks, `mote serve` does not start with it.
const NOT_BUILT: [&str; 1] = ["startup-syntax"];

/// Runs one worker against its promises.
///
/// # Errors
/// Says which promise was broken.
pub fn hold(worker: &Worker) -> Result<(), String> {
    let node = Node::start(std::slice::from_ref(worker), &upstream::serve());
    let neighbours = Neighbours::start(node.port(), Home::Process);
    let mut row = Row { worker: worker.name.clone(), harm: worker.header.harm.clone(), ..Row::default() };
    let judged = judge(worker, &node, neighbours, &mut row).map_err(|reason| explain(&node, &reason));
    row.held = judged.is_ok();
    record(&row);
    judged
}

fn judge(worker: &Worker, node: &Node, neighbours: Neighbours, row: &mut Row) -> Result<(), String> {
    neighbours.each_answers(ANSWERS_MIN).map_err(|wrong| format!("before: {wrong}"))?;
    node.forget_peak();
    let before_kib = node.resident_kib();
    attack(worker, node, &neighbours, row)?;
    neighbours.each_answers(ANSWERS_MIN).map_err(|wrong| format!("after: {wrong}"))?;
    neighbours.end().map_err(|wrong| format!("at the end: {wrong}"))?;
    row.peak_mib = node.peak_kib().saturating_sub(before_kib) >> 10;
    memory_returns(worker, node, before_kib)?;
    let usual_kib = (worker.header.limit("memory_mib").unwrap_or(128) << 11) + PEAK_KIB;
    let may_peak_kib = worker.header.grows_mib.map_or(usual_kib, |mib| mib << 10);
    if row.peak_mib > may_peak_kib >> 10 {
        return Err(format!("the process grew by {} MiB, {} are allowed", row.peak_mib, may_peak_kib >> 10));
    }
    node.is_well()
}

/// Runs many workers one after another in one process.
///
/// # Errors
/// Names each that broke a promise.
pub fn hold_together(workers: &[Worker]) -> Result<(), String> {
    one_after_another(workers, &Node::start(workers, &upstream::serve()), Home::Process)
}

/// The same in a sandboxed cell, which must not be lost. Where something was left behind, another may have taken its place.
///
/// # Errors
/// Names each that broke a promise.
pub fn hold_in_a_cell(workers: &[Worker]) -> Result<(), String> {
    let is_built = |worker: &&Worker| !NOT_BUILT.contains(&worker.name.as_str());
    let workers: Vec<Worker> = workers.iter().filter(is_built).cloned().collect();
    let node = Node::start_in_cell(&workers, &upstream::serve());
    one_after_another(&workers, &node, Home::Cell)?;
    let said = node.said();
    // An upstream's connection may be lost as well.
    let of_a_cell = |line: &&str| line.contains(" was lost: ") && line.contains("its workers: ");
    let lost: Vec<&str> = said.lines().filter(of_a_cell).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("{}\n{}", lost.join("\n"), node.last_words())) }
}

fn one_after_another(workers: &[Worker], node: &Node, home: Home) -> Result<(), String> {
    let neighbours = Neighbours::start(node.port(), home);
    neighbours.each_answers(ANSWERS_MIN)?;
    let mut broken = Vec::new();
    for worker in workers {
        let attacked = attack(worker, node, &neighbours, &mut Row::default());
        if let Err(reason) = attacked {
            broken.push(format!("{}: {reason}", worker.name));
        }
        // Whoever comes after one that has harmed all is not to blame.
        let harm = node.is_well().and_then(|()| neighbours.each_answers(1));
        if let Err(harm) = harm {
            broken.push(format!("{} has harmed all: {harm}", worker.name));
            return Err(broken.join("\n"));
        }
    }
    neighbours.each_answers(ANSWERS_MIN)?;
    neighbours.end()?;
    node.is_well()?;
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// Provokes the harm and waits until it is over and counted.
fn attack(worker: &Worker, node: &Node, neighbours: &Neighbours, row: &mut Row) -> Result<(), String> {
    let (answers, _) = (neighbours.answers(), neighbours.waited_most());
    let host = format!("{}.localhost", worker.name);
    let seen = provoke(worker.header.client, &host, node.port());
    if let Some(first) = seen.first() {
        (row.status, row.slug) = (first.status, first.slug.clone());
    }
    if seen.iter().any(|seen| seen.status.is_none())
        && worker.header.expect.iter().all(|way| way.status.is_some())
    {
        return Err("no answer: the promise is one".to_owned());
    }
    let books = counted(worker, node);
    neighbours.each_answers(ANSWERS_MIN).map_err(|wrong| format!("meanwhile: {wrong}"))?;
    row.answers = neighbours.answers() - answers;
    row.waited_ms = neighbours.waited_most().as_millis();
    row.cpu_ms = books.cpu_us / 1_000 / books.events().max(1);
    let told = |(outcome, count): &(String, u64)| match count {
        1 => outcome.clone(),
        _ => format!("{count} {outcome}"),
    };
    let outcomes: Vec<_> = books.outcomes.iter().map(told).collect();
    row.outcome = if outcomes.is_empty() { "-".to_owned() } else { outcomes.join(", ") };
    seen.iter().try_for_each(|seen| ended_as_promised(worker, seen, &books))?;
    books_are_right(worker, &books)?;
    let cpu_ms_max = worker.header.limit("cpu_ms").unwrap_or(1_000) * 11 / 10 + CPU_OVER_MS;
    if row.cpu_ms > cpu_ms_max {
        return Err(format!("an event used {} ms of CPU, {cpu_ms_max} ms are allowed", row.cpu_ms));
    }
    Ok(())
}

/// The worker's books once all its events are over.
fn counted(worker: &Worker, node: &Node) -> Books {
    let none = worker.header.expect.iter().all(|way| way.outcome.is_none());
    let events = if none { 0 } else { worker.header.client.events() as u64 };
    let start = Instant::now();
    loop {
        let books = node.books(&worker.name);
        if (books.events() >= events && books.under_way == 0) || start.elapsed() > COUNTED_WITHIN {
            return books;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn ended_as_promised(worker: &Worker, seen: &Seen, books: &Books) -> Result<(), String> {
    let header = &worker.header;
    let right = |way: &&Expected| way.status == seen.status && way.slug == seen.slug;
    let what = || {
        let body: String = seen.body.chars().take(1_000).collect();
        let (status, slug) = (seen.status, seen.slug.as_deref().unwrap_or("-"));
        format!("the client saw {status:?} {slug} ({books:?}): {body}")
    };
    if !header.expect.iter().any(|way| right(&way)) {
        return Err(format!("not as promised: {}", what()));
    }
    match &header.body {
        Some(text) if seen.status == Some(200) && !seen.body.contains(text.as_str()) => {
            Err(format!("the body does not say {text:?}: {}", what()))
        }
        _ => Ok(()),
    }
}

fn books_are_right(worker: &Worker, books: &Books) -> Result<(), String> {
    if books.under_way > 0 {
        return Err(format!("events are still under way: {books:?}"));
    }
    let promised =
        |outcome: &str| worker.header.expect.iter().any(|way| way.outcome.as_deref() == Some(outcome));
    let none_promised = worker.header.expect.iter().any(|way| way.outcome.is_none());
    let counted = none_promised || books.events() >= worker.header.client.events() as u64;
    if counted && books.outcomes.iter().all(|(outcome, _)| promised(outcome)) {
        Ok(())
    } else {
        Err(format!("the books do not say what was promised: {books:?}"))
    }
}

fn memory_returns(worker: &Worker, node: &Node, before_kib: u64) -> Result<(), String> {
    let may_keep_kib = worker.header.limit("memory_mib").unwrap_or(128) << 10;
    let bound_kib = || {
        let left = node.said().lines().filter(|line| line.contains(LEFT)).count() as u64;
        before_kib + may_keep_kib + KEPT_KIB + left * (may_keep_kib + LEFT_KIB)
    };
    let start = Instant::now();
    while node.resident_kib() > bound_kib() {
        if start.elapsed() > RETURNED_WITHIN {
            let (now_kib, bound_kib) = (node.resident_kib(), bound_kib());
            return Err(format!(
                "the memory does not come back: {now_kib} KiB, {before_kib} before, at most {bound_kib}"
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// A process that has ended is the reason for everything else.
fn explain(node: &Node, reason: &str) -> String {
    match node.is_well() {
        Ok(()) => format!("{reason}\nthe node wrote:\n{}", node.last_words()),
        Err(worse) => format!("{reason}\n{worse}"),
    }
}
