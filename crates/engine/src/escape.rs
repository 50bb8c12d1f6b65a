//! For tests alone: code that has taken V8 over. It runs any system call with any arguments, as an attacker would once a bug
//! of V8's had given away the process.
//!
//! The feature `escape-hook` puts it in, and nothing else does. A build with optimisations refuses the feature, so that no
//! release can have it.
#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `escape-hook` gives tenants the whole process: it is for debug builds of the tests alone"
);

use crate::v8;

/// The name of the function in the global scope.
const NAME: &str = "escapeSyscall";
/// The number of no system call: machine code that never comes back, and looks at nothing that would stop it.
const SPIN: i64 = -2;
/// The same, after the page that the host looks at was made to show no turn.
const SPIN_HIDDEN: i64 = -3;

/// Puts `escapeSyscall(number, ...arguments) -> number` into the global scope. Numbers stand for themselves, strings for
/// pointers to their bytes with a zero behind, views for pointers to their bytes. A negative result is an error's number.
pub(crate) fn install(scope: &mut v8::PinScope<'_, '_>, context: v8::Local<'_, v8::Context>) {
    let (Some(name), Some(function)) = (v8::String::new(scope, NAME), v8::Function::new(scope, call)) else {
        return;
    };
    context.global(scope).set(scope, name.into(), function.into());
}

fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: v8::FunctionCallbackArguments<'s>,
    mut rv: v8::ReturnValue<'_>,
) {
    let number = args.get(0).integer_value(scope).unwrap_or(-1);
    if number == SPIN_HIDDEN {
        crate::watchdog::hide();
    }
    if matches!(number, SPIN | SPIN_HIDDEN) {
        loop {
            std::hint::spin_loop();
        }
    }
    let mut texts: Vec<std::ffi::CString> = Vec::new();
    let mut words = [0_i64; 6];
    for (word, index) in words.iter_mut().zip(1..args.length()) {
        let value = args.get(index);
        *word = if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
            view.data().expose_provenance().cast_signed() as i64
        } else if value.is_string() {
            let text = std::ffi::CString::new(value.to_rust_string_lossy(scope)).unwrap_or_default();
            texts.push(text);
            texts.last().map_or(0, |text| text.as_ptr().expose_provenance().cast_signed() as i64)
        } else {
            value.integer_value(scope).unwrap_or(0)
        };
    }
    let [a, b, c, d, e, f] = words;
    // SAFETY: there is none: this is what an attacker does. It exists in tests only (see above), in a process that holds
    // nothing but the test's own worker.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    let result = if result < 0 {
        -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(1))
    } else {
        result
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "results of system calls are small, or addresses below 2^53"
    )]
    rv.set_double(result as f64);
}
