//! V8's code for the parts of the platform that an isolate loads when it first uses them. It is made when Mote is built, as the
//! startup snapshot is, by doing what workers do with them (`js/lazy/warm-up.js`).

use std::time::Duration;

use mote_engine::{Isolate, IsolateOptions, Snapshot, Turn, lazy, snapshot::hook, v8};

use crate::{SOURCES, native, runtime::Hooks};

const MEMORY_BYTES_MAX: usize = 512 << 20;
const CPU_MAX: Duration = Duration::from_secs(60);

/// The platform's own code failed where it is tried out.
#[derive(Debug, thiserror::Error)]
#[error("what is loaded late failed while its code was made: {0}")]
pub struct LateCodeError(String);

/// V8's code for each of the modules, by name; `snapshot` is what [`crate::make_snapshot`] has made.
///
/// # Errors
/// When the platform's own code is wrong.
pub fn make_late_code(snapshot: &'static [u8]) -> Result<Vec<(&'static str, Vec<u8>)>, LateCodeError> {
    let snapshot = Snapshot::from_static(snapshot, &native::all(), SOURCES);
    let options = IsolateOptions {
        memory_bytes_max: MEMORY_BYTES_MAX,
        memory_soft_bytes_max: MEMORY_BYTES_MAX,
        label: 0,
    };
    let mut isolate = Isolate::from_snapshot(&snapshot, options);
    let made = isolate.turn(CPU_MAX, |scope| {
        let mut failed = None;
        let code = lazy::code(scope, |scope| failed = warm_up(scope).err());
        failed.map_or(Ok(code), Err)
    });
    match made.turn {
        Turn::Done(made) => made.map_err(LateCodeError),
        Turn::Stopped(stop) => Err(LateCodeError(format!("it {stop}"))),
    }
}

/// Calls the hook after those that isolates keep; it fulfils with a list of what went wrong.
fn warm_up(scope: &mut v8::PinScope<'_, '_>) -> Result<(), String> {
    let hook = hook(scope, Hooks::COUNT).ok_or("there is no hook")?;
    let receiver = v8::undefined(scope);
    let promise =
        hook.call(scope, receiver.into(), &[]).and_then(|value| value.try_cast::<v8::Promise>().ok());
    let promise = promise.ok_or("the hook threw")?;
    mote_engine::drain_microtasks(scope);
    if promise.state() == v8::PromiseState::Pending {
        return Err("it waits for something that does not come".to_owned());
    }
    let wrong = promise.result(scope).to_rust_string_lossy(scope);
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
