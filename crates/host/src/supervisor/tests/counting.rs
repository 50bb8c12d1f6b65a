//! What the processor counts, and who moves because of it.

use mote_sandbox::{counters::Counted, process::Does};

use super::{fake::FakeTurn, *};
use crate::supervisor::Sign;

/// A turn that stays within its limit and misses the first cache as often as this in a millisecond.
fn misses(near_misses: u64) -> FakeTurn {
    FakeTurn {
        budget: Duration::from_secs(1),
        is_shown: true,
        percent: 0,
        does: Does::Runs,
        others_sleep: false,
        counted: Some(Counted { instructions: 1_000_000, near_misses, ..Counted::default() }),
    }
}

/// `a` and `b` share a cell in which an event of `a` goes on.
async fn shared() -> (Rc<Supervisor>, Rc<FakeCells>, String, tokio::task::JoinHandle<String>) {
    let (supervisor, cells, _) = node(options());
    let cell = ask(&supervisor, "a", "").await.unwrap();
    assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
    let asking = supervisor.clone();
    let waiting =
        tokio::task::spawn_local(
            async move { ask(&asking, "a", "slow").await.unwrap_or_else(|_| "lost".into()) },
        );
    sleep(Duration::from_millis(100)).await;
    (supervisor, cells, cell, waiting)
}

#[test]
fn whose_code_treats_the_processor_as_an_attack_does_is_alone_in_the_middle_of_its_event() {
    run(async {
        let (supervisor, cells, cell, waiting) = shared().await;
        cells.set_turn(&cell, Some(misses(200_000)));
        sleep(Duration::from_secs(3)).await;
        let neighbour = ask(&supervisor, "b", "").await.unwrap();
        assert_ne!(neighbour, cell, "the neighbour has left for a fresh cell");
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), cell, "the suspect stays");
        assert_eq!(supervisor.stats().suspects, [(Sign::MissesNear, 1)].into());
        let counted = |name: &str| {
            let workers = supervisor.stats().workers;
            workers.iter().find(|(known, _)| **known == *name).unwrap().1.counted.instructions
        };
        assert!(counted("a") > 0 && counted("b") == 0);
        cells.set_turn(&cell, None);
        assert_eq!(waiting.await.unwrap(), cell, "its event has come to its end");
        sleep(Duration::from_secs(3_700)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), ask(&supervisor, "b", "").await.unwrap());
    });
}

#[test]
fn an_honest_worker_that_computes_stays_where_it_is() {
    run(async {
        let (supervisor, cells, cell, _waiting) = shared().await;
        cells.set_turn(&cell, Some(misses(20_000)));
        sleep(Duration::from_secs(30)).await;
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
        assert!(supervisor.stats().suspects.is_empty());
    });
}

#[test]
fn a_machine_that_counts_nothing_moves_nobody_for_it() {
    run(async {
        let (supervisor, cells, cell, _waiting) = shared().await;
        cells.set_turn(&cell, Some(FakeTurn { counted: None, ..misses(0) }));
        sleep(Duration::from_secs(30)).await;
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
        assert!(supervisor.cells().iter().all(|cell| !cell.counted));
    });
}
