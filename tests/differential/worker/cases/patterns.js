import { outcomes } from "../outcome.js";

const groups = (pattern, input, base) => pattern.exec(input, base) && Object.fromEntries(
  ["protocol", "hostname", "port", "pathname", "search", "hash"].map((name) => [name, pattern.exec(input, base)[name].groups]),
);

const fields = ({ protocol, username, password, hostname, port, pathname, search, hash }) => ({ protocol, username, password, hostname, port, pathname, search, hash });

export default {
  "from text": () => fields(new URLPattern("https://*.example.com/:kind/*?q=:q#:part")),
  "from a dictionary": () => fields(new URLPattern({ pathname: "/books/:id(\\d+)" })),
  "from text and a base": () => fields(new URLPattern("/books/:id", "https://a.test/x/")),
  "nothing at all": () => fields(new URLPattern()),
  "test": () => {
    const pattern = new URLPattern({ pathname: "/books/:id(\\d+)" });
    return [pattern.test("https://a.test/books/12"), pattern.test("https://a.test/books/x"), pattern.test({ pathname: "/books/1" }), pattern.test("bad")];
  },
  "named groups": () => groups(new URLPattern({ pathname: "/:a/:b" }), "https://h.test/x/y"),
  "wildcards": () => groups(new URLPattern({ hostname: "*.test", pathname: "/*/z" }), "https://h.test/x/y/z"),
  "optional and repeated": () => {
    const pattern = new URLPattern({ pathname: "/a/:b?/c/:d+" });
    return ["/a/c/1", "/a/x/c/1/2", "/a/x/c"].map((pathname) => pattern.exec({ pathname })?.pathname.groups ?? null);
  },
  "braces": () => ["/ab", "/aXb", "/a"].map((pathname) => new URLPattern({ pathname: "/a{X}?b" }).test({ pathname })),
  "no match": () => new URLPattern({ pathname: "/a" }).exec("https://h.test/b"),
  "result's inputs": () => new URLPattern({ pathname: "/a" }).exec("/a", "https://h.test").inputs,
  "ports": () => [new URLPattern({ protocol: "https", port: "443" }).port, new URLPattern("https://a.test:8080").test("https://a.test:8080/")],
  "ignoreCase": () => [new URLPattern({ pathname: "/A" }, { ignoreCase: true }).test({ pathname: "/a" }), new URLPattern({ pathname: "/A" }).test({ pathname: "/a" })],
  "hasRegExpGroups": () => [new URLPattern({ pathname: "/:a" }).hasRegExpGroups, new URLPattern({ pathname: "/(a)" }).hasRegExpGroups],
  "bad patterns": () => outcomes(...["(", ":", "/{a", "/(?a)"].map((pathname) => () => fields(new URLPattern({ pathname })))).then((all) => all.map(({ threw }) => threw?.class)),
  "relative without a base": () => outcomes(() => new URLPattern("/a")).then(([{ threw }]) => threw?.class),
  "encoding": () => fields(new URLPattern({ hostname: "bücher.test", pathname: "/ü" })),
  "class string": () => Object.prototype.toString.call(new URLPattern()),
  "called without new": () => outcomes(() => URLPattern({})).then(([{ threw }]) => threw?.class),
};
