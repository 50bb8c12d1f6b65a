//! Interfaces of the Web that few workers use: messages between ports, streams that are given away, patterns of URLs, server-sent
//! events.

use std::sync::Arc;

use mote_wire::bundle::ModuleKind;

use super::{
    harness::{Canned, Harness, run},
    tests,
};

tests! {
    messages_arrive_in_order_each_in_a_turn_of_its_own,
    ports_travel_and_leave_nobody_behind,
    what_cannot_be_sent_is_refused_and_stays,
    a_closed_port_tells_the_other_end,
    a_channel_of_the_top_level_serves_every_event,
    a_flood_of_channels_ends_at_the_limit,
    streams_are_given_away_and_their_chunks_cloned,
    patterns_match_what_the_standard_says,
    patterns_show_what_they_are,
    patterns_that_are_none_are_refused,
    a_pattern_as_long_as_nobody_needs_costs_nothing,
    errors_that_nobody_catches_are_told_to_listeners_first,
    a_beacon_goes_on_after_the_response,
    events_of_a_stream_are_read,
    a_server_that_sends_no_events_is_given_up,
    a_source_comes_back_with_the_last_id,
}

async fn answer(source: &str) -> String {
    let harness = Harness::new();
    harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
    harness.get("w", "/").await.1
}

fn messages_arrive_in_order_each_in_a_turn_of_its_own() {
    run(async {
        let source = "export default { async fetch() {
            const { port1, port2 } = new MessageChannel(), seen = [];
            port1.postMessage('early');
            const done = new Promise((resolve) => {
                port2.onmessage = (event) => {
                    seen.push(event.data, event.ports.length, event.isTrusted, event.target === port2);
                    Promise.resolve().then(() => seen.push('microtask'));
                    if (event.data === 'last') setTimeout(resolve, 1);
                };
            });
            port1.postMessage('last');
            seen.push('sent');
            await done;
            return new Response(seen.join());
        } };";
        assert_eq!(answer(source).await, "sent,early,0,true,true,microtask,last,0,true,true,microtask");
    });
}

fn ports_travel_and_leave_nobody_behind() {
    run(async {
        let source = "export default { async fetch() {
            const a = new MessageChannel(), b = new MessageChannel();
            b.port1.postMessage('sent before it travelled');
            const got = new Promise((resolve) => { a.port2.onmessage = resolve; });
            a.port1.postMessage({ port: b.port2, bytes: new Uint8Array([1, 2]) }, [b.port2]);
            const { data, ports } = await got;
            const seen = [data.port === ports[0], data.port instanceof MessagePort, data.port !== b.port2, data.bytes.join()];
            const first = await new Promise((resolve) => { data.port.onmessage = resolve; });
            seen.push(first.data);
            b.port1.onmessage = null;
            const back = new Promise((resolve) => { b.port1.onmessage = (event) => resolve(event.data); });
            data.port.postMessage('back');
            seen.push(await back);
            b.port2.postMessage('from nowhere');
            const copy = structuredClone({ p: a.port1 }, { transfer: [a.port1] }).p;
            const through = new Promise((resolve) => { a.port2.onmessage = (event) => resolve(event.data); });
            copy.postMessage('through the copy');
            seen.push(await through);
            return new Response(seen.join('|'));
        } };";
        let wanted = "true|true|true|1,2|sent before it travelled|back|through the copy";
        assert_eq!(answer(source).await, wanted);
    });
}

fn what_cannot_be_sent_is_refused_and_stays() {
    run(async {
        let source = "const { port1, port2 } = new MessageChannel();
            const attempt = (work) => { try { return String(work()); } catch (error) { return error.name; } };
            const buffer = new ArrayBuffer(8), other = new MessageChannel().port1;
            export default { fetch: () => new Response([
                attempt(() => port1.postMessage(() => 1)), attempt(() => port1.postMessage(port2)),
                attempt(() => port1.postMessage(1, [port1])), attempt(() => port1.postMessage(1, [7])),
                attempt(() => port1.postMessage(1, [{}])), attempt(() => port1.postMessage(1, [buffer, buffer])),
                attempt(() => port1.postMessage(Symbol(), [buffer])), buffer.byteLength,
                attempt(() => port1.postMessage({ get x() { throw new RangeError(); } }, { transfer: [other] })),
                attempt(() => other.postMessage(1)), attempt(() => structuredClone(port1)),
                attempt(() => new MessagePort()), attempt(() => port1.postMessage()),
                attempt(() => MessagePort.prototype.postMessage.call({}, 1)),
                attempt(() => new MessageEvent('x', { ports: [port1] }).ports[0] === port1),
                attempt(() => new MessageEvent('x', { ports: [1] })),
            ].join()) };";
        assert_eq!(
            answer(source).await,
            "DataCloneError,DataCloneError,DataCloneError,TypeError,DataCloneError,DataCloneError,DataCloneError,8,\
             RangeError,undefined,DataCloneError,TypeError,TypeError,TypeError,true,TypeError"
        );
    });
}

fn a_closed_port_tells_the_other_end() {
    run(async {
        let source = "export default { async fetch() {
            const { port1, port2 } = new MessageChannel(), seen = [];
            const closed = new Promise((resolve) => port2.addEventListener('close', (event) => resolve(event.type)));
            port2.addEventListener('message', (event) => seen.push(event.data));
            port2.start();
            port1.postMessage(1);
            port1.close();
            port1.postMessage(2);
            seen.push(await closed);
            return new Response(seen.join());
        } };";
        assert_eq!(answer(source).await, "1,close");
    });
}

/// As libraries do that make their own turns of it.
fn a_channel_of_the_top_level_serves_every_event() {
    run(async {
        let harness = Harness::new();
        let source = "const { port1, port2 } = new MessageChannel();
            const jobs = [];
            port1.onmessage = () => jobs.shift()();
            const later = () => new Promise((resolve) => { jobs.push(resolve); port2.postMessage(null); });
            let events = 0;
            export default { async fetch(request) {
                const mine = ++events;
                await later(); await later();
                const response = await fetch(request.url).catch((error) => error.name);
                return new Response(`${mine} ${response}`);
            } };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        for mine in 1..=3 {
            assert_eq!(harness.get("w", "/").await.1, format!("{mine} TypeError"));
        }
    });
}

fn a_flood_of_channels_ends_at_the_limit() {
    run(async {
        let harness = Harness::with(&[("timers", 10), ("cpu_ms", 1_000)]);
        let source = "export default { fetch() {
            let sent = 0;
            try { for (;;) {
                const { port1, port2 } = new MessageChannel();
                port2.start();
                port1.postMessage(1);
                sent++;
            } } catch (error) { return new Response(`${sent} ${error.message}`); }
        } };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!(status, 200);
        assert!(body.starts_with("10 Too many timers"), "{body}");
    });
}

fn streams_are_given_away_and_their_chunks_cloned() {
    run(async {
        let source = "const attempt = async (work) => { try { return String(await work()); } catch (error) { return error.name; } };
            export default { async fetch() {
                const chunk = { a: 1 }, seen = [];
                const source = new ReadableStream({ start(c) { c.enqueue(chunk); c.enqueue(() => 1); } });
                const { stream } = structuredClone({ stream: source }, { transfer: [source] });
                const reader = stream.getReader();
                const { value } = await reader.read();
                seen.push(source.locked, value.a, value !== chunk, await attempt(() => reader.read()));
                const written = [];
                const sink = new WritableStream({ write: (chunk) => void written.push(chunk) });
                const copy = structuredClone(sink, { transfer: [sink] });
                const writer = copy.getWriter();
                await writer.write(chunk);
                await writer.close();
                seen.push(sink.locked, written.length, written[0].a, written[0] !== chunk);
                seen.push(await attempt(() => structuredClone(source, { transfer: [source] })));
                seen.push(await attempt(() => structuredClone(new ReadableStream())));
                return new Response(seen.join());
            } };";
        let wanted = "true,1,true,DataCloneError,true,1,1,true,DataCloneError,DataCloneError";
        assert_eq!(answer(source).await, wanted);
    });
}

fn patterns_match_what_the_standard_says() {
    run(async {
        let source = "const show = (pattern, ...input) => {
                const found = pattern.exec(...input);
                if ((found !== null) !== pattern.test(...input)) return 'test and exec differ';
                return found === null ? 'no' : JSON.stringify([found.pathname.groups, found.hostname.groups, found.inputs.length]);
            };
            export default { fetch: () => new Response([
                show(new URLPattern({ pathname: '/books/:id(\\\\d+)' }), 'https://example.com/books/123'),
                show(new URLPattern({ pathname: '/books/:id(\\\\d+)' }), 'https://example.com/books/x'),
                show(new URLPattern('https://*.example.com/a/:b/*'), 'https://www.example.com/a/b/c/d'),
                show(new URLPattern('/shop/:item?', 'https://example.com'), 'https://example.com/shop'),
                show(new URLPattern('/shop/:item?', 'https://example.com'), '/shop/x', 'https://example.com'),
                show(new URLPattern({ pathname: '/A' }, { ignoreCase: true }), { pathname: '/a' }),
                show(new URLPattern({ pathname: '/A' }), { pathname: '/a' }),
                show(new URLPattern({ hostname: '{:sub.}?example.com' }), 'http://b.example.com/'),
                show(new URLPattern({ pathname: '/:x([\\\\p{L}--[a-z]])' }), 'http://a/%C3%A9'),
                show(new URLPattern({ port: '80' }), { protocol: 'http', port: '80' }),
                show(new URLPattern({ search: 'q=*' }), 'http://a/?q=1#f'),
                show(new URLPattern(), 'anything:goes'),
                show(new URLPattern(), 'not a url'),
            ].join('\\n')) };";
        let wanted = [
            r#"[{"id":"123"},{"0":"example.com"},1]"#,
            "no",
            r#"[{"0":"c/d","b":"b"},{"0":"www"},1]"#,
            r#"[{},{},1]"#,
            r#"[{"item":"x"},{},2]"#,
            r#"[{},{"0":""},1]"#,
            "no",
            r#"[{"0":"/"},{"sub":"b"},1]"#,
            "no",
            "no",
            r#"[{"0":"/"},{"0":"a"},1]"#,
            r#"[{"0":"goes"},{"0":""},1]"#,
            "no",
        ];
        assert_eq!(answer(source).await, wanted.join("\n"));
    });
}

fn patterns_show_what_they_are() {
    run(async {
        let source = "export default { fetch() {
            const p = new URLPattern('https://user@example.com:8080/:a/(b|c)\\\\?q#h');
            return Response.json([p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash,
                p.hasRegExpGroups, new URLPattern('https://example.com/*').hasRegExpGroups, String(p)]);
        } };";
        let wanted = r#"["https","user","*","example.com","8080","/:a/(b|c)","q","h",true,false,"[object URLPattern]"]"#;
        assert_eq!(answer(source).await, wanted);
    });
}

fn patterns_that_are_none_are_refused() {
    run(async {
        let source = "const attempt = (work) => { try { return String(work()); } catch (error) { return error.name; } };
            export default { fetch: () => new Response([
                attempt(() => new URLPattern('/relative')), attempt(() => new URLPattern({}, 'https://base')),
                attempt(() => new URLPattern({ pathname: '/(' })), attempt(() => new URLPattern({ pathname: '/([' + '(])' })),
                attempt(() => new URLPattern({ hostname: 'a b' })), attempt(() => new URLPattern('https://a', 'nonsense')),
                attempt(() => new URLPattern({ pathname: ':a:a' })), attempt(() => new URLPattern({ get hash() { throw new RangeError(); } })),
                attempt(() => new URLPattern({ password: '' }).password), attempt(() => new URLPattern({ password: 'é' }).password),
                attempt(() => new URLPattern().test({}, 'https://base')), attempt(() => new URLPattern().exec('/', 'nonsense')),
                attempt(() => new URLPattern(Symbol())), attempt(() => new URLPattern(7)),
                attempt(() => new URLPattern({ protocol: '(http|https)' }).protocol), attempt(() => new URLPattern({ port: '99999' })),
            ].join()) };";
        assert_eq!(
            answer(source).await,
            "TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,TypeError,RangeError,,%C3%A9,TypeError,null,\
             TypeError,TypeError,(http|https),TypeError"
        );
    });
}

fn a_pattern_as_long_as_nobody_needs_costs_nothing() {
    run(async {
        let source = "const attempt = (work) => { try { return String(work()); } catch (error) { return error.name; } };
            const long = 'x'.repeat(2 ** 29 - 24);
            export default { fetch: () => new Response([
                attempt(() => new URLPattern({ pathname: long })), attempt(() => new URLPattern(long, long)),
                attempt(() => new URLPattern().test(long)), attempt(() => new URLPattern({ pathname: '/' + ':'.repeat(60_000) })),
                attempt(() => new URLPattern({ pathname: '/' + '{a}'.repeat(20_000) }).pathname.length),
                attempt(() => new URLPattern({ pathname: '/' + '*'.repeat(5_000) }).test({ pathname: '/a' })),
            ].join()) };";
        let harness = Harness::with(&[("cpu_ms", 5_000)]);
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        let (status, body) = harness.get("w", "/").await;
        assert_eq!(status, 200, "{body}");
        assert!(body.starts_with("RangeError,RangeError,RangeError,TypeError,20001,"), "{body}");
    });
}

fn errors_that_nobody_catches_are_told_to_listeners_first() {
    run(async {
        let harness = Harness::new();
        let source = "let seen = [];
            const listener = (event) => {
                seen.push(event.constructor.name, event.message, event.error?.name, event.cancelable, event.isTrusted);
                if (event.error?.name === 'RangeError') event.preventDefault();
                if (event.error?.name === 'SyntaxError') throw new Error('from the listener');
            };
            export default { async fetch(request) {
                if (request.url.endsWith('/listen')) addEventListener('error', listener);
                seen = [];
                reportError(new RangeError('caught'));
                reportError(new SyntaxError('told'));
                reportError(Object.create(null));
                setTimeout(() => { throw new RangeError('of a timer'); });
                queueMicrotask(() => { throw new RangeError('of a microtask'); });
                new EventTarget().addEventListener('x', () => 1);
                await scheduler.wait(5);
                return new Response(seen.join());
            } };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "");
        let before = harness.log.lines().len();
        assert_eq!(before, 5, "{:?}", harness.log.lines());
        assert_eq!(
            harness.get("w", "/listen").await.1,
            "ErrorEvent,Uncaught RangeError: caught,RangeError,true,true,ErrorEvent,Uncaught SyntaxError: told,SyntaxError,true,true,\
             ErrorEvent,Uncaught exception,,true,true,ErrorEvent,Uncaught RangeError: of a microtask,RangeError,true,true,\
             ErrorEvent,Uncaught RangeError: of a timer,RangeError,true,true"
        );
        let lines = harness.log.lines();
        let told: Vec<_> = lines[before..].iter().map(|line| line.lines().next().unwrap()).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("from the listener") && told[1].contains("SyntaxError: told"), "{told:?}");
    });
}

fn a_beacon_goes_on_after_the_response() {
    run(async {
        let egress = Arc::new(Canned::text("ok"));
        let harness = Harness::with_egress(&[], egress.clone());
        let source = "const attempt = (work) => { try { return String(work()); } catch (error) { return error.name; } };
            export default { fetch: () => new Response([
                navigator.sendBeacon('https://a.example/', 'x'), attempt(() => navigator.sendBeacon('/')),
                attempt(() => navigator.sendBeacon()), navigator.sendBeacon.length,
            ].join()) };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "true,TypeError,TypeError,1");
        harness.until(|| egress.requests.lock().unwrap().len() == 1).await;
        let requests = egress.requests.lock().unwrap();
        assert_eq!((requests[0].method.as_str(), requests[0].uri.path()), ("POST", "/"));
    });
}

fn events_of_a_stream_are_read() {
    run(async {
        let source = r#"export default { async fetch() {
            const text = "\uFEFFdata: one\r\n\r\n:comment\nevent: named\ndata:two\ndata\ndata: three\nid: 7\n\nretry: 5\nnothing\n\ndata: cut";
            const bytes = new TextEncoder().encode(text);
            const stream = new ReadableStream({ start(c) { for (const byte of bytes) c.enqueue(new Uint8Array([byte])); c.close(); } });
            const events = EventSource.from(stream), seen = [events.readyState, events.url];
            const log = (event) => seen.push(event.type, event.data, event.lastEventId);
            const end = new Promise((resolve) => { events.onerror = resolve; });
            events.onopen = (event) => seen.push(event.type, events.readyState);
            events.onmessage = log;
            events.addEventListener("named", log);
            await end;
            seen.push(events.readyState, EventSource.OPEN);
            return Response.json(seen);
        } };"#;
        let wanted = r#"[0,"","open",1,"message","one","","named","two\n\nthree","7",2,1]"#;
        assert_eq!(answer(source).await, wanted);
    });
}

fn a_server_that_sends_no_events_is_given_up() {
    run(async {
        let egress = Arc::new(Canned::text("data: none\n\n"));
        let harness = Harness::with_egress(&[], egress.clone());
        let source = "const attempt = (work) => { try { return String(work()); } catch (error) { return error.name; } };
            export default { async fetch() {
            const events = new EventSource('https://a.example/', { withCredentials: 1 });
            await new Promise((resolve) => { events.onerror = resolve; });
            return new Response([events.readyState, events.url, events.withCredentials, attempt(() => new EventSource('/')),
                attempt(() => EventSource.from({})), attempt(() => EventSource('https://a'))].join());
        } };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        let wanted = "2,https://a.example/,true,SyntaxError,TypeError,TypeError";
        assert_eq!(harness.get("w", "/").await.1, wanted);
        let requests = egress.requests.lock().unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].headers["accept"], "text/event-stream");
    });
}

fn a_source_comes_back_with_the_last_id() {
    run(async {
        let egress = Arc::new(Canned::with_head(
            &[("content-type", "text/event-stream;charset=utf-8")],
            "retry: 1\nid: \u{e9}\ndata: x\n\n",
        ));
        let harness = Harness::with_egress(&[], egress.clone());
        let source = "export default { async fetch() {
            const events = new EventSource('https://a.example/'), seen = [];
            await new Promise((resolve) => {
                events.onmessage = (event) => { seen.push(event.data, event.origin); if (seen.length === 4) resolve(); };
            });
            events.close();
            return new Response([...seen, events.readyState].join());
        } };";
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "x,https://a.example,x,https://a.example,2");
        let requests = egress.requests.lock().unwrap();
        assert!(!requests[0].headers.contains_key("last-event-id"));
        assert_eq!(requests[1].headers["last-event-id"].as_bytes(), "\u{e9}".as_bytes());
    });
}
