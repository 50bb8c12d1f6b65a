mod sessions;

use serde_json::json;

use super::*;
use crate::trace::fixtures::{printed, request, scheduled};

fn everything() -> Filters {
    Filters::default()
}

fn waiting(tail: &Tail) -> Vec<String> {
    use futures_util::FutureExt;
    let next = || tail.queue.next(&tail.worker).now_or_never();
    std::iter::from_fn(next).map(|document| document.to_string()).collect()
}

#[tokio::test]
async fn an_event_goes_to_those_who_want_it_and_to_nobody_else() {
    let tails = Tails::new();
    let only_crons = json!({"filters": [{"query": "never printed"}]});
    let all = tails.create("acme", "shop", everything()).unwrap();
    let none = tails.create("acme", "shop", Filters::parse(&only_crons, None).unwrap()).unwrap();
    let other = tails.create("acme", "blog", everything()).unwrap();
    let [all, none, other] = [all, none, other].map(|made| tails.claim(&made.token).unwrap());
    let trace = printed("shop", vec![json!("hello")]);
    tails.publish(&trace);
    assert_eq!(waiting(&all), [trace.to_json()]);
    assert!(waiting(&none).is_empty() && waiting(&other).is_empty());
    let mut stranger = request("shop", "https://a/");
    stranger.account = "evil".to_owned();
    tails.publish(&Trace::new(stranger));
    assert!(waiting(&all).is_empty(), "a name that another account has taken since");
    tails.publish(&Trace::new(scheduled("shop")));
    assert_eq!(waiting(&all).len(), 1);
    assert_eq!(tails.lost(), 0);
}

#[tokio::test]
async fn it_is_known_who_is_watched_and_told_when_that_changes() {
    let tails = Tails::new();
    let mut watched = tails.watched();
    assert!(!tails.wants("shop") && watched.borrow().is_empty());
    let one = tails.create("acme", "shop", everything()).unwrap();
    assert!(watched.has_changed().unwrap() && tails.wants("shop"));
    assert!(watched.borrow_and_update().contains("shop"));
    let two = tails.create("acme", "shop", everything()).unwrap();
    assert!(!watched.has_changed().unwrap(), "a second watcher changes nothing");
    assert!(tails.remove("acme", "shop", &one.id));
    assert!(!watched.has_changed().unwrap() && tails.wants("shop"));
    assert!(tails.remove("acme", "shop", &two.id));
    assert!(watched.has_changed().unwrap() && !tails.wants("shop"));
    assert!(watched.borrow_and_update().is_empty());
}

#[tokio::test]
async fn a_tail_is_its_accounts_alone() {
    let tails = Tails::new();
    let made = tails.create("acme", "shop", everything()).unwrap();
    assert_ne!(made.id, made.token);
    assert_eq!((made.id.len(), made.token.len()), (2 * ID_BYTES, 2 * TOKEN_BYTES));
    let known = [Known { id: made.id.clone(), expires_ms: made.expires_ms }];
    assert_eq!(tails.list("acme", "shop"), known);
    assert!(tails.list("evil", "shop").is_empty() && tails.list("acme", "blog").is_empty());
    assert!(!tails.remove("evil", "shop", &made.id) && !tails.remove("acme", "blog", &made.id));
    assert!(!tails.remove("acme", "shop", &made.token) && !tails.remove("acme", "shop", ""));
    for token in ["", &made.id, made.token.split_at(1).1, &made.token.to_uppercase()] {
        assert_eq!(tails.claim(token).err(), Some(ClaimError::Unknown), "{token}");
    }
    let tail = tails.claim(&made.token).unwrap();
    assert_eq!(tails.claim(&made.token).err(), Some(ClaimError::Taken));
    tails.remove_worker("evil", "shop");
    assert!(!*tail.ended.borrow());
    tails.remove_worker("acme", "shop");
    assert!(*tail.ended.borrow());
    assert_eq!(tails.claim(&made.token).err(), Some(ClaimError::Unknown));
}

#[tokio::test]
async fn there_are_only_so_many_tails() {
    let tails = Tails::new();
    for number in 0..TAILS_MAX {
        let worker = format!("w{}", number / TAILS_OF_WORKER_MAX);
        tails.create("acme", &worker, everything()).unwrap();
    }
    assert_eq!(tails.create("acme", "w0", everything()), Err(TailError::TooManyOfWorker));
    assert_eq!(tails.create("acme", "new", everything()), Err(TailError::TooMany));
    let first = tails.list("acme", "w0").remove(0);
    assert!(tails.remove("acme", "w0", &first.id));
    assert!(tails.create("acme", "w0", everything()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_tail_that_nobody_comes_for_is_forgotten() {
    let tails = Tails::new();
    let (made, kept) =
        (tails.create("acme", "shop", everything()).unwrap(), tails.create("acme", "blog", everything()));
    let kept = tails.claim(&kept.unwrap().token).unwrap();
    tokio::time::advance(UNCLAIMED_MAX - Duration::from_millis(1)).await;
    assert_eq!(tails.list("acme", "shop").len(), 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    tails.publish(&printed("shop", vec![]));
    assert!(!tails.wants("shop"), "the first event for nobody is the last");
    assert_eq!(tails.claim(&made.token).err(), Some(ClaimError::Unknown));
    tokio::time::advance(TAIL_MAX - UNCLAIMED_MAX - Duration::from_millis(1)).await;
    tails.publish(&printed("blog", vec![]));
    assert_eq!(waiting(&kept).len(), 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(tails.list("acme", "blog").is_empty() && *kept.ended.borrow());
}

#[tokio::test]
async fn a_watcher_that_never_reads_costs_no_more_than_its_queue() {
    let tails = Tails::new();
    let made = tails.create("acme", "shop", everything()).unwrap();
    let large = printed("shop", vec![json!("x".repeat(100 << 10))]);
    for _ in 0..1_000 {
        tails.publish(&large);
    }
    let tail = tails.claim(&made.token).unwrap();
    let documents = waiting(&tail);
    let events = documents.iter().filter(|document| !document.contains("overload")).count();
    assert!(events * (100 << 10) <= WAITING_BYTES_MAX, "{events}");
    assert_eq!(tails.lost() + u64::try_from(events).unwrap(), 1_000);
}
