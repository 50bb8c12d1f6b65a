//! The files that a worker sees: whose they are, how long they live, what they cost.

use mote_cell::Deployment;
use mote_wire::{
    bundle::{Format, ModuleKind},
    compatibility::{Compatibility, Date},
    prepared::{Prepared, PreparedReport},
};

use crate::{
    harness::{Harness, bundle, run},
    tests,
};

tests! {
    each_event_has_files_of_its_own_and_they_end_with_it,
    the_modules_of_the_bundle_are_files_that_nobody_can_change,
    what_top_level_code_has_written_is_in_no_event,
    files_count_as_the_workers_memory,
    an_event_has_so_many_files_open_and_no_more,
    a_heap_that_is_kept_knows_its_bundle,
}

fn serve(harness: &Harness, source: &str) {
    serve_with(harness, &[("index.js", ModuleKind::EsModule, source.as_bytes())]);
}

fn serve_with(harness: &Harness, modules: &[(&str, ModuleKind, &[u8])]) {
    let bundle = bundle(modules, Format::Modules);
    let compatibility = Compatibility::settle(Some("2026-01-01"), ["nodejs_compat"], Date::MAX).unwrap();
    harness.cell.deploy("w", &Deployment { compatibility, ..harness.deployment(&bundle) }).unwrap();
}

fn patient() -> Harness {
    Harness::with(&[("cpu_ms", 10_000), ("startup_cpu_ms", 10_000)])
}

fn each_event_has_files_of_its_own_and_they_end_with_it() {
    run(async {
        let harness = patient();
        let source = "import fs from 'node:fs';
            export default { async fetch(request) {
                const { pathname } = new URL(request.url);
                const found = fs.readdirSync('/tmp');
                const fd = fs.openSync('/tmp/mine', 'w+');
                fs.writeSync(fd, pathname);
                await scheduler.wait(20);
                return Response.json([found, fd, fs.readFileSync('/tmp/mine', 'utf8'), fs.readdirSync('/tmp')]);
            } };";
        serve(&harness, source);
        let (one, other) = tokio::join!(harness.get("w", "/one"), harness.get("w", "/other"));
        assert_eq!(one.1, r#"[[],0,"/one",["mine"]]"#);
        assert_eq!(other.1, r#"[[],0,"/other",["mine"]]"#);
        assert_eq!(harness.get("w", "/third").await.1, r#"[[],0,"/third",["mine"]]"#);
    });
}

fn the_modules_of_the_bundle_are_files_that_nobody_can_change() {
    run(async {
        let harness = patient();
        let source = "import fs from 'node:fs';
            const codes = (...works) => works.map((work) => { try { return work(); } catch (error) { return error.code; } });
            export default { fetch: () => Response.json([
                fs.readdirSync('/bundle', { recursive: true }).sort(), fs.readFileSync('/bundle/lib/text.txt', 'utf8'), fs.readFileSync('lib/data.bin').length,
                fs.statSync('/bundle/lib/data.bin').size, fs.readFileSync('/bundle/index.js', 'utf8').includes('codes'),
                codes(() => fs.writeFileSync('/bundle/lib/text.txt', 'x'), () => fs.truncateSync('/bundle/index.js'), () => fs.rmSync('/bundle/lib', { recursive: true }),
                    () => fs.renameSync('/bundle/lib', '/tmp/lib'), () => fs.linkSync('/tmp/x', '/bundle/x'), () => fs.chmodSync('/bundle/index.js', 0o777), () => fs.openSync('/bundle/index.js', 'r+'),
                    () => fs.rmdirSync('/tmp'), () => fs.renameSync('/tmp', '/other'), () => fs.rmSync('/', { recursive: true })),
                fs.readFileSync('/bundle/lib/text.txt', 'utf8'),
            ]) };";
        serve_with(
            &harness,
            &[
                ("index.js", ModuleKind::EsModule, source.as_bytes()),
                ("lib/data.bin", ModuleKind::Data, &[0, 255, 7]),
                ("lib/text.txt", ModuleKind::Text, "grün".as_bytes()),
            ],
        );
        let expected = r#"[["index.js","lib","lib/data.bin","lib/text.txt"],"grün",3,3,true,["EROFS","EROFS","EROFS","EROFS","ENOENT","EROFS","EROFS","EROFS","EROFS","EPERM"],"grün"]"#;
        assert_eq!(harness.get("w", "/").await.1, expected);
    });
}

fn what_top_level_code_has_written_is_in_no_event() {
    run(async {
        let harness = patient();
        let source = "import fs from 'node:fs';
            fs.writeFileSync('/tmp/early', 'x');
            const before = fs.readdirSync('/tmp');
            export default { fetch: () => Response.json([before, fs.readdirSync('/tmp')]) };";
        serve(&harness, source);
        assert_eq!(harness.get("w", "/").await.1, r#"[["early"],[]]"#);
    });
}

fn files_count_as_the_workers_memory() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 20_000), ("startup_cpu_ms", 10_000), ("memory_mib", 64)]);
        let source = "import fs from 'node:fs';
            const piece = new Uint8Array(1 << 20);
            export default { fetch() {
                let written = 0;
                try {
                    for (;; written++) fs.appendFileSync('/tmp/large', piece);
                } catch (error) {
                    fs.rmSync('/tmp/large');
                    return Response.json([error.code, written > 0 && written < 64]);
                }
            } };";
        serve(&harness, source);
        for _ in 0..3 {
            let (status, answer) = harness.get("w", "/").await;
            // A limit that is met elsewhere first ends the event; none of it is ever the process's.
            assert!(answer == r#"["ENOSPC",true]"# || status == 503, "{status} {answer}");
        }
    });
}

fn an_event_has_so_many_files_open_and_no_more() {
    run(async {
        let harness = patient();
        let source = "import fs from 'node:fs';
            export default { fetch() {
                let count = 0;
                try {
                    for (;; count++) fs.openSync('/dev/null');
                } catch (error) {
                    fs.closeSync(7);
                    return Response.json([error.code, count, fs.openSync('/dev/null')]);
                }
            } };";
        serve(&harness, source);
        assert_eq!(harness.get("w", "/").await.1, r#"["EMFILE",4096,7]"#);
    });
}

fn a_heap_that_is_kept_knows_its_bundle() {
    run(async {
        let harness = patient();
        let source = "import fs from 'node:fs';
            const own = fs.readFileSync('/bundle/index.js', 'utf8').length;
            export default { fetch() {
                fs.writeFileSync('/tmp/a', 'x');
                return Response.json([own === fs.statSync('/bundle/index.js').size, fs.readdirSync('/tmp')]);
            } };";
        let bundle = bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules);
        let compatibility = Compatibility::settle(Some("2026-01-01"), ["nodejs_compat"], Date::MAX).unwrap();
        let deployment = || Deployment { compatibility, ..harness.deployment(&bundle) };
        harness.cell.deploy("recorded", &deployment()).unwrap();
        let heap = harness.cell.record_heap("recorded").unwrap();
        harness.cell.remove("recorded");
        let report = PreparedReport::default();
        let prepared = Prepared { code_caches: Vec::new(), heap: Some(heap), report };
        harness.cell.deploy("w", &Deployment { prepared: Some(&prepared), ..deployment() }).unwrap();
        assert_eq!(harness.get("w", "/").await.1, r#"[true,["a"]]"#);
        assert_eq!(harness.get("w", "/").await.1, r#"[true,["a"]]"#);
    });
}
