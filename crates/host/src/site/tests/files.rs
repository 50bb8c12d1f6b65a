//! Who compresses, how often, and what is sent meanwhile.

use std::{
    io,
    sync::{Mutex, mpsc},
};

use super::*;
use crate::site::{
    compressed::Compress,
    files::{COMPRESSIONS_MAX, Source},
};

fn asset(hash: &str, bytes: impl Into<Bytes>) -> Asset {
    Asset { hash: hash.to_owned(), kind: "text/plain".to_owned(), bytes: bytes.into() }
}

/// Files that are compressed to nothing once the test says so, and how many were begun.
fn held(site: &Fixture) -> (Rc<Files>, mpsc::SyncSender<()>, Arc<AtomicUsize>) {
    let (go, wait) = mpsc::sync_channel(100);
    let (wait, begun) = (Mutex::new(wait), Arc::new(AtomicUsize::new(0)));
    let counted = begun.clone();
    let compress: Compress = Arc::new(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        wait.lock().unwrap().recv().map_err(io::Error::other)?;
        Ok(Vec::new())
    });
    (Files::with(site.store.clone(), 64 << 20, compress), go, begun)
}

#[test]
fn a_herd_on_one_file_compresses_it_once() {
    run(async {
        let site = Fixture::new();
        let (files, go, begun) = held(&site);
        let file = asset("a", content());
        let herd = (0..50).map(|_| files.coded("acme", &file, Coding::Gzip));
        let herd = futures_util::future::join_all(herd);
        let (coded, ()) = tokio::join!(herd, async { go.send(()).unwrap() });
        assert!(coded.iter().all(|coded| coded.as_deref() == Some(&[])));
        assert_eq!(files.coded("acme", &file, Coding::Gzip).await.as_deref(), Some(&[][..]));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_client_that_goes_away_does_not_have_it_compressed_again() {
    run(async {
        let site = Fixture::new();
        let (files, go, begun) = held(&site);
        let file = asset("a", content());
        for _ in 0..10 {
            let mut asking = Box::pin(files.coded("acme", &file, Coding::Brotli));
            assert!(futures_util::poll!(&mut asking).is_pending());
        }
        go.send(()).unwrap();
        assert!(files.coded("acme", &file, Coding::Brotli).await.is_some());
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn nobody_waits_for_other_files_to_be_compressed() {
    run(async {
        let site = Fixture::new();
        let (files, go, begun) = held(&site);
        let all: Vec<_> = (0..=COMPRESSIONS_MAX).map(|index| asset(&index.to_string(), content())).collect();
        let mut waiting: Vec<_> =
            all.iter().map(|file| Box::pin(files.coded("acme", file, Coding::Zstd))).collect();
        let mut last = waiting.pop().unwrap();
        for asking in &mut waiting {
            assert!(futures_util::poll!(asking).is_pending());
        }
        assert!((&mut last).await.is_none(), "it goes out as it is");
        for _ in 0..=COMPRESSIONS_MAX {
            go.send(()).unwrap();
        }
        for coded in futures_util::future::join_all(waiting).await {
            assert!(coded.is_some());
        }
        // There is room again, and that it had no turn is not remembered.
        while files.coded("acme", &all[COMPRESSIONS_MAX], Coding::Zstd).await.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(begun.load(Ordering::SeqCst), COMPRESSIONS_MAX + 1);
    });
}

#[test]
fn what_is_no_smaller_or_fails_is_tried_once() {
    run(async {
        let site = Fixture::new();
        let tried = Arc::new(AtomicUsize::new(0));
        let counted = tried.clone();
        let compress: Compress = Arc::new(move |coding, bytes: &[u8]| {
            counted.fetch_add(1, Ordering::SeqCst);
            match coding {
                Coding::Brotli => Ok(bytes.to_vec()),
                Coding::Zstd => Err(io::Error::other("broken")),
                Coding::Gzip => panic!("our bug"),
            }
        });
        let files = Files::with(site.store.clone(), 64 << 20, compress);
        let file = asset("a", content());
        for coding in Coding::ALL {
            for _ in 0..5 {
                assert_eq!(files.coded("acme", &file, coding).await, None, "{coding:?}");
            }
        }
        assert_eq!(tried.load(Ordering::SeqCst), Coding::ALL.len());
    });
}

#[test]
fn noise_is_sent_as_it_is() {
    run(async {
        let site = Fixture::new();
        let mut seed = 7_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        })
        .take(5_000)
        .collect();
        let file = asset("noise", noise);
        for coding in Coding::ALL {
            assert_eq!(site.files.coded("acme", &file, coding).await, None, "{coding:?}");
        }
    });
}

#[test]
fn what_does_not_fit_into_memory_is_still_sent() {
    run(async {
        let site = Fixture::new();
        let files = Files::with(site.store.clone(), 0, Arc::new(compressed::compress));
        let file = asset("a", content());
        let first = files.coded("acme", &file, Coding::Gzip).await.unwrap();
        assert_eq!(files.coded("acme", &file, Coding::Gzip).await.unwrap(), first);
    });
}

#[test]
fn two_accounts_share_no_file() {
    run(async {
        let site = Fixture::new();
        let (mine, other) = (asset("a", content()), asset("a", "x".repeat(9_000)));
        let mine = site.files.coded("acme", &mine, Coding::Gzip).await.unwrap();
        let other = site.files.coded("evil", &other, Coding::Gzip).await.unwrap();
        assert_ne!(mine, other);
    });
}

#[test]
fn small_and_huge_files_are_sent_as_they_are() {
    run(async {
        let site = Fixture::new();
        let (small, large) = (*compressed::BYTES.start(), *compressed::BYTES.end());
        for (index, (length, coding)) in
            [(small - 1, ""), (small, "gzip"), (large, "gzip"), (large + 1, ""), (0, "")]
                .into_iter()
                .enumerate()
        {
            let file = asset(&format!("size{index}"), "a".repeat(length));
            site.store.add_assets("acme", std::slice::from_ref(&file), Kept::default(), 0).unwrap();
            let paths = vec![AssetPath { path: "/file".to_owned(), hash: file.hash.clone() }];
            let one = Site::new("acme".to_owned(), paths, &AssetsConfig::default(), Code::None).unwrap();
            let headers = headers(&[(AE, "gzip")]);
            let asked = Asked::new(&Method::GET, "http://site.example/file", &headers);
            let answer = Answer::of(one.answer(&site.files, asked).await.unwrap().unwrap()).await;
            let vary = if coding.is_empty() { "" } else { "accept-encoding" };
            assert_eq!(
                (answer.header("content-encoding"), answer.header("vary")),
                (coding, vary),
                "{length}"
            );
            assert_eq!(answer.decoded(), file.bytes, "{length}");
        }
    });
}

#[test]
fn a_large_file_is_in_memory_once_however_many_want_it() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("store")).unwrap());
        let file =
            |hash: &str| Asset { hash: hash.to_owned(), kind: String::new(), bytes: vec![7; 2 << 20].into() };
        store.add_assets("acme", &[file("one")], Kept::default(), 0).unwrap();
        store.add_assets("other", &[file("one")], Kept::default(), 0).unwrap();
        let files = Files::new(store);
        let wanting = (0..20).map(|_| files.read("acme", "one"));
        let wanted = futures_util::future::try_join_all(wanting).await.unwrap();
        let places: std::collections::BTreeSet<_> = wanted.iter().map(|asset| asset.bytes.as_ptr()).collect();
        assert_eq!(places.len(), 1);
        assert!(wanted.iter().all(|asset| *asset == file("one")));
        let other = files.read("other", "one").await.unwrap();
        assert!(!places.contains(&other.bytes.as_ptr()), "another account's is another file");
        assert!(files.read("acme", "two").await.is_err() && files.read("acme", "two").await.is_err());
    });
}

/// Files of the most bytes that one may have; none lies on a disk.
struct Large;

impl Source for Large {
    fn asset(&self, _account: &str, hash: &str) -> Result<Option<Asset>, String> {
        Ok(Some(asset(hash, vec![7; 25 << 20])))
    }
}

#[tokio::test(start_paused = true)]
async fn files_on_their_way_to_slow_clients_take_so_much_memory_and_no_more() {
    let files = Files::new(Arc::new(Large));
    let mut slow = Vec::new();
    for name in ["1", "2", "3", "4", "5"] {
        slow.push(files.read("acme", name).await.unwrap());
    }
    let error = files.read("acme", "6").await.unwrap_err();
    assert!(error.contains("too many files are on their way"), "{error}");
    assert!(files.read("acme", "5").await.is_ok(), "one that is here already takes no more");
    assert!(files.read("other", "6").await.is_ok(), "another account waits for nobody");
    slow.pop();
    assert!(files.read("acme", "6").await.is_ok(), "a client has gone");
}
