//! Makes V8 look for a termination at the next turn of the loop that it is in.
//!
//! The problem: in a loop, V8 looks for a termination only when the function's interrupt budget is used up, a number in the
//! function's feedback cell from which every round takes a little (V8's `JumpBackward` in `interpreter-assembler.cc`, the
//! budgets in `tiering-manager.cc`; only TurboFan's loops look every time). A budget lasts for thousands of rounds, and in
//! a function with more than 60 KB of bytecode for a thousand million of them. With a slow native as the loop's body that
//! is for ever, and V8 has no interface to shorten it.
//!
//! What is done: when a stopped turn goes on all the same, the watchdog sends its thread a signal. The handler looks
//! through the thread's own stack for functions and sets their budgets to zero, so that the next round looks. It does so
//! again, after ever longer pauses, until the turn is over.
//!
//! Why that is safe: V8 stands still while its thread is in the handler. A word of the stack is taken for a function only
//! if the object that it points at refers to a feedback cell, as cells are recognised by their map; all memory is read
//! through the kernel, which refuses addresses that are not there, and what is written is a cell's budget, which V8 takes
//! for a hint whatever its value. At worst a cell that nobody runs begins with an empty budget.
//!
//! What happens when it fails: the layout of V8's objects is not in its interface. It is tried out on a function of our
//! own at the first isolate; if it is not as expected, nobody is nudged, and such loops end when V8 looks by itself.

use std::{
    cell::Cell,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::v8;

/// The signal that is sent. It is ignored where nobody handles it, and nothing else of this process uses it.
const SIGNAL: libc::c_int = libc::SIGURG;
/// The most of a stack that is looked through; V8's own limit is lower.
const STACK_BYTES_MAX: usize = 2 << 20;
/// The most words that are looked at more closely: a walk of some milliseconds. The loop in question is in the function
/// that was called last, and at the end of a deep recursion there is no need to go back to its beginning.
const CANDIDATES_MAX: usize = 4_096;
/// Words that need not be looked at again: a recursion has the same ones at each step.
const REMEMBERED: usize = 8;

// Where things are in V8's objects, with compressed pointers (V8's `js-function.h`, `feedback-cell.h`, `map.h`).
const FUNCTION_CELL: u64 = 24;
const CELL_BUDGET: u64 = 12;
const MAP_INSTANCE_TYPE: u64 = 8;
/// The lowest bits of a pointer to an object.
const TAG: u64 = 1;
const TAG_MASK: u64 = 3;

/// What was found out about V8's objects in this process.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// The 4 GiB in which all objects are, by the upper half of their addresses.
    cage: u64,
    /// The instance type of feedback cells.
    cell_type: u16,
}

static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();
/// The same for the handler, which must not wait for a lock: the cage, and the type of cells; zero if there is none.
static CAGE: AtomicU64 = AtomicU64::new(0);
static CELL_TYPE: AtomicU64 = AtomicU64::new(0);

// Where this thread's stack begins and ends, lowest address first: a fact about the thread.
thread_local! {
    static STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    /// Where it was left for a fiber's stack ([`crate::fiber`]), on which no function of V8's ever is; else zero.
    static LEFT_AT: Cell<usize> = const { Cell::new(0) };
}

/// Says, while it lives, that the thread's own stack is left.
pub(crate) struct Away {
    before: usize,
}

impl Away {
    pub(crate) fn from_here() -> Self {
        let here = 0_usize;
        let before = LEFT_AT.get();
        // From one fiber to another the place remains where it was.
        if before == 0 {
            LEFT_AT.set(std::ptr::from_ref(&here).addr());
        }
        Self { before }
    }
}

/// Whether this thread is on a fiber's stack now.
pub(crate) fn is_away() -> bool {
    LEFT_AT.get() != 0
}

impl Drop for Away {
    fn drop(&mut self) {
        LEFT_AT.set(self.before);
    }
}

/// A thread that can be nudged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nudged(libc::pid_t);

impl Nudged {
    /// This thread.
    pub(crate) fn this_thread() -> Self {
        STACK.set(stack_of_thread().unwrap_or((0, 0)));
        // SAFETY: it takes nothing and cannot fail.
        Self(unsafe { libc::gettid() })
    }

    /// Empties the budgets of the functions that run on the thread.
    pub(crate) fn nudge(self) {
        if CAGE.load(Ordering::Relaxed) == 0 {
            return;
        }
        // SAFETY: it takes nothing and cannot fail.
        let process = unsafe { libc::getpid() };
        // SAFETY: it only sends a signal; a thread that is gone is an error, and one that has its number now has no stack
        // to look through, or one that is looked through for nothing.
        unsafe { libc::syscall(libc::SYS_tgkill, process, self.0, SIGNAL) };
    }
}

/// The same for the thread that asks: its own functions look at their next round.
pub(crate) fn nudge_this_thread() {
    let here = 0_usize;
    look_through(std::ptr::from_ref(&here).addr());
}

/// Finds out, once a process, how V8's objects are laid out, and installs the handler if it is as expected. True if threads
/// can be nudged.
pub(crate) fn prepare(scope: &mut v8::PinScope<'_, '_>) -> bool {
    let layout = LAYOUT.get_or_init(|| {
        let layout = find_layout(scope).filter(|_| install_handler())?;
        CELL_TYPE.store(u64::from(layout.cell_type), Ordering::Relaxed);
        CAGE.store(layout.cage, Ordering::Release);
        Some(layout)
    });
    layout.is_some()
}

/// A loop whose rounds can be counted in its budget. What follows the loop never runs; it makes the budget last.
const PROBE: &str = "(function (rounds) { for (let n = 0; n < rounds; n++); \
     if (rounds < 0) { return [rounds, rounds + 1, rounds + 2, rounds + 3, rounds + 4, rounds + 5, rounds + 6, rounds + 7]; } })";

fn find_layout(scope: &mut v8::PinScope<'_, '_>) -> Option<Layout> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return None;
    }
    let source = v8::String::new(scope, PROBE)?;
    let function = v8::Script::compile(scope, source, None)?.run(scope)?.try_cast::<v8::Function>().ok()?;
    let mut budgets = [0; 4];
    let mut cell = None;
    for (rounds, budget) in (1..).zip(&mut budgets) {
        let argument = v8::Integer::new(scope, rounds);
        let receiver = v8::undefined(scope);
        function.call(scope, receiver.into(), &[argument.into()])?;
        let address = address_of(&function);
        let cage = address & CAGE_MASK;
        let found = read_pointer(cage, untagged(address) + FUNCTION_CELL)?;
        *budget = read_i32(found + CELL_BUDGET)?;
        let map = read_pointer(cage, found)?;
        cell = Some(Layout { cage, cell_type: read_u16(map + MAP_INSTANCE_TYPE)? });
    }
    // Each call took one round more than the one before it, and so much more of the budget.
    let [first, second, third, fourth] = budgets;
    let (one, two) = ((first - second) - (second - third), (second - third) - (third - fourth));
    cell.filter(|layout| one == two && one < 0 && layout.cell_type != 0)
}

const CAGE_MASK: u64 = !0xffff_ffff;

/// The address of an object, as V8 has it in a handle.
fn address_of(function: &v8::Function) -> u64 {
    // SAFETY: a reference to a V8 object is the address of a handle, which holds the object's address.
    unsafe { std::ptr::from_ref(function).cast::<u64>().read() }
}

fn untagged(address: u64) -> u64 {
    address & !TAG_MASK
}

/// Looks at every word of this thread's stack from `top` upwards; from where it was left, if `top` is on another one.
fn look_through(top: usize) {
    let (cage, (start, end)) = (CAGE.load(Ordering::Acquire), STACK.get());
    let from = if (start..end).contains(&top) { top } else { LEFT_AT.get() };
    if cage == 0 || !(start..end).contains(&from) {
        return;
    }
    let end = end.min(from.saturating_add(STACK_BYTES_MAX));
    let (mut remembered, mut seen) = ([0; REMEMBERED], 0);
    for place in (from.next_multiple_of(8)..end.saturating_sub(7)).step_by(8) {
        // SAFETY: between the stack pointer and the end of its stack a thread's memory can be read, at a multiple of 8.
        let word = unsafe { std::ptr::with_exposed_provenance::<u64>(place).read_volatile() };
        let is_object = word & CAGE_MASK == cage && word & TAG_MASK == TAG;
        if !is_object || remembered.contains(&word) {
            continue;
        }
        if let Some(place) = remembered.get_mut(seen % REMEMBERED) {
            *place = word;
        }
        seen += 1;
        if seen > CANDIDATES_MAX {
            return;
        }
        empty_budget(cage, word);
    }
}

/// If the object at this address refers to a feedback cell where functions do, empties the budget there.
fn empty_budget(cage: u64, address: u64) -> Option<()> {
    let cell = read_pointer(cage, untagged(address) + FUNCTION_CELL)?;
    let map = read_pointer(cage, cell)?;
    let is_cell = u64::from(read_u16(map + MAP_INSTANCE_TYPE)?) == CELL_TYPE.load(Ordering::Relaxed);
    is_cell.then(|| write(cell + CELL_BUDGET, 0_i32.to_ne_bytes()))?
}

/// A compressed pointer to an object, as an address without its tag.
fn read_pointer(cage: u64, at: u64) -> Option<u64> {
    let word = u64::from(u32::from_ne_bytes(read(at)?));
    (word & TAG_MASK == TAG).then(|| cage | untagged(word))
}

fn read_i32(at: u64) -> Option<i32> {
    read(at).map(i32::from_ne_bytes)
}

fn read_u16(at: u64) -> Option<u16> {
    read(at).map(u16::from_ne_bytes)
}

/// Reads memory of this process that may not be there.
fn read<const N: usize>(at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: N };
    let remote = libc::iovec { iov_base: pointer(at), iov_len: N };
    // SAFETY: it takes nothing and cannot fail.
    let process = unsafe { libc::getpid() };
    // SAFETY: `local` is memory of this function's, and the kernel refuses what cannot be read of `remote`.
    let copied = unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(copied).is_ok_and(|copied| copied == N).then_some(bytes)
}

/// Writes memory of this process that may not be there, or may be read-only.
fn write<const N: usize>(at: u64, mut bytes: [u8; N]) -> Option<()> {
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: N };
    let remote = libc::iovec { iov_base: pointer(at), iov_len: N };
    // SAFETY: it takes nothing and cannot fail.
    let process = unsafe { libc::getpid() };
    // SAFETY: the caller has recognised a feedback cell there, whose budget may have any value; V8 does not look at it
    // while its thread is in this function.
    let copied = unsafe { libc::process_vm_writev(process, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(copied).is_ok_and(|copied| copied == N).then_some(())
}

fn pointer(at: u64) -> *mut libc::c_void {
    std::ptr::with_exposed_provenance_mut(usize::try_from(at).unwrap_or(0))
}

fn install_handler() -> bool {
    // SAFETY: all zeros is a value that `sigaction` may have; what matters is set below.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
    action.sa_sigaction = handler as usize;
    // A system call that the signal comes into goes on.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the handler calls only what may be called in one: system calls, and its own thread's memory.
    unsafe { libc::sigaction(SIGNAL, &raw const action, std::ptr::null_mut()) == 0 }
}

extern "C" fn on_signal(_signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: it takes nothing and cannot fail.
    let errno = unsafe { libc::__errno_location() };
    // The code that was interrupted may be about to read it.
    // SAFETY: it is this thread's own, and nobody else has a reference to it.
    let before = unsafe { errno.read() };
    if let Some(top) = stack_pointer(context) {
        look_through(top);
    }
    // SAFETY: as above.
    unsafe { errno.write(before) };
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn stack_pointer(context: *mut libc::c_void) -> Option<usize> {
    let register = usize::try_from(libc::REG_RSP).ok()?;
    // SAFETY: the kernel gives a handler that asked for it (`SA_SIGINFO`) the registers of the code that it interrupted.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    usize::try_from(*context.uc_mcontext.gregs.get(register)?).ok()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn stack_pointer(_context: *mut libc::c_void) -> Option<usize> {
    None
}

/// Between which addresses this thread's stack lies.
fn stack_of_thread() -> Option<(usize, usize)> {
    // SAFETY: all zeros is a value that it may have; `pthread_getattr_np` sets it.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: it always names the calling thread.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: `attributes` is a valid place for the result.
    if unsafe { libc::pthread_getattr_np(this, &raw mut attributes) } != 0 {
        return None;
    }
    let (mut start, mut bytes) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes were set just now, and both places are valid.
    let failed =
        unsafe { libc::pthread_attr_getstack(&raw const attributes, &raw mut start, &raw mut bytes) } != 0;
    // SAFETY: they were set above and are not used any more.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    (!failed).then(|| (start.addr(), start.addr().saturating_add(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fiber::{Fiber, Suspender};

    #[test]
    fn where_the_stack_was_left_is_known_on_a_fiber_alone() {
        let depth = |suspender: &Suspender<(), usize>, ()| {
            let outer = LEFT_AT.get();
            let mut inner =
                Fiber::new(move |_: &Suspender<(), ()>, ()| assert_eq!(LEFT_AT.get(), outer)).unwrap();
            inner.resume(());
            suspender.suspend(LEFT_AT.get());
        };
        let mut fiber = Fiber::new(depth).unwrap();
        let (start, end) = stack_of_thread().unwrap();
        assert!((start..end).contains(&fiber.resume(()).unwrap()));
        assert_eq!(LEFT_AT.get(), 0);
        drop(fiber);
        assert_eq!(LEFT_AT.get(), 0);
    }
}
