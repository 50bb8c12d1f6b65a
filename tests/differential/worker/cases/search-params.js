import { outcomes } from "../outcome.js";

const text = (init) => String(new URLSearchParams(init));

export default {
  "from text": () => [...new URLSearchParams("?a=1&b=2&a=3&&c&=d&e=")],
  "from pairs": () => text([["a", "1"], ["b", "2"]]),
  "from a record": () => text({ a: 1, b: [2, 3], c: undefined }),
  "from params": () => text(new URLSearchParams("x=y")),
  "from a Map": () => text(new Map([["k", "v"]])),
  "from FormData": () => {
    const form = new FormData();
    form.append("a", "b");
    return text(form);
  },
  "from null and undefined": () => [text(null), text(undefined)],
  "a pair of three": () => new URLSearchParams([["a", "b", "c"]]),
  "a pair that is no list": () => new URLSearchParams([1]),
  "plus and percent": () => [...new URLSearchParams("a=b+c%20d&%zz=%41")],
  "encodes": () => text({ "ä ": "~!*()'&=+%/?#" }),
  "bad UTF-8": () => new URLSearchParams("a=%ff%c3").get("a"),
  "lone surrogate": () => text({ a: "\ud800" }),
  "get, getAll, has": () => {
    const params = new URLSearchParams("a=1&a=2&b=");
    return [params.get("a"), params.getAll("a"), params.get("c"), params.has("b"), params.has("a", "2"), params.has("a", "3")];
  },
  "set replaces the first": () => {
    const params = new URLSearchParams("a=1&b=2&a=3");
    params.set("a", "4");
    return String(params);
  },
  "delete by value": () => {
    const params = new URLSearchParams("a=1&a=2");
    params.delete("a", "1");
    return String(params);
  },
  "sort is stable, by code units": () => {
    const params = new URLSearchParams("z=1&ﬃ=2&🌈=3&a=4&z=0");
    params.sort();
    return [...params.keys()];
  },
  "size": () => new URLSearchParams("a&b&c").size,
  "forEach": () => {
    const seen = [];
    new URLSearchParams("a=1&b=2").forEach((value, key, all) => seen.push([value, key, all instanceof URLSearchParams]));
    return seen;
  },
  "deleting while iterating": () => {
    const params = new URLSearchParams("a=1&b=2&c=3&d=4");
    const seen = [];
    for (const [key] of params) {
      seen.push(key);
      params.delete(key);
    }
    return seen;
  },
  "too few arguments": () => outcomes(() => new URLSearchParams().append("a"), () => new URLSearchParams().get()),
  "forEach without a function": () => new URLSearchParams("a=1").forEach(null),
  "iterator's class": () => Object.prototype.toString.call(new URLSearchParams("a=1").entries()),
  "iteration ends": () => {
    const entries = new URLSearchParams("a=1").entries();
    return [entries.next(), entries.next(), entries.next()];
  },
};
