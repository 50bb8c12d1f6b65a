//! A cell without an engine, for the tests: it shuts itself in as a real one does, and then tries what it is told.
#![allow(unsafe_code, reason = "it makes the bare system calls that an attacker would")]

use std::{
    ffi::{c_long, c_void},
    io::{BufRead, BufReader, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{atomic::Ordering, mpsc},
    thread,
};

use mote_sandbox::{
    inherited::inherited,
    jail::{self, JailOptions},
    page::SharedPage,
    process::{CellProcess, Spawn},
    seal::{self, Profile},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "host" => return host(),
        "alone" => return alone(),
        _ => {}
    }
    let mut host = UnixStream::from(inherited(3)?);
    let page = SharedPage::map(inherited(4)?.as_fd())?.leak();
    page[0].store(u64::from(std::process::id()), Ordering::Relaxed);
    page[1].store(std::env::vars_os().count() as u64, Ordering::Relaxed);
    let open: Vec<_> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    writeln!(host, "open {}", open.join(" "))?;
    if mode == "open" {
        return serve(&host, None);
    }
    for part in jail::enter(&JailOptions::default())? {
        writeln!(host, "part {part}")?;
    }
    if mode == "unsealed" {
        writeln!(host, "sealed none")?;
        return serve(&host, None);
    }
    let (orders, incoming) = mpsc::sync_channel::<String>(1);
    let (results, answers) = mpsc::sync_channel::<c_long>(1);
    // A thread from before the seal, as those of an engine: what holds for one must hold for all.
    thread::spawn(move || incoming.iter().all(|what| results.send(attempt(&what)).is_ok()));
    let profile = if mode == "jitless" { Profile::Jitless } else { Profile::Jit };
    if mode == "silent" {
        listen_first()?;
    }
    if mode == "recording" {
        writeln!(host, "sealed none")?;
        seal::seal_recording(profile)?;
    } else {
        let listener = seal::seal(profile)?.map_or("none".to_owned(), |number| number.to_string());
        writeln!(host, "sealed {listener}")?;
    }
    serve(&host, Some((orders, answers)))
}

/// A host that says which cell it has, and does nothing more.
fn host() -> Result<(), Box<dyn std::error::Error>> {
    let cell = CellProcess::start(Spawn {
        program: std::env::current_exe()?,
        arguments: vec![c"mote-jailed".into(), c"alone".into()],
        descriptors: Vec::new(),
        stderr: None,
        name: "alone".into(),
        memory_bytes_max: 1 << 30,
    })?;
    writeln!(std::io::stdout(), "{}", cell.pid())?;
    loop {
        thread::park();
    }
}

/// A cell that would live for ever.
fn alone() -> Result<(), Box<dyn std::error::Error>> {
    jail::enter(&JailOptions::default())?;
    loop {
        thread::park();
    }
}

/// As a container does whose runtime listens itself: nobody else can after that.
fn listen_first() -> std::io::Result<()> {
    let mut pass = [libc::sock_filter { code: 6, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW }];
    let program = libc::sock_fprog { len: 1, filter: pass.as_mut_ptr() };
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER
        | libc::SECCOMP_FILTER_FLAG_TSYNC
        | libc::SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
    // SAFETY: the kernel copies the program.
    let listener = unsafe { libc::syscall(libc::SYS_seccomp, 1, flags, &raw const program) };
    if listener < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

type Other = (mpsc::SyncSender<String>, mpsc::Receiver<c_long>);

fn serve(host: &UnixStream, other: Option<Other>) -> Result<(), Box<dyn std::error::Error>> {
    for line in BufReader::new(host).lines() {
        let line = line?;
        let result = match (line.strip_prefix("other "), &other) {
            (Some(what), Some((orders, answers))) => {
                orders.send(what.to_owned())?;
                answers.recv()?
            }
            _ => attempt(&line),
        };
        let mut host = host;
        writeln!(host, "result {result}")?;
    }
    Ok(())
}

/// Does it; what it returned, or the error as a negative number.
fn attempt(what: &str) -> c_long {
    if let Some(done) = peaceful(what) {
        return done;
    }
    let Some((number, arguments)) = call(what) else { return c_long::MIN };
    bare(number, arguments)
}

fn bare(number: c_long, [a, b, c, d, e, f]: [usize; 6]) -> c_long {
    // SAFETY: this process exists in order to do what must not be done; the kernel refuses it, or the test fails.
    let returned = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if returned < 0 {
        -c_long::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        returned
    }
}

/// What a cell may do.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "it is told to end, in one way or the other")]
fn peaceful(what: &str) -> Option<c_long> {
    match what {
        "nothing" => Some(0),
        "memory" => Some(vec![1_u8; 8 << 20].iter().map(|byte| c_long::from(*byte)).sum()),
        "time" => Some(c_long::from(std::time::Instant::now().elapsed().as_secs() > 5)),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "abort" => std::process::abort(),
        "leave" => std::process::exit(7),
        "compat" => Some(call_of_the_32_bit_set()),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
fn call_of_the_32_bit_set() -> c_long {
    let mut number = 20_u64; // getpid
    // SAFETY: it asks for a number; the filter ends the process.
    unsafe { std::arch::asm!("int 0x80", inout("rax") number) };
    number.cast_signed()
}

#[cfg(not(target_arch = "x86_64"))]
fn call_of_the_32_bit_set() -> c_long {
    bare(libc::SYS_openat, [0; 6])
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn call(what: &str) -> Option<(c_long, [usize; 6])> {
    let at_root = |number| (number, [0_usize.wrapping_sub(100), path(c"/"), 0, 0, 0, 0]);
    let socket = |family: libc::c_int, kind: libc::c_int| {
        (libc::SYS_socket, [family.cast_unsigned() as usize, kind.cast_unsigned() as usize, 0, 0, 0, 0])
    };
    let zeros = |number| (number, [0; 6]);
    let of = |number, first: usize| (number, [first, 0, 0, 0, 0, 0]);
    let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize;
    let all = usize::MAX;
    let (me, code) = (std::process::id() as usize, call as *const () as usize & !4095);
    Some(match what {
        "openat" => at_root(libc::SYS_openat),
        "look" => {
            let path = path(c"/sys/devices/system/cpu/online");
            (libc::SYS_openat, [0_usize.wrapping_sub(100), path, 0x8_0000, 0, 0, 0])
        }
        "openat2" => at_root(libc::SYS_openat2),
        "statx" => at_root(libc::SYS_statx),
        "readlinkat" => at_root(libc::SYS_readlinkat),
        "newfstatat" => at_root(libc::SYS_newfstatat),
        "open_by_handle_at" => zeros(libc::SYS_open_by_handle_at),
        "open_tree" => at_root(libc::SYS_open_tree),
        "memfd_create" => of(libc::SYS_memfd_create, path(c"x")),
        "socket inet" => socket(libc::AF_INET, libc::SOCK_STREAM),
        "socket inet6" => socket(libc::AF_INET6, libc::SOCK_DGRAM),
        "socket unix" => socket(libc::AF_UNIX, libc::SOCK_STREAM),
        "socket netlink" => socket(libc::AF_NETLINK, libc::SOCK_RAW),
        "socket packet" => socket(libc::AF_PACKET, libc::SOCK_RAW),
        "socket alg" => socket(38, libc::SOCK_SEQPACKET),
        "socket vsock" => socket(40, libc::SOCK_STREAM),
        "socketpair" => (libc::SYS_socketpair, [1, 1, 0, 0, 0, 0]),
        "connect" => of(libc::SYS_connect, 3),
        "sendmsg" => of(libc::SYS_sendmsg, 3),
        "recvmsg" => of(libc::SYS_recvmsg, 3),
        "sendto" => (libc::SYS_sendto, [3, code, 1, 0, code, 16]),
        "fork" => of(libc::SYS_clone, libc::SIGCHLD as usize),
        "clone" => of(libc::SYS_clone, (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND) as usize),
        "clone3" => zeros(libc::SYS_clone3),
        "execve" => of(libc::SYS_execve, path(c"/proc/self/exe")),
        "execveat" => of(libc::SYS_execveat, path(c"/proc/self/exe")),
        "ptrace" => (libc::SYS_ptrace, [libc::PTRACE_ATTACH as usize, 1, 0, 0, 0, 0]),
        "process_vm_readv" => of(libc::SYS_process_vm_readv, me + 1),
        "process_vm_writev" => of(libc::SYS_process_vm_writev, me + 1),
        "kill" => (libc::SYS_kill, [1, 9, 0, 0, 0, 0]),
        "kill all" => (libc::SYS_kill, [all, 9, 0, 0, 0, 0]),
        "tgkill" => (libc::SYS_tgkill, [me + 1, me + 1, 23, 0, 0, 0]),
        "tgkill term" => (libc::SYS_tgkill, [me, me, 15, 0, 0, 0]),
        "pidfd_open" => of(libc::SYS_pidfd_open, 1),
        "pidfd_getfd" => of(libc::SYS_pidfd_getfd, 3),
        "mount" => zeros(libc::SYS_mount),
        "umount2" => of(libc::SYS_umount2, path(c"/")),
        "fsopen" => of(libc::SYS_fsopen, path(c"tmpfs")),
        "unshare" => of(libc::SYS_unshare, libc::CLONE_NEWUSER as usize),
        "setns" => of(libc::SYS_setns, 3),
        "chroot" => of(libc::SYS_chroot, path(c"/")),
        "pivot_root" => of(libc::SYS_pivot_root, path(c".")),
        "keyctl" => zeros(libc::SYS_keyctl),
        "add_key" => of(libc::SYS_add_key, path(c"user")),
        "bpf" => zeros(libc::SYS_bpf),
        "io_uring_setup" => of(libc::SYS_io_uring_setup, 8),
        "perf_event_open" => zeros(libc::SYS_perf_event_open),
        "userfaultfd" => zeros(libc::SYS_userfaultfd),
        "ioctl" => (libc::SYS_ioctl, [3, 0x5421, 0, 0, 0, 0]),
        "fcntl" => (libc::SYS_fcntl, [3, 3, 0, 0, 0, 0]),
        "dup" => of(libc::SYS_dup, 3),
        "prctl" => (libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0, 0]),
        "prctl counters" => (libc::SYS_prctl, [31, 0, 0, 0, 0, 0]),
        "prctl vma" => (libc::SYS_prctl, [0x5356_4d41, 0, 0, 0, 0, 0]),
        "seccomp" => of(libc::SYS_seccomp, 1),
        "personality" => of(libc::SYS_personality, 0x0040_0000),
        "prlimit64" => (libc::SYS_prlimit64, [0, libc::RLIMIT_NPROC as usize, 0, 0, 0, 0]),
        "setresuid" => zeros(libc::SYS_setresuid),
        "capset" => zeros(libc::SYS_capset),
        "shmget" => (libc::SYS_shmget, [0, 4096, 0o1600, 0, 0, 0]),
        "msgget" => (libc::SYS_msgget, [0, 0o1600, 0, 0, 0, 0]),
        "mq_open" => of(libc::SYS_mq_open, path(c"x")),
        "timer_create" => zeros(libc::SYS_timer_create),
        "futex pi" => (libc::SYS_futex, [code, 6 | 128, 0, 0, 0, 0]),
        "mmap code" => (libc::SYS_mmap, [0, 4096, 7, anonymous, all, 0]),
        "mmap file" => (libc::SYS_mmap, [0, 4096, 1, libc::MAP_PRIVATE as usize, 4, 0]),
        "mprotect code" => (libc::SYS_mprotect, [code, 4096, 5, 0, 0, 0]),
        "pkey_mprotect key 0" => (libc::SYS_pkey_mprotect, [code, 4096, 7, 0, 0, 0]),
        "pkey_mprotect" => (libc::SYS_pkey_mprotect, [code, 4096, 7, 1, 0, 0]),
        "uname" => zeros(libc::SYS_uname),
        "sysinfo" => zeros(libc::SYS_sysinfo),
        "syslog" => zeros(libc::SYS_syslog),
        "reboot" => zeros(libc::SYS_reboot),
        "settimeofday" => zeros(libc::SYS_settimeofday),
        "init_module" => zeros(libc::SYS_init_module),
        "kexec_load" => zeros(libc::SYS_kexec_load),
        "nr 9999" => zeros(9_999),
        _ => return None,
    })
}

fn path(text: &'static std::ffi::CStr) -> usize {
    text.as_ptr().cast::<c_void>() as usize
}
