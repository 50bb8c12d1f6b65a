//! A site that runs on a node, and what is asked of it.

use std::path::Path;

use mote_blackbox::{Answer, Commands, Door, Mote, Project, Wire, mote};
use tempfile::TempDir;

use crate::build::{build, copy};
use crate::group::Group;
use crate::peer;

/// A project that was built and that answers, for as long as this is there.
#[derive(Debug)]
pub struct Site {
    mote: Mote,
    framework: String,
    copy: Project,
    /// What the node keeps.
    data: TempDir,
    /// What runs in the node's stead, where that was asked for.
    _peer: Option<Group>,
}

impl Site {
    /// Builds the project of that name, and deploys it to a node of its own.
    pub fn of(framework: &str) -> Self {
        Self::deployed(framework, None)
    }

    /// The same, where the project's configuration names a KV namespace by this id; it gets a real one.
    pub fn with_namespace(framework: &str, id: &str) -> Self {
        Self::deployed(framework, Some(id))
    }

    fn deployed(framework: &str, namespace: Option<&str>) -> Self {
        let (copy, data) = (copy(), tempfile::tempdir().expect("a temporary folder"));
        let framework = framework.to_owned();
        let project = copy.file(&framework);
        if peer::is_wanted() {
            build(&project);
            let (mote, group) = peer::serve(&project, data.path());
            return Self { mote, framework, copy, data, _peer: Some(group) };
        }
        let folder = text(data.path());
        let node = mote(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", folder]);
        let site = Self { mote: node.start(), framework, copy, data, _peer: None };
        if let Some(id) = namespace {
            let made = site.commands().json(&["kv", "namespace", "create", "sessions"]);
            let real = made["id"].as_str().expect("a namespace has an id");
            site.copy.edit(&format!("{}/wrangler.jsonc", site.framework), id, real);
        }
        build(&project);
        site.commands().says(&["deploy", text(&project)]);
        site
    }

    fn commands(&self) -> Commands {
        let api = format!("http://127.0.0.1:{}", Door::of(&self.mote).port());
        Commands::nobody().with("MOTE_API", &api).with("MOTE_DATA", text(self.data.path()))
    }

    /// GET, as a browser navigates.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// GET with these headers besides.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let host = self.host();
        self.mote.get_with(path, &[&[("host", &*host), ("accept", "text/html")], headers].concat())
    }

    /// A bare connection on which a GET has been sent.
    pub fn wire_get(&self, path: &str) -> Wire {
        let mut wire = self.mote.wire();
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\n\r\n", self.host()));
        wire
    }

    /// POST of a form, as a browser sends one that stands on the site itself.
    pub fn submit(&self, path: &str, form: &str) -> Answer {
        self.submit_from(&self.origin(), path, form)
    }

    /// POST of a form that stands on a site with this origin.
    pub fn submit_from(&self, origin: &str, path: &str, form: &str) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send("POST", path, &[("accept", "text/html"), ("origin", origin), kind], form)
    }

    /// Any method, with a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.host();
        self.mote.send(method, path, &[&[("host", &*host)], headers].concat(), body)
    }

    /// What browsers call where its pages come from.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    // The name in the projects' configurations.
    fn host(&self) -> String {
        format!("{}-shop.localhost:{}", self.framework, self.mote.port())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's path is UTF-8")
}
