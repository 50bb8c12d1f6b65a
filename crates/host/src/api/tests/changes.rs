//! Changes that meet: of several accounts, and of one worker.

use std::time::Duration;

use super::*;
use crate::supervisor::tests::fake::{FakeCells, NEVER_LOADS};

fn node() -> Rc<Node> {
    node_of(ApiOptions::default())
}

fn node_of(options: ApiOptions) -> Rc<Node> {
    let workers = [("acme", "shop"), ("other", "blog")];
    Rc::new(node_on(Rc::new(FakeCells::default()), NODE, &workers, options))
}

impl Node {
    /// Uploads a worker with this code.
    async fn put(&self, account: &str, worker: &str, code: &str) -> Answered {
        let form = format!(
            "--x\r\ncontent-disposition: form-data; name=\"metadata\"\r\n\r\n{{\"main_module\": \"index.js\"}}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"index.js\"; filename=\"index.js\"\r\n\
             content-type: application/javascript+module\r\n\r\n{code}\r\n--x--\r\n"
        );
        let lines = format!(
            "authorization: Bearer {NODE}\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: {}\r\n",
            form.len()
        );
        let path = format!("accounts/{account}/workers/scripts/{worker}");
        self.send(HOME, "PUT", &path, &lines, &form).await
    }

    /// The same, in a task.
    fn begin(
        self: &Rc<Self>,
        account: &'static str,
        worker: String,
        code: &'static str,
    ) -> tokio::task::JoinHandle<Answered> {
        let node = self.clone();
        tokio::task::spawn_local(async move { node.put(account, &worker, code).await })
    }

    fn trials(&self) -> usize {
        let stats = self.deployed.supervisor.stats();
        stats.workers.iter().filter(|(name, _)| name.starts_with("check ")).count()
    }
}

/// Waits until something is so.
async fn until(so: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it has not come to that");
}

#[test]
fn an_account_whose_code_never_loads_holds_up_no_other_account() {
    run(async {
        let node = node();
        let hog: Vec<_> =
            (0..20).map(|number| node.begin("acme", format!("hog-{number}"), NEVER_LOADS)).collect();
        until(|| node.trials() > 0).await;
        let before = node.trials();
        for code in ["export default {}", "export default { a: 1 }"] {
            node.put("other", "blog", code).await.result();
        }
        assert!(hog.iter().all(|upload| !upload.is_finished()), "they are all still under way");
        // And not all of them are tried out at once: those of the other account are over soon.
        until(|| node.trials() == before).await;
        assert!(before < hog.len(), "{before}");
        hog.iter().for_each(tokio::task::JoinHandle::abort);
    });
}

#[test]
fn a_worker_that_is_being_tried_out_can_be_rolled_back() {
    run(async {
        let node = node();
        node.put("acme", "shop", "export default {}").await.result();
        let upload = node.begin("acme", "shop".to_owned(), NEVER_LOADS);
        until(|| node.trials() > 0).await;
        let old = json!([{"version_id": "version of shop", "percentage": 100}]);
        let said = json!({"strategy": "percentage", "versions": old});
        node.ask(NODE, "POST", "accounts/acme/workers/scripts/shop/deployments", &said).await.result();
        assert!(!upload.is_finished());
        upload.abort();
    });
}

#[test]
fn a_name_is_not_held_up_by_who_may_not_have_it() {
    run(async {
        let node = node();
        let refused = node.put("other", "shop", NEVER_LOADS).await;
        assert_eq!(refused.refused(), (409, 10_031), "it is not even tried out");
        let thief = node.begin("other", "new".to_owned(), NEVER_LOADS);
        until(|| node.trials() > 0).await;
        node.put("acme", "new", "export default {}").await.result();
        assert!(!thief.is_finished());
        thief.abort();
    });
}

#[test]
fn what_was_written_is_in_service_also_if_its_client_has_left() {
    run(async {
        let node = node();
        for number in 0..30 {
            let worker = format!("worker-{number}");
            let upload = node.begin("acme", worker.clone(), "export default {}");
            while node.store.live_one(&worker).unwrap().is_none() {
                assert!(!upload.is_finished());
                tokio::task::yield_now().await;
            }
            // It is in the store, and the client does not know yet.
            upload.abort();
            until(|| node.deployed.knows(&worker)).await;
        }
    });
}

#[test]
fn what_is_one_too_many_is_refused_by_name_or_the_oldest_gives_way() {
    run(async {
        let kept = Kept { account_workers_max: 2, worker_versions_max: 2, ..Kept::default() };
        let node = node_of(ApiOptions { kept, ..ApiOptions::default() });
        node.put("acme", "second", "export default {}").await.result();
        let refused = node.put("acme", "third", "export default {}").await;
        assert_eq!(refused.refused(), (403, 10_037));
        assert!(refused.document["errors"][0]["message"].as_str().unwrap().contains("account_workers"));
        for number in 0..15 {
            node.put("acme", "second", &format!("export default {{ a: {number} }}")).await.result();
        }
        let deployments = node.get(NODE, "accounts/acme/workers/scripts/second/deployments").await;
        let deployments = deployments.result()["deployments"].as_array().unwrap().clone();
        assert_eq!(deployments.len(), 10, "those whose versions are there");
        for deployment in deployments {
            let version = deployment["versions"][0]["version_id"].as_str().unwrap();
            assert!(node.deployed.knows(&format!("{version:.8}-second")), "its preview answers");
            node.get(NODE, &format!("accounts/acme/workers/scripts/second/versions/{version}"))
                .await
                .result();
        }
    });
}
