//! `connect()` of `cloudflare:sockets`: what a worker sees of a connection, against a network that the test makes up.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use mote_wire::{
    bundle::ModuleKind,
    http::{Body, Duplex, Egress, EgressError, Fetched, UpgradeSlot, Upgraded, empty},
    socket::{Asked, Secure, put_token},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::{
    harness::{Harness, run},
    tests,
};

tests! {
    bytes_go_out_and_come_in,
    the_end_of_what_comes_ends_it_unless_half_is_wanted,
    close_sends_what_was_written_and_ends_what_is_read,
    tls_begins_on_the_same_connection,
    a_connection_that_fails_tells_everybody_who_asks,
    a_slow_peer_holds_up_the_writer,
    addresses_that_are_none_are_refused_at_once,
    what_is_no_socket_is_none,
    connections_end_with_their_event,
    connections_count_as_subrequests_and_are_few,
    no_connection_is_made_outside_of_events,
}

const OPEN_BYTES: usize = 64 << 10;

/// A network of servers that are called like what they do.
#[derive(Default)]
pub(crate) struct Servers {
    asked: Mutex<Vec<String>>,
    /// What the server got on its plain connection.
    got: Arc<Mutex<Vec<u8>>>,
    open: Arc<AtomicUsize>,
}

impl Servers {
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Egress for Servers {
    fn fetch(&self, request: http::Request<Body>) -> Fetched {
        let asked = Asked::of(&request).unwrap();
        let (host, secure, shown) = match &asked {
            Asked::Open { to, secure } => {
                (to.host().to_owned(), *secure, format!("{to} {}", secure.as_str()))
            }
            Asked::Secure { to, token, server_name } => {
                ("secret".to_owned(), Secure::On, format!("{to} {token} {server_name:?}"))
            }
        };
        self.asked.lock().unwrap().push(shown);
        if host == "refused.example" {
            let (url, reason) = ("refused.example:1".to_owned(), "it may not".to_owned());
            return Box::pin(std::future::ready(Err(EgressError::Refused { url, reason })));
        }
        let (here, there) = tokio::io::duplex(OPEN_BYTES);
        self.open.fetch_add(1, Ordering::Relaxed);
        let (open, got) = (self.open.clone(), self.got.clone());
        tokio::task::spawn_local(async move {
            serve(&host, there, &got).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
        Box::pin(async move {
            let io: Box<dyn Duplex> = Box::new(here);
            let mut response = http::Response::new(empty());
            *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
            if secure == Secure::Later {
                put_token(response.headers_mut(), "token");
            }
            let upgraded = Upgraded(Box::pin(std::future::ready(Some(io))));
            response.extensions_mut().insert(UpgradeSlot::new(upgraded));
            Ok(response)
        })
    }
}

async fn serve(host: &str, mut io: DuplexStream, got: &Mutex<Vec<u8>>) {
    match host {
        "secret" => {
            let _ = io.write_all(b"secret").await;
        }
        "greets.example" => {
            let _ = io.write_all(b"hello").await;
        }
        // Reads nothing, and holds on.
        "stuck.example" => {
            let (_reader, mut writer) = tokio::io::split(io);
            while writer.write_all(b"").await.is_ok() && !host.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                if writer.write(b".").await.is_err() {
                    break;
                }
            }
        }
        _ => {
            let mut buffer = vec![0; 4 << 10];
            while let Ok(count @ 1..) = io.read(&mut buffer).await {
                got.lock().unwrap().extend_from_slice(&buffer[..count]);
                if io.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        }
    }
}

fn deployed(limits: &[(&str, u64)], body: &str) -> (Arc<Servers>, Harness) {
    let servers = Arc::new(Servers::default());
    let harness = Harness::with_egress(limits, servers.clone());
    let source = format!(
        "import {{ connect }} from 'cloudflare:sockets';
         const encode = (text) => new TextEncoder().encode(text);
         const attempt = async (work) => {{ try {{ return String(await work()); }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }} }};
         export default {{ async fetch(request, env, ctx) {{ {body} }} }};"
    );
    harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
    (servers, harness)
}

async fn answer(body: &str) -> String {
    deployed(&[("cpu_ms", 1_000)], body).1.get("w", "/").await.1
}

fn bytes_go_out_and_come_in() {
    run(async {
        let (servers, harness) = deployed(
            &[],
            "const socket = connect('Echo.Example:0007', { secureTransport: 'on' });
             const { remoteAddress } = await socket.opened;
             const writer = socket.writable.getWriter(), reader = socket.readable.getReader({ mode: 'byob' });
             await writer.write(encode('one'));
             const { value } = await reader.read(new Uint8Array(100));
             const pieces = [remoteAddress, new TextDecoder().decode(value), socket.secureTransport, socket.upgraded];
             const big = new Uint8Array(300_000).fill(7);
             const written = writer.write(big).then(() => writer.close());
             let count = 0;
             for (let read; !(read = await reader.read(new Uint8Array(65_536))).done;) count += read.value.length;
             await written;
             await socket.closed;
             return new Response([...pieces, count].join());",
        );
        assert_eq!(harness.get("w", "/").await.1, "echo.example:7,one,on,false,300000");
        assert_eq!(servers.asked(), ["echo.example:7 on"]);
    });
}

fn the_end_of_what_comes_ends_it_unless_half_is_wanted() {
    run(async {
        let body = "const half = new URL(request.url).pathname === '/half';
            const socket = connect({ hostname: 'greets.example', port: 7 }, { allowHalfOpen: half });
            const text = await new Response(socket.readable).text();
            const closed = await Promise.race([socket.closed.then(() => 'closed'), scheduler.wait(20).then(() => 'open')]);
            await socket.close();
            return new Response([text, closed, await socket.closed].join());";
        let (_, harness) = deployed(&[], body);
        assert_eq!(harness.get("w", "/").await.1, "hello,closed,");
        assert_eq!(harness.get("w", "/half").await.1, "hello,open,");
    });
}

fn close_sends_what_was_written_and_ends_what_is_read() {
    run(async {
        let (servers, harness) = deployed(
            &[],
            "const socket = connect('echo.example:7');
             const writer = socket.writable.getWriter();
             writer.write(encode('last words'));
             writer.releaseLock();
             const reading = socket.readable.getReader();
             await reading.read();
             const rest = reading.read();
             await socket.close();
             await socket.close();
             return new Response([(await rest).done, await attempt(() => socket.writable.getWriter().write(encode('more')))].join());",
        );
        let said = harness.get("w", "/").await.1;
        assert!(said.starts_with("true,TypeError"), "{said}");
        assert_eq!(*servers.got.lock().unwrap(), b"last words");
    });
}

fn tls_begins_on_the_same_connection() {
    run(async {
        let (servers, harness) = deployed(
            &[],
            "const plain = connect('echo.example:7', { secureTransport: 'starttls' });
             const writer = plain.writable.getWriter();
             await writer.write(encode('STARTTLS'));
             writer.releaseLock();
             const secure = plain.startTls({ expectedServerHostname: 'db.example' });
             const text = await new Response(secure.readable).text();
             await plain.closed;
             const off = connect('echo.example:7');
             return new Response([text, plain.upgraded, secure.upgraded, secure.secureTransport, plain.secureTransport,
                 await attempt(() => plain.startTls()), await attempt(() => off.startTls())].join());",
        );
        assert_eq!(
            harness.get("w", "/").await.1,
            "secret,true,false,on,starttls,TypeError: Socket.startTls: it can be called once.,\
             TypeError: Socket.startTls: the socket must be made with secureTransport: 'starttls'."
        );
        assert_eq!(*servers.got.lock().unwrap(), b"STARTTLS");
        let asked = servers.asked();
        assert_eq!(asked[..2], ["echo.example:7 starttls", "echo.example:7 token Some(\"db.example\")"]);
    });
}

fn a_connection_that_fails_tells_everybody_who_asks() {
    run(async {
        let said = answer(
            "const socket = connect('refused.example:1');
             return new Response([await attempt(() => socket.opened), await attempt(() => socket.closed),
                 await attempt(() => socket.readable.getReader().read()), await attempt(() => socket.writable.getWriter().write(encode('x'))),
                 await attempt(() => socket.close())].join('|'));",
        )
        .await;
        for part in said.split('|') {
            assert_eq!(part, "TypeError: cannot connect to refused.example:1: it may not", "{said}");
        }
        assert_eq!(said.split('|').count(), 5);
    });
}

fn a_slow_peer_holds_up_the_writer() {
    run(async {
        let said = answer(
            "const socket = connect('stuck.example:7', { highWaterMark: 1_000 });
             const writer = socket.writable.getWriter();
             const before = writer.desiredSize;
             let written = 0;
             const writing = (async () => { for (;;) { await writer.write(new Uint8Array(16_384)); written += 16_384; } })().catch(() => {});
             await scheduler.wait(30);
             const first = written;
             await scheduler.wait(30);
             return new Response([before, first === written, written < 1_000_000].join());",
        )
        .await;
        assert_eq!(said, "1000,true,true");
    });
}

fn addresses_that_are_none_are_refused_at_once() {
    run(async {
        let said = answer(
            "const names = [];
             for (const address of ['a.example', 'a.example:', 'a.example:0', 'a.example:65536', 'a.example:1e3', 'a.example:-1', ':80',
                 'a b:80', 'user@a.example:80', 'a.example/path:80', 'a.example?q:80', 'a:b:80x', { hostname: 'a' }, { port: 1 }, {},
                 { get hostname() { throw new RangeError(); } }, Symbol(), null, undefined, 'x'.repeat(2 ** 29 - 24)]) {
                 try { connect(address); names.push('connected'); } catch (error) { names.push(error.name); }
             }
             for (const options of [{ secureTransport: 'maybe' }, { highWaterMark: -1 }, 7]) {
                 try { connect('a.example:80', options); names.push('connected'); } catch (error) { names.push(error.name); }
             }
             try { connect(); } catch (error) { names.push(error.name); }
             return new Response([...new Set(names)].join());",
        )
        .await;
        assert_eq!(said, "TypeError,RangeError");
    });
}

fn what_is_no_socket_is_none() {
    run(async {
        let said = answer(
            "const socket = connect('[::1]:7'), other = connect({ hostname: '::1', port: '7' });
             const { constructor } = socket;
             return new Response([(await socket.opened).remoteAddress, (await other.opened).remoteAddress, constructor.name,
                 String(socket), await attempt(() => new constructor()), await attempt(() => constructor.prototype.close.call({})),
                 await attempt(() => structuredClone(socket)), await attempt(() => socket.writable.getWriter().write('text')),
             ].join('|'));",
        )
        .await;
        assert!(
            said.starts_with(
                "[::1]:7|[::1]:7|Socket|[object Socket]|TypeError: Illegal constructor|TypeError"
            ),
            "{said}"
        );
        assert!(
            said.contains("|DataCloneError")
                && said.ends_with("takes bytes: an ArrayBuffer, or a view on one."),
            "{said}"
        );
    });
}

fn connections_end_with_their_event() {
    run(async {
        let (servers, harness) = deployed(
            &[],
            "globalThis.kept ??= [];
             if (kept.length > 0) return new Response(await attempt(() => kept[0].readable.getReader().read()));
             const sockets = [connect('echo.example:7'), connect('stuck.example:7')];
             await Promise.all(sockets.map((socket) => socket.opened));
             sockets[0].readable.getReader().read();
             kept.push(sockets[1]);
             return new Response('left open');",
        );
        assert_eq!(harness.get("w", "/").await.1, "left open");
        harness.until(|| servers.open.load(Ordering::Relaxed) == 0).await;
        let said = harness.get("w", "/").await.1;
        assert!(
            said.starts_with("TypeError: this connection is closed, or belongs to another request"),
            "{said}"
        );
    });
}

fn connections_count_as_subrequests_and_are_few() {
    run(async {
        let body = "const said = [], sockets = [];
            for (let i = 0; i < 6; i++) {
                try { const socket = connect('echo.example:7'); await socket.opened; sockets.push(socket); } catch (error) { said.push(error.message); }
            }
            return new Response(`${sockets.length} ${said[0]}`);";
        let (_, harness) = deployed(&[("subrequests", 3)], body);
        assert!(harness.get("w", "/").await.1.starts_with("3 Too many subrequests"));
        let (_, harness) = deployed(&[("websockets", 4)], body);
        assert!(harness.get("w", "/").await.1.starts_with("4 Too many WebSockets and sockets"));
    });
}

fn no_connection_is_made_outside_of_events() {
    run(async {
        let source = "import { connect } from 'cloudflare:sockets';
            let said; try { connect('a.example:1'); } catch (error) { said = error.name; }
            export default { fetch: () => new Response(said) };";
        let harness = Harness::new();
        harness.deploy("w", &[("index.js", ModuleKind::EsModule, source.as_bytes())]).unwrap();
        assert_eq!(harness.get("w", "/").await.1, "TypeError");
    });
}
