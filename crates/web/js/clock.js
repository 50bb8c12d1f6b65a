// The clock stands still during a turn: every way to read the time gives the time of the last I/O, so that code cannot
// measure how long its own instructions take (the first defence against Spectre). This file replaces what reads the
// real clock: Date, Intl.DateTimeFormat and, where the engine has it, Temporal.
import { native } from "./native.js";

const RealDate = globalThis.Date;
const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
const realToString = RealDate.prototype.toString;

function FrozenDate(year, month, date, hours, minutes, seconds, ms) {
  if (new.target === undefined) return apply(realToString, new RealDate(native.now()), []);
  const target = new.target === FrozenDate ? RealDate : new.target;
  const instance = construct(RealDate, arguments.length === 0 ? [native.now()] : arguments, target);
  return instance;
}

function now() {
  return native.now();
}

function freezeDate() {
  for (const key of ownKeys(RealDate)) {
    if (key === "now") continue;
    defineProperty(FrozenDate, key, getOwnPropertyDescriptor(RealDate, key));
  }
  defineProperty(FrozenDate, "now", { value: now, writable: true, enumerable: false, configurable: true });
  defineProperty(RealDate.prototype, "constructor", { value: FrozenDate, writable: true, enumerable: false, configurable: true });
  defineProperty(globalThis, "Date", { value: FrozenDate, writable: true, enumerable: false, configurable: true });
}

function freezeIntl() {
  const prototype = Intl.DateTimeFormat.prototype;
  const realFormat = getOwnPropertyDescriptor(prototype, "format").get;
  const realFormatToParts = prototype.formatToParts;
  let bound;
  const format = {
    get format() {
      const real = apply(realFormat, this, []);
      // The standard wants the same function each time it is asked for.
      bound ??= new WeakMap();
      let frozen = bound.get(real);
      if (frozen === undefined) {
        frozen = { "": (date) => real(date === undefined ? native.now() : date) }[""];
        bound.set(real, frozen);
      }
      return frozen;
    },
    formatToParts(date) {
      return apply(realFormatToParts, this, [date === undefined ? native.now() : date]);
    },
  };
  const getter = getOwnPropertyDescriptor(format, "format").get;
  defineProperty(prototype, "format", { get: getter, set: undefined, enumerable: false, configurable: true });
  defineProperty(prototype, "formatToParts", { value: format.formatToParts, writable: true, enumerable: false, configurable: true });
}

function freezeTemporal() {
  const Temporal = globalThis.Temporal;
  if (Temporal === undefined) return;
  const zone = () => Temporal.Now.timeZoneId();
  const instant = () => Temporal.Instant.fromEpochMilliseconds(native.now());
  const zoned = (timeZone = zone()) => instant().toZonedDateTimeISO(timeZone);
  const frozen = {
    instant: () => instant(),
    zonedDateTimeISO: (timeZone) => zoned(timeZone),
    plainDateTimeISO: (timeZone) => zoned(timeZone).toPlainDateTime(),
    plainDateISO: (timeZone) => zoned(timeZone).toPlainDate(),
    plainTimeISO: (timeZone) => zoned(timeZone).toPlainTime(),
  };
  for (const [key, value] of Object.entries(frozen)) {
    defineProperty(Temporal.Now, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

/** Replaces every clock of the engine. */
export function freezeClocks() {
  freezeDate();
  freezeIntl();
  freezeTemporal();
}
