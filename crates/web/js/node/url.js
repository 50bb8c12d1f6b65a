// `node:url`.
import { invalidType, typeError } from "./internal/errors.js";
import { toUnicode } from "./internal/punycode.js";
import { Url, urlParse as parse, urlResolve as resolve, urlResolveObject as resolveObject } from "./internal/url-legacy.js";
import { requireString } from "./internal/validate.js";

const { URL, URLSearchParams } = globalThis;
const isURL = (value) => value instanceof URL;

export function format(given, options = undefined) {
  if (typeof given === "string") return parse(given).format();
  if (typeof given !== "object" || given === null) throw invalidType("urlObject", "one of type object or string", given);
  if (!isURL(given)) return Url.prototype.format.call(given);
  if (options !== undefined && (typeof options !== "object" || options === null)) throw invalidType("options", "of type object", options);
  const { fragment = true, unicode = false, search = true, auth = true } = options ?? {};
  const url = new URL(given.href);
  if (!fragment) url.hash = "";
  if (!search) url.search = "";
  if (!auth) url.username = url.password = "";
  const { href, hostname } = url;
  return unicode && hostname !== "" ? href.replace(hostname, toUnicode(hostname)) : href;
}

export function domainToASCII(domain) {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return "";
  }
}

export const domainToUnicode = (domain) => toUnicode(domainToASCII(`${domain}`));

/** Escapes what a URL's path would take for something else. */
export function pathToFileURL(path) {
  requireString(path, "path");
  const absolute = path.startsWith("/") ? path : `/${path}`;
  const url = new URL("file://");
  url.pathname = absolute.replaceAll("%", "%25").replaceAll("\\", "%5C").replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll("\t", "%09").replaceAll("?", "%3F").replaceAll("#", "%23");
  return url;
}

export function fileURLToPath(given) {
  let url = given;
  if (typeof url === "string") url = new URL(url);
  else if (!isURL(url)) throw invalidType("path", "of type string or an instance of URL", url);
  if (url.protocol !== "file:") throw typeError("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (url.hostname !== "") throw typeError("ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  if (/%2f/i.test(url.pathname)) throw typeError("ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  return decodeURIComponent(url.pathname);
}

export function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname?.startsWith("[") ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ""}${search || ""}`,
    href: url.href,
  };
  if (port !== "") options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

export { URL, URLSearchParams, Url, parse, resolve, resolveObject };
export default { URL, URLSearchParams, Url, domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve, resolveObject, urlToHttpOptions };
