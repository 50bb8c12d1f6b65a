//! How files are compressed: thoroughly, since it is done once and sent many times, and yet so that a first client can wait.

use std::{
    io::{self, Write},
    ops::RangeInclusive,
    sync::Arc,
};

use brotli::enc::BrotliEncoderParams;
use flate2::write::GzEncoder;

use crate::assets::encoding::Coding;

/// The sizes of files that are compressed. Smaller ones fit into a packet or two as they are; larger ones would keep the first
/// client waiting. No window of a coding is larger than the file, so it stays below the 8 MiB that clients of zstd need to
/// take (RFC 9659).
pub(super) const BYTES: RangeInclusive<usize> = 1 << 10..=4 << 20;

const BROTLI_QUALITY: i32 = 8;
const BROTLI_WINDOW_LOG: i32 = 22;
const ZSTD_LEVEL: i32 = 12;
const GZIP_LEVEL: flate2::Compression = flate2::Compression::new(8);

/// What compresses. Tests bring their own.
pub(super) type Compress = Arc<dyn Fn(Coding, &[u8]) -> io::Result<Vec<u8>> + Send + Sync>;

/// The bytes in a coding. It takes its time: it belongs on a thread that may block.
pub(super) fn compress(coding: Coding, mut bytes: &[u8]) -> io::Result<Vec<u8>> {
    match coding {
        Coding::Brotli => {
            let params = BrotliEncoderParams {
                quality: BROTLI_QUALITY,
                lgwin: BROTLI_WINDOW_LOG,
                size_hint: bytes.len(),
                ..BrotliEncoderParams::default()
            };
            let mut coded = Vec::new();
            brotli::BrotliCompress(&mut bytes, &mut coded, &params)?;
            Ok(coded)
        }
        Coding::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL),
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), GZIP_LEVEL);
            encoder.write_all(bytes)?;
            encoder.finish()
        }
    }
}
