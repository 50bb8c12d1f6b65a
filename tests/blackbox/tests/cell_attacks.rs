//! Workers that try to end the cell they live in, with everybody else in it: by what the cell says to the host in their name.

use mote_blackbox::{Door, Launch, Mote, Project, Wire, eventually};

const GOOD: &str = "export default { fetch: () => new Response('good') };";
/// The turn that asks for thousands of things is not to be stopped on its way, on a slow machine neither.
const CONFIG: &str = "[cordons.default]\ncells = 1\n[limits]\ncpu_ms = 30_000\n";

const BAD: &str = r#"let open;
const gate = new Promise((resolve) => { open = resolve; });
let waiting = 0;
const attacks = {
  reason: () => new Response("", { statusText: "x".repeat(1e6) }),
  method: () => fetch("http://127.0.0.1:1/", { method: "M".repeat(1e6) }),
  url: () => fetch("http://127.0.0.1:1/" + "x".repeat(1e6)),
  location: () => new Response("", { status: 302, headers: { location: "/" + "x".repeat(120_000) } }),
  // A stream of ten bytes, and pieces that say another length each time that they are asked.
  promise: () => {
    const { readable, writable } = new FixedLengthStream(10);
    const typed = Object.getPrototypeOf(Uint8Array).prototype;
    const real = Object.getOwnPropertyDescriptor(typed, "byteLength").get;
    let asked = 0;
    const lie = function () { return asked++ % 2 === 0 ? 1 : Reflect.apply(real, this, []); };
    Object.defineProperty(typed, "byteLength", { get: lie, configurable: true });
    const writer = writable.getWriter();
    for (let n = 0; n < 10; n++) writer.write(new Uint8Array(5_000)).catch(() => {});
    writer.close().catch(() => {});
    return new Response(readable);
  },
  // All of them in one turn.
  heads: async () => {
    waiting += 1;
    await Promise.race([gate, scheduler.wait(60_000)]);
    const value = "x".repeat(16_000), headers = {};
    for (let n = 0; n < 14; n++) headers[`x-${n}`] = value;
    const asked = Array.from({ length: 6 }, () => fetch("http://127.0.0.1:1/", { headers }).catch(() => {}));
    await Promise.all(asked);
    return new Response("done");
  },
  open: () => { open(); return new Response(String(waiting)); },
  waiting: () => new Response(String(waiting)),
  print: () => { console.log("\u0001".repeat(260_000)); return new Response("printed"); },
  fail: () => { const error = new Error("\u0001".repeat(16_000)); error.stack = "\u0001".repeat(16_000); throw error; },
};
export default {
  async fetch(request) { return attacks[new URL(request.url).pathname.slice(1)](); },
};
"#;

struct Node {
    mote: Mote,
    door: Door,
    pid: u64,
    _projects: [Project; 2],
}

impl Node {
    /// The two workers in one cell.
    fn start() -> Self {
        let projects = [Project::named("good", GOOD), Project::named("bad", BAD)];
        projects[0].write("mote.toml", CONFIG);
        let launch = Launch::serve(projects[0].path()).arg(projects[1].path());
        let mote = launch.arg("--config").arg(projects[0].file("mote.toml")).start();
        let door = Door::of(&mote);
        let mut node = Self { mote, door, pid: 0, _projects: projects };
        node.bad("waiting");
        assert_eq!(node.good(), "good");
        node.pid = node.cell();
        node
    }

    fn cell(&self) -> u64 {
        let cells = self.door.serving();
        assert_eq!(cells.len(), 1, "{cells:?}");
        cells[0]["pid"].as_u64().unwrap()
    }

    fn good(&self) -> String {
        self.mote.get_from_host("good.localhost", "/").text
    }

    fn bad(&self, attack: &str) -> (u16, String) {
        let answer = self.mote.get_from_host("bad.localhost", &format!("/{attack}"));
        (answer.status, answer.text)
    }

    /// The answer's status; its body may break off.
    fn status(&self, attack: &str) -> u16 {
        self.many(attack, 1)[0].head().status
    }

    fn many(&self, attack: &str, count: usize) -> Vec<Wire> {
        let one = |_| {
            let mut wire = self.mote.wire();
            wire.send(format!("GET /{attack} HTTP/1.1\r\nhost: bad.localhost\r\nconnection: close\r\n\r\n"));
            wire
        };
        (0..count).map(one).collect()
    }

    /// Whatever became of the attack: the cell lives, and its other worker answers.
    fn holds(&self, attack: &str) {
        assert_eq!(self.good(), "good", "after {attack}: {}", self.mote.output());
        assert_eq!(self.cell(), self.pid, "after {attack}: {}", self.mote.output());
    }
}

#[test]
fn a_cell_outlives_what_its_workers_have_it_say() {
    let node = Node::start();
    for attack in ["reason", "method", "url", "location", "promise"] {
        assert_ne!(node.status(attack), 503, "{attack}: {}", node.mote.output());
        node.holds(attack);
    }
}

#[test]
fn a_cell_outlives_thousands_of_long_heads_at_once() {
    let node = Node::start();
    let mut waiting = node.many("heads", 60);
    eventually("all of them wait", || (node.bad("waiting").1 == "60").then_some(()));
    node.bad("open");
    for wire in &mut waiting {
        // What waits for its turn counts as the worker's memory, so it may be too much for it.
        assert!([200, 503].contains(&wire.head().status), "{}", node.mote.output());
    }
    node.holds("heads");
}

#[test]
fn a_cell_outlives_what_its_workers_print() {
    let node = Node::start();
    for attack in ["print", "fail"] {
        for wire in &mut node.many(attack, 240) {
            assert!([200, 500].contains(&wire.head().status), "{}", node.mote.output());
        }
        node.holds(attack);
    }
}
