//! Cells that have left an isolate behind: who moves, and when.

use super::{fake::Says, *};

const LITTLE: u64 = 1 << 20;

fn says(left: Option<(&'static str, u64)>) -> Says {
    Says { left, ..Says::default() }
}

#[test]
fn a_cell_that_has_left_an_isolate_behind_is_replaced_and_loses_no_event() {
    run(async {
        let (supervisor, cells, told) = node(options());
        let cell = ask(&supervisor, "a", "").await.unwrap();
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), cell);
        let asking = supervisor.clone();
        let waiting = tokio::task::spawn_local(async move { ask(&asking, "b", "slow").await });
        sleep(Duration::from_millis(100)).await;
        cells.say(says(Some(("a", LITTLE))));
        sleep(Duration::from_secs(2)).await;
        cells.say(says(None));
        let (a, b) = (ask(&supervisor, "a", "").await.unwrap(), ask(&supervisor, "b", "").await.unwrap());
        assert!(a != cell && b != cell && a != b, "{a} {b}");
        assert_eq!(waiting.await.unwrap().unwrap(), cell);
        let stats = supervisor.stats();
        assert!(told.incidents().is_empty() && stats.left >= 1, "{:?}", told.incidents());
        assert_eq!(stats.suspects.values().sum::<u64>(), 1);
    });
}

#[test]
fn a_worker_that_lives_alone_keeps_its_cell_until_much_was_left_there() {
    run(async {
        let (supervisor, cells, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        ask(&supervisor, "b", "").await.unwrap();
        cells.say(says(Some(("a", LITTLE))));
        sleep(Duration::from_secs(2)).await;
        let alone = ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(10)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), alone);
        let bytes_max = supervisor.options.cordon(Some("default")).unwrap().memory_bytes_max;
        cells.say(says(Some(("a", bytes_max / 2))));
        sleep(Duration::from_secs(2)).await;
        cells.say(says(None));
        assert_ne!(ask(&supervisor, "a", "").await.unwrap(), alone);
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
    });
}

#[test]
fn a_cell_that_speaks_of_a_worker_that_it_never_got_is_ended() {
    run(async {
        let (supervisor, cells, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        cells.say(says(Some((fake::NOBODY, LITTLE))));
        sleep(Duration::from_secs(2)).await;
        assert_eq!(told.incidents(), [IncidentKind::BadControl]);
    });
}
