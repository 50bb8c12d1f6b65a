//! Values, dates, texts, archives and pictures.

use mote_ecosystem_tests::deployed;
use serde_json::json;

#[test]
fn zod_parses_transforms_and_explains() {
    let worker = deployed("zod");
    let good = json!({ "name": " Ada ", "email": "ada@b.example", "born": "1815-12-10", "tags": ["gold", "gold"],
        "address": { "street": "x" }, "contact": { "kind": "post", "box": 7 }, "balance": "12345678901234567890" });
    assert_eq!(
        worker.send("POST", "/customer", &[], good.to_string()).json(),
        json!({ "name": "Ada", "email": "ada@b.example", "born": 1815, "tags": ["gold"],
            "address": { "street": "x", "city": "Oslo" }, "contact": { "kind": "post", "box": 7 }, "balance": "12345678901234567890" })
    );
    let bad = json!({ "name": "A", "email": "nope", "born": "1815-13-10", "tags": [], "address": 1,
        "contact": { "kind": "fax" }, "site": "http://x", "balance": "1", "more": 1 });
    let refused = worker.send("POST", "/customer", &[], bad.to_string());
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["flat"],
        json!({ "formErrors": ["Unrecognized key: \"more\""], "fieldErrors": {
            "name": ["Too small: expected string to have >=2 characters"], "email": ["Invalid email address"],
            "born": ["Invalid ISO date"], "address": ["Invalid input"], "site": ["Invalid URL"],
            "contact": ["Invalid discriminator value. Expected 'phone' | 'post'"] } })
    );
    assert!(refused.text.contains("✖ Invalid email address\\n  → at email"), "{}", refused.text);
    assert_eq!(
        worker.send("POST", "/name", &[], "\"ada\"").json(),
        json!([{ "code": "custom", "message": "is taken" }])
    );
    assert_eq!(worker.send("POST", "/name", &[], "\"bob\"").json(), json!([]));
    let tree = r#"{"value":1,"children":[{"value":2,"children":[{"value":3,"children":[]}]}]}"#;
    assert_eq!(worker.send("POST", "/tree", &[], tree).json(), 6);
    assert_eq!(worker.get("/schema").json()["required"], json!(["street", "city"]));
}

#[test]
fn date_fns_counts_and_names_days() {
    let worker = deployed("date-fns");
    assert_eq!(
        worker.get("/").json(),
        json!({
            "formatted": "2024-02-29T13:05:09.007+00:00", "long": "Donnerstag, 29. Februar 2024",
            "japanese": "2024年2月29日木曜日", "leap": "2025-02-28", "end": "29 23:59", "week": 53, "business": 7,
            "distance": "vor 4 Tagen", "duration": "1 year 1 month 3 days 10 hours 54 minutes 50 seconds",
            "days": ["28", "29", "1"], "parsed": "1999-05-07T00:00:00.000Z", "nonsense": false,
        })
    );
}

#[test]
fn intl_knows_languages_and_time_zones() {
    let worker = deployed("date-fns");
    let intl = worker.get("/intl").json();
    assert_eq!(
        intl,
        json!({
            "zone": "UTC", "kolkata": "Thursday, 29 February 2024 at 18:35:09 GMT+5:30", "german": "29.02.2024",
            "hijri": "1445 AH", "euros": "1.234.567,89\u{a0}€", "lakh": "1,23,45,678.9", "compact": "1.2M",
            "plural": "few", "ordinal": "few", "ago": "i går", "list": "uno, dos y tres", "sorted": "azä",
            "phonebook": "aäz", "words": ["吾輩", "は", "猫", "で", "ある"], "region": "Allemagne", "turkish": "ı",
        })
    );
}

#[test]
fn fflate_packs_what_others_unpack() {
    let worker = deployed("fflate");
    let files = json!({ "a.txt": "hello ".repeat(100), "b.bin": "xyz €" });
    let zip = worker.send("POST", "/zip", &[], files.to_string());
    assert_eq!(zip.header("content-type"), "application/zip");
    assert!(zip.bytes.starts_with(b"PK\x03\x04") && zip.bytes.len() < 400, "{} bytes", zip.bytes.len());
    assert_eq!(worker.send("POST", "/unzip", &[], &zip.bytes).json(), files);
    assert_eq!(worker.send("POST", "/", &[], "some text ".repeat(1000)).json(), json!([true, true]));
}

#[test]
fn resvg_draws_in_wasm() {
    let worker = deployed("resvg");
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'><rect width='1' height='1' fill='#ff0000'/>\
        <rect x='1' width='1' height='1' fill='#00f' fill-opacity='0.5'/></svg>";
    assert_eq!(
        worker.send("POST", "/?width=4", &[], svg).json(),
        json!({ "size": [4, 2], "first": [255, 0, 0, 255], "last": [127, 127, 255, 255], "png": true })
    );
    assert_eq!(worker.send("POST", "/", &[], svg).json()["size"], json!([8, 4]));
}

#[test]
fn small_libraries_parse_validate_and_render() {
    let worker = deployed("values");
    let yaml = worker.send("POST", "/yaml", &[], "a: &x [1, 2]\nb: *x\nc: 2024-01-01\n").json();
    assert_eq!(
        yaml["json"],
        json!({ "a": [1, 2], "b": [1, 2], "c": "2024-01-01", "added": { "by": "worker" } })
    );
    assert_eq!(yaml["text"], "a: &x [ 1, 2 ]\nb: *x\nc: 2024-01-01\nadded:\n  by: worker\n");
    assert_eq!(yaml["wrong"], 1);
    let order = |text: &str| worker.send("POST", "/valibot", &[], text).json();
    let good = r#"{"email":"a@b.co","lines":[{"sku":"x","count":2},{"sku":"y","count":3}]}"#;
    assert_eq!(order(good), json!({ "email": "a@b.co", "total": 5 }));
    assert_eq!(
        order(r#"{"email":"a","lines":[{"sku":"x","count":0}]}"#),
        json!([
            "email: Invalid email: Received \"a\"",
            "lines.0.count: Invalid value: Expected >=1 but received 0"
        ])
    );
    let items = r#"{"items":[{"name":"<a>"},{"name":"b","last":true}],"raw":"<hr>"}"#;
    let list = "<li>&lt;a&gt;, </li><li>b</li><hr>-2";
    assert_eq!(worker.send("POST", "/mustache", &[], items).text, list);
    assert_eq!(
        worker.get("/").json(),
        json!({ "untouched": false, "done": true, "shared": true, "frozen": true, "map": 1, "at": 5, "back": "7/x/gi" })
    );
}

#[test]
fn postal_mime_reads_mail_of_any_encoding() {
    let mail = "From: =?utf-8?B?w4RkYQ==?= <a@b.example>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nh=E9llo\r\n\
        --x\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nMSwy\r\n--x--\r\n";
    assert_eq!(
        deployed("values").send("POST", "/mail", &[], mail).json(),
        json!({ "from": { "name": "Äda", "address": "a@b.example" }, "subject": "Grüße", "text": "héllo",
            "attachment": ["a.csv", "text/csv", "1,2"] })
    );
}

#[test]
fn no_library_makes_code_from_strings() {
    let refused = "EvalError: Code generation from strings disallowed for this context";
    let answer = deployed("code-from-strings").get("/").json();
    assert_eq!(answer, json!({ "ajv": refused, "handlebars": refused }));
}
