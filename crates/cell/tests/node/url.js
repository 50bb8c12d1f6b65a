import url, { URL as NodeURL, fileURLToPath, pathToFileURL, domainToASCII, domainToUnicode, urlToHttpOptions } from "node:url";
import punycode from "node:punycode";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const URLS = ["", "/", "http://a.com", "http://a.com/", "HTTP://User:Pass@A.com:8080/p/a/t/h?q=s&r=t#hash", "//a.com/x", "/x?y#z", "x/y", "mailto:a@b.c", "javascript:alert('x')", "http://a.com?x=1", "http://a.com#h", "http://[::1]:80/x", "file:///etc/passwd", "http://a.com/a b'c\"d<e>", "http:\\\\a.com\\b", "  http://a.com/  ", "http://a.com:/x", "data:text/plain,hi", "http://x.y@z.com@q.com/p", "http://a_b.c/", "coap:u:p@h:61616/x", "http://a.com/;x?y;z", "http://\u00fc.de/\u00fc", "a:b", "?q", "#h", "x:1", "ws://a/b", "http:a/b", "http:/a/b", "svn+ssh://foo/bar"];

export default {
  "parse": () => URLS.map((one) => attempt(() => ({ ...url.parse(one) }))),
  "parse with a query": () => URLS.map((one) => attempt(() => url.parse(one, true).query)),
  "parse with a host behind slashes": () => ["//a.com/x", "//a", "/a", "a"].map((one) => ({ ...url.parse(one, false, true) })),
  "parse what is no text": () => [attempt(() => url.parse(5)), attempt(() => url.parse(null))],
  "format": () => URLS.map((one) => attempt(() => url.format(url.parse(one)))),
  "format of parts": () => [{ protocol: "http", host: "a.com", pathname: "x", search: "q" }, { hostname: "::1", port: 80, slashes: true }, { query: { a: [1, 2] }, pathname: "/x?#" }, { auth: "u:p@", host: "h", protocol: "http:" }, { hash: "h" }].map((one) => url.format(one)),
  "format of a URL": () => [url.format(new URL("http://u:p@xn--4ca.de/x?y#z"), { auth: false, fragment: false, search: false, unicode: true }), url.format(new URL("http://a/x?y#z"))],
  "resolve": () => [["/one/two/three", "four"], ["http://a.com/", "/one"], ["http://a.com/one", "/two"], ["http://a.com/b/c/d", "../e"], ["http://a.com/b/c/d?q", "?r"], ["http://a.com/b/c", "#h"], ["http://a.com/b", "//c.com/d"], ["http://a.com/b", "https://c.com"], ["http://a.com/b/c", "."], ["http://a.com/b/c", ".."], ["http://a.com/b", "../../../x"], [".", "x"], ["a/b", "../../c"], ["http://a.com/b", ""], ["/a", "./b/"], ["http://u:p@a.com/", "/x"], ["http://a.com", "b"]].map((args) => url.resolve(...args)),
  "file URLs": () => [attempt(() => fileURLToPath("file:///a/b%20c")), attempt(() => fileURLToPath("http://a")), attempt(() => fileURLToPath("file:///a%2Fb")), attempt(() => fileURLToPath(5)), pathToFileURL("/a b#c?d%").href],
  "domains": () => [domainToASCII("espa\u00f1ol.com"), domainToASCII("xn--i\u00f1valid.com"), domainToUnicode("xn--espaol-zwa.com"), domainToUnicode("xn--fiq228c.com")],
  "options for http": () => ({ ...urlToHttpOptions(new URL("https://a:b@test.com:81/p?q#h")) }),
  "it is the URL of the Web": () => [NodeURL === URL, url.URLSearchParams === URLSearchParams],
  punycode: () => [punycode.encode("ma\u00f1ana"), punycode.decode("maana-pta"), punycode.toASCII("ma\u00f1ana.com"), punycode.toUnicode("xn--maana-pta.com"), punycode.encode("\u2603-\u2318"), punycode.decode("--dqo34k"), punycode.ucs2.decode("\ud834\udf06a"), punycode.ucs2.encode([0x1d306, 97]), attempt(() => punycode.decode("\u0080")).slice(0, 10), punycode.toASCII("a@\u00fc.x")],
};
