//! What a worker's compatibility date and flags change.

use std::sync::Arc;

use mote_cell::Deployment;
use mote_wire::{
    bundle::{Bundle, Format, ModuleKind},
    compatibility::{Compatibility, Date},
    prepared::{Prepared, PreparedReport},
};

use super::{
    harness::{Canned, Harness, bundle, run},
    tests,
};

tests! {
    what_is_on_can_be_looked_up_and_not_changed,
    a_switched_off_navigator_is_gone,
    a_heap_keeps_what_the_flags_made_of_its_globals,
    streams_of_before_the_standard_pass_bytes_on,
    files_of_a_form_can_be_texts,
    methods_are_spelt_as_asked_for,
    what_can_be_iterated_is_a_body_or_a_text,
    what_iterates_badly_fails_the_body_and_nothing_else,
    bytes_of_a_websocket_come_as_asked_for,
    compression_of_websockets_is_offered_as_asked_for,
    the_bindings_can_be_kept_from_modules,
    an_unknown_scheme_is_refused_or_taken_for_http,
}

fn asks(date: &str, flags: &[&str]) -> Compatibility {
    Compatibility::settle(Some(date), flags.iter().copied(), Date::MAX).unwrap()
}

fn module(source: &str) -> Bundle {
    bundle(&[("index.js", ModuleKind::EsModule, source.as_bytes())], Format::Modules)
}

fn deploy(harness: &Harness, compatibility: Compatibility, source: &str) {
    let bundle = module(source);
    let deployment =
        Deployment { compatibility, env_json: r#"{"GREETING":"hi"}"#, ..harness.deployment(&bundle) };
    harness.cell.deploy("w", &deployment).unwrap();
}

/// What a worker with these flags answers.
async fn answer(date: &str, flags: &[&str], source: &str) -> String {
    let harness = Harness::new();
    deploy(&harness, asks(date, flags), source);
    harness.get("w", "/").await.1
}

fn what_is_on_can_be_looked_up_and_not_changed() {
    run(async {
        let source = "const { compatibilityFlags: flags } = Cloudflare;
            const attempt = (work) => { try { work(); return 'done'; } catch (error) { return error.name; } };
            export default { fetch: () => Response.json([
                flags.nodejs_compat, flags.url_standard, flags.url_original, 'url_original' in flags, flags.toString,
                Object.isFrozen(flags), Object.getPrototypeOf(flags), flags === Cloudflare.compatibilityFlags,
                attempt(() => { flags.nodejs_compat = true; }), attempt(() => { delete flags.url_standard; }),
                Object.keys(globalThis).includes('Cloudflare'), Object.keys(flags).length > 150]) };";
        let said = answer("2022-01-01", &[], source).await;
        let wanted = r#"[false,true,null,false,null,true,null,true,"TypeError","TypeError",false,true]"#;
        assert_eq!(said, wanted);
        let said = answer("2022-01-01", &["nodejs_compat"], source).await;
        assert_eq!(said, wanted.replacen("false", "true", 1));
    });
}

fn a_switched_off_navigator_is_gone() {
    run(async {
        let source = "export default { fetch: () => new Response(typeof navigator) };";
        assert_eq!(answer("2026-01-01", &[], source).await, "object");
        assert_eq!(answer("2026-01-01", &["no_global_navigator"], source).await, "undefined");
        assert_eq!(answer("2022-03-20", &[], source).await, "undefined");
        assert_eq!(answer("2022-03-20", &["global_navigator"], source).await, "object");
    });
}

fn a_heap_keeps_what_the_flags_made_of_its_globals() {
    run(async {
        let harness = Harness::new();
        let bundle = module(
            "const seen = [typeof navigator, Cloudflare.compatibilityFlags.nodejs_als];
             export default { fetch: () => new Response([...seen, typeof navigator, Cloudflare.compatibilityFlags.nodejs_als].join()) };",
        );
        let compatibility = asks("2026-01-01", &["no_global_navigator", "nodejs_als"]);
        let deployment = || Deployment { compatibility, ..harness.deployment(&bundle) };
        harness.cell.deploy("recorded", &deployment()).unwrap();
        let heap = harness.cell.record_heap("recorded").unwrap();
        let report = PreparedReport::default();
        let prepared = Prepared { code_caches: Vec::new(), heap: Some(heap), report };
        harness.cell.deploy("w", &Deployment { prepared: Some(&prepared), ..deployment() }).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "undefined,true,undefined,true");
    });
}

fn streams_of_before_the_standard_pass_bytes_on() {
    run(async {
        let source = "export default { async fetch() {
            const { readable, writable } = new TransformStream({ transform: (chunk, out) => out.enqueue(new Uint8Array([66])) });
            const writer = writable.getWriter();
            const written = writer.write(new Uint8Array([65])).then(() => writer.close());
            const text = await new Response(readable).text();
            await written;
            return new Response(`${text} ${TransformStream.name} ${new TransformStream() instanceof TransformStream}`);
        } };";
        assert_eq!(answer("2026-01-01", &[], source).await, "B TransformStream true");
        assert_eq!(answer("2022-11-29", &[], source).await, "A TransformStream true");
    });
}

fn files_of_a_form_can_be_texts() {
    run(async {
        let source = "export default { async fetch() {
            const form = new FormData();
            form.append('a', new File(['text'], 'a.txt'));
            form.append('b', 'b');
            const read = await new Response(form).formData();
            const a = read.get('a');
            return new Response([typeof a === 'string' ? a : a.constructor.name, read.get('b')].join());
        } };";
        assert_eq!(answer("2026-01-01", &[], source).await, "File,b");
        assert_eq!(
            answer("2026-01-01", &["formdata_parser_converts_files_to_strings"], source).await,
            "text,b"
        );
    });
}

fn methods_are_spelt_as_asked_for() {
    run(async {
        let source = "export default { fetch: () => new Response(
            ['get', 'patch', 'PATCH', 'own'].map((method) => new Request('http://a/', { method }).method).join()) };";
        assert_eq!(answer("2024-10-14", &[], source).await, "GET,PATCH,PATCH,OWN");
        assert_eq!(answer("2024-10-13", &[], source).await, "GET,patch,PATCH,own");
    });
}

fn what_can_be_iterated_is_a_body_or_a_text() {
    run(async {
        let source = "export default { async fetch() {
            const own = { *[Symbol.iterator]() { yield 'x'; }, toString: () => 'own' };
            const bodies = [['a', new Uint8Array([98])], (async function* () { yield 'c'; yield 'd'; })(), new Set(['e']), own, new String('s')];
            const texts = [];
            for (const body of bodies) {
                const response = new Response(body);
                texts.push(`${await response.text()}:${response.headers.get('content-type')}`);
            }
            return new Response(texts.join('|'));
        } };";
        let plain = "text/plain;charset=UTF-8";
        assert_eq!(
            answer("2026-02-19", &[], source).await,
            format!("ab:null|cd:null|e:null|own:{plain}|s:{plain}")
        );
        assert_eq!(
            answer("2026-02-18", &[], source).await,
            format!(
                "a,98:{plain}|[object AsyncGenerator]:{plain}|[object Set]:{plain}|own:{plain}|s:{plain}"
            )
        );
    });
}

fn what_iterates_badly_fails_the_body_and_nothing_else() {
    run(async {
        let source = "const attempt = async (body) => { try { return await new Response(body).text(); } catch (error) { return error.message ?? error.name; } };
            export default { async fetch() { return new Response([
                await attempt([1]) !== '1',
                await attempt({ get [Symbol.asyncIterator]() { throw new Error('getter'); } }),
                await attempt({ [Symbol.iterator]: 7, toString: Object.prototype.toString }) !== '',
                await attempt((function* () { yield 'a'; throw new Error('late'); })()),
                await attempt({ [Symbol.iterator]: () => ({ next: () => 7 }) }) !== '',
            ].join()); } };";
        assert_eq!(answer("2026-02-19", &[], source).await, "true,getter,true,late,true");
    });
}

fn bytes_of_a_websocket_come_as_asked_for() {
    run(async {
        let source = "export default { async fetch() {
            const [a, b] = Object.values(new WebSocketPair());
            a.accept(); b.accept();
            const got = new Promise((resolve) => b.addEventListener('message', (event) => resolve(event.data)));
            a.send(new Uint8Array([1]));
            return new Response(`${(await got).constructor.name} ${b.binaryType}`);
        } };";
        assert_eq!(answer("2026-03-17", &[], source).await, "Blob blob");
        assert_eq!(answer("2026-03-16", &[], source).await, "ArrayBuffer arraybuffer");
        assert_eq!(
            answer("2026-04-01", &["no_websocket_standard_binary_type"], source).await,
            "ArrayBuffer arraybuffer"
        );
    });
}

fn compression_of_websockets_is_offered_as_asked_for() {
    run(async {
        let source = "export default { async fetch() {
            const headers = { upgrade: 'websocket', 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' };
            await fetch('http://upstream.example/', { headers });
            await new Promise((resolve) => new WebSocket('ws://upstream.example/').onclose = resolve);
            return new Response();
        } };";
        let both = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";
        let offered = [Some(format!("{both}; client_max_window_bits=15")), Some(both.to_owned())];
        let cases: [(&str, &[&str], _); 4] = [
            ("2023-08-15", &[], offered.clone()),
            ("2023-08-14", &[], [None, None]),
            ("2023-08-14", &["web_socket_compression"], offered),
            ("2026-01-01", &["no_web_socket_compression"], [None, None]),
        ];
        for (date, flags, expected) in cases {
            let egress = Arc::new(Canned::text("upstream"));
            let harness = Harness::with_egress(&[], egress.clone());
            deploy(&harness, asks(date, flags), source);
            harness.get("w", "/").await;
            let requests = egress.requests.lock().unwrap();
            let named = |parts: &http::request::Parts| {
                let value = parts.headers.get("sec-websocket-extensions")?;
                Some(value.to_str().unwrap().to_owned())
            };
            assert_eq!(requests.iter().map(named).collect::<Vec<_>>(), expected, "{date} {flags:?}");
        }
    });
}

fn the_bindings_can_be_kept_from_modules() {
    run(async {
        let source = "import { env as imported } from 'cloudflare:workers';
            export default { fetch: (_, env) => Response.json([imported.GREETING ?? null, env.GREETING]) };";
        assert_eq!(answer("2026-01-01", &[], source).await, r#"["hi","hi"]"#);
        assert_eq!(answer("2026-01-01", &["disallow_importable_env"], source).await, r#"[null,"hi"]"#);
    });
}

fn an_unknown_scheme_is_refused_or_taken_for_http() {
    run(async {
        let source = "export default { async fetch() {
            try { return new Response(await (await fetch('odd://upstream.example/path?q')).text()); }
            catch (error) { return new Response(error.name); }
        } };";
        for (flags, wanted) in
            [(&[][..], "TypeError"), (&["fetch_treats_unknown_protocols_as_http"], "upstream")]
        {
            let egress = Arc::new(Canned::text("upstream"));
            let harness = Harness::with_egress(&[], egress.clone());
            deploy(&harness, asks("2026-01-01", flags), source);
            assert_eq!(harness.get("w", "/").await.1, wanted);
            let asked: Vec<_> =
                egress.requests.lock().unwrap().iter().map(|parts| parts.uri.to_string()).collect();
            let expected =
                if flags.is_empty() { vec![] } else { vec!["http://upstream.example/path?q".to_owned()] };
            assert_eq!(asked, expected);
        }
    });
}
