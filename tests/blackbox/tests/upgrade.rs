//! A node is replaced by a newer one, and no client notices.

use std::{
    os::unix::net::UnixDatagram,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mote_blackbox::{Commands, Door, Launch, Project, eventually, mote, signal};

const WORKER: &str = r#"export default {
  async fetch(request: Request, env: any, ctx: ExecutionContext) {
    if (new URL(request.url).pathname !== "/slow") return new Response("here");
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    ctx.waitUntil((async () => {
      for (let n = 1; n <= 15; n++) {
        await writer.write(new TextEncoder().encode(`${n};`));
        await scheduler.wait(150);
      }
      await writer.close();
    })());
    return new Response(readable);
  },
};
"#;

fn pid_in(folder: &std::path::Path) -> u64 {
    std::fs::read_to_string(folder.join("mote.pid")).unwrap_or_default().trim().parse().unwrap_or(0)
}

#[test]
fn an_upgrade_loses_no_request_and_finishes_what_was_under_way() {
    let project = Project::new(WORKER);
    let mut old = Launch::serve(project.path()).start();
    let mut slow = old.wire_get("/slow");
    assert_eq!(slow.head().status, 200);
    slow.text_until("1;");
    let over = AtomicBool::new(false);
    let new = std::thread::scope(|threads| {
        let asking = threads.spawn(|| {
            let mut answers = 0;
            while !over.load(Ordering::Relaxed) {
                // Each on a connection of its own.
                let answer = old.get_with("/", &[("connection", "close")]);
                assert_eq!((answer.status, &*answer.text), (200, "here"));
                answers += 1;
            }
            answers
        });
        let upgraded = mote(["upgrade", "--data"]).arg(old.data()).refuse();
        assert_eq!(upgraded.code, Some(0), "{}\n{}", upgraded.stderr, old.output());
        let new = pid_in(old.data());
        assert!(new != 0 && new != u64::from(old.pid()) && upgraded.stdout.contains(&new.to_string()));
        let text = String::from_utf8_lossy(&slow.rest().unwrap()).into_owned();
        assert!(text.ends_with("15;"), "the response of the old process broke off: {text}");
        over.store(true, Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
        new
    });
    assert!(old.ended().success(), "{}", old.output());
    assert_eq!(old.get("/").text, "here", "the new process answers at the same address");
    signal("TERM", new);
    eventually("the end of the new process", || {
        let status = std::fs::read_to_string(format!("/proc/{new}/status")).unwrap_or_default();
        (status.is_empty() || status.contains("State:\tZ")).then_some(())
    });
}

/// Tries to start one more node in a node's folder, and gives what it says.
fn second_node(data: &std::path::Path) -> String {
    let doors = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"];
    let refused = mote(doors).arg(data).refuse();
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    refused.stderr
}

#[test]
fn a_folder_has_one_node_also_after_an_upgrade() {
    let project = Project::new(WORKER);
    let mut old = Launch::serve(project.path()).start();
    let said = second_node(old.data());
    assert!(said.contains(&format!("another node, process {}, serves from", old.pid())), "{said}");
    assert_eq!(pid_in(old.data()), u64::from(old.pid()), "what it was refused changes nothing");
    let upgraded = mote(["upgrade", "--data"]).arg(old.data()).refuse();
    assert_eq!(upgraded.code, Some(0), "{}\n{}", upgraded.stderr, old.output());
    assert!(old.ended().success(), "{}", old.output());
    let new = pid_in(old.data());
    let said = second_node(old.data());
    assert!(said.contains(&format!("another node, process {new}, serves from")), "{said}");
    assert_eq!(old.get("/").text, "here");
    signal("TERM", new);
    eventually("the end of the new process", || {
        let status = std::fs::read_to_string(format!("/proc/{new}/status")).unwrap_or_default();
        (status.is_empty() || status.contains("State:\tZ")).then_some(())
    });
}

#[test]
fn systemd_is_told_which_process_serves() {
    let (project, folder) = (Project::new(WORKER), Project::empty());
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let told = || {
        let mut word = [0; 1_024];
        let bytes = manager.recv(&mut word).unwrap();
        String::from_utf8_lossy(&word[..bytes]).into_owned()
    };
    let named = format!("NOTIFY_SOCKET={}", socket.display());
    let mut old = Launch::serve(project.path()).under(["env", &named]).start();
    assert_eq!(told(), format!("MAINPID={}\nREADY=1\n", old.pid()));
    let upgraded = mote(["upgrade", "--data"]).arg(old.data()).refuse();
    assert_eq!(upgraded.code, Some(0), "{}\n{}", upgraded.stderr, old.output());
    assert!(old.ended().success(), "{}", old.output());
    let new = pid_in(old.data());
    assert_eq!(told(), format!("MAINPID={new}\nREADY=1\n"));
    signal("TERM", new);
    assert_eq!(told(), "STOPPING=1\n", "the one that handed over has not said that the service stops");
}

#[test]
fn a_node_whose_terminal_is_gone_finishes_what_it_has() {
    let project = Project::new(WORKER);
    let mut node = Launch::serve(project.path()).start();
    let mut slow = node.wire_get("/slow");
    assert_eq!(slow.head().status, 200);
    slow.text_until("1;");
    signal("HUP", u64::from(node.pid()));
    let text = String::from_utf8_lossy(&slow.rest().unwrap()).into_owned();
    assert!(text.ends_with("15;"), "{text}");
    assert!(node.ended().success(), "{}", node.output());
    assert_eq!(pid_in(node.data()), 0, "the note of its process is gone");
}

#[test]
fn whoever_follows_a_worker_follows_it_after_an_upgrade_too() {
    let source = "export default { fetch: request => new Response(new URL(request.url).pathname) };";
    let project = Project::named("shop", source);
    let config = std::fs::read_to_string(project.file("wrangler.toml")).unwrap();
    project.write("wrangler.toml", &format!("{config}\nobservability = {{ enabled = true }}\n"));
    let mut old = Launch::serve_nothing().start();
    let commands = Commands::of(&old, &Door::of(&old));
    commands.says(&["deploy", project.path().to_str().unwrap()]);
    let following = [
        commands.begin(&["tail", "shop", "--format", "json"]),
        commands.begin(&["logs", "shop", "--follow", "--json"]),
    ];
    // Events that are shown; each asks until it is, as a tail begins when it begins.
    let all_see = |path: &str| {
        eventually("everybody to see the event", || {
            assert_eq!(old.get_from_host("shop.localhost", path).text, path);
            following.iter().all(|one| one.text().contains(path)).then_some(())
        });
    };
    all_see("/before");
    let upgraded = mote(["upgrade", "--data"]).arg(old.data()).refuse();
    assert_eq!(upgraded.code, Some(0), "{}\n{}", upgraded.stderr, old.output());
    let new = pid_in(old.data());
    all_see("/after");
    for one in &following {
        assert!(!one.text().contains("WebSocket") && !one.text().contains("error"), "{}", one.text());
    }
    let said = following[0].text();
    assert!(said.contains("trying again") && said.contains("following shop again"), "{said}");
    signal("TERM", new);
    assert!(old.ended().success(), "{}", old.output());
    eventually("the end of the node to be said", || {
        (following[0].text().matches("trying again").count() == 2).then_some(())
    });
    eventually("the same of logs", || following[1].text().contains("trying again").then_some(()));
    for one in following {
        assert_eq!(one.end(), Some(0), "Ctrl-C ends it also while it waits");
    }
}

#[test]
fn a_new_version_that_does_not_come_up_leaves_the_old_one_serving() {
    let project = Project::new(WORKER);
    let old = Launch::serve(project.path()).start();
    project.write("src/index.ts", "export default {{{");
    signal("USR2", u64::from(old.pid()));
    old.says(&["cannot be built", "the upgrade failed, and this process goes on"]);
    assert_eq!(old.get("/").text, "here");
    assert_eq!(pid_in(old.data()), u64::from(old.pid()));
}

#[test]
fn there_is_nothing_to_upgrade_where_nothing_serves() {
    let folder = Project::empty();
    let refused = mote(["upgrade", "--data"]).arg(folder.path()).refuse();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("no node serves from here"), "{}", refused.stderr);
}
