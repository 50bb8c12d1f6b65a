# workerd serve workerd.capnp
# The harness puts in a service, a socket and a constant for each worker, and copies the file beside the workers.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
@SERVICES@
    # The upstream is on loopback, which workerd's default network refuses.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
@SOCKETS@
  ],
);

@WORKERS@
