//! The bodies of requests while they arrive. They come at their clients' pace, so they wait where there is most room: beyond a first
//! piece on the disk, in files without a name that are gone with this process. Memory is taken when a body is there as a whole,
//! and what is done with it takes no longer than the node itself does. Who sends slowly, or nothing more, is not waited for.

mod places;
mod received;

use std::{
    error::Error,
    fs::File,
    io::{self, Seek, Write},
    path::PathBuf,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::BytesMut;
use futures_util::{Stream, StreamExt, stream};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyDataStream, BodyExt};
use hyper::body::Bytes;
use mote_store::StoreError;
use multer::{Constraints, Multipart};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Refusal;
use places::{Place, Places};
pub(super) use received::Received;
use received::Unreadable;

/// How long a body may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take in all: the largest upload over a line of a megabit a second.
const WHOLE_MAX: Duration = Duration::from_secs(1_200);
/// So much must come in each stretch of this length: a byte now and then keeps no place.
const STRETCH: Duration = Duration::from_secs(60);
const STRETCH_BYTES: usize = 1 << 20;
/// What of a body is in memory while it arrives. One that is no larger never sees the disk.
const PIECE_BYTES: usize = 256 << 10;
/// How much of a form is looked at at once, at least.
const FORM_PIECE_BYTES: usize = 4 << 20;

const _: () = assert!(
    IDLE_MAX.as_secs() < STRETCH.as_secs() && STRETCH.as_secs() < WHOLE_MAX.as_secs(),
    "a body may pause"
);

/// Where bodies wait.
pub(super) struct Arrivals {
    folder: PathBuf,
    places: Arc<Places>,
}

impl Arrivals {
    /// Bodies that wait in this folder, and take no more of its disk than this.
    pub(super) fn new(folder: PathBuf, disk_bytes_max: usize) -> Self {
        Self { folder, places: Places::new(disk_bytes_max) }
    }

    /// Waits until a body is there as a whole. One that is announced as larger than this is handed on as it is: whoever reads
    /// it has words for that.
    pub(super) async fn receive<B>(
        &self,
        account: &str,
        body: B,
        bytes_max: usize,
    ) -> Result<Received<B>, Refusal>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        if body.is_end_stream() {
            return Ok(Received::Memory(Bytes::new()));
        }
        let announced = body.size_hint().exact();
        if announced.is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > bytes_max)) {
            return Ok(Received::unread(body));
        }
        let bytes = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(bytes_max);
        // What stays in memory takes nothing of the disk.
        let mut place = self.places.enter(account, if bytes > PIECE_BYTES { bytes } else { 0 })?;
        let evicted = place.evicted();
        tokio::select! {
            biased;
            content = self.arrive(body, bytes_max) => Ok(match content? {
                Content::Memory(content) => Received::Memory(content),
                Content::Disk(file) => Received::on_disk(file, place),
            }),
            () = evicted => Err(Refusal::busy(
                "other accounts want to upload something, and this one has most under way: it made room; try again in a moment",
            )),
        }
    }

    async fn arrive<B>(&self, body: B, bytes_max: usize) -> Result<Content, Refusal>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let mut body = pin!(Paced::new(body));
        let (mut piece, mut file, mut bytes) = (BytesMut::new(), None, 0_usize);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| broken(&*error))?.into_data() else { continue };
            bytes = bytes.saturating_add(data.len());
            if bytes > bytes_max {
                return Err(Refusal::too_large(format!("the body has more than {bytes_max} bytes")));
            }
            piece.extend_from_slice(&data);
            if piece.len() > PIECE_BYTES {
                file = Some(self.write(file, piece.split().freeze()).await?);
            }
        }
        match file {
            Some(file) => Ok(Content::Disk(self.write(Some(file), piece.freeze()).await?)),
            None => Ok(Content::Memory(piece.freeze())),
        }
    }

    async fn write(&self, file: Option<Spooled>, piece: Bytes) -> Result<Spooled, Refusal> {
        let folder = self.folder.clone();
        let write = move || {
            let mut spooled = match file {
                Some(file) => file,
                None => Spooled { file: tempfile::tempfile_in(folder)?, bytes: 0 },
            };
            spooled.file.write_all(&piece)?;
            spooled.bytes += piece.len();
            Ok::<_, io::Error>(spooled)
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(Refusal::internal)?;
        written.map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full.into(),
            _ => Refusal::internal(format!("what is uploaded cannot be written: {error}")),
        })
    }
}

/// All of a body.
enum Content {
    Memory(Bytes),
    Disk(Spooled),
}

/// A file that nobody else can open.
pub(super) struct Spooled {
    file: File,
    bytes: usize,
}

impl Spooled {
    /// From its beginning.
    fn rewound(mut self) -> io::Result<File> {
        self.file.rewind()?;
        Ok(self.file)
    }
}

/// A body that must arrive in time. What counts is the time for which the node waits for it, and not what the node itself needs.
struct Paced<B> {
    body: Pin<Box<B>>,
    /// Since when it is waited for; `None` while it is not.
    since: Option<Instant>,
    waited: Duration,
    stretch_waited: Duration,
    stretch_bytes: usize,
    late: Pin<Box<Sleep>>,
}

/// The body was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the body did not arrive in time: it may pause for {} s, must come to a mebibyte in each {} s or end, and take {} s in all",
    IDLE_MAX.as_secs(), STRETCH.as_secs(), WHOLE_MAX.as_secs()
)]
struct Late;

impl<B> Paced<B> {
    fn new(body: B) -> Self {
        let late = Box::pin(sleep_until(Instant::now() + IDLE_MAX));
        let (waited, stretch_waited) = (Duration::ZERO, Duration::ZERO);
        Self { body: Box::pin(body), since: None, waited, stretch_waited, stretch_bytes: 0, late }
    }

    /// Some of it has come.
    fn count(&mut self, bytes: usize) -> Result<(), Late> {
        let waited = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        self.waited += waited;
        self.stretch_waited += waited;
        self.stretch_bytes = self.stretch_bytes.saturating_add(bytes);
        if self.stretch_bytes >= STRETCH_BYTES {
            self.stretch_waited = Duration::ZERO;
            self.stretch_bytes = 0;
        }
        if self.waited >= WHOLE_MAX || self.stretch_waited >= STRETCH { Err(Late) } else { Ok(()) }
    }

    /// It is waited for from now on.
    fn wait(&mut self) {
        if self.since.is_none() {
            let now = Instant::now();
            let left = WHOLE_MAX.saturating_sub(self.waited);
            let left = left.min(IDLE_MAX).min(STRETCH.saturating_sub(self.stretch_waited));
            self.late.as_mut().reset(now + left);
            self.since = Some(now);
        }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = self.body.as_mut().poll_frame(context) {
            let Some(frame) = frame else { return Poll::Ready(None) };
            let frame = frame.map_err(Into::into).and_then(|frame| {
                self.count(frame.data_ref().map_or(0, Bytes::len))?;
                Ok(frame)
            });
            return Poll::Ready(Some(frame));
        }
        self.wait();
        ready!(self.late.as_mut().poll(context));
        Poll::Ready(Some(Err(Late.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A form, to be read part by part.
///
/// Its first piece is there before the reader asks for it. The reader (multer 3.1) asks twice for the first boundary, and takes a body that comes to its
/// end in between for one without any.
pub(super) async fn form<B>(body: B, boundary: String, constraints: Constraints) -> Multipart<'static>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // Of an empty body nothing comes, twice.
    let mut rest = Box::pin(pieces(body).fuse());
    let first = rest.next().await;
    Multipart::with_constraints(stream::iter(first).chain(rest), boundary, constraints)
}

/// A body in large pieces, for the reader of forms: it searches all that it has not taken yet each time that something comes, so
/// that a form in crumbs, which has no end of a part's head, would keep a thread busy with almost nothing sent.
fn pieces<B>(body: B) -> impl Stream<Item = Result<Bytes, Box<dyn Error + Send + Sync>>> + Send
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
{
    let crumbs = Some(Box::pin(BodyDataStream::new(body)));
    stream::unfold(crumbs, |crumbs| async {
        let (mut crumbs, mut piece) = (crumbs?, BytesMut::new());
        while piece.len() < FORM_PIECE_BYTES {
            match crumbs.next().await {
                Some(Ok(bytes)) => piece.extend_from_slice(&bytes),
                Some(Err(error)) => return Some((Err(error.into()), None)),
                None if piece.is_empty() => return None,
                None => return Some((Ok(piece.freeze()), None)),
            }
        }
        Some((Ok(piece.freeze()), Some(crumbs)))
    })
}

/// What a client is told whose body did not arrive whole, or cannot be read any more.
pub(super) fn broken(error: &(dyn Error + 'static)) -> Refusal {
    match error.downcast_ref::<Unreadable>() {
        _ if error.is::<Late>() => Refusal::late(Late.to_string()),
        Some(Unreadable::Io(_) | Unreadable::Short) => Refusal::internal(error),
        Some(Unreadable::Sender(_)) | None => Refusal::invalid("the body broke off"),
    }
}

#[cfg(test)]
mod tests;
