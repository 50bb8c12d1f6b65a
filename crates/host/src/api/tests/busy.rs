//! More at once than there is room for.

use super::*;

const FORM: &str = "content-type: multipart/form-data; boundary=x\r\n";
const SHOP: &str = "accounts/acme/workers/scripts/shop";
const BLOG: &str = "accounts/other/workers/scripts/blog";

/// The head of an upload of so many bytes.
fn upload(bytes: usize) -> String {
    format!("authorization: Bearer {NODE}\r\n{FORM}content-length: {bytes}\r\n")
}

#[test]
fn clients_that_announce_much_and_send_nothing_hold_nothing_that_others_need() {
    run(async {
        let node = Rc::new(node(NODE));
        tokio::time::pause();
        // They announce the most that there may be: more than there is memory for, and more than there is disk for.
        let slow: Vec<_> = (0..40)
            .map(|_| {
                let node = node.clone();
                tokio::task::spawn_local(async move {
                    node.send(HOME, "PUT", SHOP, &upload(128 << 20), "").await.refused()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        for _ in 0..3 {
            let malformed = node.send(HOME, "PUT", BLOG, &upload(3), "--x").await;
            assert_eq!(malformed.refused().0, 400, "it was read");
            let document = node.ask(NODE, "PUT", &format!("{BLOG}/routes"), &json!([])).await;
            assert_eq!(document.status, 200, "{}", document.document);
            let own = node.ask(NODE, "PUT", &format!("{SHOP}/routes"), &json!([])).await;
            assert_eq!(own.status, 200, "small ones of the same account go on, too: {}", own.document);
        }
        let (mut late, mut busy) = (0, 0);
        for slow in slow {
            match slow.await.unwrap() {
                (408, _) => late += 1,
                (503, 971) => busy += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(late > 0 && busy > 0 && late + busy == 40, "{late} {busy}");
    });
}

#[test]
fn whoever_fills_the_disk_with_slow_uploads_makes_room_for_another_account() {
    run(async {
        let options = ApiOptions { upload_disk_bytes_max: 200 << 20, ..ApiOptions::default() };
        let workers = [("acme", "shop"), ("other", "blog")];
        let node = Rc::new(node_on(Rc::new(Nobody), NODE, &workers, options));
        tokio::time::pause();
        let first = node.clone();
        let first = tokio::task::spawn_local(async move {
            first.send(HOME, "PUT", SHOP, &upload(128 << 20), "--x").await
        });
        tokio::task::yield_now().await;
        let own = node.send(HOME, "PUT", SHOP, &upload(100 << 20), "--x").await;
        assert_eq!(own.refused(), (503, 971), "two of one account do not fit");
        assert!(own.head.contains("\r\nretry-after: 5"), "{}", own.head);
        let late = node.send(HOME, "PUT", BLOG, &upload(100 << 20), "--x").await;
        assert_eq!(late.refused().0, 408, "it had a place, and sent nothing");
        let first = first.await.unwrap();
        assert_eq!(first.refused(), (503, 971));
        let said = first.document["errors"][0]["message"].as_str().unwrap();
        assert!(said.contains("made room"), "{said}");
    });
}

#[test]
fn a_body_that_never_fits_is_refused_at_once() {
    run(async {
        let node = node(NODE);
        for (bytes, path) in
            [(1 << 30, SHOP), (3 << 20, "accounts/acme/workers/scripts/shop/secrets"), (3 << 20, "accounts")]
        {
            let method = if path == "accounts" { "POST" } else { "PUT" };
            let refused = node.send(HOME, method, path, &upload(bytes), "").await;
            assert_eq!(refused.refused(), (413, 10_027), "{path}");
        }
    });
}
