//! Which isolates stay warm when not all can.

use std::time::Duration;

use super::{
    harness::{Canned, Harness, run},
    tests,
};

tests! {
    more_workers_than_fit_all_answer,
    loading_workers_one_after_the_other_stays_within_the_budget,
    a_burst_of_starts_frees_what_leaves_for_it,
    what_is_used_outlives_a_scan,
    an_isolate_with_an_event_under_way_stays,
    what_fits_nowhere_is_turned_away,
    a_smaller_budget_is_met_at_once,
    blank_isolates_serve_workers_apart,
    the_books_are_right_whatever_becomes_of_isolates,
}

const COUNTS: &str = "let n = 0; export default { fetch: () => new Response(String(++n)) };";
/// Longer than an isolate is safe that was just started.
const SETTLED: Duration = Duration::from_millis(40);
const MIB: u64 = 1 << 20;

fn name(at: usize) -> String {
    format!("w{at}")
}

async fn serve_many(harness: &Harness, count: usize) {
    for at in 0..count {
        harness.serve(&name(at), COUNTS).unwrap();
    }
    tokio::time::sleep(SETTLED).await;
}

fn more_workers_than_fit_all_answer() {
    run(async {
        let harness = Harness::new();
        serve_many(&harness, 24).await;
        harness.cell.set_budget(20 * MIB);
        let books = harness.directory.books();
        for _ in 0..2 {
            for at in 0..24 {
                assert_eq!(harness.get(&name(at), "/").await.0, 200);
                tokio::time::sleep(Duration::from_millis(5)).await;
                let (warm, held) = books.warm();
                assert!(held <= 20 * MIB && warm < 20, "{warm} {held}");
            }
            tokio::time::sleep(SETTLED).await;
        }
        assert!(books.evicted() >= 24, "{}", books.evicted());
        assert_eq!(books.shed(), 0);
    });
}

fn loading_workers_one_after_the_other_stays_within_the_budget() {
    run(async {
        let harness = Harness::new();
        harness.cell.set_budget(20 * MIB);
        let books = harness.directory.books();
        for at in 0..40 {
            harness.serve(&name(at), COUNTS).unwrap();
            assert_eq!(harness.get(&name(at), "/").await.1, "1");
            // As old as one must be to leave.
            tokio::time::sleep(Duration::from_millis(3)).await;
            let (warm, held) = books.warm();
            assert!(held <= 36 * MIB && warm <= 24, "{warm} {held}");
        }
    });
}

fn a_burst_of_starts_frees_what_leaves_for_it() {
    run(async {
        let harness = Harness::new();
        serve_many(&harness, 60).await;
        harness.cell.set_budget(20 * MIB);
        let books = harness.directory.books();
        while books.leaving() > 0 {
            tokio::time::sleep(SETTLED).await;
        }
        let most = std::cell::Cell::new(0);
        for _ in 0..4 {
            let all = (0..60).map(|at| {
                let (harness, most, books) = (&harness, &most, &books);
                async move {
                    // In the middle of the burst, when those before are long enough there to leave.
                    tokio::time::sleep(Duration::from_millis(at)).await;
                    let answer = harness.get(&name(usize::try_from(at).unwrap()), "/").await;
                    most.set(most.get().max(books.leaving()));
                    answer.0
                }
            });
            futures_util::future::join_all(all).await;
        }
        assert!(
            books.evicted() > 100 && most.get() <= 20,
            "{} left, {} at once",
            books.evicted(),
            most.get()
        );
        tokio::time::sleep(SETTLED).await;
        assert_eq!(books.leaving(), 0);
    });
}

fn what_is_used_outlives_a_scan() {
    run(async {
        let harness = Harness::new();
        serve_many(&harness, 30).await;
        for expected in 1..=40 {
            assert_eq!(harness.get("w0", "/").await.1, expected.to_string());
        }
        harness.cell.set_budget(16 * MIB);
        for round in 0..3 {
            for at in 1 + round * 5..6 + round * 5 {
                assert_eq!(harness.get(&name(at), "/").await.0, 200);
            }
            tokio::time::sleep(SETTLED).await;
        }
        assert!(harness.directory.books().evicted() > 20);
        assert_eq!(harness.get("w0", "/").await.1, "41", "its isolate is the same");
    });
}

fn an_isolate_with_an_event_under_way_stays() {
    run(async {
        let harness = Harness::with_egress(&[("cpu_ms", 200)], std::sync::Arc::new(Canned::text("late")));
        let waits = "let state = 'fresh'; export default { async fetch() { const before = state; state = 'used';
            for (let i = 0; i < 100; i++) await (await fetch('http://a/')).text(); return new Response(before + state); } };";
        harness.serve("waits", waits).unwrap();
        serve_many(&harness, 6).await;
        let answer = harness.get("waits", "/");
        let squeeze = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            harness.cell.set_budget(1);
            harness.cell.keep_house();
            assert_eq!(harness.directory.books().warm().0, 1, "all but the busy one have left");
        };
        let (answer, ()) = tokio::join!(answer, squeeze);
        assert_eq!(answer, (200, "freshused".to_owned()));
    });
}

fn what_fits_nowhere_is_turned_away() {
    run(async {
        let harness = Harness::with_egress(&[("cpu_ms", 200)], std::sync::Arc::new(Canned::text("late")));
        let waits = "export default { async fetch() { await (await fetch('http://a/')).text(); return new Response('x'); } };";
        harness.serve("busy", waits).unwrap();
        harness.serve("other", waits).unwrap();
        tokio::time::sleep(SETTLED).await;
        harness.cell.set_budget(2 * MIB);
        let busy = harness.get("busy", "/");
        let other = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            harness.ask("GET / HTTP/1.1\r\nHost: other\r\n\r\n").await
        };
        let (busy, other) = tokio::join!(busy, other);
        assert_eq!(busy.0, 200);
        assert!(other.starts_with("HTTP/1.1 503") && other.contains("load-shed"), "{other}");
        assert!(other.contains("retry-after: ") && other.contains("memory"), "{other}");
        assert_eq!(harness.directory.books().shed(), 1);
        assert_eq!(harness.stats("other").ended(mote_cell::Outcome::LoadShed), 1);
    });
}

fn a_smaller_budget_is_met_at_once() {
    run(async {
        let harness = Harness::new();
        serve_many(&harness, 20).await;
        let books = harness.directory.books();
        assert_eq!(books.warm().0, 20);
        harness.cell.set_budget(8 * MIB);
        let (warm, held) = books.warm();
        assert!((1..8).contains(&warm) && held <= 8 * MIB, "{warm} {held}");
        harness.cell.set_budget(2_000 * MIB);
        for at in 0..20 {
            assert_eq!(harness.get(&name(at), "/").await.0, 200);
        }
        assert_eq!(books.warm().0, 20);
    });
}

fn blank_isolates_serve_workers_apart() {
    run(async {
        let harness = Harness::new();
        harness.cell.keep_ready();
        for round in 0..3 {
            for at in 0..12 {
                let name = format!("r{round}-{at}");
                harness.serve(&name, COUNTS).unwrap();
                assert_eq!(harness.get(&name, "/").await.1, "1");
                assert_eq!(harness.get(&name, "/").await.1, "2");
            }
            // Time to fill up in.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Workers with other limits of memory cannot have the same ones.
        let bundle = super::harness::bundle(
            &[(
                "index.js",
                mote_wire::bundle::ModuleKind::EsModule,
                b"export default { fetch(r) { for (const a = [];;) a.push([]); } };",
            )],
            mote_wire::bundle::Format::Modules,
        );
        let mut limits = mote_wire::limits::LimitsPatch::default();
        assert!(limits.set("memory_mib", 16));
        let deployment = mote_cell::Deployment { limits, ..harness.deployment(&bundle) };
        harness.cell.deploy("small", &deployment).unwrap();
        let (status, text) = harness.get("small", "/").await;
        assert!(status == 503 && text.contains("1102"), "{text}");
        let peak = harness.stats("small").memory_bytes_peak();
        assert!(peak < 64 << 20, "{peak}");
    });
}

fn the_books_are_right_whatever_becomes_of_isolates() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 50), ("memory_mib", 16)]);
        let books = harness.directory.books();
        let grows = "export default { fetch(r) { if (r.url.endsWith('/grow')) for (const a = [];;) a.push([]); return new Response('x'); } };";
        harness.serve("w", grows).unwrap();
        harness.serve("other", COUNTS).unwrap();
        for _ in 0..4 {
            assert_eq!(harness.get("w", "/grow").await.0, 503);
            assert_eq!(harness.get("w", "/").await.0, 200);
            assert_eq!(books.warm().0, 2, "the one that was ended is gone from them");
        }
        harness.serve("w", grows).unwrap();
        assert_eq!(books.warm().0, 2, "a new version takes the place of the old one");
        harness.cell.stop("w");
        assert_eq!(books.warm().0, 1);
        harness.get("w", "/").await;
        harness.cell.remove("w");
        assert_eq!(books.warm().0, 1);
        harness.pressure.raise();
        harness.get("other", "/").await;
        assert_eq!(books.warm(), (0, 0), "short of memory, all that are idle leave");
    });
}
