// What is about languages is written in C++ and slow: it is looked at each time it is called.
import { native } from "../native.js";
import { guardBound, guardEntries, guardValue } from "./guard.js";

const { Collator, DateTimeFormat, DisplayNames, DurationFormat, ListFormat, Locale, NumberFormat, PluralRules, RelativeTimeFormat, Segmenter } = Intl;

const methods = [
  [DateTimeFormat, ["formatRange", "formatRangeToParts", "formatToParts"]],
  [DisplayNames, ["of"]],
  [DurationFormat, ["format", "formatToParts"]],
  [ListFormat, ["format", "formatToParts"]],
  [Locale, ["maximize", "minimize", "getCalendars", "getCollations", "getHourCycles", "getNumberingSystems", "getTimeZones"]],
  [NumberFormat, ["formatRange", "formatRangeToParts", "formatToParts"]],
  [PluralRules, ["select", "selectRange"]],
  [RelativeTimeFormat, ["format", "formatToParts"]],
  [Segmenter, ["segment"]],
];
for (const [type, names] of methods) {
  if (type === undefined) continue;
  guardEntries(type.prototype, names);
  guardEntries(type, ["supportedLocalesOf"]);
}
guardEntries(Collator, ["supportedLocalesOf"]);
guardEntries(Intl, ["getCanonicalLocales", "supportedValuesOf"]);
guardBound(Collator.prototype, "compare");
guardBound(NumberFormat.prototype, "format");
guardBound(DateTimeFormat.prototype, "format");
guardEntries(Number.prototype, ["toLocaleString"]);
guardEntries(BigInt.prototype, ["toLocaleString"]);
guardEntries(Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]);
guardEntries(Date, ["parse"]);

// What an object of these holds outside of the heap, about; it counts as the isolate's.
const BYTES = 48 * 1024;
const { construct, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;

function counted(Real) {
  const type = function () {
    // Some of them can be called without `new`, too, and then mean the same.
    const object = new.target === undefined ? Real(arguments[0], arguments[1]) : construct(Real, arguments, new.target === type ? Real : new.target);
    native.holdFor(object, BYTES);
    return object;
  };
  for (const key of ownKeys(Real)) defineProperty(type, key, getOwnPropertyDescriptor(Real, key));
  guardValue(Real.prototype, "constructor", type);
  guardValue(Intl, Real.name, type);
}
for (const type of [Collator, DateTimeFormat, DisplayNames, DurationFormat, ListFormat, NumberFormat, PluralRules, RelativeTimeFormat, Segmenter]) {
  if (type !== undefined) counted(type);
}
