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

/// A node whose cordon may have so many cells in each lane, with so many newcomers `bad0` and on, and as many `good0` and on.
fn with_newcomers(cells_max: usize, bad: usize, good: usize) -> (Rc<Supervisor>, Rc<FakeCells>, Rc<Told>) {
    let mut options = with_lanes();
    options.cordons.get_mut("default").unwrap().cells_max = cells_max;
    let (supervisor, cells, told) = node(options);
    let names = (0..bad).map(|n| format!("bad{n}")).chain((0..good).map(|n| format!("good{n}")));
    for name in names {
        supervisor.put(WorkerSpec { egress: Rc::new(()), ..copy(&spec(&name)) }).unwrap();
        supervisor.mark_new(&name);
    }
    (supervisor, cells, told)
}

/// Asks all of them at once; gives how long each of the good ones took, and whether all bad ones went on then.
async fn all_at_once(supervisor: &Rc<Supervisor>, bad: usize, good: usize) -> Vec<(Duration, bool)> {
    let asking = |name: String, path: &'static str| {
        let supervisor = supervisor.clone();
        tokio::task::spawn_local(async move {
            let start = Instant::now();
            let answer = ask(&supervisor, &name, path).await;
            (answer, start.elapsed())
        })
    };
    let burning: Vec<_> = (0..bad).map(|n| asking(format!("bad{n}"), "burn")).collect();
    let answering: Vec<_> = (0..good).map(|n| asking(format!("good{n}"), "")).collect();
    let mut seen = Vec::new();
    for answer in answering {
        let (answer, took) = answer.await.unwrap();
        answer.unwrap();
        seen.push((took, burning.iter().all(|burning| !burning.is_finished())));
    }
    for burning in burning {
        burning.await.unwrap().0.unwrap();
    }
    seen
}

#[test]
fn an_honest_newcomer_never_waits_for_the_whole_turn_of_a_hostile_one() {
    run(async {
        for cells_max in [1, 2] {
            let (supervisor, _cells, told) = with_newcomers(cells_max, 5, 20);
            let seen = all_at_once(&supervisor, 5, 20).await;
            let longest = seen.iter().map(|(took, _)| *took).max().unwrap();
            // Each of the five is seen for what it is after 50 ms and a look.
            assert!(longest < Duration::from_millis(5 * 100), "{cells_max} cells: {longest:?}");
            assert!(seen.iter().all(|(_, all_burn)| *all_burn), "{seen:?}");
            assert!(told.incidents().is_empty(), "{:?}", told.incidents());
            supervisor.drain(Duration::from_secs(5)).await;
        }
    });
}

#[test]
fn the_long_turns_of_newcomers_never_cost_more_processes_than_a_bound() {
    run(async {
        let (supervisor, cells, _told) = with_newcomers(1, 40, 40);
        let watching = supervisor.clone();
        let most = tokio::task::spawn_local(async move {
            let mut most = 0;
            for _ in 0..500 {
                let serving = watching.cells().iter().filter(|cell| cell.lane == Some("new")).count();
                most = most.max(serving);
                sleep(Duration::from_millis(10)).await;
            }
            most
        });
        all_at_once(&supervisor, 40, 40).await;
        let most = most.await.unwrap();
        assert!(most > 2 && most <= 9, "{most} cells of newcomers");
        assert!(cells.living() <= 13, "{}", cells.living());
    });
}

#[test]
fn a_newcomer_that_waits_for_others_lets_others_in() {
    run(async {
        let (supervisor, _cells, _told) = with_newcomers(1, 0, 2);
        let asking = supervisor.clone();
        let waiting = tokio::task::spawn_local(async move { ask(&asking, "good0", "slow").await });
        sleep(Duration::from_millis(1)).await;
        let start = Instant::now();
        ask(&supervisor, "good1", "").await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
        assert!(!waiting.is_finished());
    });
}
