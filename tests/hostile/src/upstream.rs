//! What hostile workers fetch from: a server on this machine that behaves badly on request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// How long somebody who never answers keeps a connection: longer than any trial.
const NEVER: Duration = Duration::from_secs(60);
const BOMB_PIECES: usize = 512;
const BOMB_PIECE_BYTES: usize = 512 << 10;

static VISITS: AtomicU64 = AtomicU64::new(0);
/// 256 MiB of zeros, in 256 KiB of gzip.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| bomb(BOMB_PIECES));

/// Starts the server; it stops with the test's process. Gives its origin.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("a listening socket has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A visitor who leaves in the middle is no error here.
            std::thread::spawn(move || answer(stream).err());
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let path = path_of(&mut BufReader::new(stream.try_clone()?))?;
    VISITS.fetch_add(1, Ordering::Relaxed);
    match path.as_str() {
        "/ok" => whole(&mut stream, "", b"ok"),
        "/count" => whole(&mut stream, "", VISITS.load(Ordering::Relaxed).to_string().as_bytes()),
        // The answer's body is the bomb itself, or says that it is packed and explodes in whoever unpacks.
        "/bomb.gz" => whole(&mut stream, "", &BOMB),
        "/bomb" => whole(&mut stream, "content-encoding: gzip\r\n", &BOMB),
        "/redirect-loop" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: /redirect-loop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        "/never" => {
            std::thread::sleep(NEVER);
            Ok(())
        }
        "/drip" => drip(&mut stream),
        "/dies" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this"),
        "/endless" => endless(&mut stream),
        "/headers" => {
            let headers: String = (0..5_000).map(|n| format!("x-{n}: {}\r\n", "y".repeat(100))).collect();
            whole(&mut stream, &headers, b"ok")
        }
        "/garbage" => stream.write_all(&[0xff; 4096]),
        _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    }
}

fn path_of(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while line.trim_end() != "" || line.is_empty() {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
    }
    Ok(first.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn whole(stream: &mut TcpStream, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    // Closing with something unread would be a reset, which may overtake the body.
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    std::io::copy(&mut stream.take(1 << 30), &mut std::io::sink()).map(drop)
}

fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
    loop {
        stream.write_all(b"x")?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 8 * 1024])?;
    }
}

/// Zeros are packed once, and the same packed piece is repeated: that spares the time of packing them all.
fn bomb(pieces: usize) -> Vec<u8> {
    let zeros = vec![0; BOMB_PIECE_BYTES];
    let mut packer = Compress::new(Compression::best(), false);
    let mut packed = vec![0; BOMB_PIECE_BYTES / 50];
    let status = packer.compress(&zeros, &mut packed, FlushCompress::Full).expect("zeros can be packed");
    assert_eq!(status, Status::Ok);
    packed.truncate(usize::try_from(packer.total_out()).expect("a small number"));
    let (mut piece, mut all) = (Crc::new(), Crc::new());
    piece.update(&zeros);
    (0..pieces).for_each(|_| all.combine(&piece));
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    // An empty last block ends the stream.
    [&header[..], &packed.repeat(pieces), &[3, 0], &all.sum().to_le_bytes(), &all.amount().to_le_bytes()]
        .concat()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    #[test]
    fn the_bomb_unpacks_to_what_it_says() {
        // Wrong sums would stop it before its end, and then it would harm nobody.
        let bomb = super::bomb(3);
        let mut unpacked = flate2::read::GzDecoder::new(&bomb[..]);
        let mut piece = vec![0; 1 << 20];
        let mut all = 0;
        while let read @ 1.. = unpacked.read(&mut piece).unwrap() {
            all += read;
        }
        assert_eq!(all, 3 * super::BOMB_PIECE_BYTES);
        assert!(super::BOMB.len() < 1 << 20);
    }
}
