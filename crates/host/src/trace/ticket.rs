//! What the host knows of an event and its cell must not: who the client is, and the event's place in a trace.
//!
//! The cell gets it as a ticket, sealed with a key that this process alone has, and shows it again when it tells of the event or
//! asks for something in its name. So the host need not remember which events are under way, and for how long. A cell that is
//! lost to an attacker can read none, make none, and show none but those of the same worker.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicU64, Ordering},
};

use data_encoding::BASE64URL_NOPAD;
use http::HeaderValue;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

use super::SpanContext;

const KEY_BYTES: usize = 32;
/// The part of a nonce that is not always zero.
const NUMBER_BYTES: usize = 8;
/// Kinds of address, and what follows; the span's flags, its trace, itself, its parent. All tickets are of one length.
const PLAIN_BYTES: usize = 1 + 16 + 1 + 16 + 8 + 8;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = NUMBER_BYTES + PLAIN_BYTES + TAG_BYTES;

const NO_ADDRESS: u8 = 0;
const IPV4: u8 = 4;
const IPV6: u8 = 6;

const HAS_SPAN: u8 = 1;
const HAS_PARENT: u8 = 2;
const SAMPLED: u8 = 4;

/// What is known of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticket {
    /// Who asked.
    pub client: Option<IpAddr>,
    /// Its place in a trace, if spans are sent.
    pub span: Option<SpanContext>,
}

/// The key of this process.
pub struct Tickets {
    key: LessSafeKey,
    /// Tickets so far. No number is used twice under one key.
    sealed: AtomicU64,
}

impl Tickets {
    /// A new key; `None` if the system has no random bytes.
    #[must_use]
    pub fn new() -> Option<Self> {
        let mut key = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).ok()?;
        let key = UnboundKey::new(&AES_256_GCM, &key).ok()?;
        Some(Self { key: LessSafeKey::new(key), sealed: AtomicU64::new(0) })
    }

    /// Seals what is known of an event of this worker.
    #[must_use]
    pub fn seal(&self, worker: &str, ticket: &Ticket) -> Option<HeaderValue> {
        let number = self.sealed.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut plain = plain_of(ticket);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(number)?, Aad::from(worker.as_bytes()), &mut plain)
            .ok()?;
        let sealed = [number.as_slice(), &plain, tag.as_ref()].concat();
        HeaderValue::try_from(BASE64URL_NOPAD.encode(&sealed)).ok()
    }

    /// Opens a ticket of this worker's; `None` if it is none.
    #[must_use]
    pub fn open(&self, worker: &str, shown: &str) -> Option<Ticket> {
        if shown.len() > SEALED_BYTES * 2 {
            return None;
        }
        let sealed = BASE64URL_NOPAD.decode(shown.as_bytes()).ok()?;
        let (number, sealed) = sealed.split_first_chunk::<NUMBER_BYTES>()?;
        let mut sealed = sealed.to_vec();
        let plain =
            self.key.open_in_place(nonce(*number)?, Aad::from(worker.as_bytes()), &mut sealed).ok()?;
        read(plain)
    }
}

fn nonce(number: [u8; NUMBER_BYTES]) -> Option<Nonce> {
    let mut nonce = [0; NONCE_LEN];
    *nonce.last_chunk_mut()? = number;
    Some(Nonce::assume_unique_for_key(nonce))
}

fn plain_of(ticket: &Ticket) -> Vec<u8> {
    let (kind, address) = match ticket.client {
        None => (NO_ADDRESS, [0; 16]),
        Some(IpAddr::V4(address)) => (IPV4, address.to_ipv6_mapped().octets()),
        Some(IpAddr::V6(address)) => (IPV6, address.octets()),
    };
    let mut plain = Vec::with_capacity(PLAIN_BYTES);
    plain.push(kind);
    plain.extend(address);
    let Some(span) = &ticket.span else {
        plain.resize(PLAIN_BYTES, 0);
        return plain;
    };
    let parent = if span.parent.is_some() { HAS_PARENT } else { 0 };
    let sampled = if span.is_sampled { SAMPLED } else { 0 };
    plain.push(HAS_SPAN | parent | sampled);
    plain.extend(span.trace_id);
    plain.extend(span.span_id);
    plain.extend(span.parent.unwrap_or_default());
    plain
}

fn read(plain: &[u8]) -> Option<Ticket> {
    let (kind, plain) = plain.split_first()?;
    let (address, plain) = plain.split_first_chunk::<16>()?;
    let (flags, plain) = plain.split_first()?;
    let (trace_id, plain) = plain.split_first_chunk::<16>()?;
    let (span_id, plain) = plain.split_first_chunk::<8>()?;
    let parent = *plain.first_chunk::<8>()?;
    let address = Ipv6Addr::from(*address);
    let client = match *kind {
        IPV4 => Some(IpAddr::V4(address.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED))),
        IPV6 => Some(IpAddr::V6(address)),
        _ => None,
    };
    let span = (flags & HAS_SPAN != 0).then(|| SpanContext {
        trace_id: *trace_id,
        span_id: *span_id,
        parent: (flags & HAS_PARENT != 0).then_some(parent),
        is_sampled: flags & SAMPLED != 0,
    });
    Some(Ticket { client, span })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Ticket> {
        let span = SpanContext::begin(None).unwrap();
        let spans = [
            None,
            Some(span),
            Some(SpanContext { parent: Some([7; 8]), ..span }),
            Some(SpanContext { is_sampled: false, ..span }),
        ];
        let clients = [None, Some("192.0.2.1"), Some("::ffff:192.0.2.1"), Some("2001:db8::1")];
        let clients = clients.map(|client| client.map(|text| text.parse().unwrap()));
        spans.into_iter().flat_map(|span| clients.map(|client| Ticket { client, span })).collect()
    }

    #[test]
    fn a_ticket_says_what_was_sealed_and_all_look_alike() {
        let tickets = Tickets::new().unwrap();
        let mut seen = std::collections::HashSet::new();
        for ticket in some() {
            let sealed = tickets.seal("shop", &ticket).unwrap();
            let sealed = sealed.to_str().unwrap();
            assert_eq!(tickets.open("shop", sealed), Some(ticket));
            assert_eq!(sealed.len(), 99, "its length tells nothing");
            assert!(seen.insert(sealed.to_owned()));
        }
    }

    #[test]
    fn nobody_opens_a_ticket_of_another_worker_or_of_another_process_or_a_spoilt_one() {
        let (tickets, others) = (Tickets::new().unwrap(), Tickets::new().unwrap());
        let sealed = tickets.seal("shop", &some()[5]).unwrap();
        let sealed = sealed.to_str().unwrap();
        assert_eq!(tickets.open("blog", sealed), None);
        assert_eq!(others.open("shop", sealed), None);
        for at in 0..sealed.len() {
            let mut spoilt = sealed.as_bytes().to_vec();
            spoilt[at] = if spoilt[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(tickets.open("shop", std::str::from_utf8(&spoilt).unwrap()), None, "{at}");
        }
        for wrong in ["", "AAAA", "é", &"A".repeat(99), &"A".repeat(100_000)] {
            assert_eq!(tickets.open("shop", wrong), None);
        }
    }
}
