use mote_engine::memory::MemoryAccount;
use mote_wire::http::Duplex;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::native::websocket_frames::{Arrived, Reader, Role, split};

const ROOM: usize = 256 << 20;

fn agreed(window_bits: u8, history: History) -> Deflate {
    Deflate { window_bits, history }
}

fn reader(io: impl Duplex + 'static, account: &MemoryAccount, history: History) -> Reader {
    let inflater = Inflater::new(agreed(15, history), account.hold(0).unwrap());
    split(Box::new(io), Role::Client, account.hold(0).unwrap(), Some(inflater)).0
}

/// What a reader makes of these bytes, up to the first fault.
async fn read_with(account: &MemoryAccount, history: History, bytes: &[u8]) -> (Vec<Arrived>, Fault) {
    let (mut peer, io) = tokio::io::duplex(bytes.len().max(1));
    peer.write_all(bytes).await.unwrap();
    drop(peer);
    let mut reader = reader(io, account, history);
    let mut arrived = Vec::new();
    loop {
        match reader.next().await {
            Ok(one) => arrived.push(one),
            Err(fault) => return (arrived, fault),
        }
    }
}

async fn read(bytes: &[u8]) -> (Vec<Arrived>, Fault) {
    read_with(&MemoryAccount::alone(ROOM), History::Forgotten, bytes).await
}

async fn fault(bytes: &[u8]) -> Fault {
    read(bytes).await.1
}

/// A frame of a server's.
fn frame(first: u8, content: &[u8]) -> Vec<u8> {
    let length = u64::try_from(content.len()).unwrap().to_be_bytes();
    [&[first, 127][..], &length, content].concat()
}

/// Compressed as a peer does it that knows nothing of limits.
fn squeezed(content: &[u8]) -> Vec<u8> {
    let mut compressor = Compress::new(Compression::best(), false);
    let mut packed = Vec::with_capacity(content.len() + 1_000);
    compressor.compress_vec(content, &mut packed, FlushCompress::Sync).unwrap();
    packed.truncate(packed.len() - TAIL.len());
    packed
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    bytes
}

/// Words that can.
fn prose(length: usize) -> Vec<u8> {
    let mut text: Vec<u8> =
        (0_u32..).flat_map(|at| format!("{} says {at}. ", at * 7 % 13).into_bytes()).take(length).collect();
    text.truncate(length);
    text
}

#[tokio::test]
async fn what_is_packed_is_what_was_sent_whatever_its_length_and_window() {
    let account = MemoryAccount::alone(ROOM);
    for bits in [8, 9, 10, 12, 15] {
        let mut deflater = Deflater::new(agreed(bits, History::Forgotten), account.hold(0).unwrap());
        for length in [0, 1, 1_023, 1_024, 4_096, 65_535, 65_536, 200_001, 1 << 20] {
            let text = prose(length);
            let packed = deflater.pack(Sent::Text(text.clone())).await;
            let expected = vec![Arrived::Text(text.clone())];
            let arrived = match packed {
                Sent::DeflatedText(packed) => {
                    assert!(
                        bits > 8 && length >= WORTH_BYTES && packed.len() < length / 2,
                        "{length} by {bits}"
                    );
                    // A peer with no larger window than was agreed on can unpack it.
                    let mut content = Vec::with_capacity(length + 1);
                    let mut narrow = Decompress::new_with_window_bits(false, bits);
                    let whole = [&packed, &TAIL[..]].concat();
                    narrow.decompress_vec(&whole, &mut content, FlushDecompress::Sync).unwrap();
                    assert!(content == text, "{length} by {bits}");
                    read(&frame(0xc1, &packed)).await.0
                }
                Sent::Text(plain) => {
                    assert!(bits == 8 || length < WORTH_BYTES, "{length} by {bits}");
                    read(&frame(0x81, &plain)).await.0
                }
                other => panic!("it became {other:?}"),
            };
            assert!(arrived == expected, "{length} by {bits}");
        }
        deflater.rest();
        assert_eq!(account.total(), 0);
    }
}

#[tokio::test]
async fn what_cannot_become_shorter_or_has_no_room_is_sent_as_it_is() {
    let account = MemoryAccount::alone(ROOM);
    let mut deflater = Deflater::new(agreed(15, History::Forgotten), account.hold(0).unwrap());
    for length in [WORTH_BYTES, 70_000, 1 << 20] {
        let bytes = noise(length);
        let sent = deflater.pack(Sent::Binary(bytes.clone())).await;
        assert!(matches!(sent, Sent::Binary(same) if same == bytes));
    }
    let sent = deflater.pack(Sent::Pong(prose(2_000))).await;
    assert!(matches!(sent, Sent::Pong(_)));
    let account = MemoryAccount::alone(COMPRESSOR_BYTES);
    let mut deflater = Deflater::new(agreed(15, History::Forgotten), account.hold(0).unwrap());
    assert!(matches!(deflater.pack(Sent::Text(prose(2_000))).await, Sent::Text(_)));
    assert_eq!(account.total(), 0);
}

#[tokio::test]
async fn nothing_is_held_between_two_messages() {
    let account = MemoryAccount::alone(ROOM);
    let mut deflater = Deflater::new(agreed(15, History::Forgotten), account.hold(0).unwrap());
    let Sent::DeflatedBinary(packed) = deflater.pack(Sent::Binary(prose(100_000))).await else { panic!() };
    assert_eq!(account.total(), COMPRESSOR_BYTES);
    deflater.rest();
    assert_eq!(account.total(), 0);
    let (mut peer, io) = tokio::io::duplex(1 << 20);
    let mut reader = reader(io, &account, History::Forgotten);
    for _ in 0..3 {
        peer.write_all(&frame(0xc2, &packed)).await.unwrap();
        assert_eq!(reader.next().await, Ok(Arrived::Binary(prose(100_000))));
        assert_eq!(account.total(), 0);
    }
}

#[tokio::test]
async fn a_message_in_pieces_is_unpacked_with_signs_between_them() {
    let text = prose(5_000);
    let packed = squeezed(&text);
    for length in [1, 7, packed.len() - 1] {
        let mut bytes = Vec::new();
        for (at, piece) in packed.chunks(length).enumerate() {
            bytes.extend(frame(if at == 0 { 0x41 } else { 0 }, piece));
            bytes.extend([0x89, 1, b'!']);
        }
        // The end of a message may have nothing in it; and what follows need not be compressed.
        bytes.extend([0x80, 0, 0x81, 1, b'x']);
        let (arrived, fault) = read(&bytes).await;
        let texts: Vec<_> = arrived.iter().filter(|one| matches!(one, Arrived::Text(_))).collect();
        assert_eq!(texts, [&Arrived::Text(text.clone()), &Arrived::Text(b"x".to_vec())]);
        assert_eq!((arrived.len(), fault), (packed.chunks(length).len() + 2, Fault::Lost));
    }
}

#[tokio::test]
async fn the_examples_of_the_standard_are_understood() {
    let hellos = |count| {
        (std::iter::repeat_with(|| Arrived::Text(b"Hello".to_vec())).take(count).collect(), Fault::Lost)
    };
    // RFC 7692, 7.2.3: one frame, two frames, one that refers to the one before, no compression, a last block, two blocks.
    let one = [0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let referring = [0xc1, 5, 0xf2, 0x00, 0x11, 0x00, 0x00];
    let others: [&[u8]; 4] = [
        &[0x41, 3, 0xf2, 0x48, 0xcd, 0x80, 4, 0xc9, 0xc9, 0x07, 0x00],
        &[0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        &[0xc1, 8, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ];
    for other in others {
        assert_eq!(read(&[&one[..], other].concat()).await, hellos(2), "{other:x?}");
    }
    let both = [&one[..], &referring].concat();
    assert_eq!(read_with(&MemoryAccount::alone(ROOM), History::Kept, &both).await, hellos(2));
    // Whoever was told that nothing is remembered must not refer to it.
    assert_eq!(read(&both).await, (hellos(1).0, Fault::NotDeflated));
    assert_eq!(Fault::NotDeflated.closing().unwrap().code, 1007);
}

#[tokio::test]
async fn a_peer_that_goes_on_referring_costs_a_window_and_no_more() {
    let account = MemoryAccount::alone(ROOM);
    let (mut peer, io) = tokio::io::duplex(1 << 20);
    let mut reader = reader(io, &account, History::Kept);
    for _ in 0..3 {
        peer.write_all(&frame(0xc2, &squeezed(&prose(100_000)))).await.unwrap();
        assert_eq!(reader.next().await, Ok(Arrived::Binary(prose(100_000))));
        assert_eq!(account.total(), INFLATER_BYTES);
    }
    drop(reader);
    assert_eq!(account.total(), 0);
}

#[tokio::test]
async fn a_mark_where_none_may_be_breaks_the_protocol() {
    let broken: [&[u8]; 7] = [
        &[0xa1, 0],
        &[0x91, 0],
        &[0xf1, 0],
        &[0xc9, 0],
        &[0xc8, 0],
        // On a frame that continues a message, compressed or not.
        &[0x41, 0, 0xc0, 0],
        &[0x01, 0, 0xc0, 0],
    ];
    for bytes in broken {
        assert!(matches!(fault(bytes).await, Fault::Protocol(_)), "{bytes:x?}");
    }
    assert!(matches!(fault(&[0xc1, 0]).await, Fault::Lost), "it is compressed, and empty");
}

#[tokio::test]
async fn what_cannot_be_unpacked_ends_the_connection() {
    for garbage in [&[0xff; 20][..], &[0x06, 0x07], &[0x00, 5, 0, 0, 0, 1], &noise(5_000)] {
        assert_eq!(fault(&frame(0xc2, garbage)).await, Fault::NotDeflated, "{garbage:x?}");
        let pieces = [frame(0x42, garbage), frame(0x80, b"")].concat();
        assert_eq!(fault(&pieces).await, Fault::NotDeflated, "{garbage:x?}");
    }
    assert_eq!(fault(&frame(0xc1, &squeezed(b"\xff\xfe"))).await, Fault::NotText);
    // It breaks off.
    assert_eq!(fault(&[0xc1, 50, 0xf2, 0x48]).await, Fault::Lost);
}

#[tokio::test]
async fn a_bomb_is_unpacked_to_32_mib_and_no_further() {
    let account = MemoryAccount::alone(ROOM);
    let most = squeezed(&vec![7; WEBSOCKET_MESSAGE_BYTES_MAX]);
    let (arrived, _) = read_with(&account, History::Forgotten, &frame(0xc2, &most)).await;
    assert!(matches!(&arrived[..], [Arrived::Binary(bytes)] if bytes.len() == WEBSOCKET_MESSAGE_BYTES_MAX));
    let bomb = squeezed(&vec![7; WEBSOCKET_MESSAGE_BYTES_MAX + 1]);
    assert_eq!(read_with(&account, History::Forgotten, &frame(0xc2, &bomb)).await.1, Fault::TooLong);
    let bomb = squeezed(&vec![7; 4 * WEBSOCKET_MESSAGE_BYTES_MAX]);
    let pieces: Vec<u8> = bomb
        .chunks(1_000)
        .enumerate()
        .flat_map(|(at, piece)| frame(if at == 0 { 0x42 } else { 0 }, piece))
        .collect();
    assert_eq!(read_with(&account, History::Forgotten, &pieces).await.1, Fault::TooLong);
    assert!(account.take_peak() <= WEBSOCKET_MESSAGE_BYTES_MAX + 1 + INFLATER_BYTES);
    assert_eq!(account.total(), 0);
}

#[tokio::test]
async fn a_bomb_has_no_more_room_than_its_isolate() {
    let account = MemoryAccount::alone(4 << 20);
    let bomb = squeezed(&vec![7; 8 << 20]);
    assert_eq!(read_with(&account, History::Forgotten, &frame(0xc2, &bomb)).await.1, Fault::NoRoom);
    assert!(account.take_peak() <= 4 << 20);
    let account = MemoryAccount::alone(INFLATER_BYTES / 2);
    assert_eq!(read_with(&account, History::Forgotten, &frame(0xc2, &squeezed(b"x"))).await.1, Fault::NoRoom);
}

#[tokio::test]
async fn a_message_that_unpacks_to_nothing_ends_too() {
    // Empty blocks, one after the other, and last blocks, which begin anew each time.
    let empty = [0, 0, 0, 0xff, 0xff].repeat(20_000);
    let last = [3, 0].repeat(50_000);
    for content in [&empty, &last] {
        let (arrived, fault) = read(&frame(0xc2, content)).await;
        assert_eq!((arrived, fault), (vec![Arrived::Binary(Vec::new())], Fault::Lost));
    }
    let claimed = [&[0xc2, 127][..], &u64::try_from(PACKED_BYTES_MAX + 1).unwrap().to_be_bytes()].concat();
    assert_eq!(fault(&claimed).await, Fault::TooLong);
    assert_eq!(fault(&[0xc2, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).await, Fault::TooLong);
    let pieces =
        [&[0x42, 1, 0][..], &[0x80, 127], &u64::try_from(PACKED_BYTES_MAX).unwrap().to_be_bytes()].concat();
    assert_eq!(fault(&pieces).await, Fault::TooLong);
}
