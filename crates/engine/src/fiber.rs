//! A stack of its own for code that cannot be asked to stop halfway: a library that calls back, where the answer to the
//! call has to be waited for.
//!
//! What runs on a fiber is Rust alone. V8 never runs there: it knows one stack a thread, whose limits it checks and in which
//! it looks for what is in use. So a fiber gets what it needs as messages, and gives what it has as messages, both of them
//! values that borrow nothing; whoever resumed it does the talking to V8.
//!
//! A stack has [`STACK_BYTES`], of which the kernel gives only the pages that are touched. Below it lies a page that nobody
//! may touch: code that needs more ends the process, as on any stack, so only code with a known depth may run here.

use std::{
    cell::{Cell, RefCell},
    fmt, io,
    ops::Range,
    ptr::NonNull,
    rc::Rc,
};

use corosensei::{
    Coroutine, CoroutineResult, Yielder,
    stack::{DefaultStack, Stack},
};

use crate::nudge::Away;

/// How large a fiber's stack is.
pub const STACK_BYTES: usize = 512 << 10;
/// Stacks that a thread keeps for its next fibers.
const SPARE_STACKS_MAX: usize = 4;

thread_local! {
    static SPARE_STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// Code with a stack of its own. Dropping it unwinds that stack, so that all that lies on it is dropped too.
pub struct Fiber<In: 'static, Out: 'static> {
    /// `None` once its code has ended.
    coroutine: Option<Coroutine<In, Out, (), DefaultStack>>,
}

/// What a fiber's code leaves its stack by, for a while. It may be kept and cloned, and does nothing where it is of no use.
pub struct Suspender<In: 'static, Out: 'static>(Rc<Desk<In, Out>>);

struct Desk<In: 'static, Out: 'static> {
    /// `None` but while the fiber's code runs.
    yielder: Cell<Option<NonNull<Yielder<In, Out>>>>,
    stack: Range<usize>,
}

impl<In: 'static, Out: 'static> Fiber<In, Out> {
    /// A fiber that runs `body` with what it is resumed with first.
    ///
    /// # Errors
    /// When the kernel gives no memory for a stack.
    pub fn new(body: impl FnOnce(&Suspender<In, Out>, In) + 'static) -> io::Result<Self> {
        let spare = SPARE_STACKS.with_borrow_mut(Vec::pop);
        let stack = spare.map_or_else(|| DefaultStack::new(STACK_BYTES), Ok)?;
        let range = stack.limit().get()..stack.base().get();
        let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<In, Out>, first| {
            let desk = Rc::new(Desk { yielder: Cell::new(Some(NonNull::from(yielder))), stack: range });
            // Dropped after all that `body` has on the stack, also when that is unwound.
            let suspender = Leaving(Suspender(desk));
            body(&suspender.0, first);
        });
        Ok(Self { coroutine: Some(coroutine) })
    }

    /// Lets the code run until it suspends itself, and gives what it says then; `None` if it has ended.
    ///
    /// # Panics
    /// When the code does. It has ended then.
    pub fn resume(&mut self, message: In) -> Option<Out> {
        let _away = Away::from_here();
        match self.coroutine.as_mut()?.resume(message) {
            CoroutineResult::Yield(said) => Some(said),
            CoroutineResult::Return(()) => {
                self.retire();
                None
            }
        }
    }

    /// Ends the code where it is and keeps its stack for another.
    fn retire(&mut self) {
        let Some(mut coroutine) = self.coroutine.take() else { return };
        let _away = Away::from_here();
        coroutine.force_unwind();
        let stack = coroutine.into_stack();
        // At the end of a thread there is nobody left to keep it for.
        let _ = SPARE_STACKS.try_with(|spare| {
            if let Ok(mut spare) = spare.try_borrow_mut()
                && spare.len() < SPARE_STACKS_MAX
            {
                spare.push(stack);
            }
        });
    }
}

impl<In: 'static, Out: 'static> Drop for Fiber<In, Out> {
    fn drop(&mut self) {
        self.retire();
    }
}

impl<In: 'static, Out: 'static> fmt::Debug for Fiber<In, Out> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fiber").field("ended", &self.coroutine.is_none()).finish()
    }
}

/// Makes a suspender useless when the code that it belongs to has ended.
struct Leaving<In: 'static, Out: 'static>(Suspender<In, Out>);

impl<In: 'static, Out: 'static> Drop for Leaving<In, Out> {
    fn drop(&mut self) {
        self.0.0.yielder.set(None);
    }
}

impl<In: 'static, Out: 'static> Suspender<In, Out> {
    /// Says something to whoever has resumed the fiber and waits for an answer. `None`, and nothing was said, anywhere but
    /// in the fiber's own code on the fiber's own stack, and when that code is being unwound.
    pub fn suspend(&self, message: Out) -> Option<In> {
        let here = 0_u8;
        if !self.0.stack.contains(&(&raw const here).addr()) {
            return None;
        }
        // Taken for as long as the fiber is suspended: nobody else can use it meanwhile, and after an unwinding nobody at all.
        let yielder = self.0.yielder.take()?;
        // SAFETY: the yielder lives as long as the fiber's code runs, and `Leaving` takes the pointer away when it has ended.
        let alive = unsafe { yielder.as_ref() };
        let answer = alive.suspend(message);
        self.0.yielder.set(Some(yielder));
        Some(answer)
    }
}

impl<In: 'static, Out: 'static> Clone for Suspender<In, Out> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<In: 'static, Out: 'static> fmt::Debug for Suspender<In, Out> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Suspender")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_and_fro() {
        let mut fiber = Fiber::new(|suspender: &Suspender<u32, u32>, first| {
            let mut sum = first;
            while let Some(next) = suspender.suspend(sum) {
                if next == 0 {
                    return;
                }
                sum += next;
            }
        })
        .unwrap();
        assert_eq!((fiber.resume(1), fiber.resume(2), fiber.resume(3)), (Some(1), Some(3), Some(6)));
        assert_eq!((fiber.resume(0), fiber.resume(1)), (None, None));
    }

    #[test]
    fn what_lies_on_a_stack_that_is_left_is_dropped() {
        let value = Rc::new(());
        let kept = value.clone();
        let mut fiber = Fiber::new(move |suspender: &Suspender<(), ()>, ()| {
            let kept = kept;
            suspender.suspend(());
            drop(kept);
        })
        .unwrap();
        assert_eq!(Rc::strong_count(&value), 2);
        fiber.resume(());
        drop(fiber);
        assert_eq!(Rc::strong_count(&value), 1);
    }

    #[test]
    fn a_suspender_in_other_hands_does_nothing() {
        let smuggled = Rc::new(RefCell::new(None));
        let out = smuggled.clone();
        let mut fiber = Fiber::new(move |suspender: &Suspender<u8, u8>, first| {
            *out.borrow_mut() = Some(suspender.clone());
            let inner = suspender.clone();
            let mut other = Fiber::new(move |_: &Suspender<(), bool>, ()| {
                // The right thread, at the right time, on the wrong stack.
                assert!(inner.suspend(9).is_none());
            })
            .unwrap();
            other.resume(());
            suspender.suspend(first);
        })
        .unwrap();
        assert_eq!(fiber.resume(1), Some(1));
        let suspender = smuggled.borrow().clone().unwrap();
        assert!(suspender.suspend(7).is_none(), "while it is suspended");
        assert_eq!(fiber.resume(2), None);
        assert!(suspender.suspend(7).is_none(), "after its end");
    }

    #[test]
    fn a_suspender_used_by_a_destructor_does_nothing() {
        struct Clings(Suspender<(), ()>, Rc<Cell<bool>>);
        impl Drop for Clings {
            fn drop(&mut self) {
                self.1.set(self.0.suspend(()).is_none());
            }
        }
        let refused = Rc::new(Cell::new(false));
        let told = refused.clone();
        let mut fiber = Fiber::new(move |suspender: &Suspender<(), ()>, ()| {
            let _clings = Clings(suspender.clone(), told);
            suspender.suspend(());
        })
        .unwrap();
        fiber.resume(());
        drop(fiber);
        assert!(refused.get());
    }

    #[test]
    fn a_panic_comes_to_whoever_resumed_it() {
        let mut fiber = Fiber::new(|_: &Suspender<(), ()>, ()| {
            assert_eq!(1, 2, "as meant");
        })
        .unwrap();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fiber.resume(())));
        assert!(caught.is_err());
    }
}
