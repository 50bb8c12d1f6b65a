//! Bodies against data, and workers, that say one thing and do another.

use std::time::{Duration, Instant};

use mote_wire::{http::full, limits::Limits};

use super::*;
use crate::usage::UsageSink;

struct NoBooks;

impl UsageSink for NoBooks {
    fn used_cpu(&self, _time: Duration, _turn: u64) {}
    fn event_over(&self, _usage: &EventUsage) {}
}

/// Of an isolate that may hold so many bytes.
fn coder(bytes_max: usize) -> Coder {
    let limits = Limits { cpu_ms: u64::MAX, ..Limits::DEFAULT };
    let usage = EventUsage::begin(Arc::new(NoBooks), limits, Instant::now());
    Coder { account: MemoryAccount::alone(bytes_max), usage }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

async fn frame_of(body: &mut Body) -> Option<Result<usize, String>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| frame.data_ref().map_or(0, Bytes::len)).map_err(|error| error.to_string()))
}

async fn encoded(content: Vec<u8>, encoding: Encoding) -> Bytes {
    let body = coder(64 << 20).encode(full(content), encoding);
    body.collect().await.expect("it is encoded").to_bytes()
}

#[test]
fn the_window_of_a_brotli_decoder_counts() {
    run(async {
        let data = encoded(vec![b'x'; 100_000], Encoding::Brotli).await;
        let window = brotli_window_bytes(data[0]).expect("one that the format allows");
        let coder = coder(BROTLI_DECODER_BYTES + window);
        let mut first = coder.decode(full(data.clone()), Encoding::Brotli);
        assert!(frame_of(&mut first).await.is_some_and(|frame| frame.is_ok()));
        assert_eq!(coder.account.total(), BROTLI_DECODER_BYTES + window);
        let mut second = coder.decode(full(data.clone()), Encoding::Brotli);
        let refused = frame_of(&mut second).await.expect("a frame").expect_err("there is no room for two");
        assert!(refused.contains("no room for its codec"), "{refused}");
        assert!(second.frame().await.is_none_or(|frame| frame.is_err()));
        drop((first, second));
        let whole =
            coder.decode(full(data), Encoding::Brotli).collect().await.expect("it is whole").to_bytes();
        assert_eq!(whole, vec![b'x'; 100_000]);
        assert_eq!(coder.account.total(), 0);
    });
}

#[test]
fn a_brotli_window_that_the_format_does_not_have_is_refused() {
    run(async {
        let coder = coder(64 << 20);
        // As the encoder of others begins a stream with a window of 2^28 bytes; an empty chunk says nothing yet.
        let chunks =
            [&b""[..], &[0x11, 0x1c, 0x00, 0x03][..]].map(|chunk| Ok(Frame::data(Bytes::from_static(chunk))));
        let body = Body::stream(StreamBody::new(futures_util::stream::iter(chunks)));
        let mut body = coder.decode(body, Encoding::Brotli);
        let refused = frame_of(&mut body).await.expect("a frame").expect_err("it is refused");
        assert!(refused.contains("window"), "{refused}");
        assert!(coder.account.total() <= BROTLI_DECODER_BYTES);
    });
}

#[test]
fn the_window_of_a_zstandard_decoder_counts_as_it_fills() {
    run(async {
        const BYTES: usize = 6 << 20;
        let data = encoded(vec![b'x'; BYTES], Encoding::Zstd).await;
        let coder = coder(ZSTD_DECODER_BYTES + (4 << 20));
        let mut body = coder.decode(full(data), Encoding::Zstd);
        let mut taken = 0;
        let refused = loop {
            match frame_of(&mut body).await.expect("it does not end well") {
                Ok(bytes) => taken += bytes,
                Err(refused) => break refused,
            }
            assert_eq!(coder.account.total(), ZSTD_DECODER_BYTES + taken);
        };
        assert!(refused.contains("no room for its codec"), "{refused}");
        assert!(taken <= 4 << 20);
    });
}

#[test]
fn a_body_that_breaks_its_promise_is_broken_off() {
    run(async {
        for (writes, gives, wrong) in [
            (&[4_usize, 6][..], 10, None),
            (&[4, 7], 4, Some("more")),
            (&[4], 4, Some("fewer")),
            (&[], 0, Some("fewer")),
        ] {
            let (pipe, body) = pipe(&MemoryAccount::alone(1 << 20), Some(10)).expect("there is room");
            for bytes in writes {
                let sent = pipe.sender.try_send(Ok(Frame::data(Bytes::from(vec![0; *bytes]))));
                assert!(sent.is_ok(), "there is room for two chunks");
            }
            pipe.close();
            let mut body = body.into_raw().expect("nobody has taken it");
            let (mut taken, mut error) = (0, None);
            while let Some(frame) = frame_of(&mut body).await {
                match frame {
                    Ok(bytes) => taken += bytes,
                    Err(text) => assert!(error.replace(text).is_none(), "one error is enough"),
                }
            }
            assert_eq!(taken, gives);
            assert_eq!(error.is_some(), wrong.is_some());
            assert!(error.unwrap_or_default().contains(wrong.unwrap_or("")));
        }
    });
}
