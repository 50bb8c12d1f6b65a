import { outcomes } from "../outcome.js";

export default {
  "from pairs, sorted and joined": () => [...new Headers([["B", "1"], ["a", "2"], ["b", "3"]])],
  "from a record": () => [...new Headers({ "X-A": "1", "x-b": 2 })],
  "from a Map": () => [...new Headers(new Map([["k", "v"]]))],
  "from Headers": () => [...new Headers(new Headers({ a: "b" }))],
  "null": () => new Headers(null),
  "a text": () => new Headers("a: b"),
  "a number": () => new Headers(1),
  "a pair of one": () => new Headers([["a"]]),
  "bad name": () => outcomes(() => new Headers({ "a b": "c" }), () => new Headers({ "": "c" }), () => new Headers().append("é", "x")),
  "bad value": () => outcomes(() => new Headers({ a: "b\nc" }), () => new Headers({ a: "b\0" }), () => new Headers({ a: "\u0100" })),
  "value is trimmed": () => new Headers({ a: " \t b c \r\n" }).get("a"),
  "Latin-1 value": () => new Headers({ a: "é" }).get("a"),
  "get of a missing one": () => new Headers().get("a"),
  "get with a bad name": () => new Headers().get("a b"),
  "append, set, delete": () => {
    const headers = new Headers({ a: "1" });
    headers.append("A", "2");
    headers.set("b", "3");
    headers.delete("c");
    const joined = headers.get("a");
    headers.set("a", "4");
    headers.delete("B");
    return [joined, [...headers]];
  },
  "has": () => [new Headers({ a: "" }).has("A"), new Headers().has("a")],
  "getSetCookie": () => {
    const headers = new Headers([["set-cookie", "a=1"], ["Set-Cookie", "b=2"], ["x", "y"]]);
    return [headers.getSetCookie(), headers.get("set-cookie"), [...headers]];
  },
  "getAll of set-cookie": () => new Headers([["set-cookie", "a"], ["set-cookie", "b"]]).getAll("Set-Cookie"),
  "getAll of another": () => new Headers({ a: "b" }).getAll("a"),
  "keys, values, entries": () => {
    const headers = new Headers({ b: "1", a: "2" });
    return [[...headers.keys()], [...headers.values()], [...headers.entries()]];
  },
  "forEach": () => {
    const seen = [];
    new Headers({ b: "1", a: "2" }).forEach(function (value, key, all) {
      seen.push([value, key, all instanceof Headers, this.mark]);
    }, { mark: "this" });
    return seen;
  },
  "appending while iterating": () => {
    const headers = new Headers({ a: "1", c: "3" });
    const seen = [];
    for (const [name] of headers) {
      if (name === "a") headers.append("b", "2");
      seen.push(name);
    }
    return seen;
  },
  "of an arrived request are immutable": ({ request }) => request.headers.set("a", "b"),
  "of a made request are not": () => {
    const request = new Request("http://a.test");
    request.headers.set("a", "b");
    return request.headers.get("a");
  },
  "of Response.redirect are immutable": () => Response.redirect("http://a.test/").headers.set("a", "b"),
  "names are lower case, also getters'": () => [...new Headers({ "CONTENT-Type": "a" }).keys()],
  "class string": () => Object.prototype.toString.call(new Headers()),
  "called without new": () => Headers(),
  "too few arguments": () => outcomes(() => new Headers().append("a"), () => new Headers().set(), () => new Headers().has()),
  "a getter that throws": () => new Headers({ get a() { throw new RangeError("mine"); } }),
  "symbol as a value": () => new Headers({ a: Symbol("s") }),
};
