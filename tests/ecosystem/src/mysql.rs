//! A server that speaks as much of MySQL's protocol as its clients need to connect and to ask.
//!
//! It lets in whoever is called `ada`, and answers a query with one row: the number 7 in the column `number`, and the query
//! itself in the column `text`. A query with the word `broken` in it fails as one for a column that is not there.
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>)

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// Passwords, the protocol of version 4.1, databases, transactions, plug-ins for authentication.
const CAPABILITIES: u32 = 0x1 | 0x200 | 0x8 | 0x2000 | 0x8000 | 0x8_0000;
const OK: [u8; 7] = [0, 0, 0, 2, 0, 0, 0];
const END: [u8; 5] = [0xfe, 0, 0, 2, 0];
const INT: u8 = 3;
const VAR_STRING: u8 = 0xfd;

/// A listening server. It stops with the test's process.
#[derive(Debug)]
pub struct MySql {
    port: u16,
}

impl MySql {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a listening socket has an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || Session { stream, number: 0 }.run());
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
    /// That of the next packet of this exchange.
    number: u8,
}

impl Session {
    /// Until the client leaves.
    fn run(mut self) -> io::Result<()> {
        self.send(&greeting())?;
        let login = self.packet()?;
        if !login.windows(5).any(|name| name == b"\0ada\0") {
            return self.error(1045, "28000", "Access denied");
        }
        self.send(&OK)?;
        loop {
            match self.packet()?.split_first() {
                Some((1, _)) | None => return Ok(()),
                Some((3, query)) => self.query(&String::from_utf8_lossy(query))?,
                Some(_) => self.send(&OK)?,
            }
        }
    }

    fn query(&mut self, text: &str) -> io::Result<()> {
        if text.contains("broken") {
            return self.error(1054, "42S22", "Unknown column 'broken'");
        }
        self.send(&[2])?;
        self.send(&column("number", INT, 63))?;
        self.send(&column("text", VAR_STRING, 33))?;
        self.send(&END)?;
        self.send(&[string("7"), string(text)].concat())?;
        self.send(&END)
    }

    fn error(&mut self, code: u16, state: &str, message: &str) -> io::Result<()> {
        let text = format!("#{state}{message}");
        self.send(&[&[0xff], &code.to_le_bytes()[..], text.as_bytes()].concat())
    }

    fn send(&mut self, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).expect("a short packet").to_le_bytes();
        self.stream.write_all(&[&length[..3], &[self.number], content].concat())?;
        self.number += 1;
        Ok(())
    }

    fn packet(&mut self) -> io::Result<Vec<u8>> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head)?;
        let [a, b, c, number] = head;
        self.number = number + 1;
        let mut content = vec![0; usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16];
        self.stream.read_exact(&mut content)?;
        Ok(content)
    }
}

/// Version, connection, the first part of the challenge, what the server can, and the rest of the challenge.
fn greeting() -> Vec<u8> {
    let [a, b, c, d] = CAPABILITIES.to_le_bytes();
    let mut greeting = b"\x0a8.0.0\0\x01\0\0\0challeng\0".to_vec();
    greeting.extend([a, b, 33, 2, 0, c, d, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"e-of-12-char\0mysql_native_password\0");
    greeting
}

fn column(name: &str, kind: u8, charset: u16) -> Vec<u8> {
    let mut column = [string("def"), string(""), string(""), string(""), string(name), string("")].concat();
    column.push(12);
    column.extend(charset.to_le_bytes());
    column.extend([255, 0, 0, 0, kind, 0, 0, 0, 0, 0]);
    column
}

/// A short string after its length.
fn string(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short string");
    [&[length], text.as_bytes()].concat()
}
