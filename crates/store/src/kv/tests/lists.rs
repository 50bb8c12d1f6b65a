//! Lists: in the order of bytes, whole over all their parts, whatever happens between two of them.

use super::*;

impl Fixture {
    fn keys(&self, prefix: &str, keys_max: usize, cursor: Option<&str>) -> (Vec<String>, Option<String>) {
        let page = self.kv.list("n1", prefix, keys_max, cursor).unwrap();
        (page.keys.into_iter().map(|key| key.name).collect(), page.cursor)
    }

    fn all(&self, prefix: &str, keys_max: usize) -> Vec<String> {
        let (mut all, mut cursor) = self.keys(prefix, keys_max, None);
        while let Some(at) = cursor {
            let (more, next) = self.keys(prefix, keys_max, Some(&at));
            all.extend(more);
            cursor = next;
        }
        all
    }
}

const ODD: [&str; 13] =
    ["\0", "\0\0", "\u{1}", " ", "%", "A", "a", "a\0", "a/b", "a\u{10ffff}", "b", "ÿ", "\u{10ffff}"];

#[test]
fn keys_come_in_the_order_of_their_bytes_in_parts_of_any_size() {
    let fixture = fixture();
    fixture.put("n1", ODD.iter().rev().map(|key| pair(key, "v")).collect()).unwrap();
    fixture.create("acme", "n2", "two").unwrap();
    fixture.put("n2", vec![pair("a", "another's")]).unwrap();
    for keys_max in 1..=ODD.len() + 1 {
        assert_eq!(fixture.all("", keys_max), ODD, "{keys_max}");
        assert_eq!(fixture.all("a", keys_max), ["a", "a\0", "a/b", "a\u{10ffff}"], "{keys_max}");
        assert_eq!(fixture.all("\u{10ffff}", keys_max), ["\u{10ffff}"]);
        assert_eq!(fixture.all("\0", keys_max), ["\0", "\0\0"]);
        assert!(fixture.all("zz", keys_max).is_empty());
    }
    // At its end a list says so, also when its last part is full.
    assert_eq!(fixture.keys("a", 4, None).1, None);
}

#[test]
fn a_cursor_outlives_the_key_that_it_came_from() {
    let fixture = fixture();
    fixture.put("n1", ["a", "b", "c", "d"].iter().map(|key| pair(key, "v")).collect()).unwrap();
    let (first, cursor) = fixture.keys("", 2, None);
    assert_eq!(first, ["a", "b"]);
    fixture.delete("n1", "b").unwrap();
    fixture.delete("n1", "c").unwrap();
    fixture.put("n1", vec![pair("aa", "before"), pair("bb", "after")]).unwrap();
    let (second, end) = fixture.keys("", 9, cursor.as_deref());
    assert_eq!((second, end), (vec!["bb".to_owned(), "d".to_owned()], None));
}

#[test]
fn a_cursor_that_no_list_gave_leads_nowhere_else() {
    let fixture = fixture();
    fixture.put("n1", vec![pair("a", "v"), pair("b", "v"), pair("p1", "v"), pair("p2", "v")]).unwrap();
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let long = encode(&[1; 514]);
    for cursor in ["", "!", "AQ", "a b", &encode(b"\x02a"), &long, &"A".repeat(100_000)] {
        let refused = fixture.kv.list("n1", "", 9, Some(cursor));
        assert!(matches!(refused, Err(KvError::BadCursor)), "{cursor:.20}");
    }
    // One from before the prefix, one from behind it, and one that is no text.
    assert_eq!(fixture.keys("p", 9, Some(&encode(b"\x01a"))).0, ["p1", "p2"]);
    assert!(fixture.keys("p", 9, Some(&encode(b"\x01q"))).0.is_empty());
    assert!(fixture.keys("", 9, Some(&encode(b"\x01\xff\xff"))).0.is_empty());
    assert!(fixture.keys("", 9, Some(&encode(&[1; 513]))).0.len() == 4);
}

#[test]
fn a_list_shows_ends_and_metadata_and_at_most_a_thousand_keys() {
    let fixture = fixture();
    let pairs = (0..1_001).map(|number| pair(&format!("{number:04}"), "v")).collect();
    fixture.put("n1", pairs).unwrap();
    assert_eq!(fixture.keys("", 5_000, None).0.len(), 1_000);
    assert_eq!(fixture.all("", 5_000).len(), 1_001);
    let metadata = Some("{\"a\": 1}".to_owned());
    let written =
        KvPair::new(key_of("x"), "v".into(), metadata.clone(), KvExpiry::At(NOW_MS / 1_000 + 60), NOW_MS);
    fixture.put("n1", vec![written.unwrap()]).unwrap();
    let listed = KvListed { name: "x".to_owned(), metadata, expires_s: Some(NOW_MS / 1_000 + 60) };
    assert_eq!(fixture.kv.list("n1", "x", 9, None).unwrap().keys, std::slice::from_ref(&listed));
    assert_eq!(fixture.kv.head("n1", &key_of("x")).unwrap(), Some(listed));
}

#[test]
fn what_has_expired_is_never_seen_and_its_room_is_freed() {
    let fixture = fixture();
    fixture.put("n1", vec![fading("a", 60), fading("b", 61), pair("c", "stays")]).unwrap();
    fixture.later(60);
    assert_eq!(fixture.text("a"), None);
    assert_eq!(fixture.text("b").as_deref(), Some("fading"));
    assert_eq!(fixture.all("", 1), ["b", "c"]);
    assert_eq!(fixture.kv.head("n1", &key_of("a")).unwrap(), None);
    let many = fixture.kv.get_many("n1", &[key_of("a"), key_of("b"), key_of("x")], 6).unwrap();
    assert_eq!(many.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
    fixture.sweep();
    assert_eq!(fixture.count("kv_pairs"), 2);
    fixture.later(1);
    fixture.sweep();
    assert_eq!((fixture.count("kv_pairs"), fixture.all("", 9)), (1, vec!["c".to_owned()]));
    assert_eq!(fixture.kv.account_bytes("acme").unwrap(), 64 + 1 + 5);
}

#[test]
fn a_list_over_many_that_have_just_expired_ends_early_and_goes_on() {
    let fixture = fixture();
    // Nothing is swept while the thread is not let at it: the pairs are put behind its back.
    fixture.on_the_writer(|connection| {
        let transaction = connection.transaction()?;
        let number: i64 =
            transaction.query_row("SELECT number FROM kv_namespaces", [], |row| row.get(0))?;
        for index in 0..10_500 {
            let (key, expires_s) = (format!("k{index:05}"), (NOW_MS / 1_000) + 60);
            transaction.execute(
                "INSERT INTO kv_pairs (namespace, key, bytes, expires_s, value) VALUES (?1, ?2, 70, ?3, x'00')",
                rusqlite::params![number, key.as_bytes(), expires_s],
            )?;
        }
        transaction.commit()
    });
    fixture.put("n1", vec![pair("last", "v")]).unwrap();
    let Fixture { folder, now_ms, kv } = fixture;
    drop(kv);
    now_ms.fetch_add(61_000, Ordering::SeqCst);
    let readers = Readers::open(&path(&folder)).unwrap();
    let (queue, _nobody_writes) = sync_channel(1);
    let clock: KvClock = Arc::new(move || now_ms.load(Ordering::SeqCst));
    let fixture = Fixture {
        folder,
        now_ms: Arc::new(AtomicI64::new(0)),
        kv: KvStore { readers, clock, queue: Some(queue), writer: None },
    };
    let (keys, cursor) = fixture.keys("", 9, None);
    assert!(keys.is_empty() && cursor.is_some());
    assert_eq!(fixture.keys("", 9, cursor.as_deref()), (vec!["last".to_owned()], None));
}

#[test]
fn many_values_are_read_at_one_moment_and_within_their_bound() {
    let fixture = fixture();
    fixture.put("n1", vec![pair("a", vec![1; 10]), pair("b", vec![2; 10])]).unwrap();
    let keys = [key_of("b"), key_of("none"), key_of("a"), key_of("b")];
    let found = fixture.kv.get_many("n1", &keys, 30).unwrap();
    let values: Vec<Option<u8>> =
        found.iter().map(|found| found.as_ref().map(|entry| entry.value[0])).collect();
    assert_eq!(values, [Some(2), None, Some(1), Some(2)]);
    assert!(matches!(fixture.kv.get_many("n1", &keys, 29), Err(KvError::TooLarge { bytes: 30 })));
}
