# workerd serve workerd.capnp --socket-addr=http=127.0.0.1:PORT
# The harness copies this file beside the worker and puts the upstream's address in.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # The upstream is on loopback, which workerd's default network refuses.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "@COMPATIBILITY_DATE@",
  bindings = [(name = "UPSTREAM", text = "@UPSTREAM@")],
);
