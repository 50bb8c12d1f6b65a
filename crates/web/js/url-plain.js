// URLs that are in normal form by the look of them, as nearly all are that a worker sees: `http` or `https`, a host of lower-case
// letters, digits, dots and hyphens, and behind it nothing that the URL Standard would write in another way. Such a text is its own
// parse, and one look at it says where its parts are: no call of the parser, which is a native, and no new text.
//
// What is refused here may be a URL all the same. That is for the parser to say.
const uncurry = (method) => Function.prototype.call.bind(method);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const slice = uncurry(String.prototype.slice);

// Beyond this the parser, being no JavaScript, is the faster one.
const LENGTH_MAX = 2048;

const HASH = 0x23;
const PERCENT = 0x25;
const QUOTE = 0x27;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;

// Which ASCII characters stay as they are in a path, a query and a fragment, as bits of four words: letters, digits and
// ! $ & ' ( ) * + , - . / : ; = @ _ ~. Percent signs, dots behind a slash and quotes in queries need a second look.
const plainBits = [0, 0x2fffffd2, 0x87ffffff, 0x47fffffe];

const isPlain = (code) => code < 128 && ((plainBits[code >> 5] >>> (code & 31)) & 1) === 1;
const isDigit = (code) => code >= 0x30 && code <= 0x39;
const isLower = (code) => code >= 0x61 && code <= 0x7a;

/**
 * The parts of such a URL, as `urlParse` gives them: the text, and where in it each part begins or ends. Undefined for any other text.
 */
export function plainParts(text) {
  const { length } = text;
  if (length > LENGTH_MAX) return undefined;
  const scheme = schemeEnd(text);
  if (scheme === 0) return undefined;
  const host = scheme + 3;
  const hostEnd = endOfHost(text, host);
  if (hostEnd === 0) return undefined;
  const path = charCodeAt(text, hostEnd) === COLON ? endOfPort(text, hostEnd + 1, scheme === 4 ? 80 : 443) : hostEnd;
  if (path === 0 || charCodeAt(text, path) !== SLASH) return undefined;
  const pathEnd = endOfPath(text, path);
  if (pathEnd === length) return [text, scheme, host, host, hostEnd, path, path, pathEnd, pathEnd];
  if (pathEnd === 0) return undefined;
  const queryEnd = charCodeAt(text, pathEnd) === QUESTION ? endOfQuery(text, pathEnd + 1) : pathEnd;
  if (queryEnd < length && (charCodeAt(text, queryEnd) !== HASH || !isFragment(text, queryEnd + 1))) return undefined;
  return [text, scheme, host, host, hostEnd, path, path, pathEnd, queryEnd];
}

/** The same of a text with a base, given by its parts: for another URL, a path from the root, or a query. */
export function plainWithin(text, base) {
  const first = charCodeAt(text, 0);
  if (first === SLASH) return charCodeAt(text, 1) === SLASH ? undefined : plainParts(slice(base[0], 0, base[6]) + text);
  if (first === QUESTION) return plainParts(slice(base[0], 0, base[7]) + text);
  return plainParts(text);
}

// The places of "http" and "https" are their lengths.
function schemeEnd(text) {
  if (charCodeAt(text, 0) !== 0x68 || charCodeAt(text, 1) !== 0x74 || charCodeAt(text, 2) !== 0x74 || charCodeAt(text, 3) !== 0x70) return 0;
  const end = charCodeAt(text, 4) === 0x73 ? 5 : 4;
  return charCodeAt(text, end) === COLON && charCodeAt(text, end + 1) === SLASH && charCodeAt(text, end + 2) === SLASH ? end : 0;
}

// 0 unless it is a name of labels. A last label that begins with a digit may be part of an address, and two hyphens may stand for
// letters of other alphabets: both are written in more than one way.
function endOfHost(text, start) {
  let label = start;
  let before = 0;
  let at = start;
  for (; at < text.length; at++) {
    const code = charCodeAt(text, at);
    if (code === DOT) {
      if (at === label) return 0;
      label = at + 1;
    } else if (code === HYPHEN) {
      if (before === HYPHEN) return 0;
    } else if (!isLower(code) && !isDigit(code)) {
      break;
    }
    before = code;
  }
  return at === label || isDigit(charCodeAt(text, label)) ? 0 : at;
}

function endOfPort(text, start, usual) {
  let port = 0;
  let at = start;
  for (; at < start + 5; at++) {
    const code = charCodeAt(text, at);
    if (!isDigit(code)) break;
    port = port * 10 + code - 0x30;
  }
  return at === start || charCodeAt(text, start) === 0x30 || port > 65535 || port === usual ? 0 : at;
}

// The first character that is none of a path's; 0 if there is a step to the same or the upper folder, or what may be one.
function endOfPath(text, start) {
  let at = start;
  for (; at < text.length; at++) {
    const code = charCodeAt(text, at);
    if (code === DOT) {
      if (charCodeAt(text, at - 1) === SLASH) return 0;
    } else if (code === PERCENT) {
      if (charCodeAt(text, at + 1) === 0x32 && (charCodeAt(text, at + 2) | 0x20) === 0x65) return 0;
    } else if (!isPlain(code)) {
      break;
    }
  }
  return at;
}

function endOfQuery(text, start) {
  let at = start;
  for (; at < text.length; at++) {
    const code = charCodeAt(text, at);
    if (code === QUOTE || (!isPlain(code) && code !== PERCENT && code !== QUESTION)) break;
  }
  return at;
}

function isFragment(text, start) {
  for (let at = start; at < text.length; at++) {
    const code = charCodeAt(text, at);
    if (!isPlain(code) && code !== PERCENT && code !== QUESTION) return false;
  }
  return true;
}
