//! Two HTTP clients: answers read whole through a client library, and a bare connection for everything about time,
//! pieces and bytes that a library hides.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use crate::PATIENCE;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body's bytes.
    pub bytes: Vec<u8>,
    /// The body as text, what is not UTF-8 replaced.
    pub text: String,
    headers: Vec<(String, String)>,
}

/// A connection to Mote, byte by byte.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    framing: Framing,
}

/// The beginning of an answer.
#[derive(Debug)]
pub struct Head {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
}

/// The connection ended before the body did.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken;

#[derive(Clone, Copy, Debug)]
enum Framing {
    Chunked,
    Length(usize),
    UntilClose,
}

impl Answer {
    pub(crate) fn of(
        result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        explain: impl Fn() -> String,
    ) -> Self {
        let mut response = result.unwrap_or_else(|error| panic!("{error}: {}", explain()));
        let bytes =
            response.body_mut().read_to_vec().unwrap_or_else(|error| panic!("{error}: {}", explain()));
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            headers: headers
                .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into()))
                .collect(),
            bytes,
        }
    }

    /// The header's value, or nothing at all.
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }

    /// Every value of a header that may come several times.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text))
    }
}

impl Head {
    /// The header's value, or nothing at all.
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }
}

impl Wire {
    /// Connects to this machine's `port`.
    pub fn to(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("mote accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a read timeout");
        stream.set_nodelay(true).expect("a socket can send at once");
        Self { stream, unread: Vec::new(), framing: Framing::UntilClose }
    }

    /// Sends these bytes. A peer that has closed already is no error here: the answer tells.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Sends one chunk of a chunked body.
    pub fn send_chunk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat());
    }

    /// Reads the beginning of the next answer; interim answers (1xx but 101) are passed over.
    pub fn head(&mut self) -> Head {
        loop {
            let head = self.any_head();
            if head.status >= 200 || head.status == 101 {
                return head;
            }
        }
    }

    /// Reads the beginning of the next answer, be it interim.
    pub fn any_head(&mut self) -> Head {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            assert!(self.read_more(), "the connection closed before an answer: {:?}", self.unread_text());
        };
        let text = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        self.unread.drain(..end + 4);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {first:?}"));
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers: Vec<_> = headers.map(|(n, v)| (n.to_lowercase(), v.trim().to_owned())).collect();
        self.framing = framing(status, &headers);
        Head { status, headers }
    }

    /// The next piece of the body as it arrives; none at its end.
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        match self.framing {
            Framing::Chunked => self.chunk(),
            Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                if self.unread.is_empty() && !self.read_more() {
                    return Err(Broken);
                }
                let piece: Vec<u8> = self.unread.drain(..left.min(self.unread.len())).collect();
                self.framing = Framing::Length(left - piece.len());
                Ok(Some(piece))
            }
            Framing::UntilClose => {
                if self.unread.is_empty() && !self.read_more() {
                    return Ok(None);
                }
                Ok(Some(std::mem::take(&mut self.unread)))
            }
        }
    }

    /// The body from here until it holds `wanted`, as text.
    pub fn text_until(&mut self, wanted: &str) -> String {
        let mut text = Vec::new();
        loop {
            match self.piece() {
                Ok(Some(piece)) => text.extend(piece),
                end => panic!("{end:?} before {wanted:?}: {:?}", String::from_utf8_lossy(&text)),
            }
            let so_far = String::from_utf8_lossy(&text);
            if so_far.contains(wanted) {
                return so_far.into_owned();
            }
        }
    }

    /// The rest of the body, if it ends as it should.
    pub fn rest(&mut self) -> Result<Vec<u8>, Broken> {
        let mut rest = Vec::new();
        while let Some(piece) = self.piece()? {
            rest.extend(piece);
        }
        Ok(rest)
    }

    /// The whole body of an answer whose head has not been read yet.
    pub fn whole(&mut self) -> Vec<u8> {
        self.head();
        self.rest().expect("a whole body")
    }

    /// Sends a body from a second thread while the answer to it is read: neither side may wait for the other's end.
    pub fn send_while_reading(&mut self, body: Vec<u8>) -> Vec<u8> {
        let mut sending = self.stream.try_clone().expect("a socket can be used by two threads");
        let sender = std::thread::spawn(move || sending.write_all(&body));
        let received = self.whole();
        sender.join().expect("the sender does not panic").expect("the body can be sent");
        received
    }

    /// Whether the peer has closed: nothing more comes.
    pub fn is_over(&mut self) -> bool {
        self.unread.is_empty() && !self.read_more()
    }

    /// Ends the sending half only.
    pub fn finish_sending(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    fn chunk(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let line_end = self.find_line_end(0)?;
        let line = String::from_utf8_lossy(&self.unread[..line_end]).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
        let start = line_end + 2;
        while self.unread.len() < start + size + 2 {
            if !self.read_more() {
                return Err(Broken);
            }
        }
        let piece = self.unread[start..start + size].to_vec();
        self.unread.drain(..start + size + 2);
        if size == 0 {
            self.framing = Framing::Length(0);
            return Ok(None);
        }
        Ok(Some(piece))
    }

    fn find_line_end(&mut self, from: usize) -> Result<usize, Broken> {
        loop {
            let found = self.unread.get(from..).unwrap_or_default().windows(2).position(|two| two == b"\r\n");
            if let Some(at) = found {
                return Ok(from + at);
            }
            if !self.read_more() {
                return Err(Broken);
            }
        }
    }

    fn read_more(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(read @ 1..) => {
                self.unread.extend_from_slice(&piece[..read]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("nothing came for {PATIENCE:?}; unread: {:?}", self.unread_text())
            }
            // A reset is an end like any other here: the caller knows whether the end was due.
            Ok(0) | Err(_) => false,
        }
    }

    fn unread_text(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }
}

fn framing(status: u16, headers: &[(String, String)]) -> Framing {
    if status < 200 || status == 204 || status == 304 {
        return Framing::Length(0);
    }
    if find(headers, "transfer-encoding").eq_ignore_ascii_case("chunked") {
        return Framing::Chunked;
    }
    find(headers, "content-length").parse().map_or(Framing::UntilClose, Framing::Length)
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}
