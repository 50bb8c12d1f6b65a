//! The same builds under the runtime that they are made for: `MOTE_FRAMEWORKS_ON=wrangler` runs every site on `wrangler dev`,
//! hence on workerd. What a test expects is what is answered there too.

use std::path::Path;

use mote_blackbox::{Launch, Mote};

use crate::build::{folder, node};
use crate::group::Group;

// What follows it are the words that would start a `mote`; they are left alone.
const SCRIPT: &str =
    "cd \"$0\" && exec setsid \"$NODE\" \"$WRANGLER\" dev --ip localhost --port 0 --inspector-port 0";

/// Whether this run is about the peer.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os("MOTE_FRAMEWORKS_ON").is_some_and(|on| on == "wrangler")
}

/// Serves what was built there. It is killed with its group.
pub(crate) fn serve(project: &Path, home: &Path) -> (Mote, Group) {
    let set = |name: &str, value: &Path| format!("{name}={}", value.display());
    let wrangler = folder().join("node_modules/wrangler/bin/wrangler.js");
    let surroundings = [
        set("HOME", home),
        set("NODE", &node().join("node")),
        set("WRANGLER", &wrangler),
        // It must not ask, and not phone home.
        "CI=true".to_owned(),
        "WRANGLER_SEND_METRICS=false".to_owned(),
        "CLOUDFLARE_CF_FETCH_ENABLED=false".to_owned(),
    ];
    let words = ["sh".to_owned(), "-c".to_owned(), SCRIPT.to_owned(), project.display().to_string()];
    let all = ["env".to_owned()].into_iter().chain(surroundings).chain(words);
    let server = Launch::serve_nothing().under(all).start();
    let group = Group::led_by(server.pid());
    (server, group)
}
