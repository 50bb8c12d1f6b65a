import { outcomes, unhex } from "../outcome.js";

const decode = (label, digits, options) => new TextDecoder(label, options).decode(unhex(digits));

export default {
  "encode": () => new TextEncoder().encode("aü€😀"),
  "encode lone surrogates": () => new TextEncoder().encode("\ud800a\udc00"),
  "encode nothing": () => [new TextEncoder().encode(), new TextEncoder().encode(undefined), new TextEncoder().encode(null)],
  "encodeInto": () => {
    const bytes = new Uint8Array(5);
    return [new TextEncoder().encodeInto("aü€x", bytes), bytes];
  },
  "encodeInto something else": () => new TextEncoder().encodeInto("a", new Uint16Array(2)),
  "labels": () => ["utf8", " UTF-8 ", "latin1", "ascii", "iso-8859-2", "shift_jis", "gbk", "big5", "euc-kr", "utf-16", "x-user-defined", "koi8-r"].map((label) => new TextDecoder(label).encoding),
  "unknown labels": () => outcomes(() => new TextDecoder("bogus"), () => new TextDecoder(""), () => new TextDecoder("replacement")),
  "decode UTF-8": () => decode("utf-8", "61c3bce282acf09f9880"),
  "decode bad UTF-8": () => decode("utf-8", "61ffc3e28262eda080f4908080"),
  "decode, fatal": () => decode("utf-8", "61ff", { fatal: true }),
  "byte-order marks": () => [decode("utf-8", "efbbbf61"), decode("utf-8", "efbbbf61", { ignoreBOM: true }).length, decode("utf-16le", "fffe6100")],
  "decode windows-1252": () => decode("windows-1252", "80e4ff"),
  "decode UTF-16": () => [decode("utf-16le", "61003dd800de"), decode("utf-16be", "0061"), decode("utf-16le", "61003d")],
  "decode Shift_JIS": () => decode("shift_jis", "93fa967b"),
  "decode GB18030": () => decode("gb18030", "c4e3bac3"),
  "decode EUC-KR": () => decode("euc-kr", "b0a1"),
  "streaming": () => {
    const decoder = new TextDecoder();
    return [decoder.decode(unhex("e2"), { stream: true }), decoder.decode(unhex("82ac"), { stream: true }), decoder.decode(unhex("c3"), { stream: true }), decoder.decode()];
  },
  "streaming, then fatal": () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(unhex("e2"), { stream: true });
    return decoder.decode();
  },
  "decode of views": () => {
    const { buffer } = new TextEncoder().encode("abcd");
    return [new TextDecoder().decode(buffer), new TextDecoder().decode(new DataView(buffer, 1, 2))];
  },
  "decode of something else": () => outcomes(() => new TextDecoder().decode("text"), () => new TextDecoder().decode([1]), () => new TextDecoder().decode(null)),
  "properties": () => {
    const { encoding, fatal, ignoreBOM } = new TextDecoder();
    return { encoding, fatal, ignoreBOM, encoder: new TextEncoder().encoding };
  },
  "atob": () => [atob("YWJj"), atob(" Y W J j\n"), atob("YWI"), atob("")],
  "atob of bad text": () => outcomes(() => atob("a"), () => atob("ab=c"), () => atob("a*bc"), () => atob("YWJj===")),
  "btoa": () => [btoa("abc"), btoa("\xff"), btoa(""), btoa(null)],
  "btoa of wide text": () => btoa("€"),
  "no argument": () => outcomes(() => atob(), () => btoa()),
};
