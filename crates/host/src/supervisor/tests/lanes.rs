//! Who has to wait for whom.

use mote_wire::control::WorkerUse;

use super::*;

/// One cell for each lane: on a machine with one core it is as important as elsewhere that nobody waits for a long turn.
fn with_lanes() -> SupervisorOptions {
    let mut options = options();
    options.cordons.get_mut("default").unwrap().lanes = Lanes::ByTurns;
    options
}

/// Cells say of `a` at each ping that so many events have ended.
fn say_ended(cells: &FakeCells, events: u64) {
    let used = WorkerUse { outcomes: vec![("ok".to_owned(), events)], ..WorkerUse::default() };
    cells.say(fake::Says { uses: [("a".to_owned(), used)].into(), ..fake::Says::default() });
}

#[test]
fn who_takes_long_turns_moves_to_others_like_it_and_comes_back() {
    run(async {
        let (supervisor, cells, told) = node(with_lanes());
        let light = ask(&supervisor, "a", "").await.unwrap();
        cells.set_longest_turn("a", 49_000);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), light, "not long enough");
        cells.set_longest_turn("a", 60_000);
        sleep(Duration::from_secs(2)).await;
        let heavy = ask(&supervisor, "a", "").await.unwrap();
        assert_ne!(heavy, light);
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), light, "the others stay");
        cells.set_longest_turn("a", 1_000);
        sleep(Duration::from_secs(300)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), heavy);
        sleep(Duration::from_secs(400)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), light, "it has had short turns for long");
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
    });
}

#[test]
fn a_cordon_that_is_to_have_no_lanes_has_none() {
    run(async {
        let (supervisor, cells, _) = node(options());
        supervisor.mark_new("a");
        let only = ask(&supervisor, "a", "").await.unwrap();
        cells.set_longest_turn("a", 900_000);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), only);
    });
}

#[test]
fn a_new_version_is_among_newcomers_until_it_has_shown_what_its_turns_are() {
    run(async {
        let (supervisor, cells, _) = node(with_lanes());
        let light = ask(&supervisor, "b", "").await.unwrap();
        supervisor.mark_new("a");
        let lanes = |supervisor: &Rc<Supervisor>| {
            let cells = supervisor.stats().cells;
            let mut lanes: Vec<_> = cells.iter().filter_map(|cell| cell.lane).collect();
            lanes.sort_unstable();
            lanes
        };
        let newcomers = ask(&supervisor, "a", "").await.unwrap();
        assert_ne!(newcomers, light);
        assert_eq!(lanes(&supervisor), ["light", "new"]);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), newcomers, "no event of it has ended");
        say_ended(&cells, 1);
        // It is said at each ping; the third makes it enough.
        sleep(Duration::from_secs(2)).await;
        assert_eq!(ask(&supervisor, "a", "").await.unwrap(), light);
    });
}

#[test]
fn a_new_version_that_takes_long_turns_never_meets_the_others() {
    run(async {
        let (supervisor, cells, _) = node(with_lanes());
        let light = ask(&supervisor, "b", "").await.unwrap();
        supervisor.mark_new("a");
        let newcomers = ask(&supervisor, "a", "").await.unwrap();
        cells.set_longest_turn("a", 60_000);
        sleep(Duration::from_secs(2)).await;
        let heavy = ask(&supervisor, "a", "").await.unwrap();
        assert!(heavy != light && heavy != newcomers, "{heavy} {light} {newcomers}");
    });
}
