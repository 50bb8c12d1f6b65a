//! What is seen of a node.

use std::collections::HashMap;

use mote_wire::control::{IsolateCounts, WorkerUse};

use super::{
    super::{Pressure, WorkerOrder, WorkerState},
    fake::Says,
    *,
};

fn state(supervisor: &Supervisor, name: &str) -> WorkerState {
    let busiest = supervisor.busiest(WorkerOrder::Cpu, 10, &|one| one == name);
    assert_eq!((busiest.of, busiest.workers.len()), (1, 1));
    busiest.workers[0].state
}

fn names(supervisor: &Supervisor, order: WorkerOrder, count: usize) -> Vec<String> {
    let busiest = supervisor.busiest(order, count, &|_| true);
    busiest.workers.iter().map(|view| view.name.to_string()).collect()
}

#[test]
fn who_has_most_comes_first_and_no_more_are_shown_than_are_wanted() {
    run(async {
        let (supervisor, cells, _) = node(options());
        supervisor.put(copy(&spec("idle"))).unwrap();
        ask(&supervisor, "a", "").await.unwrap();
        ask(&supervisor, "b", "").await.unwrap();
        let used = |cpu_us, events, memory_bytes_peak| WorkerUse {
            cpu_us,
            outcomes: vec![("ok".to_owned(), events)],
            under_way: 3,
            memory_bytes_peak,
            ..WorkerUse::default()
        };
        let uses = HashMap::from([("a".to_owned(), used(10, 5, 7)), ("b".to_owned(), used(90, 2, 9))]);
        cells.say(Says { uses, ..Says::default() });
        sleep(Duration::from_secs(1)).await;
        assert_eq!(names(&supervisor, WorkerOrder::Cpu, 10), ["b", "a", "idle"]);
        assert_eq!(names(&supervisor, WorkerOrder::Events, 10), ["a", "b", "idle"]);
        assert_eq!(names(&supervisor, WorkerOrder::Memory, 1), ["b"]);
        let busiest = supervisor.busiest(WorkerOrder::Cpu, 1, &|name| name != "b");
        assert_eq!(busiest.of, 2);
        assert_eq!((&*busiest.workers[0].name, busiest.workers[0].under_way), ("a", 3));
        assert_eq!(busiest.workers[0].cells, [1], "{:?}", supervisor.stats().cells);

        // Who was busy once is not who is busy now.
        let uses = HashMap::from([("a".to_owned(), used(1, 1, 7))]);
        cells.say(Says { uses, ..Says::default() });
        sleep(Duration::from_secs(20)).await;
        assert_eq!(names(&supervisor, WorkerOrder::Cpu, 1), ["a"]);
        assert!(supervisor.busiest(WorkerOrder::Cpu, 0, &|_| true).workers.is_empty());
    });
}

#[test]
fn a_workers_state_says_what_becomes_of_its_events() {
    run(async {
        let (supervisor, cells, _) = node(options());
        assert_eq!(state(&supervisor, "a"), WorkerState::Serving);
        supervisor.isolate_suspect("a").unwrap();
        assert_eq!(state(&supervisor, "a"), WorkerState::Suspect);
        supervisor.stop("a").unwrap();
        assert_eq!(state(&supervisor, "a"), WorkerState::Stopped);
        supervisor.start_again("a").unwrap();
        supervisor.release_suspect("a").unwrap();
        cells.set(Acts::DiesUnread);
        ask(&supervisor, "b", "").await.unwrap_err();
        assert_eq!(state(&supervisor, "b"), WorkerState::Quarantined);
        assert_eq!(state(&supervisor, "a"), WorkerState::Serving);
    });
}

#[test]
fn counts_of_isolates_go_on_over_the_loss_of_a_cell() {
    run(async {
        let (supervisor, cells, _) = node(options());
        let isolates = IsolateCounts {
            warm: 2,
            held_bytes: 9,
            started: 5,
            start_us: 50,
            evicted: 1,
            shed: 3,
            ..IsolateCounts::default()
        };
        cells.say(Says { isolates, ..Says::default() });
        ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let stats = supervisor.stats();
        let cell = stats.cells.iter().find(|cell| cell.stage == "serving").unwrap();
        assert_eq!(cell.isolates, isolates);
        let totals = stats.isolates["default"];
        assert_eq!((totals.started, totals.start_us, totals.evicted, totals.shed), (5, 50, 1, 3));
        cells.kill_all();
        sleep(Duration::from_secs(1)).await;
        ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let totals = supervisor.stats().isolates["default"];
        assert_eq!((totals.started, totals.start_us, totals.evicted, totals.shed), (10, 100, 2, 6));
    });
}

#[test]
fn the_nodes_memory_is_what_it_was_told() {
    run(async {
        let (supervisor, cells, _) = node(options());
        assert_eq!(supervisor.node().memory_bytes_max, None);
        cells.set_memory(70 << 20);
        ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(2)).await;
        supervisor.share_memory(1 << 30, 50 << 20);
        supervisor.set_pressure(Pressure::High);
        let node = supervisor.node();
        assert_eq!((node.memory_bytes_max, node.host_bytes), (Some(1 << 30), 50 << 20));
        assert_eq!((node.cells_bytes, node.pressure), (140 << 20, Pressure::High), "one cell and one spare");
        assert!(node.up >= Duration::from_secs(2));
        let stats = supervisor.stats();
        let budgets: Vec<_> = stats.cells.iter().filter(|cell| cell.budget_bytes.is_some()).collect();
        assert_eq!(budgets.len(), 1, "a spare has none: {stats:?}");
    });
}
