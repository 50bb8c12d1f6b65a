//! What a host's end of a link holds of what has come, whatever a lost cell sends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

use std::{cell::RefCell, future::Future, rc::Rc, time::Duration};

use http_body_util::BodyExt;
use mote_wire::link::{Ended, Link, LinkOptions, Receiver, Reply, Request, Side};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split},
    task::{JoinHandle, LocalSet, spawn_local},
};

const HELD_BYTES_MAX: usize = 1 << 20;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let test = async { tokio::time::timeout(Duration::from_secs(60), test).await.expect("it ends in time") };
    LocalSet::new().block_on(&runtime, test);
}

type Kept = Rc<RefCell<Vec<(Request, Reply)>>>;

/// Keeps what comes, and reads none of it.
struct Keeps(Kept);

impl Receiver for Keeps {
    fn request(&self, request: Request, reply: Reply) {
        self.0.borrow_mut().push((request, reply));
    }
}

struct Host {
    link: Link,
    kept: Kept,
    ended: JoinHandle<Ended>,
    /// How many requests were failed, as the cell sees it.
    failed: Rc<RefCell<usize>>,
}

/// A host's end, and the cell's end of the socket to write to.
fn host() -> (Host, tokio::io::WriteHalf<DuplexStream>) {
    let (cell, socket) = duplex(1 << 20);
    let options = LinkOptions { side: Side::Host, streams_max: 16_384, held_bytes_max: HELD_BYTES_MAX };
    let (link, driver) = Link::new(options);
    let (kept, failed) = (Kept::default(), Rc::new(RefCell::new(0)));
    let keeps = Keeps(kept.clone());
    let ended = spawn_local(async move { driver.run(socket, keeps).await });
    let (mut read, write) = split(cell);
    let counting = failed.clone();
    spawn_local(async move {
        let mut head = [0; 16];
        while read.read_exact(&mut head).await.is_ok() {
            let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).unwrap();
            read.read_exact(&mut vec![0; length]).await.unwrap();
            *counting.borrow_mut() += usize::from(head[4] == 3);
        }
    });
    (Host { link, kept, ended, failed }, write)
}

fn frame(kind: u8, flags: u8, exchange: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend([kind, flags, 0, 0]);
    bytes.extend(exchange.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The cell's `index`th request, whose body is to come, with a header of so many bytes.
fn subrequest(index: u64, header_bytes: usize) -> Vec<u8> {
    let mut payload = vec![0, 0, 0, 3, 0];
    payload.extend([0, 0, 0, 4, b'P', b'O', b'S', b'T', 0, 0, 0, 1, b'u', 0, 0, 0, 0, 0, 1, 0, 1, b'h']);
    payload.extend(u32::try_from(header_bytes).unwrap().to_be_bytes());
    payload.resize(payload.len() + header_bytes, b'x');
    frame(1, 0, index * 2 + 1, &payload)
}

fn data(index: u64, bytes: usize) -> Vec<u8> {
    frame(4, 0, index * 2 + 1, &vec![b'x'; bytes])
}

/// Until the host has taken all that was written: it answers in turn.
async fn settle(host: &Host) {
    let mut before = usize::MAX;
    while std::mem::replace(&mut before, host.link.held_bytes()) != host.link.held_bytes() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!host.ended.is_finished(), "the link goes on");
}

#[test]
fn bodies_that_nobody_reads_never_take_more_than_there_is_room_for() {
    run(async {
        // Each within its window: many tiny pieces, which take far more than their bytes, and few large ones.
        for (pieces, bytes) in [(1_000, 1), (2, 60_000)] {
            let (host, mut cell) = host();
            for index in 0..400 {
                cell.write_all(&subrequest(index, 1)).await.unwrap();
                cell.write_all(&data(index, bytes).repeat(pieces)).await.unwrap();
                assert!(host.link.held_bytes() <= HELD_BYTES_MAX + 64 * 1024, "{}", host.link.held_bytes());
            }
            settle(&host).await;
            let (mut whole, mut broken) = (0, 0);
            let kept = std::mem::take(&mut *host.kept.borrow_mut());
            for (request, _reply) in kept {
                let mut body = request.body;
                let mut read = 0;
                // What is there is read; one that goes on has nothing more for now.
                let end = loop {
                    match tokio::time::timeout(Duration::from_millis(1), body.frame()).await {
                        Ok(Some(Ok(frame))) => read += frame.into_data().unwrap().len(),
                        Ok(Some(Err(_))) => break Some(()),
                        Ok(None) => panic!("no body has ended"),
                        Err(_) => break None,
                    }
                };
                whole += usize::from(end.is_none() && read == pieces * bytes);
                broken += usize::from(end.is_some());
            }
            assert!(whole > 0 && broken > 100, "{whole} {broken}");
            settle(&host).await;
            assert_eq!(host.link.held_bytes(), 0, "all of it is free again");
        }
    });
}

#[test]
fn heads_that_nobody_takes_never_take_more_than_there_is_room_for() {
    run(async {
        let (host, mut cell) = host();
        for index in 0..1_000 {
            cell.write_all(&subrequest(index, 10_000)).await.unwrap();
            assert!(host.link.held_bytes() <= HELD_BYTES_MAX + 20_000, "{}", host.link.held_bytes());
        }
        settle(&host).await;
        let kept = host.kept.borrow().len();
        assert!((50..200).contains(&kept), "{kept}");
        assert_eq!(*host.failed.borrow(), 1_000 - kept, "the others were failed at once");
        host.kept.borrow_mut().clear();
        settle(&host).await;
        cell.write_all(&subrequest(1_000, 10_000)).await.unwrap();
        settle(&host).await;
        assert_eq!(host.kept.borrow().len(), 1, "there is room again");
    });
}

#[test]
fn whoever_reads_what_comes_goes_on_while_others_let_theirs_lie() {
    run(async {
        let (host, mut cell) = host();
        cell.write_all(&subrequest(0, 1)).await.unwrap();
        settle(&host).await;
        let (reader, _reply) = host.kept.borrow_mut().pop().unwrap();
        let reading =
            spawn_local(async move { reader.body.collect().await.map(|body| body.to_bytes().len()) });
        for index in 1..200 {
            cell.write_all(&subrequest(index, 1)).await.unwrap();
            cell.write_all(&data(index, 60_000).repeat(2)).await.unwrap();
            cell.write_all(&data(0, 500).repeat(20)).await.unwrap();
        }
        settle(&host).await;
        assert!(host.link.held_bytes() > HELD_BYTES_MAX / 2, "{}", host.link.held_bytes());
        cell.write_all(&frame(5, 0, 1, b"")).await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 199 * 20 * 500);
    });
}

/// Numbers that are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % bound
    }
}

#[test]
fn no_order_of_frames_and_readers_makes_a_host_lose_count() {
    run(async {
        for seed in 0..20 {
            let (host, mut cell) = host();
            let mut random = Seeded(seed);
            let mut begun = 0_u64;
            // How much of each body's window is left.
            let mut windows: Vec<usize> = Vec::new();
            for _ in 0..400 {
                let at = random.below(windows.len().max(1));
                let index = u64::try_from(at).unwrap();
                match random.below(10) {
                    0..=2 => {
                        cell.write_all(&subrequest(begun, 1 + random.below(3_000))).await.unwrap();
                        windows.push(128 << 10);
                        begun += 1;
                    }
                    3..=6 if begun > 0 => {
                        let bytes = random.below(60_000).min(windows[at]);
                        windows[at] -= bytes;
                        cell.write_all(&data(index, bytes)).await.unwrap();
                    }
                    7 if begun > 0 => {
                        // An end, a broken body, nobody who wants the answer, or a request that is given up.
                        let kind = [5, 6, 8, 9][random.below(4)];
                        let payload: &[u8] = if kind == 6 { b"\x01" } else { b"" };
                        cell.write_all(&frame(kind, 0, index * 2 + 1, payload)).await.unwrap();
                    }
                    _ => {
                        let waiting = host.kept.borrow().len();
                        if waiting == 0 {
                            continue;
                        }
                        let (request, reply) = host.kept.borrow_mut().swap_remove(random.below(waiting));
                        match random.below(3) {
                            0 => drop((request, reply)),
                            1 => drop(reply),
                            _ => {
                                // It reads what is there, and then leaves.
                                let mut body = request.body;
                                let _ = tokio::time::timeout(Duration::from_millis(1), body.frame()).await;
                                reply.respond(http::Response::new(mote_wire::http::empty()));
                            }
                        }
                    }
                }
                assert!(!host.ended.is_finished(), "seed {seed}: no frame of these is an offence");
                assert!(host.link.held_bytes() <= HELD_BYTES_MAX + (64 << 10), "seed {seed}");
            }
            settle(&host).await;
            host.kept.borrow_mut().clear();
            // Those whose answer has left and whose body goes on: nobody reads them any more.
            for index in 0..begun {
                cell.write_all(&frame(9, 0, index * 2 + 1, b"")).await.unwrap();
            }
            settle(&host).await;
            assert_eq!(host.link.held_bytes(), 0, "seed {seed}");
        }
    });
}
