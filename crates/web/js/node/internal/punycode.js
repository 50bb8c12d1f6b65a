// Punycode (RFC 3492).

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const INTEGER_MAX = 2147483647;

function adapted(first, points, isFirst) {
  let delta = isFirst ? Math.floor(first / DAMP) : first >> 1;
  delta += Math.floor(delta / points);
  let k = 0;
  for (; delta > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) delta = Math.floor(delta / (BASE - T_MIN));
  return Math.floor(k + ((BASE - T_MIN + 1) * delta) / (delta + SKEW));
}

const threshold = (k, bias) => (k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias);
const digitOf = (code) => (code >= 48 && code < 58 ? code - 22 : code >= 65 && code < 91 ? code - 65 : code >= 97 && code < 123 ? code - 97 : BASE);
const characterOf = (digit) => String.fromCharCode(digit < 26 ? digit + 97 : digit + 22);
const overflow = () => new RangeError("Overflow: input needs wider integers to process");

export function decode(input) {
  const output = [];
  const delimiter = Math.max(input.lastIndexOf("-"), 0);
  for (let i = 0; i < delimiter; i++) {
    if (input.charCodeAt(i) >= 128) throw new RangeError("Illegal input >= 0x80 (not a basic code point)");
    output.push(input.charCodeAt(i));
  }
  let [n, i, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  for (let index = delimiter > 0 ? delimiter + 1 : 0; index < input.length; ) {
    const before = i;
    for (let weight = 1, k = BASE; ; k += BASE) {
      if (index >= input.length) throw new RangeError("Invalid input");
      const digit = digitOf(input.charCodeAt(index++));
      if (digit >= BASE) throw new RangeError("Invalid input");
      if (digit > Math.floor((INTEGER_MAX - i) / weight)) throw overflow();
      i += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      if (weight > Math.floor(INTEGER_MAX / (BASE - t))) throw overflow();
      weight *= BASE - t;
    }
    const length = output.length + 1;
    bias = adapted(i - before, length, before === 0);
    if (Math.floor(i / length) > INTEGER_MAX - n) throw overflow();
    n += Math.floor(i / length);
    i %= length;
    output.splice(i++, 0, n);
  }
  return ucs2.encode(output);
}

export function encode(input) {
  const points = ucs2.decode(input);
  let output = points.filter((one) => one < 128).map((one) => String.fromCharCode(one)).join("");
  const basic = output.length;
  let handled = basic;
  if (basic > 0) output += "-";
  let [n, delta, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  while (handled < points.length) {
    let least = INTEGER_MAX;
    for (const point of points) {
      if (point >= n && point < least) least = point;
    }
    if (least - n > Math.floor((INTEGER_MAX - delta) / (handled + 1))) throw overflow();
    delta += (least - n) * (handled + 1);
    n = least;
    for (const point of points) {
      if (point < n && ++delta > INTEGER_MAX) throw overflow();
      if (point !== n) continue;
      let q = delta;
      for (let k = BASE; ; k += BASE) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += characterOf(t + ((q - t) % (BASE - t)));
        q = Math.floor((q - t) / (BASE - t));
      }
      output += characterOf(q);
      bias = adapted(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return output;
}

export const ucs2 = {
  decode(text) {
    const points = [];
    for (const character of text) points.push(character.codePointAt(0));
    return points;
  },
  encode(points) {
    let text = "";
    for (const point of points) text += String.fromCodePoint(point);
    return text;
  },
};

// The part before an @ of an address stays as it is.
function eachLabel(domain, change) {
  const parts = domain.split("@");
  const prefix = parts.length > 1 ? `${parts[0]}@` : "";
  const labels = (parts.length > 1 ? parts[1] : domain).replace(/[\u002e\u3002\uff0e\uff61]/g, ".").split(".");
  return prefix + labels.map(change).join(".");
}

export const toUnicode = (input) => eachLabel(input, (label) => (label.startsWith("xn--") ? decode(label.slice(4).toLowerCase()) : label));
// eslint-disable-next-line no-control-regex
export const toASCII = (input) => eachLabel(input, (label) => (/[^\0-\x7f]/.test(label) ? `xn--${encode(label)}` : label));
