//! A node whose attacker has taken his cell over, and a neighbour in another cell.
//!
//! The attacker's worker calls the test-only hook of the engine, which runs any system call with any arguments: what an
//! exploit of V8's would give him. The tests look at what he gets, what the host says of it, and whether anybody else noticed.
//! What he tries is in `worker/`; `tests/` says what must become of it.
#![forbid(unsafe_code)]
