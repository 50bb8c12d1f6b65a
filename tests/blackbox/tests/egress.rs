//! What a worker in a cell reaches: the public internet, and more only if the operator says so.

use mote_blackbox::{Launch, Mote, Project, Upstream};

const WORKER: &str = r#"    const target = new URL(request.url).searchParams.get("url")!;
    try {
      const answer = await fetch(target, { headers: { "cf-worker": "forged" } });
      return new Response(`${answer.status} ${await answer.text()}`);
    } catch (error) {
      return new Response(`${error}`, { status: 502 });
    }"#;

fn node(config: &str) -> (Project, Mote) {
    let project = Project::handler(WORKER);
    project.write("mote.toml", config);
    let mote = Launch::serve(project.path()).arg("--config").arg(project.file("mote.toml")).start();
    (project, mote)
}

fn upstream() -> Upstream {
    Upstream::serve(|mut visitor| match visitor.path() {
        "/redirect" => {
            visitor.send("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        }
        _ => {
            let head = visitor.head.clone();
            visitor.answer("text/plain", &head);
        }
    })
}

#[test]
fn by_default_nothing_of_the_node_or_its_network_is_reached() {
    let (_project, mote) = node("");
    let port = upstream().origin().rsplit_once(':').unwrap().1.to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "worker.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
    ] {
        let answer = mote.get(&format!("/?url=http://{host}:{port}/"));
        assert_eq!(answer.status, 502, "{host}: {}", answer.text);
        assert!(answer.text.contains("cannot fetch"), "{host}: {}", answer.text);
    }
    for address in
        ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]"]
    {
        let answer = mote.get(&format!("/?url=http://{address}/"));
        assert!(answer.text.contains("cannot fetch"), "{address}: {}", answer.text);
    }
}

#[test]
fn the_operator_opens_what_he_names_and_no_redirect_leads_past_it() {
    let upstream = upstream();
    let address = upstream.origin().trim_start_matches("http://").to_owned();
    let (_project, mote) = node(&format!("[workers.worker]\negress_allow = ['{address}']\n"));
    let answer = mote.get(&format!("/?url={}/", upstream.origin()));
    assert!(answer.text.starts_with("200 GET / HTTP/1.1"), "{}", answer.text);
    let head = answer.text.to_lowercase();
    assert!(head.contains("cf-worker: worker\r\n") && !head.contains("forged"), "{head}");
    assert!(head.contains("cdn-loop: mote\r\n"), "{head}");
    let redirected = mote.get(&format!("/?url={}/redirect", upstream.origin()));
    assert!(redirected.text.contains("cannot fetch http://127.0.0.1:1/"), "{}", redirected.text);
}

#[test]
fn a_worker_without_a_way_out_has_none() {
    let upstream = upstream();
    let (_project, mote) = node("[workers.worker]\negress = 'none'\n");
    for url in [upstream.origin(), "http://192.0.2.1".to_owned(), "https://example.com".to_owned()] {
        let answer = mote.get(&format!("/?url={url}/"));
        assert!(answer.text.contains("cannot fetch"), "{url}: {}", answer.text);
    }
}

#[test]
fn a_trusted_worker_reaches_all_that_the_machine_does_except_what_is_denied() {
    let (open, closed) = (upstream(), upstream());
    let denied = closed.origin().trim_start_matches("http://").to_owned();
    let (_project, mote) = node(&format!("[workers.worker]\negress = 'any'\negress_deny = ['{denied}']\n"));
    assert!(mote.get(&format!("/?url={}/", open.origin())).text.starts_with("200 "));
    assert!(mote.get(&format!("/?url={}/", closed.origin())).text.contains("cannot fetch"));
}

#[test]
fn a_policy_that_makes_no_sense_is_refused_by_name() {
    let project = Project::handler(WORKER);
    project.write("mote.toml", "[workers.worker]\negress = 'everything'\n");
    let refused = Launch::serve(project.path()).arg("--config").arg(project.file("mote.toml")).refuse();
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("everything") && refused.stderr.contains("[workers.worker]"),
        "{}",
        refused.stderr
    );
}

const SOCKETS: &str = r#"import { connect } from "cloudflare:sockets";
export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const socket = connect(searchParams.get("to"), { secureTransport: searchParams.get("secure") ?? "off" });
    try {
      const writer = socket.writable.getWriter();
      await writer.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: mine\r\nconnection: close\r\n\r\n"));
      return new Response(await new Response(socket.readable).text());
    } catch (error) {
      return new Response(`${error}`, { status: 502 });
    }
  },
};"#;

#[test]
fn a_socket_reaches_what_a_fetch_may_and_nothing_else() {
    let upstream = upstream();
    let address = upstream.origin().trim_start_matches("http://").to_owned();
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    let node = |config: &str| {
        let project = Project::new(SOCKETS);
        project.write("mote.toml", config);
        let mote = Launch::serve(project.path()).arg("--config").arg(project.file("mote.toml")).start();
        (project, mote)
    };
    let (_project, mote) = node("");
    for host in
        ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"]
    {
        let answer = mote.get(&format!("/?to={host}:{port}"));
        assert_eq!(answer.status, 502, "{host}: {}", answer.text);
        assert!(answer.text.contains("cannot connect to"), "{host}: {}", answer.text);
    }
    let mail = mote.get("/?to=192.0.2.1:25");
    assert!(mail.status == 502 && mail.text.contains("port 25"), "{}", mail.text);

    let (_project, mote) = node(&format!("[workers.worker]\negress_allow = ['{address}']\n"));
    let answer = mote.get(&format!("/?to={address}"));
    assert!(answer.text.contains("GET / HTTP/1.1\r\nhost: mine"), "{}", answer.text);
    // No TLS is spoken there.
    let tls = mote.get(&format!("/?to={address}&secure=on"));
    assert!(tls.status == 502 && tls.text.contains("no connection to"), "{}", tls.text);
}

#[test]
fn a_socket_of_a_developer_reaches_his_own_machine() {
    let upstream = upstream();
    let address = upstream.origin().trim_start_matches("http://").to_owned();
    let project = Project::new(SOCKETS);
    let answer = project.dev().get(&format!("/?to={address}"));
    assert!(answer.text.contains("GET / HTTP/1.1\r\nhost: mine"), "{}", answer.text);
}
