import { outcomes } from "../outcome.js";

const parts = (url) => {
  const { href, protocol, username, password, host, hostname, port, pathname, search, hash, origin } = url;
  return { href, protocol, username, password, host, hostname, port, pathname, search, hash, origin };
};

const set = (href, name, value) => {
  const url = new URL(href);
  url[name] = value;
  return url.href;
};

export default {
  "all parts": () => parts(new URL("https://user:pass@example.com:8080/a/b?c=d#e")),
  "relative to a base": () => new URL("../x?y#z", "https://example.test/a/b/c").href,
  "many slashes before a host": () => ["///x/y", "\\\\/x", " /\t//x"].map((text) => new URL(text, "https://example.test/a/b").href),
  "a backslash where it is no slash": () => ["\\x", "/\\x", "\\\\x"].map((text) => new URL(text, "foo://example.test/a/b").href),
  "base is a URL object": () => new URL("/p", new URL("http://h.test/q")).href,
  "no scheme": () => new URL("nope"),
  "no argument": () => new URL(),
  "empty text": () => new URL(""),
  "bad base": () => new URL("a", "also bad"),
  "called without new": () => URL("http://a.test"),
  "default port goes": () => new URL("http://a.test:80/").href,
  "foreign default port stays": () => new URL("http://a.test:443/").href,
  "port out of range": () => new URL("http://a.test:65536/"),
  "host in capitals": () => new URL("HTTP://EXAMPLE.Test/A").href,
  "host in Unicode": () => new URL("http://bücher.test/ß?ü#ü").href,
  "host of IPv4 forms": () => ["http://0x7f.1", "http://2130706433", "http://127.0.0.1."].map((u) => new URL(u).host),
  "host of IPv6 forms": () => new URL("http://[1:0:0:0:0:0:0:1]/").host,
  "host that is forbidden": () => new URL("http://a b/"),
  "percent in a host": () => new URL("http://%41%42.test/").host,
  "dots in a path": () => new URL("http://a.test/b/./c/../d/%2e%2E/e").pathname,
  "backslashes": () => new URL("http:\\\\a.test\\b\\c").href,
  "tabs and newlines": () => new URL(" ht\ntp://a.t\test/\r ").href,
  "spaces and quotes": () => new URL("http://a.test/a b\"c<d>?e f'g\"#h i`").href,
  "opaque path": () => parts(new URL("mailto:a@b.test")),
  "javascript scheme": () => parts(new URL("javascript:alert(1)")),
  "blob origin": () => new URL("blob:https://a.test/id").origin,
  "file URL": () => parts(new URL("file:///C|/a/../b")),
  "data URL": () => parts(new URL("data:text/plain,hi there")),
  "no-host special": () => new URL("http://"),
  "credentials encoded": () => new URL("http://a%3ab:c@d@e.test/").href,
  "setting protocol": () => [set("http://a.test/", "protocol", "https"), set("http://a.test/", "protocol", "mailto")],
  "setting port": () => ["90", "80", "", "99999", "8x"].map((port) => set("http://a.test:1/", "port", port)),
  "setting host": () => ["b.test:9", "", "c.test/d", "e f"].map((host) => set("http://a.test:1/", "host", host)),
  "setting hostname": () => ["b.test", "b.test:9", ""].map((host) => set("http://a.test:1/", "hostname", host)),
  "setting pathname": () => ["b", "/c?d", "", "e#f"].map((path) => set("http://a.test/x", "pathname", path)),
  "setting search": () => ["b", "?c", "", "d#e"].map((search) => set("http://a.test/?x#y", "search", search)),
  "setting hash": () => ["b", "#c", ""].map((hash) => set("http://a.test/#x", "hash", hash)),
  "setting href": () => outcomes(() => set("http://a.test/", "href", "http://b.test"), () => set("http://a.test/", "href", "bad")),
  "setting origin does nothing": () => outcomes(() => set("http://a.test/", "origin", "http://b.test")),
  "canParse": () => [URL.canParse("http://a.test"), URL.canParse("a"), URL.canParse("a", "http://b.test")],
  "parse": () => [URL.parse("bad"), URL.parse("a", "http://b.test").href],
  "toString and toJSON": () => [String(new URL("http://a.test")), JSON.stringify(new URL("http://a.test"))],
  "searchParams follow": () => {
    const url = new URL("http://a.test/?a=1");
    url.searchParams.append("b", "2 3");
    const first = url.href;
    url.search = "?c=4";
    return [first, [...url.searchParams], url.searchParams === url.searchParams];
  },
  "last search parameter goes": () => {
    const url = new URL("http://a.test/?a=1#h");
    url.searchParams.delete("a");
    return url.href;
  },
  "getters on another object": () => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({}),
  "class string": () => Object.prototype.toString.call(new URL("http://a.test")),
  "lone surrogates": () => new URL("http://a.test/\ud800?\udfff").href,
  "createObjectURL": () => typeof URL.createObjectURL,
};
