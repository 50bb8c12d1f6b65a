//! When a cordon gets no second cell.

use super::*;

#[test]
fn a_cordon_never_has_more_cells_than_it_may() {
    run(async {
        let mut options = options();
        options.busy_events = 1;
        let (supervisor, cells, _) = node(options);
        let home = ask(&supervisor, "b", "").await.unwrap();
        let asking = supervisor.clone();
        let _slow = tokio::task::spawn_local(async move { slug(ask(&asking, "a", "slow").await) });
        sleep(Duration::from_secs(1)).await;
        let before = cells.starts();
        for _ in 0..10 {
            assert_eq!(ask(&supervisor, "b", "").await.unwrap(), home);
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(cells.starts(), before);
    });
}
