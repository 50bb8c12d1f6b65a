//! The debugger's door: Chrome DevTools Protocol sessions on an isolate.
