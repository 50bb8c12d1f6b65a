//! When a cordon gets a second cell.

use super::*;

#[test]
fn the_workers_of_a_busy_cell_find_another_one() {
    run(async {
        let mut options = options();
        options.cordons.get_mut("default").unwrap().cells_max = 2;
        options.busy_events = 4;
        let (supervisor, _, told) = node(options);
        let home = ask(&supervisor, "b", "").await.unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let asking = supervisor.clone();
                tokio::task::spawn_local(async move { slug(ask(&asking, "a", "slow").await) })
            })
            .collect();
        sleep(Duration::from_secs(1)).await;
        // The one that finds it busy is served there, and makes another cell come.
        assert_eq!(ask(&supervisor, "b", "").await.unwrap(), home);
        sleep(Duration::from_secs(1)).await;
        let other = ask(&supervisor, "b", "").await.unwrap();
        assert_ne!(other, home);
        for slow in waiting {
            assert!(slow.await.unwrap().starts_with("answered"));
        }
        assert!(told.incidents().is_empty(), "{:?}", told.incidents());
    });
}

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
