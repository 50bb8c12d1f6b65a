// TextEncoder and TextDecoder, atob and btoa: short texts, where the call costs, and 64 KiB, where the work does.
const SHORT = "Hello, World! 0123456789";
const LONG = "All work and no play makes Jack a dull boy. ".repeat(1490).slice(0, 65536);
const LONG_MIXED = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. \u{1f4a5}".repeat(1000).slice(0, 65536);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SHORT_BYTES = encoder.encode(SHORT);
const LONG_BYTES = encoder.encode(LONG);
const MIXED_BYTES = encoder.encode(LONG_MIXED);
const SHORT_BASE64 = btoa(SHORT);
const LONG_BASE64 = btoa(LONG);

const encodes = (text, length) => ({
  gives: length,
  run(n) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += encoder.encode(text).length;
    return sum;
  },
});

const decodes = (bytes, length) => ({
  gives: length,
  run(n) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += decoder.decode(bytes).length;
    return sum;
  },
});

const calls = (convert, text, length) => ({
  gives: length,
  run(n) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += convert(text).length;
    return sum;
  },
});

export const encoding = {
  "encode-short": encodes(SHORT, SHORT_BYTES.length),
  "encode-long": encodes(LONG, LONG_BYTES.length),
  "encode-long-mixed": encodes(LONG_MIXED, MIXED_BYTES.length),
  "encode-into": {
    gives: SHORT.length,
    run(n) {
      const target = new Uint8Array(64);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += encoder.encodeInto(SHORT, target).written;
      return sum;
    },
  },
  "decode-short": decodes(SHORT_BYTES, SHORT.length),
  "decode-long": decodes(LONG_BYTES, LONG.length),
  "decode-long-mixed": decodes(MIXED_BYTES, LONG_MIXED.length),
  "btoa-short": calls(btoa, SHORT, SHORT_BASE64.length),
  "btoa-long": calls(btoa, LONG, LONG_BASE64.length),
  "atob-short": calls(atob, SHORT_BASE64, SHORT.length),
  "atob-long": calls(atob, LONG_BASE64, LONG.length),
};
