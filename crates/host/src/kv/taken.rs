//! Bodies on their way in: read whole, within a limit and a time, into memory that was set aside for them.

use std::{fmt::Display, pin::pin, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::Problem;
use crate::budget::{Memory, Reserved};

/// How long a body may stand still.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may take in all: it holds memory meanwhile.
const WHOLE_MAX: Duration = Duration::from_secs(600);
/// How long it waits for memory.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How a body is to be taken.
pub(crate) struct Taking<'a> {
    pub(crate) memory: &'a Memory,
    /// Whose share of the memory it takes.
    pub(crate) owner: &'a str,
    pub(crate) bytes_max: usize,
    /// What is set aside for each byte of it.
    pub(crate) times: usize,
    /// What is said of one that is too large; it is given the bytes that were seen of it.
    pub(crate) too_large: fn(u64) -> Problem,
}

impl Taking<'_> {
    /// Reads a body.
    pub(crate) async fn take<B>(&self, body: B) -> Result<(Bytes, Reserved), Problem>
    where
        B: Body,
        B::Error: Display,
    {
        let announced = body.size_hint().exact();
        if let Some(bytes) = announced.filter(|bytes| *bytes > to_u64(self.bytes_max)) {
            return Err((self.too_large)(bytes));
        }
        let expected = announced.and_then(|bytes| usize::try_from(bytes).ok());
        let wanted = expected.unwrap_or(self.bytes_max).saturating_mul(self.times);
        let held = self.memory.reserve_within(self.owner, wanted, WAIT_MAX).await;
        let mut held = held.ok_or_else(Problem::busy)?;
        let bytes = self.read(body, expected.unwrap_or_default()).await?;
        held.shrink(bytes.len().saturating_mul(self.times));
        Ok((bytes, held))
    }

    async fn read<B>(&self, body: B, expected: usize) -> Result<Bytes, Problem>
    where
        B: Body,
        B::Error: Display,
    {
        let (mut body, until) = (pin!(body), Instant::now() + WHOLE_MAX);
        let mut bytes = BytesMut::with_capacity(expected);
        loop {
            let frame = timeout_at(until, timeout(IDLE_MAX, body.frame())).await;
            let Ok(Ok(frame)) = frame else { return Err(Problem::invalid("the body came too slowly")) };
            let Some(frame) = frame else { return Ok(bytes.freeze()) };
            let frame = frame.map_err(|error| Problem::invalid(format!("the body broke off: {error}")))?;
            let Ok(data) = frame.into_data() else { continue };
            let seen = bytes.len().saturating_add(data.remaining());
            if seen > self.bytes_max {
                return Err((self.too_large)(to_u64(seen)));
            }
            bytes.extend_from_slice(&collected(data));
        }
    }
}

fn collected(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
