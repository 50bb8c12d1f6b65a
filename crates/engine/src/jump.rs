//! The jump itself: a call that may also end by a jump back to it, past everything that it has called.
//!
//! It is no `setjmp`: for the compiler [`land`] is a function that is called once and returns once. Saved is what a function
//! must leave as it found it: registers, and how numbers are rounded. Signal masks are not, since nobody changes them in a
//! turn.

use std::ffi::c_void;

/// What [`land`] gives when its call has returned.
pub(crate) const RETURNED: usize = 0;

/// Calls `body` with `data`. Gives [`RETURNED`] when it has returned, or what [`back`] was given. `place` is set to where
/// [`back`] finds this call, before `body` is called.
///
/// # Safety
/// `body` must take `data` and not unwind.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn land(
    body: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    place: *mut usize,
) -> usize {
    std::arch::naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "xor eax, eax",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}

/// Ends the call of [`land`] that has set this place; it gives `how`.
///
/// # Safety
/// That call has not returned, it is of this thread, and everything that was called since may be forgotten.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn back(place: usize, how: usize) -> ! {
    std::arch::naked_asm!(
        "mov rsp, rdi",
        "mov rax, rsi",
        "cld",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// As above.
///
/// # Safety
/// `body` must take `data` and not unwind.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn land(
    body: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    place: *mut usize,
) -> usize {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x2]",
        "mov x9, x0",
        "mov x0, x1",
        "blr x9",
        "mov x0, #0",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}

/// As above.
///
/// # Safety
/// That call has not returned, it is of this thread, and everything that was called since may be forgotten.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn back(place: usize, how: usize) -> ! {
    std::arch::naked_asm!(
        "mov sp, x0",
        "mov x0, x1",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}

/// Which memory this thread may write, as the processor knows it (protection keys); zero where it knows nothing. V8 opens
/// its code to writing for moments.
pub(crate) fn code_guard() -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        const KEYS_IN_USE: u32 = 1 << 4;
        let has_features = std::arch::x86_64::__cpuid(0).eax >= 7;
        if has_features && std::arch::x86_64::__cpuid_count(7, 0).ecx & KEYS_IN_USE != 0 {
            let keys: u32;
            // SAFETY: the processor has just said that the system uses the keys; the instruction only reads them.
            unsafe {
                std::arch::asm!("rdpkru", in("ecx") 0, out("eax") keys, out("edx") _, options(nomem, nostack, preserves_flags));
            }
            return keys;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Deep {
        place: usize,
        depth: u32,
        how: usize,
    }

    unsafe extern "C" fn descend(deep: *mut c_void) {
        // SAFETY: `run` gives it one.
        let deep = unsafe { &mut *deep.cast::<Deep>() };
        go_down(deep, deep.depth);
    }

    #[inline(never)]
    fn go_down(deep: &mut Deep, depth: u32) {
        // Registers of all kinds are in use here.
        let (mut words, mut numbers) = ([u64::from(depth); 12], [f64::from(depth); 12]);
        for (word, number) in words.iter_mut().zip(&mut numbers) {
            *word = std::hint::black_box(word.rotate_left(7));
            *number = std::hint::black_box(*number * 1.5);
        }
        if depth > 0 {
            go_down(deep, depth - 1);
        } else if deep.how != RETURNED {
            // SAFETY: `run` has not returned, and nothing of what was called since has to be dropped.
            unsafe { back(deep.place, deep.how) };
        }
        std::hint::black_box((words, numbers));
    }

    #[inline(never)]
    fn run(depth: u32, how: usize) -> usize {
        let mut deep = Deep { place: 0, depth, how };
        let place = &raw mut deep.place;
        // SAFETY: `descend` takes a `Deep` and does not unwind.
        unsafe { land(descend, (&raw mut deep).cast(), place) }
    }

    #[test]
    fn a_call_ends_by_returning_or_by_a_jump_and_its_caller_has_all_that_it_had() {
        let (mut integers, mut numbers) = (0_u64, 0.0_f64);
        for round in 0..1_000_u32 {
            for how in [RETURNED, 1, 2] {
                assert_eq!(run(round % 50, how), how);
                integers = integers.wrapping_add(u64::from(round));
                numbers += f64::from(round) / 2.0;
            }
        }
        assert_eq!((integers, numbers), (1_498_500, 749_250.0));
    }
}
