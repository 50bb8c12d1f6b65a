//! More at once than there is room for.

use super::*;

const FORM: &str = "content-type: multipart/form-data; boundary=x\r\n";

/// The head of an upload of so many bytes.
fn upload(bytes: usize) -> String {
    format!("authorization: Bearer {NODE}\r\n{FORM}content-length: {bytes}\r\n")
}

#[test]
fn an_upload_for_which_there_is_no_memory_is_answered_and_spares_other_accounts() {
    run(async {
        let node = Rc::new(node(NODE));
        tokio::time::pause();
        let slow = node.clone();
        let path = "accounts/acme/workers/scripts/shop";
        // It announces the most that there may be, and sends nothing.
        let first = tokio::task::spawn_local(async move {
            slow.send(HOME, "PUT", path, &upload(128 << 20), "").await.refused()
        });
        tokio::task::yield_now().await;
        let refused = node.send(HOME, "PUT", path, &upload(64 << 20), "--x").await;
        assert_eq!(refused.refused(), (503, 971), "after it has waited");
        assert!(refused.head.contains("\r\nretry-after: 5"), "{}", refused.head);
        let other = "accounts/other/workers/scripts/blog";
        let malformed = node.send(HOME, "PUT", other, &upload(3), "--x").await;
        assert_eq!(malformed.refused().0, 400, "it was read");
        let late = first.await.unwrap();
        assert_eq!(late.0, 408, "and the one that sends nothing is not waited for");
    });
}

#[test]
fn a_body_that_never_fits_is_refused_at_once() {
    run(async {
        let node = node(NODE);
        let path = "accounts/acme/workers/scripts/shop";
        for (bytes, path) in
            [(1 << 30, path), (3 << 20, "accounts/acme/workers/scripts/shop/secrets"), (3 << 20, "accounts")]
        {
            let method = if path == "accounts" { "POST" } else { "PUT" };
            let refused = node.send(HOME, method, path, &upload(bytes), "").await;
            assert_eq!(refused.refused(), (413, 10_027), "{path}");
        }
    });
}
