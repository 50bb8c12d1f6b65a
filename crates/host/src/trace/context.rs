//! An event's place in a distributed trace: W3C Trace Context.

use http::{HeaderMap, HeaderName, HeaderValue};
use ring::rand::{SecureRandom, SystemRandom};

/// The header that carries it.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The most bytes of a `traceparent` that are looked at.
const TRACEPARENT_BYTES_MAX: usize = 128;
/// The bit of the flags by which a caller says that it keeps its own part of the trace.
const SAMPLED: u8 = 1;

/// Who called, as a `traceparent` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The caller's span in it.
    pub span_id: [u8; 8],
    /// The caller's flags.
    pub flags: u8,
}

impl TraceParent {
    /// Reads a header's value; `None` if it is none, and then the event begins a trace of its own.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > TRACEPARENT_BYTES_MAX {
            return None;
        }
        let mut parts = value.split('-');
        let [version] = hex::<1>(parts.next()?)?;
        let (trace_id, span_id) = (hex::<16>(parts.next()?)?, hex::<8>(parts.next()?)?);
        let [flags] = hex::<1>(parts.next()?)?;
        // Later versions may have more parts; the first one has none.
        let sound = version != 0xff && (version != 0 || parts.next().is_none());
        (sound && trace_id != [0; 16] && span_id != [0; 8]).then_some(Self { trace_id, span_id, flags })
    }

    /// Whether the caller keeps its own part of the trace.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

/// The span of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The event's own span.
    pub span_id: [u8; 8],
    /// The caller's span; none if the event began the trace.
    pub parent: Option<[u8; 8]>,
    /// Whether it is kept. One that is not is passed on all the same, so that nobody behind it begins a trace of its own.
    pub is_sampled: bool,
}

impl SpanContext {
    /// A span that goes on with its caller's trace, or begins one. `None` if the system has no random bytes.
    #[must_use]
    pub fn begin(parent: Option<&TraceParent>) -> Option<Self> {
        let mut random = [0_u8; 24];
        SystemRandom::new().fill(&mut random).ok()?;
        let (trace_id, span_id) = random.split_first_chunk::<16>()?;
        let span_id = *span_id.first_chunk::<8>()?;
        Some(Self {
            trace_id: parent.map_or(*trace_id, |parent| parent.trace_id),
            span_id,
            parent: parent.map(|parent| parent.span_id),
            is_sampled: parent.is_none_or(TraceParent::is_sampled),
        })
    }

    /// The same, but not kept.
    #[must_use]
    pub fn left_out(self) -> Self {
        Self { is_sampled: false, ..self }
    }

    /// The `traceparent` by which what this event calls goes on with the trace.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let flags = if self.is_sampled { SAMPLED } else { 0 };
        format!("00-{}-{}-{flags:02x}", hex_of(&self.trace_id), hex_of(&self.span_id))
    }

    /// Has a request that the event makes go on with the trace, unless its worker has said what it goes on with. One that was
    /// only handed on from the event's own request is not what the worker has said.
    pub fn pass_on(&self, headers: &mut HeaderMap) {
        let said = headers.get(TRACEPARENT).map(|value| value.to_str().ok().and_then(TraceParent::parse));
        let own = said.is_some_and(|said| {
            said.is_none_or(|said| said.trace_id != self.trace_id || Some(said.span_id) != self.parent)
        });
        if !own && let Ok(value) = HeaderValue::try_from(self.traceparent()) {
            // A map that has no room for it is longer than any request may be.
            drop(headers.try_insert(TRACEPARENT, value));
        }
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn hex<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    // Capital letters are not allowed.
    data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_caller_is_known_by_its_header() {
        let parent = TraceParent::parse(GOOD).unwrap();
        assert_eq!(hex_of(&parent.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(parent.is_sampled());
        let span = SpanContext::begin(Some(&parent)).unwrap();
        assert_eq!((span.trace_id, span.parent), (parent.trace_id, Some(parent.span_id)));
        assert_ne!(span.span_id, parent.span_id);
        let next = TraceParent::parse(&span.traceparent()).unwrap();
        assert_eq!((next.trace_id, next.span_id), (span.trace_id, span.span_id));
        assert!(!TraceParent::parse(&GOOD.replace("-01", "-00")).unwrap().is_sampled());
        assert!(TraceParent::parse(&GOOD.replace("00-4b", "01-4b")).is_some());
        assert!(
            TraceParent::parse(&GOOD.replace("00-4b", "cc-4b").replace("-01", "-01-what-the-future-brings"))
                .is_some()
        );
    }

    #[test]
    fn a_request_goes_on_with_the_trace_unless_its_worker_says_otherwise() {
        let parent = TraceParent::parse(GOOD).unwrap();
        let span = SpanContext::begin(Some(&parent)).unwrap();
        let passed = |said: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.extend(said.map(|said| (TRACEPARENT, HeaderValue::from_str(said).unwrap())));
            span.pass_on(&mut headers);
            assert_eq!(headers.get_all(TRACEPARENT).iter().count(), 1);
            headers[TRACEPARENT].to_str().unwrap().to_owned()
        };
        assert_eq!(passed(None), span.traceparent());
        assert_eq!(passed(Some(GOOD)), span.traceparent(), "the event's own request, handed on");
        for own in [GOOD.replace("b7-01", "b8-01"), GOOD.replace("4bf9", "4bfa"), "anything".to_owned()] {
            assert_eq!(passed(Some(&own)), own);
        }
        let left_out = span.left_out();
        assert!(!TraceParent::parse(&left_out.traceparent()).unwrap().is_sampled());
        assert!(
            !SpanContext::begin(TraceParent::parse(&left_out.traceparent()).as_ref()).unwrap().is_sampled
        );
    }

    #[test]
    fn what_is_no_traceparent_begins_a_trace() {
        let long = format!("{}-{}", GOOD.replace("00-4b", "01-4b"), "a".repeat(200));
        for bad in [
            "",
            "-",
            "00",
            GOOD.split_at(54).0,
            &format!("{GOOD}-more"),
            &GOOD.to_uppercase(),
            &GOOD.replace("00-4b", "ff-4b"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47é6-00f067aa0ba902b7-01",
            &long,
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
        let (one, other) = (SpanContext::begin(None).unwrap(), SpanContext::begin(None).unwrap());
        assert!(one.parent.is_none() && one.trace_id != other.trace_id && one.span_id != other.span_id);
    }
}
