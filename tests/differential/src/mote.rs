//! The built `mote`, as a node to which both workers are deployed: service bindings lead to deployed workers only.

use std::path::Path;

use mote_blackbox::{Commands, Door, Launch, Mote as Node, Project};

use crate::folder;

/// A running node with both workers.
#[derive(Debug)]
pub struct Mote {
    node: Node,
    _config: Project,
}

impl Mote {
    /// Starts it and deploys to it.
    pub fn start(upstream: &str) -> Self {
        // The upstream is on loopback, which a node's workers do not reach.
        let config = Project::empty().with("mote.toml", "[workers.differential]\negress = 'any'\n");
        let node = Launch::serve_nothing().arg("--config").arg(config.file("mote.toml")).start();
        let door = Door::of(&node);
        for name in ["worker", "classic"] {
            let project = Project::copy_of(&folder().join(name));
            project.edit("wrangler.toml", "[vars]\n", &format!("[vars]\nUPSTREAM = \"{upstream}\"\n"));
            deploy(&node, &door, project.path());
        }
        Self { node, _config: config }
    }

    /// Where all workers are.
    pub fn port(&self) -> u16 {
        self.node.port()
    }

    /// The host name of one.
    pub fn host(&self, name: &str) -> String {
        format!("{name}.localhost:{}", self.port())
    }
}

fn deploy(node: &Node, door: &Door, project: &Path) {
    let account = "00000000000000000000000000000001";
    let said = Commands::of(node, door).in_folder(project).run(&["deploy", "--account", account]);
    assert_eq!(said.code, Some(0), "`mote deploy` failed: {}{}", said.stdout, said.stderr);
}
