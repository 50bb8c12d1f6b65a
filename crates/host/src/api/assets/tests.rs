//! Lists and files that are not what they should be.

use http_body_util::Full;
use mote_mutator::Mutator;

use super::*;

fn hash(of: u8) -> String {
    format!("{of:032x}")
}

fn manifest() -> Value {
    json!({"manifest": {
        "/index.html": {"hash": hash(1), "size": 5},
        "/a b/é.txt": {"hash": hash(2), "size": 0},
        "/copy": {"hash": hash(1), "size": 5},
    }})
}

#[test]
fn a_spoilt_list_is_refused_or_is_within_its_bounds() {
    let words = ["/", "/a", "..", "hash", "size", "manifest", "00000000000000000000000000000001"];
    let (mut taken, mut refused) = (0, 0);
    Mutator::new(&[manifest().to_string().as_bytes()], &words).spoil_json(5_000, |said| {
        let Ok(files) = files_of(said.to_string().as_bytes()) else { return refused += 1 };
        taken += 1;
        for (path, file) in &files {
            assert!(
                path.starts_with('/') && path.len() <= ASSET_PATH_BYTES_MAX && file.size <= FILE_BYTES_MAX
            );
            assert!(file.hash.len() == 32 && file.hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    });
    assert!(taken > 100 && refused > 100, "{taken} {refused}");
}

#[test]
fn a_list_that_contradicts_itself_is_refused() {
    assert_eq!(files_of(manifest().to_string().as_bytes()).unwrap().len(), 3);
    let mut said = manifest();
    said["manifest"]["/copy"]["size"] = 6.into();
    assert!(files_of(said.to_string().as_bytes()).unwrap_err().message.contains("two sizes"));
}

#[test]
fn as_many_files_as_there_may_be_fit_into_a_list() {
    let path = |n: usize| format!("/assets/images/of/the/shop/in/summer/picture-number-{n:08}.large.jpeg");
    let files: serde_json::Map<String, Value> =
        (0..=FILES_MAX).map(|n| (path(n), json!({"hash": hash(1), "size": 1 << 20}))).collect();
    let mut said = json!({"manifest": files});
    assert!(said.to_string().len() < MANIFEST_BYTES_MAX);
    assert_eq!(
        files_of(said.to_string().as_bytes()).unwrap_err().status,
        http::StatusCode::PAYLOAD_TOO_LARGE
    );
    said["manifest"].as_object_mut().unwrap().remove(&path(0));
    assert_eq!(files_of(said.to_string().as_bytes()).unwrap().len(), FILES_MAX);
}

#[test]
fn a_spoilt_token_names_no_session_but_its_own() {
    let id = "3f1c0000-0000-4000-8000-000000000000";
    let token = token(id);
    assert_eq!(session_of(&token).as_deref(), Some(id));
    for other in
        ["", ".", "..", "...", token.trim_end_matches('.'), &format!("{token}x"), &format!("{token}.")]
    {
        assert_eq!(session_of(other), None, "{other}");
    }
    let words = [".", "..", "eyJzZXNzaW9uIjoxfQ", "e30", "=", "\0", "é"];
    let mut spoilt = 0;
    Mutator::new(&[token.as_bytes()], &words).spoil_text(20_000, |text| {
        // Whatever comes of it is looked up as it is; nothing is cut to fit.
        match session_of(text) {
            Some(found) if found == id => {}
            Some(found) => assert!(found.len() <= text.len()),
            None => spoilt += 1,
        }
    });
    assert!(spoilt > 5_000, "{spoilt}");
}

fn part(name: &str, text: &str) -> String {
    format!(
        "--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\ncontent-type: text/html\r\n\r\n{text}\r\n"
    )
}

fn read(form: impl Into<Bytes>) -> Result<Vec<Asset>, Refusal> {
    let expected = BTreeMap::from([(hash(1), 5), (hash(2), 0)]);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("multipart/form-data; boundary=b"));
    super::super::tests::run_for(read_assets(&headers, Full::new(form.into()), &expected))
}

#[test]
fn files_are_those_of_the_list_once_each() {
    let (one, two, end) = (part(&hash(1), "aGVsbG8="), part(&hash(2), ""), "--b--\r\n");
    let assets = read(format!("{one}{two}{end}")).unwrap();
    assert_eq!((&*assets[0].bytes, assets[0].kind.as_str(), assets.len()), (&b"hello"[..], "text/html", 2));
    for (form, expected) in [
        (format!("{one}{one}{end}"), "twice"),
        (format!("{}{end}", part(&hash(3), "")), "not on the list"),
        (format!("{}{end}", part(&hash(1), "aGVsbG8")), "no base64"),
        (format!("{}{end}", part(&hash(1), "aGVsbA==")), "has 4 bytes, and 5 on the list"),
        (one.clone(), "cannot be read"),
    ] {
        let refusal = read(form).unwrap_err();
        assert!(refusal.message.contains(expected), "{refusal:?}");
    }
}

#[test]
fn spoilt_files_are_refused_or_are_what_the_list_says() {
    let form = format!("{}{}--b--\r\n", part(&hash(1), "aGVsbG8="), part(&hash(2), ""));
    let words = ["--b", "\r\n", "\r\n\r\n", "--", "name=", "\"", "content-type: application/null\r\n", "="];
    let mut taken = 0;
    Mutator::new(&[form.as_bytes()], &words).spoil(4_000, |input| {
        let Ok(assets) = read(input.to_vec()) else { return };
        taken += 1;
        let hashes: BTreeSet<&String> = assets.iter().map(|asset| &asset.hash).collect();
        assert_eq!(hashes.len(), assets.len());
        for asset in &assets {
            assert!(
                asset.hash == hash(1) && asset.bytes.len() == 5
                    || asset.hash == hash(2) && asset.bytes.is_empty()
            );
        }
    });
    assert!(taken > 200, "{taken}");
}
