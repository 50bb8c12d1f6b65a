use mote_engine::memory::MemoryAccount;

use super::*;

const ROOM: usize = 256 << 20;

/// What a reader makes of these bytes, up to the first fault.
async fn read(role: Role, bytes: &[u8]) -> (Vec<Arrived>, Fault) {
    let account = MemoryAccount::alone(ROOM);
    let (mut peer, io) = tokio::io::duplex(bytes.len().max(1));
    peer.write_all(bytes).await.unwrap();
    drop(peer);
    let (mut reader, _writer) = split(Box::new(io), role, account.hold(0).unwrap(), None);
    let mut arrived = Vec::new();
    loop {
        match reader.next().await {
            Ok(one) => arrived.push(one),
            Err(fault) => return (arrived, fault),
        }
    }
}

async fn fault(bytes: &[u8]) -> Fault {
    read(Role::Client, bytes).await.1
}

#[tokio::test]
async fn what_one_end_writes_the_other_reads_whatever_its_length() {
    for (writing, reading) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_001] {
            let account = MemoryAccount::alone(ROOM);
            let (one, two) = tokio::io::duplex(1_000);
            let (_, mut writer) = split(Box::new(one), writing, account.hold(0).unwrap(), None);
            let (mut reader, _) = split(Box::new(two), reading, account.hold(0).unwrap(), None);
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let sent = Sent::Binary(bytes.clone());
            let (sent, read) = tokio::join!(writer.send(sent), reader.next());
            sent.unwrap();
            assert_eq!(read, Ok(Arrived::Binary(bytes)), "{length} bytes of a {writing:?}");
            let closing = Some(Closing { code: 3001, reason: "ü".repeat(100) });
            writer.send(Sent::Close(closing)).await.unwrap();
            let expected = Some(Closing { code: 3001, reason: "ü".repeat(61) });
            assert_eq!(reader.next().await, Ok(Arrived::Close(expected)));
            assert_eq!(account.total(), 0);
        }
    }
}

#[tokio::test]
async fn a_message_comes_in_pieces_with_signs_between_them() {
    let bytes = [0x01, 2, b'a', b'b', 0x89, 1, b'!', 0x00, 0, 0x8a, 0, 0x80, 1, b'c', 0x88, 0];
    let (arrived, fault) = read(Role::Client, &bytes).await;
    let expected = vec![Arrived::Ping(b"!".to_vec()), Arrived::Text(b"abc".to_vec()), Arrived::Close(None)];
    assert_eq!((arrived, fault), (expected, Fault::Lost));
}

#[tokio::test]
async fn what_breaks_the_protocol_is_no_message() {
    let long = [&[0x89, 126, 0, 126][..], &[0; 126]].concat();
    let broken: [&[u8]; 11] = [
        &[0xc1, 0],
        &[0x83, 0],
        &[0x8b, 0],
        &[0x80, 0],
        &[0x01, 0, 0x81, 0],
        &[0x09, 0],
        &[0x81, 0x80, 0, 0, 0, 0],
        &[0x88, 1, 3],
        &[0x88, 2, 3, 0xed],
        &[0x88, 2, 0, 0],
        &long,
    ];
    for bytes in broken {
        assert!(matches!(fault(bytes).await, Fault::Protocol(_)), "{bytes:x?}");
    }
    let unmasked = read(Role::Server, &[0x81, 0]).await.1;
    assert!(matches!(unmasked, Fault::Protocol(_)));
    assert_eq!(fault(&[0x81, 1, 0xff]).await, Fault::NotText);
    assert_eq!(fault(&[0x88, 3, 3, 0xe8, 0xff]).await, Fault::NotText);
    assert_eq!(fault(&[0x81, 5, b'a']).await, Fault::Lost);
}

#[tokio::test]
async fn a_message_of_32_mib_is_taken_and_one_byte_more_is_not() {
    let head = |length: usize| [&[0x82, 127][..], &u64::try_from(length).unwrap().to_be_bytes()].concat();
    let most = [head(WEBSOCKET_MESSAGE_BYTES_MAX), vec![7; WEBSOCKET_MESSAGE_BYTES_MAX]].concat();
    let (arrived, _) = read(Role::Client, &most).await;
    assert!(matches!(&arrived[..], [Arrived::Binary(bytes)] if bytes.len() == WEBSOCKET_MESSAGE_BYTES_MAX));
    assert_eq!(fault(&head(WEBSOCKET_MESSAGE_BYTES_MAX + 1)).await, Fault::TooLong);
    assert_eq!(fault(&head(usize::MAX)).await, Fault::TooLong);
    // In pieces it is as long as all of them.
    let pieces = [&[0x02, 1, 7, 0x80, 127][..], &head(WEBSOCKET_MESSAGE_BYTES_MAX)[2..]].concat();
    assert_eq!(fault(&pieces).await, Fault::TooLong);
    assert_eq!(Fault::TooLong.closing().unwrap().code, 1009);
}

#[tokio::test]
async fn a_message_counts_while_it_arrives_and_a_claim_takes_no_room() {
    let account = MemoryAccount::alone(3 * ROOM_BYTES);
    let (mut peer, io) = tokio::io::duplex(16 * ROOM_BYTES);
    let (mut reader, _writer) = split(Box::new(io), Role::Client, account.hold(0).unwrap(), None);
    peer.write_all(&[0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3]).await.unwrap();
    tokio::select! {
        biased;
        _ = reader.next() => panic!("the message is not whole"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(account.total(), ROOM_BYTES);
    drop(reader);
    assert_eq!(account.total(), 0);
    let (mut peer, io) = tokio::io::duplex(16 * ROOM_BYTES);
    let (mut reader, _writer) = split(Box::new(io), Role::Client, account.hold(0).unwrap(), None);
    peer.write_all(&[&[0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0][..], &vec![0; 8 * ROOM_BYTES]].concat())
        .await
        .unwrap();
    assert_eq!(reader.next().await, Err(Fault::NoRoom));
}
