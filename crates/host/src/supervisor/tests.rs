//! The supervisor over days and crashes, with cells that are tasks and a clock that stands still while nothing is to be done.

mod counting;
pub(crate) mod fake;
mod hangs;
mod lanes;
mod left;
mod overview;
mod spill;
mod spread;
mod trial;

use std::{rc::Rc, time::Duration};

use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use mote_wire::{event::EventError, http::empty, link::Kind};
use tokio::time::{Instant, sleep};

use super::{
    CordonOptions, Event, IncidentKind, Lanes, Supervisor, SupervisorOptions, WorkerSpec, fixtures::spec,
};
use fake::{Acts, FakeCells, Nothing, Told};

/// Runs a test on a clock of its own: it jumps to the next thing that is to happen.
fn run(test: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

fn options() -> SupervisorOptions {
    let mut options = SupervisorOptions::default();
    options.cordons.insert(
        "default".to_owned(),
        CordonOptions { cells_max: 1, lanes: Lanes::One, ..CordonOptions::shared() },
    );
    options
}

fn node(options: SupervisorOptions) -> (Rc<Supervisor>, Rc<FakeCells>, Rc<Told>) {
    let (cells, told) = (Rc::new(FakeCells::default()), Rc::new(Told::default()));
    let supervisor = Supervisor::new(options, cells.clone(), Rc::new(Nothing), told.clone());
    for name in ["a", "b"] {
        supervisor.put(WorkerSpec { egress: Rc::new(()), ..copy(&spec(name)) }).unwrap();
    }
    (supervisor, cells, told)
}

fn copy(spec: &WorkerSpec) -> WorkerSpec {
    WorkerSpec {
        name: spec.name.clone(),
        account: spec.account.clone(),
        cordon: spec.cordon.clone(),
        limits: spec.limits,
        env_json: spec.env_json.clone(),
        compatibility: spec.compatibility,
        bundle: spec.bundle.clone(),
        prepared: spec.prepared.clone(),
        egress: spec.egress.clone(),
    }
}

fn get(path: &str) -> Event {
    let url = format!("http://a.localhost/{path}");
    Event {
        kind: Kind::Fetch,
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: empty(),
        upgrade: false,
        target: String::new(),
        client: None,
    }
}

/// The number of the cell that answered.
async fn ask(supervisor: &Rc<Supervisor>, worker: &str, path: &str) -> Result<String, EventError> {
    let response = supervisor.call(worker, get(path)).await?;
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| EventError::new(0, 0, "broke", "", error.to_string()))?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

fn slug(result: Result<String, EventError>) -> String {
    result.map_or_else(|error| error.slug, |answer| format!("answered {answer}"))
}

#[test]
fn a_worker_is_loaded_once_and_where_it_is_all_its_events_go() {
    run(async {
        let (supervisor, cells, _) = node(options());
        let first = ask(&supervisor, "a", "").await.unwrap();
        for _ in 0..10 {
            assert_eq!(ask(&supervisor, "a", "").await.unwrap(), first);
        }
        assert_eq!(cells.deploys(), 1);
        assert_eq!(slug(ask(&supervisor, "nobody", "").await), "unknown-worker");
    });
}

#[test]
fn a_worker_is_there_before_its_first_event_if_somebody_says_that_it_comes() {
    run(async {
        let (supervisor, cells, _) = node(options());
        supervisor.warm("a");
        supervisor.warm("nobody");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(cells.deploys(), 1);
        ask(&supervisor, "a", "").await.unwrap();
        supervisor.warm("a");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(cells.deploys(), 1, "it is there");
    });
}

#[test]
fn no_cell_is_started_for_one_tenant_before_its_first_event() {
    run(async {
        let (supervisor, cells, _) = node(options());
        let alone = WorkerSpec { cordon: Some("dedicated".to_owned()), ..copy(&spec("alone")) };
        supervisor.put(alone).unwrap();
        sleep(Duration::from_secs(1)).await;
        let before = cells.starts();
        supervisor.warm("alone");
        sleep(Duration::from_secs(1)).await;
        assert_eq!((cells.deploys(), cells.starts()), (0, before));
    });
}

#[test]
fn cells_learn_what_their_isolates_may_hold() {
    run(async {
        let (supervisor, cells, _) = node(options());
        cells.set_memory(100 << 20);
        ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(2)).await;
        supervisor.share_memory(4 << 30, 50 << 20);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(
            cells.budget(),
            (4 << 30) / 100 * 68,
            "what nobody else wants, as far as its process may grow"
        );
        supervisor.share_memory(1 << 30, 50 << 20);
        sleep(Duration::from_secs(1)).await;
        let some = cells.budget();
        assert!((500 << 20..800 << 20).contains(&some), "four fifths of what is left: {some}");
        supervisor.share_memory(200 << 20, 50 << 20);
        sleep(Duration::from_secs(1)).await;
        let little = cells.budget();
        assert!((48 << 20..80 << 20).contains(&little), "{little}");
        // A node without any memory to plan with still lets each cell serve.
        supervisor.share_memory(0, 50 << 20);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(cells.budget(), 48 << 20);
    });
}

#[test]
fn an_old_cell_is_replaced_by_a_fresh_one_and_what_was_under_way_is_finished() {
    run(async {
        let mut options = options();
        let cordon = options.cordons.get_mut("default").unwrap();
        // A day in earnest.
        cordon.age_max = Duration::from_secs(1_800);
        let (supervisor, _, told) = node(options);
        let old = ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(1_740)).await;
        let before = ask(&supervisor, "a", "").await.unwrap();
        assert_eq!(before, old, "an idle cell of a cordon stays");
        let (asking, supervisor_) = (supervisor.clone(), supervisor.clone());
        let slow = tokio::task::spawn_local(async move { ask(&asking, "a", "slow").await });
        sleep(Duration::from_secs(120)).await;
        let fresh = ask(&supervisor_, "a", "").await.unwrap();
        assert_ne!(fresh, old);
        assert_eq!(slow.await.unwrap().unwrap(), old, "the old one finished what it had");
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
    });
}

#[test]
fn a_machine_that_starts_no_cells_is_asked_ever_less_often_and_says_so() {
    run(async {
        let (supervisor, cells, _) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        cells.set(Acts::RefusesToStart);
        cells.kill_all();
        sleep(Duration::from_millis(200)).await;
        let error = supervisor.call("a", get("")).await.err().unwrap();
        assert_eq!((error.status, &*error.slug), (503, "no-cell"));
        let before = cells.starts();
        sleep(Duration::from_secs(600)).await;
        let tried = cells.starts() - before;
        assert!((10..60).contains(&tried), "{tried} starts in ten minutes");
        cells.set(Acts::Serves);
        sleep(Duration::from_secs(31)).await;
        assert!(ask(&supervisor, "a", "").await.is_ok());
    });
}

#[test]
fn a_cell_that_never_comes_up_is_given_up() {
    run(async {
        let (supervisor, cells, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        cells.set(Acts::NeverReady);
        cells.kill_all();
        sleep(Duration::from_secs(15)).await;
        assert!(told.incidents().contains(&IncidentKind::NotStarted), "{:?}", told.incidents());
    });
}

#[test]
fn a_leak_is_noticed_within_two_looks() {
    run(async {
        let (supervisor, cells, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        let asking = supervisor.clone();
        let waiting = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "wait").await) });
        sleep(Duration::from_millis(100)).await;
        cells.set_memory(5 << 30);
        let start = Instant::now();
        assert_eq!(waiting.await.unwrap(), "cell-lost");
        assert!(start.elapsed() <= Duration::from_millis(50), "{:?}", start.elapsed());
        assert_eq!(told.incidents(), [IncidentKind::OutOfMemory]);
        cells.set_memory(0);
        assert!(ask(&supervisor, "a", "").await.is_ok());
    });
}

#[test]
fn a_cell_that_stops_answering_is_ended_and_one_that_waits_for_a_slow_host_is_not() {
    run(async {
        let (supervisor, cells, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        sleep(Duration::from_secs(30)).await;
        assert!(told.incidents().is_empty());
        cells.set(Acts::Deaf);
        sleep(Duration::from_millis(1_500)).await;
        assert!(
            told.incidents().iter().all(|kind| *kind == IncidentKind::Silent) && !told.incidents().is_empty()
        );
    });
}

#[test]
fn a_cell_that_never_answers_an_event_is_ended_once_all_its_limits_are_over() {
    run(async {
        let (supervisor, _, told) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        let (limits, start) = (spec("a").limits, Instant::now());
        assert_eq!(slug(ask(&supervisor, "a", "wait").await), "cell-lost");
        let allowed = Duration::from_millis(limits.wall_ms + limits.wait_until_ms + 64 * limits.cpu_ms);
        let (grace, took) = (Duration::from_secs(70), start.elapsed());
        assert!(took >= allowed + grace && took <= allowed + grace + Duration::from_secs(3), "{took:?}");
        assert_eq!(told.incidents(), [IncidentKind::Silent]);
    });
}

#[test]
fn a_request_that_had_begun_is_answered_and_one_that_had_not_is_sent_again_once() {
    run(async {
        let (supervisor, cells, _) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        let asking = supervisor.clone();
        let begun = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "wait").await) });
        sleep(Duration::from_millis(10)).await;
        cells.kill_all();
        assert_eq!(begun.await.unwrap(), "cell-lost");
        // Whoever dies before it looks at what it gets has begun nothing.
        cells.set(Acts::DiesUnread);
        let answer = slug(ask(&supervisor, "a", "").await);
        assert!(answer == "cell-lost" || answer.starts_with("answered"), "{answer}");
        assert!(supervisor.stats().retries >= 1);
    });
}

#[test]
fn a_node_with_all_its_cells_in_use_turns_away_and_says_so() {
    run(async {
        let mut options = options();
        options.cells_max = 1;
        options.cordons.insert("other".to_owned(), CordonOptions { cells_max: 1, ..CordonOptions::shared() });
        let (supervisor, _, _) = node(options);
        supervisor.put(WorkerSpec { cordon: Some("other".to_owned()), ..copy(&spec("b")) }).unwrap();
        assert_eq!(slug(ask(&supervisor, "a", "").await), "answered 1");
        let error = supervisor.call("b", get("")).await.err().unwrap();
        assert_eq!(error.status, 503, "{}", error.detail);
        assert_eq!(slug(ask(&supervisor, "a", "").await), "answered 1");
    });
}

#[test]
fn a_new_version_gets_new_events_and_a_removed_worker_none() {
    run(async {
        let (supervisor, cells, _) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        supervisor.put(copy(&spec("a"))).unwrap();
        ask(&supervisor, "a", "").await.unwrap();
        assert_eq!(cells.deploys(), 2, "the new version was loaded");
        assert!(supervisor.remove("a"));
        assert_eq!(slug(ask(&supervisor, "a", "").await), "unknown-worker");
    });
}

#[test]
fn the_end_of_a_node_waits_for_its_events_and_not_for_ever() {
    run(async {
        let (supervisor, cells, _) = node(options());
        ask(&supervisor, "a", "").await.unwrap();
        let asking = supervisor.clone();
        let slow = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "slow").await) });
        let asking = supervisor.clone();
        let waiting = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "wait").await) });
        sleep(Duration::from_millis(10)).await;
        let start = Instant::now();
        supervisor.drain(Duration::from_secs(300)).await;
        assert!(start.elapsed() <= Duration::from_secs(301), "{:?}", start.elapsed());
        assert!(slow.await.unwrap().starts_with("answered"));
        assert!(!waiting.await.unwrap().starts_with("answered"));
        assert_eq!(slug(ask(&supervisor, "a", "").await), "node-draining");
        assert_eq!(cells.living(), 0);
    });
}
