//! Modules that no bundle holds because the runtime has them.

/// What an import of such a module looks like to the bundler.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    /// `cloudflare:sockets` and its like.
    Platform,
    /// `node:fs`.
    Node,
    /// `fs`: one of Node.js, unless a package of that name is installed.
    BareNode(&'static str),
}

/// Whether the specifier names a module of the runtime.
pub(super) fn find(specifier: &str) -> Option<Builtin> {
    if specifier.starts_with("cloudflare:") || specifier.starts_with("workerd:") {
        return Some(Builtin::Platform);
    }
    if specifier.starts_with("node:") {
        return Some(Builtin::Node);
    }
    NODE_MODULES.iter().find(|name| **name == specifier).map(|name| Builtin::BareNode(name))
}

/// The modules of Node.js that can be named without `node:`.
const NODE_MODULES: &[&str] = &[
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_wrap",
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "inspector/promises",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_only_sounds_like_a_builtin_is_none() {
        for specifier in ["fs-extra", "./fs", "node", "nodefs", "@scope/fs", "cloudflare", "fs/", "FS"] {
            assert_eq!(find(specifier), None, "{specifier}");
        }
        assert_eq!(find("fs/promises"), Some(Builtin::BareNode("fs/promises")));
        assert_eq!(find("node:test"), Some(Builtin::Node));
        assert_eq!(find("cloudflare:workers"), Some(Builtin::Platform));
    }
}
