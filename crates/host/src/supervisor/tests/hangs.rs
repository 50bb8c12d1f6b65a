//! Cells that hang, starve, leak and lie: who is ended, who is not, and who waits for it.

use mote_sandbox::process::Does;

use super::{fake::FakeTurn, *};

/// One that computes and nothing else.
const COMPUTES: FakeTurn = FakeTurn {
    budget: Duration::from_millis(200),
    is_shown: true,
    percent: 100,
    does: Does::Runs,
    others_sleep: true,
    counted: None,
};

/// A node with `a` and `b` in one cell of a cordon that may have so many, and an event of `a` under way there. Gives that cell,
/// too.
async fn sharing(
    cells_max: usize,
) -> (Rc<Supervisor>, Rc<FakeCells>, Rc<Told>, String, tokio::task::JoinHandle<String>) {
    let mut options = options();
    options.cordons.get_mut("default").unwrap().cells_max = cells_max;
    let (supervisor, cells, told) = node(options);
    let cell = ask(&supervisor, "a", "").await.unwrap();
    assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
    let asking = supervisor.clone();
    let waiting = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "wait").await) });
    sleep(Duration::from_millis(100)).await;
    (supervisor, cells, told, cell, waiting)
}

async fn in_one_cell() -> (Rc<Supervisor>, Rc<FakeCells>, Rc<Told>, String, tokio::task::JoinHandle<String>) {
    sharing(1).await
}

#[test]
fn nobody_waits_for_a_turn_that_goes_on_past_its_limit_and_it_may_still_come_to_its_end() {
    run(async {
        let (supervisor, cells, told, cell, waiting) = sharing(2).await;
        cells.set_turn(&cell, Some(COMPUTES));
        sleep(Duration::from_millis(200)).await;
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell, "it is within its limit");
        sleep(Duration::from_millis(125)).await;
        // 100 ms past its limit; who asks first makes another cell come.
        ask(&supervisor, "b", "").await.unwrap();
        sleep(Duration::from_millis(50)).await;
        let other = ask(&supervisor, "b", "").await.unwrap();
        assert_ne!(other, cell);
        let apart = ask(&supervisor, "a", "").await.unwrap();
        assert!(apart != cell && apart != other, "its worker's new events have one of their own: {apart}");
        cells.set_turn(&cell, None);
        sleep(Duration::from_secs(10)).await;
        assert!(told.incidents().is_empty() && !waiting.is_finished(), "{:?}", told.incidents());
        assert_eq!(supervisor.stats().suspects.values().sum::<u64>(), 1);
        sleep(Duration::from_secs(600)).await;
        let back = ask(&supervisor, "a", "").await.unwrap();
        assert!(back == cell || back == other, "it is let in again: {back}");
    });
}

#[test]
fn a_cordon_of_one_cell_waits_for_a_turn_that_goes_on_and_loses_nothing_of_its_own() {
    run(async {
        let (supervisor, cells, told, cell, waiting) = in_one_cell().await;
        cells.set_turn(&cell, Some(COMPUTES));
        sleep(Duration::from_millis(1_000)).await;
        let apart = ask(&supervisor, "a", "").await.unwrap();
        assert_ne!(apart, cell);
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
        cells.set_turn(&cell, None);
        sleep(Duration::from_secs(10)).await;
        assert!(told.incidents().is_empty() && !waiting.is_finished(), "{:?}", told.incidents());
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
    });
}

#[test]
fn a_turn_that_nobody_stops_is_ended_with_its_cell_and_its_events_are_answered() {
    run(async {
        let (supervisor, cells, told, cell, waiting) = in_one_cell().await;
        let start = Instant::now();
        cells.set_turn(&cell, Some(COMPUTES));
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        let allowed = Duration::from_millis(200 + 1_500 + 100);
        assert!(start.elapsed() <= allowed, "{:?}", start.elapsed());
        assert_eq!(told.incidents(), [IncidentKind::TurnTooLong]);
        assert_ne!(ask(&supervisor, "b", "").await.unwrap(), cell);
    });
}

#[test]
fn a_cell_never_gives_its_turns_more_time_than_their_worker_has() {
    run(async {
        let (_supervisor, cells, told, cell, waiting) = in_one_cell().await;
        cells.set_turn(&cell, Some(FakeTurn { budget: Duration::from_secs(1_000_000), ..COMPUTES }));
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        assert_eq!(told.incidents(), [IncidentKind::TurnTooLong]);
    });
}

#[test]
fn a_turn_that_sleeps_for_ever_is_noticed_within_100_ms() {
    run(async {
        let (supervisor, cells, told, cell, waiting) = in_one_cell().await;
        let start = Instant::now();
        cells.set_turn(&cell, Some(FakeTurn { percent: 0, does: Does::Sleeps, ..COMPUTES }));
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        assert!(start.elapsed() <= Duration::from_millis(125), "{:?}", start.elapsed());
        assert_eq!(told.incidents(), [IncidentKind::TurnStuck]);
        assert_ne!(ask(&supervisor, "b", "").await.unwrap(), cell);
    });
}

#[test]
fn a_turn_that_waits_for_a_processor_or_for_another_thread_is_never_taken_for_one_that_sleeps() {
    run(async {
        let (supervisor, cells, told, cell, _waiting) = in_one_cell().await;
        cells.set_turn(&cell, Some(FakeTurn { percent: 0, ..COMPUTES }));
        sleep(Duration::from_secs(600)).await;
        // A collector's thread works for it.
        let helped = FakeTurn { percent: 0, does: Does::Sleeps, others_sleep: false, ..COMPUTES };
        cells.set_turn(&cell, None);
        sleep(Duration::from_millis(50)).await;
        cells.set_turn(&cell, Some(helped));
        sleep(Duration::from_secs(4)).await;
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
    });
}

#[test]
fn a_cell_that_computes_shows_nothing_and_says_nothing_is_ended_and_one_that_waits_is_not() {
    run(async {
        let (supervisor, cells, told, cell, waiting) = in_one_cell().await;
        let hidden = FakeTurn { is_shown: false, ..COMPUTES };
        // It waits for its events' own I/O.
        cells.set_turn(&cell, Some(FakeTurn { percent: 0, does: Does::Sleeps, ..hidden }));
        sleep(Duration::from_secs(300)).await;
        cells.set_turn(&cell, Some(hidden));
        for _ in 0..60 {
            // It still sends something.
            sleep(Duration::from_secs(1)).await;
            assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
        }
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
        let start = Instant::now();
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        assert!(start.elapsed() <= Duration::from_secs(4), "{:?}", start.elapsed());
        assert_eq!(told.incidents(), [IncidentKind::Silent]);
    });
}

#[test]
fn a_leak_is_noticed_also_where_the_host_knows_of_no_event() {
    run(async {
        let (supervisor, cells, told) = node(options());
        let cell = ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_millis(1_500)).await;
        let start = Instant::now();
        cells.compute(50);
        cells.set_memory(5 << 30);
        while told.incidents().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(start.elapsed() <= Duration::from_millis(50), "{:?}", start.elapsed());
        assert!(told.incidents().iter().all(|kind| *kind == IncidentKind::OutOfMemory));
        cells.set_memory(0);
        assert_ne!(ask(&supervisor, "a", "").await.unwrap(), cell);
    });
}

#[test]
fn an_event_is_never_without_an_answer_for_ever_whatever_its_cell_says() {
    run(async {
        let (_supervisor, _cells, told, _cell, waiting) = in_one_cell().await;
        let start = Instant::now();
        // It answers its pings, shows no turn, and says nothing of the event.
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        let limits = mote_wire::limits::Limits::DEFAULT;
        let allowed = Duration::from_millis(limits.wall_ms + limits.wait_until_ms + 64 * limits.cpu_ms);
        let took = start.elapsed();
        assert!(took > allowed && took < allowed + Duration::from_secs(80), "{took:?}");
        assert_eq!(told.incidents(), [IncidentKind::Silent]);
    });
}
