// What is about languages is written in C++ and slow: it is looked at each time it is called.
import { guardBound, guardEntries } from "./guard.js";

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
