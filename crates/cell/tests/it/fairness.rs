//! Nobody takes more than a share: concurrency, CPU over time, the kill switch, load shedding.

use std::time::Duration;

use mote_cell::{Deployment, KillSwitch, Outcome};
use mote_wire::{
    bundle::{Format, ModuleKind},
    limits::LimitsPatch,
};

use crate::{
    harness::{Harness, bundle, run},
    tests,
};

tests! {
    events_over_the_limit_are_turned_away,
    an_account_has_a_limit_of_its_own,
    who_uses_more_than_a_share_of_the_cpu_is_turned_away_until_time_has_passed,
    the_kill_switch_ends_what_waits_and_refuses_what_comes,
    the_kill_switch_stops_a_turn_that_runs,
    the_kill_switch_stops_a_loop_around_a_slow_native,
    short_of_memory_the_cell_turns_events_away,
    a_version_asks_for_less_and_gets_it,
}

const SLEEPS: &str =
    "export default { async fetch(request) { if (request.url.endsWith('/fast')) return new Response('fast');
    await new Promise((resolve) => setTimeout(resolve, 300)); return new Response('slept'); } };";

const GET: &str = "GET /fast HTTP/1.1\r\nHost: w.localhost\r\nConnection: close\r\n\r\n";

fn is_shed(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 503")
        && answer.contains("mote-error: load-shed")
        && answer.contains("retry-after: ")
}

fn deploy(harness: &Harness, name: &str, source: &str, account: &str, limits: LimitsPatch) {
    let bundle = bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules);
    let deployment = Deployment { limits, account, ..harness.deployment(&bundle) };
    harness.cell.deploy(name, &deployment).unwrap();
}

fn events_over_the_limit_are_turned_away() {
    run(async {
        let harness = Harness::with(&[("events", 1)]);
        harness.serve("w", SLEEPS).unwrap();
        harness.serve("other", SLEEPS).unwrap();
        let (slow, ()) = tokio::join!(harness.get("w.localhost", "/"), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answer = harness.ask(GET).await;
            assert!(is_shed(&answer), "{answer}");
            assert_eq!(harness.get("other.localhost", "/fast").await.1, "fast", "others are served");
        });
        assert_eq!(slow.1, "slept", "what is under way goes on");
        assert_eq!(harness.get("w.localhost", "/fast").await.1, "fast");
        assert_eq!(harness.stats("w").ended(Outcome::LoadShed), 1);
    });
}

fn an_account_has_a_limit_of_its_own() {
    run(async {
        let harness = Harness::with(&[("account_events", 1)]);
        deploy(&harness, "a", SLEEPS, "one", LimitsPatch::default());
        deploy(&harness, "w", SLEEPS, "one", LimitsPatch::default());
        deploy(&harness, "b", SLEEPS, "two", LimitsPatch::default());
        let (slow, ()) = tokio::join!(harness.get("a.localhost", "/"), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(is_shed(&harness.ask(GET).await), "the other worker of the account pays");
            assert_eq!(harness.get("b.localhost", "/fast").await.1, "fast", "another account does not");
        });
        assert_eq!(slow.1, "slept");
    });
}

fn who_uses_more_than_a_share_of_the_cpu_is_turned_away_until_time_has_passed() {
    run(async {
        let harness = Harness::with(&[("cpu_share_percent", 5), ("cpu_burst_ms", 50), ("cpu_ms", 100)]);
        let source = "export default { fetch(request) { if (request.url.endsWith('/burn')) for (;;) {} return new Response('ok'); } };";
        harness.serve("w", source).unwrap();
        harness.serve("other", source).unwrap();
        assert_eq!(harness.get("w.localhost", "/fast").await.1, "ok");
        assert!(harness.get("w.localhost", "/burn").await.1.contains("CPU"));
        let answer = harness.ask(GET).await;
        assert!(is_shed(&answer) && answer.contains("share of the CPU"), "{answer}");
        assert_eq!(harness.get("other.localhost", "/").await.1, "ok");
        // A debt of about 50 ms is paid in a second at a twentieth of a core.
        let mut tries = 0;
        while harness.get("w.localhost", "/fast").await.1 != "ok" {
            tokio::time::sleep(Duration::from_millis(100)).await;
            tries += 1;
            assert!(tries < 100, "it is never let in again");
        }
    });
}

fn the_kill_switch_ends_what_waits_and_refuses_what_comes() {
    run(async {
        let harness = Harness::new();
        harness.serve("w", SLEEPS).unwrap();
        let kill_switch = harness.directory.get("w").unwrap().kill_switch.clone();
        let (slow, ()) = tokio::join!(harness.get("w.localhost", "/"), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            kill_switch.stop();
            harness.cell.stop("w");
        });
        assert_eq!((slow.0, slow.1.contains("was stopped")), (503, true), "{slow:?}");
        let answer = harness.ask(GET).await;
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.contains("mote-error: worker-stopped"),
            "{answer}"
        );
        kill_switch.start();
        assert_eq!(harness.get("w.localhost", "/fast").await.1, "fast");
        harness.until(|| harness.stats("w").ended(Outcome::KillSwitch) == 2).await;
    });
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own, which serves nobody")]
fn stop_later(kill_switch: &KillSwitch) {
    std::thread::sleep(Duration::from_millis(100));
    kill_switch.stop();
}

fn the_kill_switch_stops_a_turn_that_runs() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000)]);
        harness.serve("w", "export default { fetch() { for (;;) {} } };").unwrap();
        let kill_switch = harness.directory.get("w").unwrap().kill_switch.clone();
        let operator = std::thread::spawn(move || stop_later(&kill_switch));
        let (status, body) = harness.get("w", "/").await;
        assert_eq!((status, body.contains("was stopped")), (503, true), "{body}");
        operator.join().unwrap();
        assert!(harness.stats("w").cpu() < Duration::from_secs(10));
    });
}

fn the_kill_switch_stops_a_loop_around_a_slow_native() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000)]);
        let source = "const a = 'x'.repeat(1e8) + 'a', b = 'x'.repeat(1e7) + 'b';
            export default { fetch() { for (let n = 0; n < 1e9; n++) a < b; } };";
        harness.serve("w", source).unwrap();
        let kill_switch = harness.directory.get("w").unwrap().kill_switch.clone();
        let operator = std::thread::spawn(move || stop_later(&kill_switch));
        assert_eq!(harness.get("w", "/").await.0, 503);
        operator.join().unwrap();
        assert!(harness.stats("w").cpu() < Duration::from_secs(5));
    });
}

fn short_of_memory_the_cell_turns_events_away() {
    run(async {
        let harness = Harness::new();
        harness.serve("w", SLEEPS).unwrap();
        harness.pressure.raise();
        assert!(is_shed(&harness.ask(GET).await));
        assert!(
            harness.cell.runtime("w").is_some(),
            "the isolate that was freed is made again when it is needed"
        );
        harness.pressure.ease();
        assert_eq!(harness.get("w.localhost", "/fast").await.1, "fast");
        assert_eq!(harness.stats("w").isolates_started(), 2);
    });
}

fn a_version_asks_for_less_and_gets_it() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000)]);
        let limits = LimitsPatch { cpu_ms: Some(20), ..LimitsPatch::default() };
        deploy(&harness, "w", "export default { fetch() { for (;;) {} } };", "", limits);
        assert_eq!(harness.get("w", "/").await.0, 503);
        assert!(harness.stats("w").cpu() < Duration::from_secs(5));
    });
}
