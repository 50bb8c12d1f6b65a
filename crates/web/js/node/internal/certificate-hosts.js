// Whether a certificate's name stands for a host (RFC 6125), with the options that OpenSSL has.

const lower = (text) => text.toLowerCase();

/** Whether `pattern`, a name of a certificate, stands for `host`. */
export function standsFor(pattern, host, options) {
  if (host.startsWith(".") && host.length > 1) return endsWith(pattern, host, options);
  const star = options.wildcards === false ? -1 : starIn(pattern, options);
  return star < 0 ? lower(pattern) === lower(host) : matches(pattern.slice(0, star), pattern.slice(star + 1), host, options);
}

// A host that begins with a dot stands for all below it.
function endsWith(pattern, host, { singleLabelSubdomains }) {
  if (pattern.length < host.length) return false;
  const before = pattern.slice(0, pattern.length - host.length);
  if (before.includes("\0") || (singleLabelSubdomains && before.includes("."))) return false;
  return lower(pattern.slice(before.length)) === lower(host);
}

// Where the star of a pattern is that has a right to one: in its first label, with two labels behind it.
function starIn(pattern, { partialWildcards }) {
  const labels = pattern.split(".");
  const [first] = labels;
  if (labels.length < 3 || pattern.indexOf("*") !== pattern.lastIndexOf("*") || !first.includes("*")) return -1;
  if (!labels.every((label) => /^[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?$/i.test(label))) return -1;
  const isWhole = first === "*";
  if (!isWhole && (partialWildcards === false || lower(first).startsWith("xn--"))) return -1;
  return first.indexOf("*");
}

function matches(prefix, suffix, host, { multiLabelWildcards }) {
  if (host.length < prefix.length + suffix.length) return false;
  if (lower(host.slice(0, prefix.length)) !== lower(prefix)) return false;
  if (lower(host.slice(host.length - suffix.length)) !== lower(suffix)) return false;
  const middle = host.slice(prefix.length, host.length - suffix.length);
  const isWhole = prefix === "" && suffix.startsWith(".");
  if (isWhole && middle === "") return false;
  if (!isWhole && lower(host).startsWith("xn--")) return false;
  return middle === "*" || (isWhole && multiLabelWildcards ? /^[a-z0-9.-]*$/i : /^[a-z0-9-]*$/i).test(middle);
}

/** Whether two addresses of e-mail are the same: hosts in capitals or not. */
export function isSameAddress(one, other) {
  const [at, otherAt] = [one.lastIndexOf("@"), other.lastIndexOf("@")];
  return at === otherAt && one.slice(0, at + 1) === other.slice(0, at + 1) && lower(one.slice(at + 1)) === lower(other.slice(at + 1));
}
