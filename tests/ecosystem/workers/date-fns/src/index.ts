import { addMonths, differenceInBusinessDays, eachDayOfInterval, endOfMonth, format, formatDistance, formatDuration, getISOWeek, intervalToDuration, isValid, parse, parseISO } from "date-fns";
import { de } from "date-fns/locale/de";
import { ja } from "date-fns/locale/ja";

const instant = new Date("2024-02-29T13:05:09.007Z");

function dates() {
  return {
    formatted: format(instant, "yyyy-MM-dd'T'HH:mm:ss.SSSxxx"),
    long: format(instant, "EEEE, do MMMM yyyy", { locale: de }),
    japanese: format(instant, "PPPP", { locale: ja }),
    leap: format(addMonths(instant, 12), "yyyy-MM-dd"),
    end: format(endOfMonth(instant), "dd HH:mm"),
    week: getISOWeek(new Date("2027-01-01T00:00:00Z")),
    business: differenceInBusinessDays(new Date("2024-03-11T00:00:00Z"), instant),
    distance: formatDistance(instant, new Date("2024-03-05T00:00:00Z"), { addSuffix: true, locale: de }),
    duration: formatDuration(intervalToDuration({ start: instant, end: parseISO("2025-04-01T00:00:00Z") })),
    days: eachDayOfInterval({ start: parseISO("2024-02-28"), end: parseISO("2024-03-01") }).map((day) => format(day, "d")),
    parsed: parse("7. Mai 1999", "d. MMMM yyyy", instant, { locale: de }).toISOString(),
    nonsense: isValid(parse("31.02.2024", "dd.MM.yyyy", instant)),
  };
}

function intl() {
  const parts = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long", timeZone: "Asia/Kolkata" });
  return {
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    kolkata: parts.format(instant),
    german: new Intl.DateTimeFormat("de-DE", { dateStyle: "medium", timeZone: "Europe/Berlin" }).format(instant),
    hijri: new Intl.DateTimeFormat("en-u-ca-islamic-umalqura", { timeZone: "UTC", year: "numeric" }).format(instant),
    euros: new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234567.891),
    lakh: new Intl.NumberFormat("hi-IN").format(12345678.9),
    compact: new Intl.NumberFormat("en", { notation: "compact" }).format(1_234_567),
    plural: new Intl.PluralRules("pl").select(22),
    ordinal: new Intl.PluralRules("en", { type: "ordinal" }).select(23),
    ago: new Intl.RelativeTimeFormat("sv", { numeric: "auto" }).format(-1, "day"),
    list: new Intl.ListFormat("es").format(["uno", "dos", "tres"]),
    sorted: ["z", "ä", "a"].sort(new Intl.Collator("sv").compare).join(""),
    phonebook: ["z", "ä", "a"].sort(new Intl.Collator("de").compare).join(""),
    words: [...new Intl.Segmenter("ja", { granularity: "word" }).segment("吾輩は猫である")].map(({ segment }) => segment),
    region: new Intl.DisplayNames("fr", { type: "region" }).of("DE"),
    turkish: "I".toLocaleLowerCase("tr"),
  };
}

export default {
  fetch: (request) => Response.json(new URL(request.url).pathname === "/intl" ? intl() : dates()),
} satisfies ExportedHandler;
