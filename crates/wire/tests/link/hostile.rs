//! Ends that meet a peer who does what it must not.

use super::*;

/// What a host's end makes of bytes from a lost cell.
async fn host_reads(bytes: &[u8]) -> Ended {
    let (mut cell, host_socket) = tokio::io::duplex(1 << 20);
    let (host, driver) = Link::new(options(Side::Host));
    let kept = Rc::new(std::cell::RefCell::new(Vec::new()));
    let keep = kept.clone();
    let running =
        driver.run(host_socket, Handler(move |request, reply| keep.borrow_mut().push((request, reply))));
    let waiting = host.request(request(empty()));
    let sending = async {
        let _ = cell.write_all(bytes).await;
        let _ = cell.shutdown().await;
        // What comes back is read, so that nobody waits for that.
        let _ = cell.read_to_end(&mut Vec::new()).await;
    };
    let ((), ended) = tokio::join!(sending, running);
    // It ends too, with an answer or without.
    drop(waiting.await);
    ended
}

fn frame(kind: u8, flags: u8, exchange: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend([kind, flags, 0, 0]);
    bytes.extend(exchange.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A subrequest of a cell's, without a body if it has ended.
fn subrequest(exchange: u64, flags: u8) -> Vec<u8> {
    let mut payload = vec![0, 0, 0, 3, 0];
    payload.extend([0, 0, 0, 3, b'G', b'E', b'T', 0, 0, 0, 1, b'u', 0, 0, 0, 0, 0, 0]);
    frame(1, flags, exchange, &payload)
}

/// What a lost cell sends, and which violation that is.
type Case = (&'static str, Vec<u8>, fn(&Violation) -> bool);

#[test]
fn a_lost_cell_gets_nowhere_with_frames_that_no_cell_sends() {
    run(async {
        let answer = |flags| frame(2, flags, 0, &[0, 200, 0, 0]);
        let cases: Vec<Case> = vec![
            ("garbage", vec![0xa5; 100], |v| {
                matches!(v, Violation::UnknownFrame { .. } | Violation::FrameTooLong { .. })
            }),
            ("a skipped number", subrequest(3, 1), |v| matches!(v, Violation::WrongExchange { next: 0, .. })),
            ("the host's number", subrequest(0, 1), |v| matches!(v, Violation::WrongExchange { .. })),
            ("a number twice", [subrequest(1, 1), subrequest(1, 1)].concat(), |v| {
                matches!(v, Violation::WrongExchange { next: 1, .. })
            }),
            ("an answer to nothing", frame(2, 1, 2, &[0, 200, 0, 0]), |v| {
                matches!(v, Violation::WrongExchange { .. })
            }),
            (
                "an answer to its own request",
                [subrequest(1, 0), frame(2, 1, 1, &[0, 200, 0, 0])].concat(),
                |v| matches!(v, Violation::OutOfTurn { .. }),
            ),
            ("a second answer", [answer(0), answer(0)].concat(), |v| {
                matches!(v, Violation::OutOfTurn { .. })
            }),
            ("a body before its head", frame(4, 0, 0, b"x"), |v| matches!(v, Violation::OutOfTurn { .. })),
            ("a switch that nobody asked for", frame(2, 0, 0, &[0, 101, 0, 0]), |v| {
                matches!(v, Violation::OutOfTurn { .. })
            }),
            ("more credit than there is", [subrequest(1, 1), frame(7, 0, 1, &[0, 0, 0, 1])].concat(), |v| {
                matches!(v, Violation::TooMuch { .. })
            }),
            (
                "more bytes than were asked for",
                [
                    subrequest(1, 0),
                    frame(4, 0, 1, &[0; 65_536]),
                    frame(4, 0, 1, &[0; 65_536]),
                    frame(4, 0, 1, b"x"),
                ]
                .concat(),
                |v| matches!(v, Violation::TooMuch { bytes: 1, .. }),
            ),
            (
                "too many at once",
                (0..=STREAMS_MAX as u64).flat_map(|n| subrequest(n * 2 + 1, 1)).collect(),
                |v| matches!(v, Violation::TooManyExchanges { .. }),
            ),
            ("a frame of 4 GiB", [255, 255, 255, 255, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec(), |v| {
                matches!(v, Violation::FrameTooLong { .. })
            }),
        ];
        for (what, bytes, expected) in cases {
            let ended = host_reads(&bytes).await;
            assert!(
                matches!(&ended, Ended::Violation(violation) if expected(violation)),
                "{what}: {ended:?}"
            );
        }
    });
}

#[test]
fn frames_that_cross_on_their_way_do_no_harm() {
    run(async {
        let late = [
            subrequest(1, 1),
            frame(9, 0, 1, b""),
            frame(4, 0, 1, b"late"),
            frame(5, 0, 1, b""),
            frame(7, 0, 1, &[0, 0, 0, 9]),
            frame(8, 0, 1, b""),
            frame(9, 0, 1, b""),
        ];
        let ended = host_reads(&late.concat()).await;
        assert!(matches!(ended, Ended::Closed), "{ended:?}");
        let floods: Vec<u8> = (0..5_000_u64)
            .flat_map(|n| [subrequest(n * 2 + 1, 1), frame(9, 0, n * 2 + 1, b"")].concat())
            .collect();
        let ended = host_reads(&floods).await;
        assert!(matches!(ended, Ended::Closed), "{ended:?}");
    });
}

/// Numbers that are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[test]
fn no_bytes_whatever_make_a_host_panic() {
    run(async {
        let mut random = Seeded(42);
        for round in 0..3_000 {
            let mut bytes = Vec::new();
            let mut next = 0;
            for _ in 0..random.below(12) {
                let exchange = if random.below(4) == 0 { 0 } else { random.below(next + 1) * 2 + 1 };
                let length = usize::try_from(random.below(40)).unwrap();
                let payload: Vec<u8> = (0..length).map(|_| random.next().to_be_bytes()[0]).collect();
                let kind = u8::try_from(1 + random.below(9)).unwrap();
                bytes.extend(match random.below(3) {
                    0 => {
                        next += 1;
                        subrequest(next * 2 - 1, u8::try_from(random.below(4)).unwrap())
                    }
                    1 => frame(2, 1, 0, &[0, 200, 0, 0]),
                    _ => frame(kind, u8::try_from(random.below(9)).unwrap(), exchange, &payload),
                });
            }
            for _ in 0..random.below(3) {
                if let Some(at) = usize::try_from(random.below(bytes.len().max(1) as u64))
                    .ok()
                    .filter(|at| *at < bytes.len())
                {
                    bytes[at] = random.next().to_be_bytes()[0];
                }
            }
            // A panic fails the test; the round says which bytes they were.
            let ended = host_reads(&bytes).await;
            drop((round, ended));
        }
    });
}
