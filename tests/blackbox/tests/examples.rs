//! Each example does what its README promises.

use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mote_blackbox::{Socket, Upstream, example, example_with};
use serde_json::json;

const TOKEN: (&str, &str) = ("authorization", "Bearer letmein");
const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn hello_greets_whoever_is_named() {
    let mote = example("hello");
    let answer = mote.get("/?name=Ada");
    assert_eq!((answer.status, &*answer.text), (200, "Hello, Ada!\n"));
    assert_eq!(answer.header("content-type"), "text/plain;charset=UTF-8");
    assert_eq!(mote.get("/").text, "Hello, World!\n");
}

#[test]
fn hono_api_reads_writes_and_forgets_books() {
    let mote = example("hono-api");
    let found = mote.get("/books?genre=fantasy&sort=year&order=desc").json();
    assert_eq!(found["total"], 2);
    assert_eq!(found["books"][0]["title"], "Small Gods");

    let book =
        json!({ "title": "Piranesi", "author": "Susanna Clarke", "year": 2020, "genres": ["Fantasy"] });
    let added = mote.send("POST", "/books", &[TOKEN, JSON], book.to_string());
    assert_eq!(added.status, 201, "{}", added.text);
    let place = added.header("location").to_owned();
    assert_eq!(added.json()["genres"], json!(["fantasy"]));

    let changed = mote.send("PATCH", &place, &[TOKEN, JSON], r#"{"year":2021}"#);
    assert_eq!(changed.json()["year"], 2021);
    assert_eq!(mote.get(&place).json()["genres"], json!(["fantasy"]));

    let review =
        mote.send("POST", &format!("{place}/reviews"), &[TOKEN, JSON], r#"{"stars":5,"text":"good"}"#);
    let review_id = review.json()["id"].as_str().expect("a review has an id").to_owned();
    assert_eq!(review_id.len(), 36);
    assert_eq!(mote.get(&format!("{place}/reviews")).json()["reviews"][0]["stars"], 5);
    let gone = mote.send("DELETE", &format!("{place}/reviews/{review_id}"), &[TOKEN], "");
    assert_eq!((gone.status, &*gone.text), (204, ""));

    assert_eq!(mote.send("DELETE", &place, &[TOKEN], "").status, 204);
    assert_eq!(mote.get(&place).status, 404);
}

#[test]
fn hono_api_answers_on_all_its_routes() {
    let mote = example("hono-api");
    let routes = mote.get("/").json()["routes"].as_array().expect("a list of routes").len();
    assert!(routes >= 20, "{routes} routes");
    for path in [
        "/health",
        "/headers",
        "/books",
        "/books/b1",
        "/books/b1/reviews",
        "/authors",
        "/genres",
        "/genres/satire",
    ] {
        let answer = mote.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
    }
    assert_eq!(
        mote.get("/authors/Ursula%20K.%20Le%20Guin").json()["books"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(mote.get("/search?q=gods").json()["total"], 1);
    assert_eq!(mote.get("/stats").json()["oldest"], 1968);
    let csv = mote.get("/books/export.csv");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.text.starts_with("id,title,author,year\r\nb1,A Wizard of Earthsea,"), "{}", csv.text);
}

#[test]
fn hono_api_tells_each_mistake_in_one_shape() {
    let mote = example("hono-api");
    let mistakes = [
        (mote.get("/nowhere"), 404, "no route GET /nowhere"),
        (mote.get("/books/zz"), 404, "no book zz"),
        (mote.get("/books?sort=colour"), 422, "sort: "),
        (mote.get("/teapot"), 418, "short and stout"),
        (mote.get("/broken"), 500, "internal error"),
        (mote.send("POST", "/books", &[JSON], "{}"), 401, "token"),
        (mote.send("POST", "/books", &[TOKEN, JSON], "{}"), 422, "title: "),
        (mote.send("POST", "/books", &[TOKEN, JSON], "{bad"), 400, "JSON"),
        (mote.send("POST", "/books", &[TOKEN, JSON], vec![b' '; 70_000]), 413, "65536"),
    ];
    for (answer, status, message) in mistakes {
        assert_eq!(answer.status, status, "{}", answer.text);
        let error = &answer.json()["error"];
        assert_eq!(error["status"], status);
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
        assert_eq!(error["requestId"], answer.header("x-request-id"));
    }
    // The mistake that is the worker's own is for the terminal alone.
    mote.says(&["this route is broken on purpose", "src/index.ts:"]);
}

#[test]
fn hono_api_saves_the_transfer_of_what_the_client_has() {
    let mote = example("hono-api");
    let etag = mote.get("/books/b1").header("etag").to_owned();
    assert!(etag.len() > 10, "{etag:?}");
    let again = mote.get_with("/books/b1", &[("if-none-match", &etag)]);
    assert_eq!((again.status, &*again.text), (304, ""));
}

#[test]
fn express_gives_a_token_and_knows_it_again() {
    let mote = example("express-tokens");
    let wrong = mote.send("POST", "/login", &[JSON], r#"{"name":"ada","password":"guess"}"#);
    assert_eq!((wrong.status, &*wrong.text), (401, r#"{"error":"wrong name or password"}"#));
    let right = mote.send("POST", "/login", &[JSON], r#"{"name":"ada","password":"correct horse"}"#);
    assert_eq!(right.status, 200, "{}", right.text);
    let bearer = format!("Bearer {}", right.json()["token"].as_str().expect("a token"));

    let me = mote.get_with("/me", &[("authorization", &bearer)]);
    assert_eq!((me.status, &*me.text), (200, r#"{"greeting":"Hello, ada!"}"#));
    assert_eq!(me.header("cache-control"), "no-store");
    assert_eq!(mote.get_with("/me", &[("authorization", &format!("{bearer}x"))]).status, 401);
    assert_eq!(mote.get("/me").json()["error"], "jwt must be provided");
}

#[test]
fn react_ssr_sends_the_shell_before_the_reviews_are_there() {
    let mote = example("react-ssr");
    mote.get("/products/lamp?slow=0");
    let start = Instant::now();
    let mut wire = mote.wire_get("/products/lamp?slow=2000");
    let head = wire.head();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), "text/html; charset=utf-8");

    let shell = wire.text_until("</footer>");
    let shell_after = start.elapsed();
    assert!(shell.starts_with("<!DOCTYPE html><html"), "{shell}");
    assert!(shell.contains("<h1>Reading lamp</h1>") && shell.contains("Fetching reviews…"), "{shell}");
    assert!(!shell.contains("12 in stock") && !shell.contains("Ada"), "not streamed: {shell}");

    let stock = wire.text_until("12 in stock");
    assert!(!stock.contains("Ada"), "the boundaries came together: {stock}");
    let rest = String::from_utf8(wire.rest().expect("the whole page")).expect("the page is UTF-8");
    assert!(rest.contains("&lt;b&gt;Bold&lt;/b&gt;") && rest.ends_with("</body></html>"), "{rest}");
    assert!(start.elapsed() - shell_after > Duration::from_secs(1), "the shell waited for the reviews");
}

#[test]
fn react_ssr_gives_crawlers_the_whole_page_in_place() {
    let mote = example("react-ssr");
    let page = mote.get_with("/products/desk?slow=100", &[("user-agent", "Googlebot/2.1")]).text;
    assert!(
        page.contains("Sold out") && page.contains("Ada") && !page.contains("Fetching reviews"),
        "{page}"
    );
}

#[test]
fn react_ssr_redirects_and_says_not_found() {
    let mote = example("react-ssr");
    let home = mote.get("/");
    assert_eq!(home.status, 302);
    assert!(home.header("location").ends_with("/products/lamp"), "{}", home.header("location"));
    let missing = mote.get("/products/spaceship");
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains("Nothing here"), "{}", missing.text);
}

#[test]
fn sse_ticks_one_event_at_a_time_and_goes_on_after_the_last_one_seen() {
    let mote = example("sse");
    let mut wire = mote.wire();
    wire.send("GET /events?every=200 HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 41\r\n\r\n");
    let head = wire.head();
    assert_eq!(head.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(head.header("cache-control"), "no-store");

    let start = Instant::now();
    let first = wire.text_until("id: 42\n");
    assert!(first.starts_with("retry: 2000\n\nevent: tick\n"), "{first}");
    assert!(!first.contains("id: 43"), "events came in a heap: {first}");
    let more = wire.text_until("id: 44\n");
    assert!(more.contains("id: 43\n") && more.contains("data: {\"now\":\"20"), "{more}");
    assert!(start.elapsed() >= Duration::from_millis(300), "two ticks in {:?}", start.elapsed());
}

#[test]
fn sse_stops_its_timer_when_the_client_leaves() {
    let mut mote = example("sse");
    let mut wire = mote.wire_get("/events?every=50");
    wire.head();
    wire.text_until("id: 2\n");
    assert!(!mote.output().contains("client left"), "{}", mote.output());
    drop(wire);
    mote.says_in_a_line(&["client left after", "events"]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(mote.output().matches("client left").count(), 1, "{}", mote.output());
    mote.goes_on("/");
}

#[test]
fn websocket_chat_carries_what_is_said_to_everybody_in_the_room() {
    let mote = example("websocket-chat");
    let mut ada = Socket::open(mote.port(), "/rooms/lobby?name=ada");
    assert_eq!(event(&mut ada), "joined ada");
    let mut bob = Socket::open(mote.port(), "/rooms/lobby?name=bob");
    assert_eq!(event(&mut bob), "joined bob");
    assert_eq!(event(&mut ada), "joined bob");

    ada.send("hello bob");
    assert_eq!(event(&mut bob), "said ada hello bob");
    assert_eq!(event(&mut ada), "said ada hello bob");
    bob.send("grüß dich 👋");
    assert_eq!(event(&mut ada), "said bob grüß dich 👋");
    assert_eq!(mote.get("/rooms/lobby").json()["members"], json!(["ada", "bob"]));

    let mut eve = Socket::open(mote.port(), "/rooms/elsewhere?name=eve");
    assert_eq!(event(&mut eve), "joined eve", "another room's history leaked");

    bob.close(1000, "done");
    assert_eq!(event(&mut ada), "left bob");
    let mut cyd = Socket::open(mote.port(), "/rooms/lobby?name=cyd");
    assert_eq!(event(&mut cyd), "said ada hello bob");
    assert_eq!(event(&mut cyd), "said bob grüß dich 👋");
    assert_eq!(event(&mut cyd), "joined cyd");
}

#[test]
fn websocket_chat_refuses_what_is_no_message_and_who_has_no_name() {
    let mote = example("websocket-chat");
    let mut ada = Socket::open(mote.port(), "/rooms/lobby?name=ada");
    assert_eq!(event(&mut ada), "joined ada");
    ada.send("   ");
    assert_eq!(ada.json()["kind"], "refused");
    ada.send(&"x".repeat(1001));
    assert_eq!(ada.json()["kind"], "refused");

    let nameless = [("upgrade", "websocket"), ("connection", "upgrade")];
    assert_eq!(mote.get_with("/rooms/lobby", &nameless).status, 400);
    assert_eq!(mote.get("/rooms/").status, 404);
    assert!(mote.browse("/").text.contains("new WebSocket("));
}

#[test]
fn a_chat_member_who_vanishes_without_a_word_has_left() {
    let mote = example("websocket-chat");
    let mut ada = Socket::open(mote.port(), "/rooms/lobby?name=ada");
    let bob = Socket::open(mote.port(), "/rooms/lobby?name=bob");
    assert_eq!((event(&mut ada), event(&mut ada)), ("joined ada".into(), "joined bob".into()));
    drop(bob);
    assert_eq!(event(&mut ada), "left bob");
}

#[test]
fn wasm_npm_draws_the_svg_that_it_is_given() {
    let mote = example("wasm-npm");
    let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="1" height="1" fill="#ff0000"/><rect x="1" width="1" height="1" fill="#0000ff"/></svg>"##;
    let answer = mote.send("POST", "/render?size=8", &[("content-type", "image/svg+xml")], svg);
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{}", answer.text);
    let (width, height, pixels) = decode(&answer.bytes);
    assert_eq!((width, height), (8, 4));
    assert_eq!(pixels[..4], [255, 0, 0, 255]);
    assert_eq!(pixels[28..32], [0, 0, 255, 255]);
}

#[test]
fn wasm_npm_draws_the_same_avatar_for_the_same_name_only() {
    let mut mote = example("wasm-npm");
    let ada = mote.get("/avatars/ada.png?size=70").bytes;
    assert_eq!(decode(&ada).0, 70);
    assert_eq!(mote.get("/avatars/ada.png?size=70").bytes, ada);
    assert_ne!(mote.get("/avatars/bob.png?size=70").bytes, ada);
    assert_eq!(mote.get("/avatars/ada.png?size=9999").status, 400);
    assert_eq!(mote.send("POST", "/render", &[], "no svg").status, 422);
    mote.goes_on("/avatars/ada.png");
}

#[test]
fn reverse_proxy_rewrites_an_address_that_is_torn_between_chunks() {
    let upstream = Upstream::serve(|mut visitor| {
        let host = visitor
            .head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
        let address = format!("http://{}", host.expect("a request has a host"));
        let page = format!("<a href='{address}/a'>h http:/ {address}http {address}/€</a> htt");
        visitor.begin("text/html; charset=utf-8");
        let pieces: Vec<char> = page.chars().collect();
        for piece in pieces.chunks(3) {
            visitor.chunk(&piece.iter().collect::<String>());
        }
        visitor.end();
    });
    let (_project, mote) = example_with("reverse-proxy", ("https://example.com", &upstream.origin()));
    let here = format!("http://127.0.0.1:{}", mote.port());
    let answer = mote.get("/");
    assert_eq!(answer.text, format!("<a href='{here}/a'>h http:/ {here}http {here}/€</a> htt"));
}

#[test]
fn reverse_proxy_passes_each_piece_on_before_the_next_one_exists() {
    let (go_on, wait) = mpsc::sync_channel::<()>(1);
    let wait = Mutex::new(wait);
    let upstream = Upstream::serve(move |mut visitor| {
        let wait = wait.lock().unwrap_or_else(PoisonError::into_inner);
        visitor.begin("text/html");
        for piece in ["<p>one</p>", "<p>two</p>", "<p>three</p>"] {
            visitor.chunk(piece);
            let _ = wait.recv();
        }
        visitor.end();
    });
    let (_project, mote) = example_with("reverse-proxy", ("https://example.com", &upstream.origin()));
    let mut wire = mote.wire_get("/");
    assert_eq!(wire.head().status, 200);
    for piece in ["<p>one</p>", "<p>two</p>", "<p>three</p>"] {
        assert_eq!(wire.text_until(piece), piece);
        go_on.send(()).expect("the upstream waits");
    }
    assert_eq!(wire.rest(), Ok(Vec::new()));
}

#[test]
fn reverse_proxy_leaves_everything_but_html_as_it_is() {
    let upstream = Upstream::serve(|mut visitor| {
        match visitor.path() {
        "/text" => {
            let head = visitor.head.clone();
            visitor.answer("text/plain", &head);
        }
        "/redirect?x=1" => visitor.send(
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n",
        ),
        path => panic!("{path}"),
    }
    });
    let (_project, mote) = example_with("reverse-proxy", ("https://example.com", &upstream.origin()));
    let text = mote.get("/text");
    assert!(
        text.text.to_lowercase().contains(&format!("x-forwarded-host: 127.0.0.1:{}\r\n", mote.port())),
        "{}",
        text.text
    );
    assert_eq!(text.header("content-length"), text.bytes.len().to_string());
    let redirect = mote.get("/redirect?x=1");
    assert_eq!((redirect.status, redirect.header("location")), (302, "/elsewhere"));
    assert_eq!(redirect.headers("set-cookie"), ["a=1", "b=2"]);
}

#[test]
fn reverse_proxy_says_502_when_nobody_listens_upstream() {
    let (_project, mote) = example_with("reverse-proxy", ("https://example.com", "http://127.0.0.1:1"));
    let answer = mote.get("/");
    assert_eq!((answer.status, &*answer.text), (502, "the upstream does not answer\n"));
    mote.says(&["http://127.0.0.1:1/"]);
}

#[test]
fn scheduled_runs_when_told_to_and_shows_its_last_run() {
    let upstream = Upstream::serve(|visitor| {
        assert!(visitor.head.starts_with("HEAD / "), "{}", visitor.head);
        visitor.answer("text/plain", "");
    });
    let (_project, mote) = example_with("scheduled", ("https://example.com", &upstream.origin()));
    assert_eq!(mote.get("/").status, 404);

    let run = mote.get("/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*&time=1745856238000");
    assert_eq!((run.status, &*run.text), (200, "ok"));
    let shown = mote.get("/").json();
    assert_eq!(shown["cron"], "*/5 * * * *");
    assert_eq!(shown["scheduledFor"], "2025-04-28T16:03:58.000Z");
    assert_eq!((&shown["up"], &shown["detail"]), (&json!(true), &json!("status 200")));
    mote.says(&["is up: status 200"]);

    let older = mote.get("/__scheduled?cron=*+*+*+*+*");
    assert_eq!(older.status, 200, "{}", older.text);
    assert_eq!(mote.get("/").json()["cron"], "* * * * *");
}

fn event(socket: &mut Socket) -> String {
    let message = socket.json();
    let part = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
    format!("{} {} {}", part("kind"), part("name"), part("text")).trim_end().to_owned()
}

fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut pixels).expect("a whole picture");
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width, info.height, pixels)
}
