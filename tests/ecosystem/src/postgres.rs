//! A server that speaks as much of PostgreSQL's protocol as its clients need to connect and to ask.
//!
//! It knows one user and one row: the two parameters of a query come back as its columns `number` and `text`. A query
//! with the word `broken` in it fails as one for a column that is not there.
//! (<https://www.postgresql.org/docs/current/protocol-message-formats.html>)

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// The password that it lets in.
pub const SECRET: &str = "secret";

const SSL_REQUEST: u32 = 80_877_103;
const INT4: u32 = 23;
const TEXT: u32 = 25;

/// A listening server. It stops with the test's process.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
}

impl Postgres {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a listening socket has an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || Session { stream, parameters: Vec::new(), failed: false }.run());
            }
        });
        Self { port }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

struct Session {
    stream: TcpStream,
    parameters: Vec<Vec<u8>>,
    /// After an error all is passed over until the client synchronises.
    failed: bool,
}

impl Session {
    /// Until the client leaves.
    fn run(mut self) -> io::Result<()> {
        while self.packet()?.starts_with(&SSL_REQUEST.to_be_bytes()) {
            self.stream.write_all(b"N")?;
        }
        self.send(b'R', &3_u32.to_be_bytes())?;
        let (_, password) = self.message()?;
        if password != [SECRET.as_bytes(), b"\0"].concat() {
            return self.error("28P01", "password authentication failed");
        }
        self.send(b'R', &0_u32.to_be_bytes())?;
        self.send(b'S', b"server_version\x0017.0\0")?;
        self.send(b'K', &[0, 0, 0, 1, 0, 0, 0, 2])?;
        self.ready()?;
        loop {
            let (kind, content) = self.message()?;
            match kind {
                b'X' => return Ok(()),
                b'S' => {
                    self.failed = false;
                    self.ready()?;
                }
                _ if self.failed => {}
                b'Q' => {
                    self.query(&content)?;
                    self.ready()?;
                }
                _ => self.extended(kind, &content)?,
            }
        }
    }

    /// A query that is all in one message.
    fn query(&mut self, text: &[u8]) -> io::Result<()> {
        if is_broken(text) {
            return self.error("42703", "column \"broken\" does not exist");
        }
        self.send(b'C', b"SELECT 0\0")
    }

    /// A step of a query that comes in several.
    fn extended(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        match kind {
            b'P' if is_broken(content) => {
                self.failed = true;
                self.error("42703", "column \"broken\" does not exist")
            }
            b'P' => self.send(b'1', b""),
            b'B' => {
                self.parameters = parameters(content).unwrap_or_default();
                self.send(b'2', b"")
            }
            b'D' => {
                if content.starts_with(b"S") {
                    self.send(b't', &[&[0, 2], &INT4.to_be_bytes()[..], &TEXT.to_be_bytes()].concat())?;
                }
                self.send(b'T', &[vec![0, 2], column("number", INT4), column("text", TEXT)].concat())
            }
            b'E' => {
                let mut row = vec![0, 2];
                for value in &self.parameters {
                    row.extend(length_of(value));
                    row.extend(value);
                }
                self.send(b'D', &row)?;
                self.send(b'C', b"SELECT 1\0")
            }
            b'C' => self.send(b'3', b""),
            _ => Ok(()),
        }
    }

    fn ready(&mut self) -> io::Result<()> {
        self.send(b'Z', b"I")
    }

    fn error(&mut self, code: &str, message: &str) -> io::Result<()> {
        self.send(b'E', format!("SERROR\0VERROR\0C{code}\0M{message}\0\0").as_bytes())
    }

    fn send(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len() + 4).expect("a short message");
        self.stream.write_all(&[&[kind], &length.to_be_bytes()[..], content].concat())
    }

    fn message(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut kind = [0];
        self.stream.read_exact(&mut kind)?;
        Ok((kind[0], self.packet()?))
    }

    fn packet(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).expect("it fits");
        let mut content = vec![0; length.saturating_sub(4)];
        self.stream.read_exact(&mut content)?;
        Ok(content)
    }
}

fn is_broken(query: &[u8]) -> bool {
    String::from_utf8_lossy(query).contains("broken")
}

/// What a message "Bind" gives: names of portal and statement, formats, then the values.
fn parameters(bind: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut names = bind.splitn(3, |byte| *byte == 0).skip(2);
    let (formats, rest) = number(names.next()?)?;
    let (count, mut rest) = number(rest.get(formats * 2..)?)?;
    let mut values = Vec::new();
    for _ in 0..count {
        let (length, value) = rest.split_first_chunk::<4>()?;
        let (value, after) = value.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        values.push(value.to_owned());
        rest = after;
    }
    Some(values)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*number).into(), rest))
}

/// Its name, no table, its type, a size that varies, and values as text.
fn column(name: &str, kind: u32) -> Vec<u8> {
    [name.as_bytes(), &[0; 7], &kind.to_be_bytes(), &[0xff, 0xff], &[0xff; 4], &[0, 0]].concat()
}

fn length_of(value: &[u8]) -> [u8; 4] {
    u32::try_from(value.len()).expect("a short value").to_be_bytes()
}
