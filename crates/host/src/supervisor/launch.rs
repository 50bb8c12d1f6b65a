//! How the supervisor gets at processes: behind traits, so that tests run cells that are tasks.

use std::{future::Future, io, pin::Pin, rc::Rc, time::Duration};

use mote_sandbox::{
    counters::Counted,
    process::{Does, Ended, ThreadView},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::options::Profile;

/// Both directions of a link.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Socket for T {}

/// A cell that is to be started.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// Its number on this node; no two cells ever have the same.
    pub cell: u64,
    /// How it runs code.
    pub profile: Profile,
    /// Bytes of memory that it may have.
    pub memory_bytes_max: u64,
}

/// A process that has been started; it says `Ready` on its control link when it serves.
pub struct Launched {
    /// The host's end of the data link.
    pub data: Box<dyn Socket>,
    /// The host's end of the control link.
    pub control: Box<dyn Socket>,
    /// The process.
    pub process: Rc<dyn Process>,
}

/// A process, when it has been started.
pub type Launching = Pin<Box<dyn Future<Output = io::Result<Launched>>>>;
/// How a process ended, when it has.
pub type Ending = Pin<Box<dyn Future<Output = Ended>>>;
/// A forbidden system call in words, when one is tried.
pub type Attempting = Pin<Box<dyn Future<Output = String>>>;

/// Starts cells.
pub trait Launcher {
    /// Starts one.
    fn launch(&self, order: &Order) -> Launching;
}

/// The process of a cell. Dropping it kills and reaps it.
pub trait Process {
    /// Its number.
    fn pid(&self) -> u32;
    /// The parts of its sandbox that the host itself has built and seen to hold.
    fn sandbox(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether somebody has stopped it, as SIGSTOP does: it will never answer then, and that is sure.
    fn is_stopped(&self) -> bool {
        false
    }
    /// Changes how many bytes of memory it may have, where the kernel holds that.
    fn set_memory_max(&self, bytes: u64) {
        let _ = bytes;
    }
    /// Whether the kernel has ended it because it had more memory than it may.
    fn has_run_out_of_memory(&self) -> bool {
        false
    }
    /// Settles when it has ended.
    fn ended(&self) -> Ending;
    /// Ends it at once.
    fn kill(&self);
    /// It says that it has come up. No tenant's code was in it so far, so its threads are what they say they are.
    fn came_up(&self) {}
    /// The thread that runs turns, as the kernel sees it now; where nobody knows which one that is, the CPU time of all of them.
    /// `None` if the system does not say.
    fn turns_thread(&self) -> Option<ThreadView> {
        self.cpu_time().map(|cpu| ThreadView { cpu, does: Does::Else })
    }
    /// Whether all its other threads sleep, so that none of them is about to wake the one that runs turns.
    fn others_sleep(&self) -> bool {
        false
    }
    /// What the processor has counted of the thread that runs turns; `None` where it counts nothing.
    fn counted(&self) -> Option<Counted> {
        None
    }
    /// Who runs alone, and since when, on its page ([`mote_wire::control::page::ALONE`]).
    fn alone(&self) -> u64 {
        0
    }
    /// Lets other processes go first where the CPU is short. A wish: without it everything works.
    fn give_way(&self) {}
    /// CPU time of all its threads; `None` if the system does not say.
    fn cpu_time(&self) -> Option<Duration>;
    /// Bytes of it that are in memory; `None` if the system does not say.
    fn resident_bytes(&self) -> Option<u64>;
    /// The turn on its page ([`mote_wire::control::page::TURN`]).
    fn turn(&self) -> u64;
    /// The CPU time that the turn may use, in microseconds, on its page ([`mote_wire::control::page::BUDGET`]).
    fn turn_budget_us(&self) -> u64;
    /// The requests begun on its page ([`mote_wire::control::page::BEGUN`]).
    fn begun(&self) -> u64;
    /// Settles when it tries a forbidden system call; the call is not answered. `listener` is the descriptor of which the
    /// cell says that the kernel reports there.
    ///
    /// # Errors
    /// When there is no such descriptor, or it is none of that kind.
    fn forbidden_call(&self, listener: i32) -> io::Result<Attempting>;
}
