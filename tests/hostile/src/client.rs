//! Those who provoke a hostile worker. Some of them are no better than it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress};

use crate::Client;

/// Who has no answer by then has none: every promise is kept within a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// As much of a body is kept for the verdict; the rest is only read.
const KEPT_BYTES: usize = 64 * 1024;
/// An answer that never ends is left after so many bytes.
const READ_BYTES_MAX: usize = 64 << 20;
/// How long somebody slow waits between two bytes.
const SLOWLY: Duration = Duration::from_millis(40);
/// How often somebody slow does something before leaving.
const SLOW_STEPS: usize = 10;
const FORM_PARTS: usize = 20_000;

/// A WebSocket is asked for.
const UPGRADE: &str = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// How many messages a bomber sends, and what each becomes. Larger ones stay with the allocator for a while after they are gone,
/// which would be taken for a worker's keeping them.
const BOMBS: usize = 200;
const BOMB_BYTES: usize = 4 << 20;

/// What a client saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) status: Option<u16>,
    pub(crate) slug: Option<String>,
    pub(crate) body: String,
}

/// Does to `http://HOST:PORT/` what the client does; gives what each of its requests saw.
pub(crate) fn provoke(client: Client, host: &str, port: u16) -> Vec<Seen> {
    let visit = Visit { host, port };
    match client {
        Client::Get(times) => (0..times).map(|_| visit.get()).collect(),
        Client::Together(times) => std::thread::scope(|scope| {
            let all: Vec<_> = (0..times).map(|_| scope.spawn(|| visit.get())).collect();
            all.into_iter().map(|one| one.join().expect("a client does not panic")).collect()
        }),
        Client::SlowReader => vec![visit.read_slowly()],
        Client::SlowWriter => vec![visit.write_slowly()],
        Client::Stalls => vec![visit.stall()],
        Client::Leaves => vec![visit.leave_in_the_body()],
        Client::LeavesEarly => vec![visit.leave_before_the_answer()],
        Client::PostHuge => vec![visit.post("application/octet-stream", chunks())],
        Client::PostForm => vec![visit.post("multipart/form-data; boundary=b", form())],
        Client::WebSocket => vec![visit.open_a_socket()],
        Client::WebSocketBombs => vec![visit.throw_bombs()],
    }
}

#[derive(Clone, Copy)]
struct Visit<'a> {
    host: &'a str,
    port: u16,
}

impl Visit<'_> {
    fn get(self) -> Seen {
        self.ask("GET", "", b"").seen_to_the_end()
    }

    fn read_slowly(self) -> Seen {
        let mut answer = self.ask("GET", "", b"");
        let mut seen = answer.head();
        for _ in 0..SLOW_STEPS {
            std::thread::sleep(SLOWLY);
            seen.body.push_str(&String::from_utf8_lossy(&answer.some_bytes(16)));
        }
        seen
    }

    fn write_slowly(self) -> Seen {
        let mut answer = self.ask("POST", "content-length: 1000\r\n", b"");
        for _ in 0..SLOW_STEPS {
            std::thread::sleep(SLOWLY);
            let _ = answer.stream().write_all(b"x");
        }
        Seen::default()
    }

    /// Sends half of what it has announced, and from then on only reads.
    fn stall(self) -> Seen {
        self.ask("POST", "content-length: 20\r\n", b"only a half").seen_to_the_end()
    }

    fn leave_in_the_body(self) -> Seen {
        let mut answer = self.ask("GET", "", b"");
        let mut seen = answer.head();
        let impatient = answer.stream().set_read_timeout(Some(SLOWLY * 10));
        impatient.expect("a socket has a read timeout");
        seen.body = String::from_utf8_lossy(&answer.some_bytes(1024)).into_owned();
        seen
    }

    fn leave_before_the_answer(self) -> Seen {
        let _answer = self.ask("GET", "", b"");
        std::thread::sleep(SLOWLY * 3);
        Seen::default()
    }

    fn open_a_socket(self) -> Seen {
        let mut answer = self.ask("GET", UPGRADE, b"");
        let seen = answer.head();
        // A masked text frame that says `x`: somebody who sends, and then reads nothing.
        let _ = answer.stream().write_all(&[0x81, 0x81, 0, 0, 0, 0, b'x']);
        std::thread::sleep(SLOWLY * 10);
        seen
    }

    fn throw_bombs(self) -> Seen {
        let head = format!("{UPGRADE}sec-websocket-extensions: permessage-deflate\r\n");
        let mut answer = self.ask("GET", &head, b"");
        let seen = answer.head();
        let bomb = bomb();
        for _ in 0..BOMBS {
            // Whoever is hung up on has done what it could.
            if answer.stream().write_all(&bomb).is_err() {
                break;
            }
        }
        let _ = answer.stream().shutdown(Shutdown::Write);
        answer.some_bytes(READ_BYTES_MAX);
        seen
    }

    fn post(self, content_type: &str, chunked: Vec<u8>) -> Seen {
        let head = format!("content-type: {content_type}\r\ntransfer-encoding: chunked\r\n");
        let mut answer = self.ask("POST", &head, b"");
        let mut sending = answer.stream().try_clone().expect("a socket can be used by two threads");
        // Whoever answers without reading everything is right to: the rest need not leave.
        let sender = std::thread::spawn(move || sending.write_all(&chunked));
        let seen = answer.seen_to_the_end();
        drop(answer);
        let _ = sender.join().expect("a sender does not panic");
        seen
    }

    fn ask(self, method: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("mote accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
        stream.set_nodelay(true).expect("a socket can send at once");
        let (host, port) = (self.host, self.port);
        let close = if headers.contains("upgrade") { "" } else { "connection: close\r\n" };
        let head =
            format!("{method} / HTTP/1.1\r\nhost: {host}:{port}\r\naccept: */*\r\n{close}{headers}\r\n");
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
        Answer { reader: BufReader::new(stream) }
    }
}

/// An answer as it comes.
struct Answer {
    reader: BufReader<TcpStream>,
}

impl Answer {
    fn stream(&mut self) -> &mut TcpStream {
        self.reader.get_mut()
    }

    /// Status and headers. A connection that ends before them shows in a missing status.
    fn head(&mut self) -> Seen {
        let mut seen = Seen::default();
        let mut line = String::new();
        while self.reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
                seen.status = rest.split(' ').next().and_then(|code| code.parse().ok());
            } else if let Some((name, value)) = text.split_once(": ")
                && name.eq_ignore_ascii_case("mote-error")
            {
                seen.slug = Some(value.to_owned());
            }
            line.clear();
        }
        seen
    }

    fn some_bytes(&mut self, bytes_max: usize) -> Vec<u8> {
        let mut bytes = vec![0; bytes_max];
        let read = self.reader.read(&mut bytes).unwrap_or(0);
        bytes.truncate(read);
        bytes
    }

    /// The connection closes after the answer, so its end is the connection's. Chunk sizes stay among the text: a
    /// verdict looks only for words in it.
    fn seen_to_the_end(&mut self) -> Seen {
        let mut seen = self.head();
        if seen.status.is_none() {
            return seen;
        }
        let (mut kept, mut all) = (Vec::new(), 0);
        let mut piece = vec![0; KEPT_BYTES];
        while let Ok(read @ 1..) = self.reader.read(&mut piece) {
            let room = KEPT_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(&piece[..read.min(room)]);
            all += read;
            if all > READ_BYTES_MAX {
                break;
            }
        }
        seen.body = String::from_utf8_lossy(&kept).into_owned();
        seen
    }
}

fn chunks() -> Vec<u8> {
    let mut body = b"100000\r\n".to_vec();
    body.resize(body.len() + (1 << 20), b'x');
    body.extend_from_slice(b"\r\n");
    let mut body = body.repeat(8);
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

fn form() -> Vec<u8> {
    let part = "--b\r\ncontent-disposition: form-data; name=\"n\"; filename=\"f\"\r\n\r\nx\r\n";
    let form = part.repeat(FORM_PARTS) + "--b--\r\n";
    format!("{:x}\r\n{form}\r\n0\r\n\r\n", form.len()).into_bytes()
}

/// A masked frame of bytes, compressed: a long message, of zeros.
fn bomb() -> Vec<u8> {
    let mut packed = Vec::with_capacity(1 << 20);
    let mut compressor = Compress::new(Compression::best(), false);
    let packing = compressor.compress_vec(&vec![0; BOMB_BYTES], &mut packed, FlushCompress::Sync);
    packing.expect("zeros can be compressed");
    // How every compressed message ends, which is not sent.
    packed.truncate(packed.len() - 4);
    [&[0xc2, 0xff][..], &(packed.len() as u64).to_be_bytes(), &[0; 4], &packed].concat()
}
