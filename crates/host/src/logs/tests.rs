use mote_store::LogOrder;
use serde_json::json;
use tokio::task::LocalSet;

use super::*;
use crate::trace::{Draft, fixtures};

fn all_of(account: &str) -> LogQuery {
    LogQuery {
        account: account.to_owned(),
        worker: None,
        from_ms: 0,
        to_ms: i64::MAX,
        between: (0, i64::MAX),
        order: LogOrder::Oldest,
        events_max: 10_000,
        bytes_max: 64 << 20,
    }
}

fn always() -> Keeping {
    Keeping::of(&json!({"enabled": true})).unwrap()
}

type Heard = Rc<RefCell<Vec<Option<String>>>>;

fn started(folder: &tempfile::TempDir, options: LogOptions) -> (Rc<Logs>, Heard) {
    let (store, _) = LogStore::open(&folder.path().join("logs"), Arc::new(now_ms)).unwrap();
    let heard = Heard::default();
    let hears = heard.clone();
    let told = move |problem: Option<&str>| hears.borrow_mut().push(problem.map(str::to_owned));
    (Logs::start(Arc::new(store), options, Box::new(told)), heard)
}

async fn found(logs: &Logs, account: &str) -> Vec<KeptLog> {
    logs.flush(Duration::from_secs(60)).await;
    logs.find(all_of(account), |_| true).await.unwrap().logs
}

#[tokio::test]
async fn what_is_kept_is_what_its_worker_asks_to_keep() {
    let folder = tempfile::tempdir().unwrap();
    LocalSet::new()
        .run_until(async {
            let (logs, heard) = started(&folder, LogOptions::default());
            let mut changes = logs.changes();
            let trace = fixtures::printed("shop", vec![json!("hello")]);
            logs.publish(&trace);
            assert!(!logs.wants("shop") && found(&logs, "acme").await.is_empty());
            logs.set("shop", Some(("acme", always())));
            assert!(logs.wants("shop") && changes.has_changed().unwrap());
            changes.mark_unchanged();
            logs.set("shop", Some(("acme", always())));
            assert!(!changes.has_changed().unwrap(), "it is kept already");
            logs.publish(&trace);
            let kept = found(&logs, "acme").await;
            assert_eq!((kept.len(), &kept[0].document), (1, &trace.to_json()));
            let evil = Draft { account: "evil".to_owned(), ..fixtures::request("shop", "https://a/") };
            logs.publish(&Trace::new(evil));
            assert!(found(&logs, "evil").await.is_empty(), "an account that had the name before");
            logs.set("shop", None);
            logs.publish(&trace);
            assert_eq!(found(&logs, "acme").await.len(), 1);
            assert_eq!(logs.counts(), LogCounts { kept: 1, dropped: 0, failed: 0 });
            assert!(heard.borrow().is_empty());
            logs.forget("acme").await;
            assert!(found(&logs, "acme").await.is_empty());
        })
        .await;
}

#[tokio::test]
async fn a_flood_is_dropped_and_counted_and_costs_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = LogOptions { account_bytes_max: 1 << 20, ..LogOptions::default() };
    LocalSet::new()
        .run_until(async {
            let (logs, _) = started(&folder, options);
            logs.set("flood", Some(("evil", always())));
            logs.set("shop", Some(("acme", always())));
            let mut large = fixtures::request("flood", "https://a/");
            large.account = "evil".to_owned();
            large.logs = vec![
                crate::trace::Log {
                    level: crate::trace::Level::Log,
                    message: vec![json!("x".repeat(30_000))],
                    timestamp_ms: 0
                };
                3
            ];
            let large = Trace::new(large);
            for _ in 0..100 {
                logs.publish(&large);
            }
            logs.publish(&fixtures::printed("shop", vec![json!("hello")]));
            assert_eq!(found(&logs, "acme").await.len(), 1);
            let counts = logs.counts();
            assert!(counts.dropped > 90 && counts.kept + counts.dropped == 101, "{counts:?}");
        })
        .await;
}

#[tokio::test]
async fn nothing_is_kept_where_the_operator_wants_nothing_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = LogOptions { account_bytes_max: 0, ..LogOptions::default() };
    LocalSet::new()
        .run_until(async {
            let (logs, _) = started(&folder, options);
            logs.set("shop", Some(("acme", always())));
            assert!(!logs.wants("shop"));
        })
        .await;
}
