// The natives: what Rust gives to this room's JavaScript. They are handed over once, while the startup
// snapshot is made, and are taken off the global object before any tenant's code can exist: a tenant can
// reach a native only through the interfaces built on it.
export const native = globalThis.__native;
delete globalThis.__native;
