//! What the operator is told of what clients do, and of what goes wrong.

use super::*;
use crate::notices::{Again, Change};

/// Remembers it.
#[derive(Default)]
struct Told {
    changes: RefCell<Vec<Change>>,
    unserved: RefCell<Vec<(String, String, u64)>>,
    disk_full: RefCell<Vec<u64>>,
}

impl Watcher for Told {
    fn incident(&self, _: &Incident) {}

    fn changed(&self, change: &Change) {
        self.changes.borrow_mut().push(change.clone());
    }

    fn unserved(&self, worker: &str, reason: &str, Again { untold }: Again) {
        self.unserved.borrow_mut().push((worker.to_owned(), reason.to_owned(), untold));
    }

    fn disk_full(&self, Again { untold }: Again) {
        self.disk_full.borrow_mut().push(untold);
    }
}

fn watched() -> (Rc<Told>, Node) {
    let told = Rc::new(Told::default());
    let node = node_watched(
        told.clone(),
        Rc::new(Nobody),
        NODE,
        &[("acme", "shop"), ("other", "blog")],
        ApiOptions::default(),
    );
    (told, node)
}

#[test]
fn whoever_changes_a_worker_is_told_by_the_name_of_his_token() {
    run(async {
        let (told, node) = watched();
        let (token, value) = node.token("t1", "workers:write", None);
        let shop = "accounts/acme/workers/scripts/shop";
        let crons = json!([{"cron": "0 * * * *"}]);
        node.ask(&value, "PUT", &format!("{shop}/schedules"), &crons).await.result();
        let routes = json!([{"pattern": "a.example/*"}, {"pattern": "b.example/*"}]);
        node.ask(NODE, "PUT", &format!("{shop}/routes"), &routes).await.result();
        node.ask(&value, "PUT", &format!("{shop}/schedules"), &json!([{"cron": "no"}])).await.refused();
        node.ask(&value, "DELETE", shop, &Value::Null).await.result();
        let change = |change, by: &str, detail: &str| Change {
            change,
            account: "acme".to_owned(),
            worker: "shop".to_owned(),
            version: None,
            by: by.to_owned(),
            detail: detail.to_owned(),
        };
        let expected = [
            change("crons", &token.label(), "1 of them"),
            change("routes", "operator", "2 of them"),
            change("delete", &token.label(), ""),
        ];
        assert_eq!(*told.changes.borrow(), expected, "and not what was refused");
    });
}

#[test]
fn a_deployment_of_an_older_version_is_told_as_a_rollback() {
    run(async {
        let (told, node) = watched();
        let first = "version of shop".to_owned();
        let second = spoilt_version(&node);
        let share = |version: &str, percentage| json!({"version_id": version, "percentage": percentage});
        for versions in [json!([share(&first, 100)]), json!([share(&first, 90), share(&second, 10)])] {
            let said = json!({"strategy": "percentage", "versions": versions});
            node.ask(NODE, "POST", "accounts/acme/workers/scripts/shop/deployments", &said).await.result();
        }
        let told = told.changes.borrow();
        let told: Vec<_> =
            told.iter().map(|one| (one.change, one.version.as_deref(), &*one.detail)).collect();
        let both = format!("{first} at 90 %, {second} at 10 %");
        assert_eq!(told, [("rollback", Some(&*first), ""), ("deploy", Some(&*first), &*both)]);
    });
}

#[test]
fn a_version_that_cannot_be_put_into_service_is_told_once_with_the_reason() {
    run(async {
        let (told, node) = watched();
        spoilt_version(&node);
        node.deployed.take_over("shop").await.unwrap();
        for _ in 0..3 {
            let refused = node.deployed.ready("shop", &HeaderMap::new()).await.unwrap_err();
            assert_eq!(refused.code, 1_105);
        }
        let told = told.unserved.borrow();
        let [(worker, reason, 0)] = told.as_slice() else { panic!("{told:?}") };
        assert!(worker == "shop" && reason.contains("EOF"), "{told:?}");
    });
}

#[test]
fn a_full_disk_is_told() {
    run(async {
        let (told, node) = watched();
        let full = Refusal::from(StoreError::Full);
        assert!(full.is_disk_full());
        let quota = Refusal::from(StoreError::OverQuota { bytes: 2, bytes_max: 1 });
        assert!(!quota.is_disk_full() && !Refusal::internal("x").is_disk_full());
        node.deployed.tell_disk_full();
        node.deployed.tell_disk_full();
        node.deployed.kv.disk_full.notify_one();
        tokio::task::yield_now().await;
        assert_eq!(*told.disk_full.borrow(), [0]);
    });
}

/// Deploys a version of `shop` whose settings cannot be read; gives its id.
fn spoilt_version(node: &Node) -> String {
    let main = ModuleSpecifier::parse("index.js").unwrap();
    let module = Module::new(main.clone(), ModuleKind::EsModule, "export default {}".to_owned());
    let bundle = Bundle::new(vec![module], main, Format::Modules).unwrap();
    let id = "spoilt version of shop".to_owned();
    let new = NewVersion {
        settings_json: None,
        kept: Kept::default(),
        id: &id,
        account: "acme",
        worker: "shop",
        tag: "tag",
        config_json: "{",
        secrets: b"",
        bundle: &bundle,
        assets: &[],
        who: "me",
        now_ms: 2,
    };
    let deployment = NewDeployment {
        id: "deployment of it".to_owned(),
        now_ms: 2,
        author: "me".to_owned(),
        annotations_json: "{}".to_owned(),
        shares: vec![Share { version: id.clone(), per_mille: 1_000 }],
    };
    node.store.add_version(&new, &Takes::All(&deployment)).unwrap();
    id
}
