use mote_engine::memory::MemoryAccount;

use super::{BROTLI_DECODER_BYTES, Codec, Engine, Failure, Flow, STEP_BYTES_MAX, Way, brotli_window_bytes};

const FORMATS: [&str; 5] = ["gzip", "deflate", "deflate-raw", "brotli", "zstd"];

fn codec(format: &str, way: Way) -> Codec {
    let engine = Engine::of(format, way, None).unwrap();
    let held = MemoryAccount::alone(64 << 20).hold(engine.bytes()).unwrap();
    Codec { engine, held, ended: false }
}

fn feed(codec: &mut Codec, bytes: &[u8], flow: Flow) -> Result<Vec<u8>, Failure> {
    let (mut output, mut offset) = (Vec::new(), 0);
    loop {
        let step = codec.step(&bytes[offset..], flow)?;
        offset += step.consumed;
        output.extend(step.output);
        if !step.more {
            return Ok(output);
        }
    }
}

fn whole(format: &str, way: Way, pieces: &[&[u8]]) -> Result<Vec<u8>, Failure> {
    let mut codec = codec(format, way);
    let mut output = Vec::new();
    for piece in pieces {
        output.extend(feed(&mut codec, piece, Flow::GoOn)?);
    }
    output.extend(feed(&mut codec, &[], Flow::Finish)?);
    Ok(output)
}

/// Bytes that do not compress, so that every codec has to give out as much as it takes in.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn what_is_compressed_comes_back_whole_however_it_is_cut() {
    for format in FORMATS {
        for input in
            [Vec::new(), b"hello".to_vec(), vec![7; 3 * STEP_BYTES_MAX + 1], noise(3 * STEP_BYTES_MAX + 1)]
        {
            let packed = whole(format, Way::Compress, &[&input]).unwrap();
            assert_eq!(whole(format, Way::Decompress, &[&packed]).unwrap(), input, "{format}");
            let bytes: Vec<&[u8]> = packed.chunks(1 + packed.len() / 50).collect();
            assert_eq!(whole(format, Way::Decompress, &bytes).unwrap(), input, "{format}");
            let pieces: Vec<&[u8]> = input.chunks(1000).collect();
            let packed = whole(format, Way::Compress, &pieces).unwrap();
            assert_eq!(whole(format, Way::Decompress, &[&packed]).unwrap(), input, "{format}");
        }
    }
}

#[test]
fn data_after_the_end_is_an_error_and_so_is_a_missing_end() {
    for format in FORMATS {
        let packed = whole(format, Way::Compress, &[b"some text that is long enough"]).unwrap();
        let mut longer = packed.clone();
        longer.push(0);
        assert_eq!(whole(format, Way::Decompress, &[&longer]), Err(Failure::Trailing), "{format}");
        assert_eq!(whole(format, Way::Decompress, &[&packed, &[0]]), Err(Failure::Trailing), "{format}");
        for length in 0..packed.len() {
            assert_eq!(
                whole(format, Way::Decompress, &[&packed[..length]]),
                Err(Failure::Truncated),
                "{format} {length}"
            );
        }
    }
}

#[test]
fn a_damaged_byte_is_never_accepted_where_there_is_a_checksum() {
    for format in ["gzip", "deflate"] {
        let packed = whole(format, Way::Compress, &[b"some text that is long enough"]).unwrap();
        let last = packed.len() - 1;
        let mut damaged = packed;
        damaged[last - 4] ^= 1;
        assert!(whole(format, Way::Decompress, &[&damaged]).is_err(), "{format}");
    }
}

#[test]
fn one_call_never_gives_more_than_its_bound() {
    for format in FORMATS {
        let packed = whole(format, Way::Compress, &[&vec![0; 100 * STEP_BYTES_MAX]]).unwrap();
        let mut codec = codec(format, Way::Decompress);
        let step = codec.step(&packed, Flow::GoOn).unwrap();
        assert!(step.output.len() <= STEP_BYTES_MAX, "{format}");
        assert!(step.more, "{format}");
    }
}

#[test]
fn an_isolate_never_holds_more_windows_than_its_limit_and_gets_them_back() {
    let account = MemoryAccount::alone(64 << 20);
    let mut codecs = Vec::new();
    let refused = loop {
        let engine = Engine::of("brotli", Way::Decompress, None).unwrap();
        let Some(held) = account.hold(engine.bytes()) else { break Failure::NoRoom };
        let mut codec = Codec { engine, held, ended: false };
        // The first byte asks for the largest window of all.
        match codec.step(&[0x0f], Flow::GoOn) {
            Ok(_) => codecs.push(codec),
            Err(failure) => break failure,
        }
    };
    assert_eq!(refused, Failure::NoRoom);
    assert_eq!(codecs.len(), (64 << 20) / ((16 << 20) + BROTLI_DECODER_BYTES));
    drop(codecs);
    assert_eq!(account.total(), 0);
}

#[test]
fn the_first_byte_of_brotli_says_how_large_its_window_is() {
    assert_eq!(brotli_window_bytes(0x00), Some(1 << 16));
    assert_eq!(brotli_window_bytes(0x0f), Some(1 << 24));
    assert_eq!(brotli_window_bytes(0x21), Some(1 << 10));
    assert_eq!(brotli_window_bytes(0x01), Some(1 << 17));
    assert_eq!(brotli_window_bytes(0x91), None, "the larger window of others");
}
