//! Cells that are processes: the [`Launcher`] of a node.

use std::{
    cell::{Cell, OnceCell, RefCell},
    ffi::CString,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use mote_sandbox::{
    attempts::{Attempt, Attempts},
    counters::{Counted, Counters},
    page::SharedPage,
    process::{CellProcess, Does, Ended, Spawn, ThreadView},
};
use mote_wire::control::{TURNS_THREAD, page};
use tokio::io::{Interest, unix::AsyncFd};

use super::{
    counting::Counting,
    launch::{Attempting, Ending, Launched, Launcher, Launching, Order, Process},
    options::Profile,
};

/// Starts a program as cells.
pub struct Processes {
    /// The program.
    pub program: PathBuf,
    /// Its arguments for a profile, the first being its name.
    pub arguments: Box<dyn Fn(Profile) -> Vec<CString>>,
    /// Where cells may write a last word, for whoever looks for a bug of ours. Hostile code may write there, too, so it is
    /// nothing for a log.
    pub stderr: Option<OwnedFd>,
    /// Whether the processor is to count what their threads do, where it can.
    pub counting: Counting,
}

impl Launcher for Processes {
    fn launch(&self, order: &Order) -> Launching {
        Box::pin(std::future::ready(self.start(order)))
    }
}

impl Processes {
    fn start(&self, order: &Order) -> io::Result<Launched> {
        let (data, cells_data) = UnixStream::pair()?;
        let (control, cells_control) = UnixStream::pair()?;
        let (page, cells_page) = SharedPage::create()?;
        let process = CellProcess::start(Spawn {
            program: self.program.clone(),
            arguments: (self.arguments)(order.profile),
            descriptors: vec![cells_data.into(), cells_control.into(), cells_page],
            stderr: self.stderr.as_ref().map(OwnedFd::try_clone).transpose()?,
            name: format!("cell-{}", order.cell),
            memory_bytes_max: order.memory_bytes_max,
        })?;
        let host_end = |socket: UnixStream| {
            socket.set_nonblocking(true)?;
            tokio::net::UnixStream::from_std(socket)
        };
        Ok(Launched {
            data: Box::new(host_end(data)?),
            control: Box::new(host_end(control)?),
            process: Rc::new(CellOfProcess {
                process: Rc::new(RefCell::new(process)),
                page,
                turns_thread: Cell::new(None),
                counting: self.counting,
                counters: OnceCell::new(),
            }),
        })
    }
}

/// A cell's process, and the page that it shares with the host.
struct CellOfProcess {
    process: Rc<RefCell<CellProcess>>,
    page: SharedPage,
    /// The number of the thread that runs turns, once it is known.
    turns_thread: Cell<Option<u32>>,
    counting: Counting,
    /// Of that thread, where the processor counts.
    counters: OnceCell<Counters>,
}

impl CellOfProcess {
    fn slot(&self, index: usize) -> u64 {
        let slot: &AtomicU64 = self.page.slot(index);
        // What the cell wrote before this is there, too.
        slot.load(Ordering::Acquire)
    }
}

/// Waits for a process's end.
async fn end_of(process: Rc<RefCell<CellProcess>>) -> Ended {
    loop {
        if let Ok(Some(ended)) = process.borrow_mut().try_wait() {
            return ended;
        }
        let descriptor = process.borrow().as_fd().try_clone_to_owned();
        match descriptor.and_then(watched) {
            Ok(descriptor) => drop(descriptor.readable().await),
            // Out of descriptors: look again.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A descriptor that tells when there is something to read.
#[expect(
    deprecated,
    reason = "each of ours owns its descriptor for as long as it lives, and the new form is unsafe to call"
)]
fn watched<T: AsRawFd>(descriptor: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

impl Process for CellOfProcess {
    fn pid(&self) -> u32 {
        self.process.borrow().pid()
    }

    fn sandbox(&self) -> Vec<String> {
        let process = self.process.borrow();
        process.parts().iter().filter(|part| part.holds()).map(|part| part.name.to_owned()).collect()
    }

    fn is_stopped(&self) -> bool {
        self.process.borrow().is_stopped()
    }

    fn set_memory_max(&self, bytes: u64) {
        self.process.borrow().set_memory_max(bytes);
    }

    fn has_run_out_of_memory(&self) -> bool {
        self.process.borrow().has_run_out_of_memory()
    }

    fn ended(&self) -> Ending {
        Box::pin(end_of(self.process.clone()))
    }

    fn kill(&self) {
        self.process.borrow().kill();
    }

    fn came_up(&self) {
        let thread = self.process.borrow().thread_named(TURNS_THREAD);
        self.turns_thread.set(thread);
        // Without them its workers are judged by their behaviour; the node has said at its start what the machine has.
        if let Some(thread) = thread.filter(|_| self.counting == Counting::WherePossible)
            && let Ok(counters) = Counters::of_thread(thread)
        {
            let _ = self.counters.set(counters);
        }
    }

    fn counted(&self) -> Option<Counted> {
        self.counters.get()?.read()
    }

    fn alone(&self) -> u64 {
        self.slot(page::ALONE)
    }

    fn turns_thread(&self) -> Option<ThreadView> {
        match self.turns_thread.get() {
            Some(number) => self.process.borrow().thread(number),
            None => self.cpu_time().map(|cpu| ThreadView { cpu, does: Does::Else }),
        }
    }

    fn others_sleep(&self) -> bool {
        self.turns_thread.get().is_some_and(|thread| self.process.borrow().others_sleep(thread))
    }

    fn give_way(&self) {
        // It may have ended just now; and a system that refuses divides the CPU evenly.
        let _ = self.process.borrow().give_way();
    }

    fn cpu_time(&self) -> Option<Duration> {
        self.process.borrow().cpu_time()
    }

    fn resident_bytes(&self) -> Option<u64> {
        self.process.borrow().resident_bytes()
    }

    fn turn(&self) -> u64 {
        self.slot(page::TURN)
    }

    fn turn_budget_us(&self) -> u64 {
        self.slot(page::BUDGET)
    }

    fn begun(&self) -> u64 {
        self.slot(page::BEGUN)
    }

    fn forbidden_call(&self, listener: i32) -> io::Result<Attempting> {
        let descriptor = self.process.borrow().descriptor_of(listener)?;
        let attempts = watched(Attempts::new(descriptor)?)?;
        Ok(Box::pin(async move {
            loop {
                let Ok(mut ready) = attempts.readable().await else { return std::future::pending().await };
                match attempts.get_ref().next() {
                    Ok(Some(attempt)) => return in_words(&attempt),
                    Ok(None) => ready.clear_ready(),
                    // The process has ended, which others see.
                    Err(_) => return std::future::pending().await,
                }
            }
        }))
    }
}

fn in_words(attempt: &Attempt) -> String {
    let name = attempt.name.unwrap_or("an unknown system call");
    let [a, b, c, d, e, f] = attempt.arguments;
    format!("it tried {name} (number {}) with {a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {f:#x}", attempt.number)
}
