// What is about languages is written in C++ and slow: it is looked at each time it is called.
import { native } from "../native.js";
import { guard, guardBound, guardEntries, guardValue } from "./guard.js";
import { eachOf, guardWanted, isSettled, namesOf, wanted } from "./locales.js";

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
}
for (const type of [Collator, DateTimeFormat, DisplayNames, DurationFormat, ListFormat, NumberFormat, PluralRules, RelativeTimeFormat, Segmenter]) {
  if (type === undefined) continue;
  guard(type, {
    supportedLocalesOf(locales) {
      const options = arguments[1];
      if (isSettled(locales)) return super.supportedLocalesOf(locales, options);
      return eachOf(locales, (names) => super.supportedLocalesOf(names, options));
    },
  });
}
guard(Intl, {
  getCanonicalLocales(locales) {
    return isSettled(locales) ? super.getCanonicalLocales(locales) : namesOf(locales, Infinity);
  },
});
guardEntries(Intl, ["supportedValuesOf"]);
guardBound(Collator.prototype, "compare");
guardBound(NumberFormat.prototype, "format");
guardBound(DateTimeFormat.prototype, "format");
guardWanted(Number.prototype, ["toLocaleString"]);
guardWanted(BigInt.prototype, ["toLocaleString"]);
guardWanted(Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]);
guardEntries(Date, ["parse"]);

// What an object of these holds outside of the heap, about; it counts as the isolate's.
const BYTES = 48 * 1024;
const { construct, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;

function counted(Real) {
  const type = function () {
    // Some of them can be called without `new`, too, and then mean the same.
    const locales = wanted(arguments[0]);
    const object = new.target === undefined ? Real(locales, arguments[1]) : construct(Real, [locales, arguments[1]], new.target === type ? Real : new.target);
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
