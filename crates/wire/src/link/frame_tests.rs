use super::*;

fn head() -> RequestHead {
    let mut headers = HeaderMap::new();
    headers.append("host", HeaderValue::from_static("a.example"));
    headers.append("x-two", HeaderValue::from_static("1"));
    headers.append("x-two", HeaderValue::from_bytes(b"\xe4").unwrap());
    let (method, url) = (Method::PUT, "http://a.example/ä?b".to_owned());
    RequestHead {
        worker: 7,
        kind: Kind::Fetch,
        upgrade: false,
        method,
        url,
        target: "SHOP".to_owned(),
        headers,
    }
}

fn whole(text: &'static str) -> BodyStart {
    BodyStart { length: Some(text.len() as u64), inline: Bytes::from_static(text.as_bytes()), ended: true }
}

fn put(out: &mut BytesMut, exchange: u64, head: &RequestHead, body: &BodyStart) {
    let RequestHead { worker, kind, upgrade, method, url, target, headers } = head;
    let head = Head { worker: *worker, kind: *kind, method, url, headers, upgrade: *upgrade, target };
    put_request(out, exchange, &head, body);
}

fn request() -> BytesMut {
    let mut out = BytesMut::new();
    put(&mut out, 6, &head(), &whole("hello"));
    out
}

#[test]
fn what_is_written_is_read() {
    let mut out = request();
    let response =
        ResponseHead { status: StatusCode::OK, reason: Some("Fine".into()), headers: head().headers };
    let open = BodyStart { length: None, inline: Bytes::from_static(b"he"), ended: false };
    put_response(&mut out, 1, &response, &open);
    put_fail(&mut out, 2, b"no");
    put_data(&mut out, 3, &vec![7; DATA_BYTES_MAX]);
    put_end(&mut out, 4);
    put_broken(&mut out, 5, &BodyError::Aborted { reason: "because".into() });
    put_credit(&mut out, 6, 70_000);
    put_stop(&mut out, 7);
    put_cancel(&mut out, u64::MAX);
    let mut next = || take(&mut out).unwrap().unwrap();
    assert!(matches!(next(), (6, Frame::Request(read, body)) if read == head() && body == whole("hello")));
    assert!(matches!(next(), (1, Frame::Response(read, body)) if read == response && body == open));
    assert!(matches!(next(), (2, Frame::Fail(bytes)) if bytes == "no"));
    assert!(matches!(next(), (3, Frame::Data(bytes)) if bytes.len() == DATA_BYTES_MAX && bytes[9] == 7));
    assert!(matches!(next(), (4, Frame::End)));
    assert!(matches!(next(), (5, Frame::Broken(BodyError::Aborted { reason })) if reason == "because"));
    assert!(matches!(next(), (6, Frame::Credit(70_000))));
    assert!(matches!(next(), (7, Frame::Stop)));
    assert!(matches!(next(), (u64::MAX, Frame::Cancel)));
    assert!(out.is_empty());
}

#[test]
fn a_frame_that_is_not_all_there_waits() {
    let whole = request();
    for end in 0..whole.len() {
        let mut part = BytesMut::from(&whole[..end]);
        assert!(matches!(take(&mut part), Ok(None)), "{end} bytes");
    }
}

#[test]
fn a_payload_that_ends_early_is_malformed() {
    let whole = request();
    for end in FRAME_HEAD..whole.len() {
        let mut part = BytesMut::from(&whole[..end]);
        part[..4].copy_from_slice(&u32::try_from(end - FRAME_HEAD).unwrap().to_be_bytes());
        assert_eq!(take(&mut part).unwrap_err(), Violation::Malformed { kind: 1 }, "{end} bytes");
    }
}

#[test]
fn lengths_are_not_believed() {
    for (kind, length_max) in [(3, FAILURE_BYTES_MAX), (4, DATA_BYTES_MAX), (5, 0), (7, 4), (9, 0)] {
        let mut frame = BytesMut::new();
        frame.put_u32(u32::try_from(length_max + 1).unwrap());
        frame.put_u8(kind);
        frame.put_bytes(0, 11);
        let expected = Violation::FrameTooLong { kind, length: length_max + 1 };
        assert_eq!(take(&mut frame).unwrap_err(), expected);
    }
    let mut unknown = BytesMut::from(&[0, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]);
    assert_eq!(take(&mut unknown).unwrap_err(), Violation::UnknownFrame { kind: 77 });
}

#[test]
fn a_body_is_not_longer_than_it_says() {
    let mut out = BytesMut::new();
    let longer = BodyStart { length: Some(3), inline: Bytes::from_static(b"four"), ended: false };
    put(&mut out, 0, &head(), &longer);
    let shorter = BodyStart { length: Some(9), inline: Bytes::from_static(b"four"), ended: true };
    put(&mut out, 0, &head(), &shorter);
    assert_eq!(take(&mut out).unwrap_err(), Violation::Malformed { kind: 1 });
    assert_eq!(take(&mut out).unwrap_err(), Violation::Malformed { kind: 1 });
}

#[test]
fn the_bytes_stay_as_they_are() {
    let mut out = BytesMut::new();
    let head = RequestHead {
        headers: HeaderMap::new(),
        url: "u".into(),
        target: "t".into(),
        method: Method::GET,
        ..head()
    };
    put(&mut out, 2, &head, &whole(""));
    let expected: &[u8] = &[
        0, 0, 0, 32, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        2, // 32 bytes, a request, with a length and ended, exchange 2
        0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, // worker 7, fetch, no bytes of body
        0, 0, 0, 3, b'G', b'E', b'T', 0, 0, 0, 1, b'u', // method, URL
        0, 0, 0, 1, b't', 0, 0, // target, no headers
    ];
    assert_eq!(&out[..], expected);
}
