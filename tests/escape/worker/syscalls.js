// System calls that an attacker makes who has taken a cell over: `escapeSyscall` is the test-only hook. Numbers are those of
// Linux on x86-64. `call` names the system call that the host must report.

const AT_FDCWD = -100;
const buffer = () => new Uint8Array(4096);

/** The address of a socket: family, then bytes. */
function address(family, ...bytes) {
  const raw = new Uint8Array(28);
  raw[0] = family;
  raw.set(bytes, 2);
  return raw;
}

const killed = (call, number, ...args) => ({ call, run: () => escapeSyscall(number, ...args) });

export const attacks = {
  // Files.
  "open a file": killed("open", 2, "/etc/passwd", 0),
  "openat a file": killed("openat", 257, AT_FDCWD, "/etc/passwd", 0),
  "openat the process's memory": killed("openat", 257, AT_FDCWD, "/proc/self/mem", 2),
  "openat2": killed("openat2", 437, AT_FDCWD, "/", buffer(), 24),
  "create a file": killed("creat", 85, "/owned", 0o666),
  "read a link": killed("readlink", 89, "/proc/self/exe", buffer(), 4096),
  "list a folder": killed("getdents64", 217, 3, buffer(), 4096),
  "make a folder": killed("mkdir", 83, "/x", 0o777),
  "remove a file": killed("unlink", 87, "/x"),
  "rename a file": killed("rename", 82, "/a", "/b"),
  "open by a handle": killed("open_by_handle_at", 304, AT_FDCWD, buffer(), 0),
  "ask for a file": killed("stat", 4, "/etc/passwd", buffer()),
  "change the root": killed("chroot", 161, "/"),
  "watch files": killed("inotify_init1", 294, 0),
  "watch the whole disk": killed("fanotify_init", 300, 0, 0),
  // Sockets, of every family that could lead out.
  "a Unix socket": killed("socket", 41, 1, 1, 0),
  "a TCP socket": killed("socket", 41, 2, 1, 0),
  "a TCP socket of version 6": killed("socket", 41, 10, 1, 0),
  "a raw socket": killed("socket", 41, 2, 3, 255),
  "a netlink socket": killed("socket", 41, 16, 3, 0),
  "a packet socket": killed("socket", 41, 17, 3, 0),
  "a crypto socket": killed("socket", 41, 38, 5, 0),
  "a vsock socket": killed("socket", 41, 40, 1, 0),
  "a Bluetooth socket": killed("socket", 41, 31, 1, 0),
  "an XDP socket": killed("socket", 41, 44, 3, 0),
  "a pair of sockets": killed("socketpair", 53, 1, 1, 0, buffer()),
  "connect what there is to an abstract socket": killed("connect", 42, 3, address(1, 0, 120, 120), 5),
  "bind what there is": killed("bind", 49, 3, address(1, 0, 120, 120), 5),
  "listen": killed("listen", 50, 3, 1),
  "accept": killed("accept4", 288, 3, 0, 0, 0),
  "send a descriptor": killed("sendmsg", 46, 3, buffer(), 0),
  "send many": killed("sendmmsg", 307, 3, buffer(), 1, 0),
  "receive a descriptor": killed("recvmsg", 47, 3, buffer(), 0),
  "receive many": killed("recvmmsg", 299, 3, buffer(), 1, 0, 0),
  // Processes.
  "fork": killed("fork", 57),
  "vfork": killed("vfork", 58),
  "clone a process": killed("clone", 56, 17, 0, 0, 0, 0),
  "clone into new namespaces": killed("clone", 56, 0x7c020000 | 17, 0, 0, 0, 0),
  "clone3": killed("clone3", 435, buffer(), 88),
  "run a program": killed("execve", 59, "/bin/sh", 0, 0),
  "run a program by descriptor": killed("execveat", 322, 3, "", 0, 0, 0x1000),
  "trace a process": killed("ptrace", 101, 16, 1, 0, 0),
  "read another process's memory": killed("process_vm_readv", 310, 2, buffer(), 1, buffer(), 1, 0),
  "write another process's memory": killed("process_vm_writev", 311, 2, buffer(), 1, buffer(), 1, 0),
  "open a process": killed("pidfd_open", 434, 1, 0),
  "take a process's descriptor": killed("pidfd_getfd", 438, 3, 0, 0),
  "advise a process's memory": killed("process_madvise", 440, 3, buffer(), 1, 21, 0),
  "end all processes": killed("kill", 62, -1, 9),
  "end a thread anywhere": killed("tkill", 200, 2, 9),
  "compare processes": killed("kcmp", 312, 1, 2, 0, 0, 0),
  "change a process's limits": killed("prlimit64", 302, 0, 7, buffer(), 0),
  "its own limits": killed("setrlimit", 160, 7, buffer()),
  "another affinity": killed("sched_setaffinity", 203, 0, 8, buffer()),
  "a realtime schedule": killed("sched_setscheduler", 144, 0, 1, buffer()),
  "a better priority": killed("setpriority", 141, 0, 0, -20),
  // Users and capabilities.
  "become root": killed("setuid", 105, 0),
  "become anybody": killed("setresuid", 117, 0, 0, 0),
  "another group": killed("setgid", 106, 0),
  "capabilities": killed("capset", 126, buffer(), buffer()),
  "loosen the process": killed("prctl", 157, 4, 1, 0, 0, 0),
  "another personality": killed("personality", 135, 0x0040000),
  // Mounts and namespaces.
  "mount": killed("mount", 165, "none", "/", "tmpfs", 0, 0),
  "unmount": killed("umount2", 166, "/", 2),
  "pivot": killed("pivot_root", 155, ".", "."),
  "a new mount": killed("fsopen", 430, "tmpfs", 0),
  "move a mount": killed("move_mount", 429, AT_FDCWD, "/", AT_FDCWD, "/", 0),
  "new namespaces": killed("unshare", 272, 0x10000000),
  "another's namespaces": killed("setns", 308, 3, 0),
  // The kernel.
  "a kernel module": killed("init_module", 175, buffer(), 4096, ""),
  "a kernel module by descriptor": killed("finit_module", 313, 3, "", 0),
  "unload a module": killed("delete_module", 176, "x", 0),
  "another kernel": killed("kexec_load", 246, 0, 0, 0, 0),
  "restart the machine": killed("reboot", 169, 0xfee1dead, 672274793, 0x1234567, 0),
  "io_uring": killed("io_uring_setup", 425, 8, buffer()),
  "io_uring without a ring": killed("io_uring_enter", 426, 3, 1, 1, 0, 0, 0),
  "bpf": killed("bpf", 321, 0, buffer(), 48),
  "keys": killed("keyctl", 250, 0, -3, 0),
  "add a key": killed("add_key", 248, "user", "x", "y", 1, -3),
  "ask for a key": killed("request_key", 249, "user", "x", 0, -3),
  "stop the counting of itself": killed("prctl", 157, 31, 0, 0, 0, 0),
  "performance counters": killed("perf_event_open", 298, buffer(), 0, -1, -1, 0),
  "page faults": killed("userfaultfd", 323, 0),
  "another filter": killed("seccomp", 317, 1, 0, buffer()),
  "ports": killed("iopl", 172, 3),
  "segments": killed("modify_ldt", 154, 0, buffer(), 16),
  "the clock": killed("clock_settime", 227, 0, buffer()),
  "the host name": killed("sethostname", 170, "owned", 5),
  "the kernel's log": killed("syslog", 103, 3, buffer(), 4096),
  "swap": killed("swapon", 167, "/x", 0),
  "accounting": killed("acct", 163, 0),
  // Memory that outlives or is shared.
  "a file in memory": killed("memfd_create", 319, "x", 0),
  "secret memory": killed("memfd_secret", 447, 0),
  "System V memory": killed("shmget", 29, 0, 4096, 0o1777),
  "System V messages": killed("msgget", 68, 0, 0o1777),
  "a message queue": killed("mq_open", 240, "/x", 0o102, 0o777, 0),
  "move pages": killed("move_pages", 279, 1, 1, buffer(), 0, buffer(), 0),
  // Descriptors.
  "copy a descriptor": killed("dup", 32, 3),
  "copy a descriptor over another": killed("dup2", 33, 3, 9),
  "a pipe": killed("pipe2", 293, buffer(), 0),
  "signals as a descriptor": killed("signalfd4", 289, -1, buffer(), 8, 0),
  "timers as a descriptor": killed("timerfd_create", 283, 1, 0),
  // What no table has.
  "a call that does not exist": { call: "an unknown system call (number 9999)", run: () => escapeSyscall(9999) },
  "a call of the x32 kind": { call: "", run: () => escapeSyscall(0x40000000 + 2, "/etc/passwd", 0) },
};
