use std::convert::Infallible;

use http_body_util::{BodyExt, StreamBody};

use super::*;

const MIB: usize = 1 << 20;

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>;

fn arrivals() -> (tempfile::TempDir, Arrivals) {
    let folder = tempfile::tempdir().unwrap();
    let arrivals = Arrivals::new(folder.path().to_owned(), 100 * MIB);
    (folder, arrivals)
}

/// So many bytes after each of these pauses, then silence.
fn slow(pauses: impl Iterator<Item = Duration> + Send + 'static, bytes: usize) -> StreamBody<Frames> {
    let frames = stream::iter(pauses).then(move |pause| async move {
        tokio::time::sleep(pause).await;
        Ok(Frame::data(Bytes::from(vec![b'x'; bytes])))
    });
    StreamBody::new(Box::pin(frames.chain(stream::pending())))
}

/// What counts up, in frames of this size.
fn counting(bytes: usize, frame_bytes: usize) -> StreamBody<Frames> {
    let content: Vec<u8> = (0..bytes).map(|at| (at / 7).to_le_bytes()[0]).collect();
    let frames: Vec<_> =
        content.chunks(frame_bytes).map(|frame| Ok(Frame::data(frame.to_vec().into()))).collect();
    StreamBody::new(Box::pin(stream::iter(frames)))
}

async fn late_after(body: StreamBody<Frames>) -> u64 {
    let (_folder, arrivals) = arrivals();
    let begun = Instant::now();
    let refused = arrivals.receive("acme", body, 100 * MIB).await.err().unwrap();
    assert_eq!(refused.status, http::StatusCode::REQUEST_TIMEOUT, "{}", refused.message);
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_falls_silent_is_late() {
    assert_eq!(late_after(slow(std::iter::empty(), 1)).await, IDLE_MAX.as_secs());
    let pauses = std::iter::repeat_n(Duration::from_secs(20), 2);
    assert_eq!(late_after(slow(pauses, 1)).await, 60, "the stretch ends before the silence");
    let pauses = std::iter::repeat_n(Duration::from_secs(29), 5);
    assert_eq!(late_after(slow(pauses, 2 * MIB)).await, 5 * 29 + IDLE_MAX.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_keeps_no_place() {
    assert_eq!(late_after(slow(std::iter::repeat(Duration::from_secs(7)), 1)).await, STRETCH.as_secs());
    // What has come fast before buys no time.
    let pauses = std::iter::repeat_n(Duration::ZERO, 90).chain(std::iter::repeat(Duration::from_secs(1)));
    let body = slow(pauses, MIB / 100);
    assert!(late_after(body).await <= 2 * STRETCH.as_secs() + 1);
}

#[tokio::test(start_paused = true)]
async fn the_slowest_that_is_taken_ends_some_time() {
    let pauses = std::iter::repeat(Duration::from_secs(25));
    assert_eq!(late_after(slow(pauses, MIB)).await, WHOLE_MAX.as_secs());
}

#[tokio::test]
async fn a_body_is_the_same_in_memory_and_on_the_disk() {
    let (folder, arrivals) = arrivals();
    for bytes in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 5, 5 * MIB] {
        for frame_bytes in [1_000, 70_000, 10 * MIB] {
            let sent = BodyExt::collect(counting(bytes, frame_bytes)).await.unwrap().to_bytes();
            let received = arrivals.receive("acme", counting(bytes, frame_bytes), 6 * MIB).await.unwrap();
            assert_eq!((received.bytes(), received.size_hint().exact()), (Some(bytes), Some(bytes as u64)));
            assert_eq!(matches!(received, Received::Disk { .. }), bytes > PIECE_BYTES, "{bytes}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
            assert!(received.collect().await.unwrap().to_bytes() == sent, "{bytes} in {frame_bytes}");
        }
    }
}

#[tokio::test]
async fn one_byte_too_many_is_refused_and_what_says_so_before_is_not_read() {
    let (_folder, arrivals) = arrivals();
    arrivals.receive("acme", counting(MIB, 1_000), MIB).await.unwrap();
    let refused = arrivals.receive("acme", counting(MIB + 1, 1_000), MIB).await.err().unwrap();
    assert_eq!(refused.status, http::StatusCode::PAYLOAD_TOO_LARGE);
    let announced = http_body_util::Full::new(Bytes::from(vec![0; 11]));
    let unread = arrivals.receive("acme", announced, 10).await.unwrap();
    assert_eq!((unread.bytes(), unread.size_hint().exact()), (None, Some(11)));
    assert_eq!(unread.collect().await.unwrap().to_bytes().len(), 11);
}

#[tokio::test]
async fn a_full_disk_is_said_and_a_missing_folder_is_our_fault() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Arrivals::new(folder.path().join("none"), 100 * MIB);
    let refused = nowhere.receive("acme", counting(MIB, 1_000), MIB).await.err().unwrap();
    assert_eq!(refused.status, http::StatusCode::INTERNAL_SERVER_ERROR);
    let small = nowhere.receive("acme", counting(1_000, 100), MIB).await.unwrap();
    assert_eq!(small.bytes(), Some(1_000), "it needs no disk");
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_gives_way_when_others_want_its_place() {
    let (_folder, arrivals) = arrivals();
    let endless = || slow(std::iter::repeat(Duration::from_secs(1)), MIB);
    let slow = arrivals.receive("evil", endless(), 90 * MIB);
    tokio::pin!(slow);
    assert!(futures_util::poll!(slow.as_mut()).is_pending());
    let other = arrivals.receive("acme", counting(5 * MIB, 100_000), 6 * MIB).await.unwrap();
    assert!(futures_util::poll!(slow.as_mut()).is_pending(), "there is room for both");
    let third = arrivals.receive("third", counting(5 * MIB, 100_000), 6 * MIB).await.unwrap();
    let refused = slow.await.err().unwrap();
    assert_eq!(refused.status, http::StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.message.contains("made room"), "{}", refused.message);
    assert_eq!((other.bytes(), third.bytes()), (Some(5 * MIB), Some(5 * MIB)));
}

#[tokio::test]
async fn crumbs_come_in_large_pieces_and_nothing_is_lost() {
    let crumb = |n: usize| Ok::<_, Infallible>(Frame::data(Bytes::from(vec![n.to_le_bytes()[0]; 100])));
    let most = FORM_PIECE_BYTES / 100 + 1;
    for (crumbs, expected) in [(0, 0), (1, 1), (1_000, 1), (most, 1), (most + 1, 2)] {
        let body = StreamBody::new(stream::iter((0..crumbs).map(crumb)));
        let pieces: Vec<Bytes> = pieces(body).map(Result::unwrap).collect().await;
        assert_eq!(pieces.len(), expected, "{crumbs}");
        let whole = pieces.concat();
        assert!(whole.iter().enumerate().all(|(at, byte)| *byte == (at / 100).to_le_bytes()[0]));
        assert_eq!(whole.len(), crumbs * 100);
    }
}

/// It came while the reader of forms was looking, which took it for a form without an end once in a thousand uploads.
#[tokio::test]
async fn a_form_that_comes_between_two_looks_is_whole() {
    const FORM: &str = "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--x--\r\n";
    let (mut looks, mut left) = (0, Some(FORM));
    let body = stream::poll_fn(move |context| {
        looks += 1;
        if looks == 1 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(left.take().map(|form| Ok::<_, Infallible>(Frame::data(Bytes::from(form)))))
    });
    let mut form = form(StreamBody::new(body), "x".to_owned(), Constraints::new()).await;
    let part = form.next_field().await.unwrap().expect("it has a part");
    assert_eq!(part.text().await.unwrap(), "hello");
    assert!(form.next_field().await.unwrap().is_none());
}
