//! Servers that a worker fetches from and that fail it.

use std::time::Duration;

use mote_blackbox::{Mote, PATIENCE, Project, Upstream};

fn dev(upstream: &Upstream) -> (Project, Mote) {
    let project = Project::handler(
        r#"    const { pathname } = new URL(request.url);
    if (pathname === "/fine") return new Response("fine");
    const target = env.UPSTREAM + pathname;
    if (pathname.startsWith("/pass")) return fetch(target);
    const response = await fetch(target);
    if (pathname.startsWith("/read")) return new Response(await response.text());
    try { return new Response(await response.text()); }
    catch (error: any) { return new Response(`caught ${error.name}: ${error.message}`, { status: 502 }); }"#,
    )
    .with_config(&format!("[vars]\nUPSTREAM = \"{}\"", upstream.origin()));
    let mote = project.dev();
    (project, mote)
}

fn dies_mid_body() -> Upstream {
    Upstream::serve(|mut visitor| {
        if visitor.path().ends_with("length") {
            visitor.send(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\nfirst piece;",
            );
        } else {
            visitor.begin("text/plain");
            visitor.chunk("first piece;");
        }
        std::thread::sleep(Duration::from_millis(100));
    })
}

#[test]
fn an_upstream_that_dies_mid_body_never_looks_like_a_whole_answer() {
    let upstream = dies_mid_body();
    let (_project, mut mote) = dev(&upstream);
    for path in ["/pass-chunks", "/pass-length"] {
        let mut wire = mote.wire_get(path);
        assert_eq!(wire.head().status, 200, "{path}");
        wire.text_until("first piece;");
        assert!(wire.rest().is_err(), "{path}: a body that broke off looks complete");
        mote.says_in_a_line(&[&format!("{}{path}", upstream.origin())]);
        mote.goes_on("/fine");
    }
}

#[test]
fn an_upstream_that_dies_mid_body_is_an_exception_where_the_body_is_read() {
    let upstream = dies_mid_body();
    let (_project, mut mote) = dev(&upstream);
    for path in ["/read-chunks", "/read-length"] {
        let answer = mote.get(path);
        assert_eq!(
            (answer.status, answer.header("mote-error")),
            (500, "worker-exception"),
            "{}",
            answer.text
        );
        assert!(answer.text.contains("src/index.ts:8"), "{}", answer.text);
    }
    for path in ["/catch-chunks", "/catch-length"] {
        let answer = mote.get(path);
        assert_eq!(answer.status, 502);
        assert!(answer.text.starts_with("caught TypeError: "), "{}", answer.text);
    }
    mote.goes_on("/fine");
}

#[test]
fn an_upstream_that_is_not_there_is_an_exception_that_names_it() {
    let project = Project::handler(
        r#"    if (new URL(request.url).pathname === "/fine") return new Response("fine");
    return fetch("http://127.0.0.1:1/nobody");"#,
    );
    let mut mote = project.dev();
    let answer = mote.get("/");
    assert_eq!((answer.status, answer.header("mote-error")), (500, "worker-exception"), "{}", answer.text);
    assert!(answer.text.contains("TypeError") && answer.text.contains("127.0.0.1:1"), "{}", answer.text);
    mote.goes_on("/fine");
}

#[test]
fn an_upstream_that_talks_nonsense_is_an_exception() {
    let upstream = Upstream::serve(|mut visitor| match visitor.path() {
        "/read/garbage" => visitor.send("BLAH BLAH\r\n\r\n"),
        "/read/silence" => {}
        "/read/lengths" => {
            visitor.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 5\r\n\r\nhello");
        }
        _ => visitor.send("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nno gzip!!"),
    });
    let (_project, mut mote) = dev(&upstream);
    for path in ["/read/garbage", "/read/silence", "/read/lengths", "/read/gzip"] {
        let answer = mote.get(path);
        assert_eq!(
            (answer.status, answer.header("mote-error")),
            (500, "worker-exception"),
            "{path}: {}",
            answer.text
        );
    }
    mote.goes_on("/fine");
}

#[test]
fn a_body_where_none_may_be_is_none() {
    let upstream = Upstream::serve(|mut visitor| {
        visitor
            .send("HTTP/1.1 205 Reset Content\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
    });
    let project = Project::handler(
        r#"    const response = await fetch(env.UPSTREAM, { signal: new AbortController().signal });
    const again = new Response(response.body, response);
    return Response.json([response.status, response.body, await again.text(), again.status]);"#,
    )
    .with_config(&format!("[vars]\nUPSTREAM = \"{}\"", upstream.origin()));
    let mote = project.dev();
    assert_eq!(mote.get("/").text, "[205,null,\"\",205]");
}

#[test]
fn an_answer_that_a_worker_gives_up_is_hung_up_on_while_its_event_goes_on() {
    let (gone, hung_up) = std::sync::mpsc::sync_channel::<()>(1);
    let hung_up = std::sync::Mutex::new(hung_up);
    let upstream = Upstream::serve(move |mut visitor| {
        if visitor.path() == "/endless" {
            visitor.begin("text/plain");
            visitor.chunk("first piece;");
            visitor.until_gone();
            let _ = gone.send(());
        } else {
            let heard = hung_up.lock().expect("one visitor at a time").recv_timeout(PATIENCE);
            visitor.answer("text/plain", if heard.is_ok() { "hung up" } else { "still there" });
        }
    });
    let source = format!(
        r#"    const endless = async (read: (response: Response) => Promise<unknown>) => {{
      const controller = new AbortController();
      const response = await fetch("{0}/endless", {{ signal: controller.signal }});
      const reading = read(response).catch((error) => error.name);
      controller.abort();
      return `${{await reading}}, ${{await (await fetch("{0}/waits")).text()}}`;
    }};
    const next = async (response: Response) => {{
      const reader = response.body!.getReader();
      await reader.read();
      await reader.read();
    }};
    return Response.json([await endless((response) => response.text()), await endless(next)]);"#,
        upstream.origin()
    );
    let project = Project::handler(&source);
    let mote = project.dev();
    assert_eq!(mote.get("/").text, r#"["AbortError, hung up","AbortError, hung up"]"#);
}
