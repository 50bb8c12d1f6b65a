//! Who leaves a busy cell, and who stays.

use mote_wire::control::WorkerUse;

use super::*;

/// As many events make a cell busy.
const BUSY: u64 = 3;

fn two_cells() -> (Rc<Supervisor>, Rc<FakeCells>) {
    let mut options = SupervisorOptions { busy_events: BUSY, ..options() };
    options.cordons.get_mut("default").unwrap().cells_max = 2;
    let (supervisor, cells, _) = node(options);
    (supervisor, cells)
}

/// Events that go on and on.
async fn fill(supervisor: &Rc<Supervisor>, worker: &'static str) {
    for _ in 0..BUSY {
        let supervisor = supervisor.clone();
        tokio::task::spawn_local(async move { drop(ask(&supervisor, worker, "wait").await) });
    }
    sleep(Duration::from_secs(1)).await;
}

async fn say_warm(cells: &FakeCells, warm: &[&str]) {
    let use_of = |name: &str| WorkerUse { warm: warm.contains(&name), ..WorkerUse::default() };
    let uses = ["a", "b"].map(|name| (name.to_owned(), use_of(name)));
    cells.say(fake::Says { uses: uses.into(), ..fake::Says::default() });
    sleep(Duration::from_secs(1)).await;
}

/// The cells of two events; between them there is time for one more cell.
async fn ask_twice(supervisor: &Rc<Supervisor>, worker: &str) -> [String; 2] {
    let first = ask(supervisor, worker, "").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    [first, ask(supervisor, worker, "").await.unwrap()]
}

#[test]
fn who_is_warm_in_a_busy_cell_stays_and_who_is_not_goes() {
    run(async {
        let (supervisor, cells) = two_cells();
        let home = ask(&supervisor, "a", "").await.unwrap();
        say_warm(&cells, &["a", "b"]).await;
        fill(&supervisor, "b").await;
        assert_eq!(ask_twice(&supervisor, "a").await, [home.clone(), home.clone()]);
        say_warm(&cells, &["b"]).await;
        let [_, elsewhere] = ask_twice(&supervisor, "a").await;
        assert_ne!(elsewhere, home, "its isolate has left, so it is started anyway");
    });
}

#[test]
fn who_makes_a_cell_busy_goes_elsewhere_though_it_is_warm() {
    run(async {
        let (supervisor, cells) = two_cells();
        let home = ask(&supervisor, "a", "").await.unwrap();
        say_warm(&cells, &["a"]).await;
        fill(&supervisor, "a").await;
        let [_, elsewhere] = ask_twice(&supervisor, "a").await;
        assert_ne!(elsewhere, home);
    });
}
