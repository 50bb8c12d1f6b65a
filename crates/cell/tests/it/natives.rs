//! Built-ins that would run for ever, or make more than the engine survives: a call of one ends, and so does nothing else.

use std::time::{Duration, Instant};

use mote_cell::LoadError;

use crate::{
    harness::{Harness, run},
    tests,
};

tests! {
    a_length_that_lies_holds_nobody_up,
    a_hole_of_four_billion_elements_holds_nobody_up,
    built_ins_that_call_built_ins_are_stopped,
    an_iterator_without_an_end_is_stopped,
    a_search_that_tries_all_places_is_stopped,
    what_would_be_more_than_the_engine_survives_is_refused,
    what_grows_on_its_way_ends_the_turn_and_not_the_process,
    a_list_that_was_being_joined_when_a_turn_was_stopped_is_joined_again,
    what_is_made_in_pieces_is_what_is_made_at_once,
    a_long_list_of_languages_is_what_a_short_one_is,
    replaced_built_ins_look_like_the_engines,
}

/// Far more than a stop is late by, far less than what is stopped would take.
const LATE_MAX: Duration = Duration::from_secs(5);

/// Each of these runs past its limit, and is stopped soon after.
fn stopped(sources: &[&str]) {
    run(async {
        let harness = Harness::with(&[("startup_cpu_ms", 100), ("memory_mib", 128)]);
        for source in sources {
            let began = Instant::now();
            let error =
                harness.serve("w", &format!("{source}; export default {{ fetch() {{}} }};")).unwrap_err();
            assert!(matches!(error, LoadError::Stopped(_)), "{source}: {error}");
            assert!(began.elapsed() < LATE_MAX, "{source}: {:?}", began.elapsed());
        }
    });
}

/// Each of these throws a `RangeError`, or is stopped for its memory.
fn refused(sources: &[&str]) {
    run(async {
        let harness = Harness::with(&[("startup_cpu_ms", 10_000), ("memory_mib", 128)]);
        for source in sources {
            let error =
                harness.serve("w", &format!("{source}; export default {{ fetch() {{}} }};")).unwrap_err();
            let stopped = matches!(error, LoadError::Stopped(_));
            assert!(stopped || error.to_string().contains("RangeError"), "{source}: {error}");
        }
        harness.serve("good", "export default { fetch() { return new Response('ok'); } };").unwrap();
        assert_eq!(harness.get("good.localhost", "/").await.1, "ok");
    });
}

fn a_length_that_lies_holds_nobody_up() {
    stopped(&[
        "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "Array.prototype.reduce.call({ length: 2 ** 53 - 1 }, Math.abs)",
        "Array.prototype.sort.call({ length: 2 ** 53 - 1 })",
        "Array.prototype.flat.call({ length: 2 ** 53 - 1 })",
        "Array.prototype.shift.call({ length: 2 ** 53 - 1 })",
        "[].concat({ length: 2 ** 32 - 1, [Symbol.isConcatSpreadable]: true })",
        "Array.from({ length: 2 ** 32 - 1 })",
        "String.raw({ raw: { length: 2 ** 53 - 1 } })",
        "Intl.getCanonicalLocales({ length: 2 ** 32 - 1 })",
        "new Intl.NumberFormat({ length: 2 ** 32 - 1 })",
        "Intl.Collator.supportedLocalesOf({ length: 2 ** 32 - 1 })",
        "'a'.localeCompare('b', { length: 2 ** 32 - 1 })",
        "'a'.toLocaleUpperCase({ length: 2 ** 32 - 1 })",
        "(1).toLocaleString({ length: 2 ** 32 - 1 })",
        "new Date().toLocaleDateString(Object.assign([], { length: 2 ** 32 - 1 }))",
        "Number.prototype.length = 2 ** 32 - 1; Intl.getCanonicalLocales(5)",
        // The first time that it is asked for its length it says 1, then the truth.
        "Array.prototype.indexOf.call(new Proxy([], { get: Array.prototype.pop.bind([2 ** 53 - 1, 1]) }), 1); for (;;);",
    ]);
}

fn a_hole_of_four_billion_elements_holds_nobody_up() {
    stopped(&[
        "const a = []; a[2 ** 32 - 2] = 1; a.sort()",
        "const a = []; a[2 ** 32 - 2] = 1; a.forEach(Math.abs)",
        "const a = []; a[2 ** 32 - 2] = 1; a.join('')",
        "const a = []; a[2 ** 32 - 2] = 1; a.reverse()",
        "const a = []; a.length = 2 ** 26; a.fill(0)",
    ]);
}

fn built_ins_that_call_built_ins_are_stopped() {
    stopped(&[
        "const t = JSON.stringify(Array.from({ length: 1e4 }, (_, a) => ({ a }))); new Array(3000).fill(t).map(JSON.parse)",
        "new Array(3000).fill('\\u00e9'.repeat(1e5)).map(encodeURIComponent)",
        "const s = '\\u00e9'.repeat(1e5); new Array(3000).fill(0).sort(s.localeCompare.bind(s, s + 'z'))",
        "const s = ['\\u00e9'.repeat(1e5), '\\u00e9'.repeat(1e5) + 'a'];
         Array.from({ length: 1e4 }, (_, i) => s[i % 2]).sort(new Intl.Collator('de').compare)",
        "const a = new Uint8Array(6e7); new Array(3000).fill(1).map(a.indexOf, a)",
        "new Float64Array(4e6).map((_, i) => (i * 7919) % 1000003).sort()",
    ]);
}

fn an_iterator_without_an_end_is_stopped() {
    let endless =
        "{ [Symbol.iterator]: Object.bind(null, { next: Object.bind(null, { done: false, value: 1 }) }) }";
    let sources: Vec<_> =
        ["Promise.all", "Promise.allSettled", "Promise.any", "Array.from", "Object.fromEntries"]
            .iter()
            .map(|taker| format!("{taker}({})", endless.replace("value: 1", "value: [1, 1]")))
            .collect();
    stopped(&sources.iter().map(String::as_str).collect::<Vec<_>>());
}

fn a_search_that_tries_all_places_is_stopped() {
    stopped(&[
        "'a'.repeat(4e7).indexOf('b' + 'a'.repeat(1e7)); for (;;);",
        "('a'.repeat(1e6) + 'b').lastIndexOf('a'.repeat(5e5) + 'c')",
        "const s = 'x'.repeat(1e6), t = s + 'a', u = s + 'b'; t[0]; u[0]; new Array(2e5).fill(t).indexOf(u)",
    ]);
}

fn what_would_be_more_than_the_engine_survives_is_refused() {
    refused(&[
        "'x'.repeat(2 ** 28).split('')",
        "JSON.parse('[' + '1,'.repeat(2e8) + '1]')",
        "Object.entries(new Array(2.5e7).fill(0))",
        "Object.keys('x'.repeat(2 ** 27))",
        "encodeURIComponent('\\u00e9'.repeat(2 ** 26))",
        "'\\u00df'.repeat(2 ** 28).toUpperCase()",
        "Array.from('x'.repeat(2 ** 28))",
    ]);
}

fn what_grows_on_its_way_ends_the_turn_and_not_the_process() {
    refused(&[
        "const a = new Array(1e6).fill(0); new Array(1e3).fill(a).flat()",
        "const a = new Array(2e5).fill(0); [].concat(...new Array(5e4).fill(a))",
        "new Array(30000).fill('\\u00e9'.repeat(1e5)).map(encodeURIComponent)",
        "Array.from({ length: 2 ** 30 }, Object)",
    ]);
}

fn a_list_that_was_being_joined_when_a_turn_was_stopped_is_joined_again() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 50)]);
        let source = "const list = [1, { toString() { if (slow) for (;;); return '2'; } }]; let slow;
            export default { fetch(request) { slow = request.url.endsWith('/slow'); return new Response(list.join()); } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/slow").await.0, 503);
        assert_eq!(harness.get("w", "/").await.1, "1,2");
        assert_eq!(harness.stats("w").isolates_started(), 1, "it is the same isolate");
    });
}

fn what_is_made_in_pieces_is_what_is_made_at_once() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000)]);
        let source = r#"export default { fetch() {
            const wrong = [];
            const same = (what, got, expected) => { if (got !== expected) wrong.push(what); };
            // Each is so short that the engine's own does it, and all together are so long that it does not.
            const some = (make, by) => Array.from({ length: 5_000 }, (_, n) => make(n)).join(by);
            const makers = [(n) => n + 0.5, (n) => (n % 3 ? "w" + n : undefined), (n) => ({ toString: () => "o" + n })];
            for (const [number, make] of makers.entries()) {
                const all = Array.from({ length: 100_000 }, (_, n) => make(n % 5_000));
                same(`join ${number}`, all.join("-"), new Array(20).fill(some(make, "-")).reduce((a, b) => `${a}-${b}`));
            }
            const bytes = new Float64Array(100_000).map((_, n) => (n % 5_000) + 0.25);
            same("typed join", bytes.join(), new Array(20).fill(some((n) => n + 0.25, ",")).reduce((a, b) => `${a},${b}`));
            const units = ["e\u0323\u0301 \u00c5\u1e9b\u0323", "\ud55c\u1112\u1161\u11ab\uae00", "\u304b\u3099\u6f22\ufa0e",
                "\u0438\u0306\u00a8x", "\ud83d\ude00\u1d15e\ufb01 \u00b4"];
            for (const unit of units) for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
                same(`normalize ${unit} ${form}`, unit.repeat(50_000).normalize(form), unit.normalize(form).repeat(50_000));
            }
            // Nothing in it begins anew.
            same("normalize marks", "\u0915\u093c".repeat(100_000).normalize("NFC"), "\u0915\u093c".normalize("NFC").repeat(100_000));
            same("normalize without a form", "e\u0301".repeat(100_000).normalize(undefined), "\u00e9".repeat(100_000));
            try { "e".repeat(100_000).normalize("NFX"); wrong.push("NFX"); } catch (error) { same("error", error.name, "RangeError"); }
            const text = "ab".repeat(100_000);
            same("replaceAll", text.replaceAll("a", "xyz"), "xyzb".repeat(100_000));
            same("replaceAll $", text.replaceAll("a", "[$&$$]"), "[a$]b".repeat(100_000));
            same("replaceAll f", text.replaceAll("a", (found, at) => at % 2 === 0 ? "even" : "odd"), "evenb".repeat(100_000));
            same("replaceAll empty", "ab".repeat(5_000).replaceAll("", "-"), "-a-b".repeat(5_000) + "-");
            return new Response(wrong.join("\n") || "nothing");
        } };"#;
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "nothing");
    });
}

fn a_long_list_of_languages_is_what_a_short_one_is() {
    run(async {
        let harness = Harness::with(&[("cpu_ms", 30_000)]);
        let source = r#"export default { fetch() {
            const wrong = [];
            const same = (what, got, expected) => { if (String(got) !== String(expected)) wrong.push(`${what}: ${got}, not ${expected}`); };
            const fails = (what, call, name) => { try { call(); wrong.push(what); } catch (error) { same(what, error.name, name); } };
            // More than 256, nearly all of them the same, and some that nobody knows.
            const long = ["DE-de", "qx", new Intl.Locale("fr"), , ...Array(400).fill("de-DE"), "en-us", "qy"];
            same("canonical", Intl.getCanonicalLocales(long), "de-DE,qx,fr,en-US,qy");
            same("like a list", Intl.getCanonicalLocales({ length: 1e5, 3: "EN-us", 99999: "fr" }), "en-US,fr");
            same("nothing", Intl.getCanonicalLocales({ length: 1e5 }), "");
            same("a number", Intl.getCanonicalLocales(5), "");
            same("a locale", Intl.getCanonicalLocales(new Intl.Locale("DE")), "de");
            same("supported", Intl.Collator.supportedLocalesOf(long), "de-DE,fr,en-US");
            same("supported of none", Intl.Collator.supportedLocalesOf({ length: 1e5 }), "");
            same("chosen", new Intl.NumberFormat(long).resolvedOptions().locale, "de-DE");
            same("chosen by a locale", new Intl.NumberFormat(new Intl.Locale("de")).resolvedOptions().locale, "de");
            same("number", (1234.5).toLocaleString(long), "1.234,5");
            same("date", new Date(0).toLocaleDateString(long, { timeZone: "UTC" }), "1.1.1970");
            same("compare", "ä".localeCompare("z", long), -1);
            same("upper case", "i".toLocaleUpperCase({ length: 1e5, 99999: "tr" }), "İ");
            fails("null", () => Intl.getCanonicalLocales(null), "TypeError");
            fails("a number in it", () => Intl.getCanonicalLocales([...Array(400).fill("de"), 5]), "TypeError");
            fails("no language", () => new Intl.NumberFormat([...Array(400).fill("de"), "not a language"]), "RangeError");
            fails("no option", () => Intl.Collator.supportedLocalesOf(long, { localeMatcher: "x" }), "RangeError");
            return new Response(wrong.join("\n") || "nothing");
        } };"#;
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "nothing");
    });
}

fn replaced_built_ins_look_like_the_engines() {
    run(async {
        let harness = Harness::new();
        let source = "export default { fetch() {
            const wrong = [];
            const look = (where, object) => {
                for (const [key, { value, get, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
                    const made = value ?? get;
                    if (typeof made !== 'function') continue;
                    if (!/^function [^{]*\\{ \\[native code\\] \\}$/.test(String(made)) || enumerable) wrong.push(where + key + made);
                    if (typeof value === 'function' && value.name !== key && key !== 'constructor' && !/trim(Left|Right)/.test(key)) wrong.push(where + key + ' is ' + value.name);
                }
            };
            for (const type of [Array, String, Uint8Array, Object.getPrototypeOf(Uint8Array), Intl.NumberFormat, Intl.Collator, Promise, Object]) {
                look(type.name + '.', type);
                look(type.name + '.prototype.', type.prototype);
            }
            look('JSON.', JSON);
            look('Reflect.', Reflect);
            const lengths = [Array.prototype.map, Array.prototype.concat, JSON.parse, JSON.stringify, Array.from, Object.assign, ''.indexOf, Proxy, encodeURI];
            return Response.json([wrong, lengths.map((one) => one.length), new Intl.Collator('de').compare === new Intl.Collator('de').compare]);
        } };";
        harness.serve("w", source).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "[[],[1,1,2,3,1,2,1,2,1],false]");
    });
}
