// A stream, reader, writer or controller is two objects: a record with the internal slots that the specification names,
// on which its algorithms run, and the interface's object that a tenant may hold. The object keeps its record in
// a private field. A record makes its object only when a tenant is about to see it, so whatever the platform does
// with streams for itself (bodies, pipes, tees) pays for the record alone, and a tenant never meets a record.

/** The first argument with which this room's own code constructs an interface's object over a record. */
export const adopt = Symbol("adopt");

const { hasOwn } = Object;

/** A member of an options object that this room's own code made: what a tenant puts on Object.prototype is none. */
export function ownMember(options, name) {
  return hasOwn(options, name) ? options[name] : undefined;
}
