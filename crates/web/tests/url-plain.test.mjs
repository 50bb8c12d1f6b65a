// URLs that need no parser (js/url-plain.js), beside Node's own parser.
import assert from "node:assert/strict";
import test from "node:test";
import { plainParts, plainWithin } from "../js/url-plain.js";

// Numbers that are the same in every run.
let state = 1;
function below(bound) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
}
const oneOf = (list) => list[below(list.length)];
// The first four of a list are plain, and are taken more often.
const often = (list) => (below(8) === 0 ? oneOf(list) : list[below(Math.min(4, list.length))]);

const SCHEMES = ["http", "https", "http", "https", "ws", "HTTP", "httpss", "htt", "file", ""];
const HOSTS = ["example.com", "a", "a-b.c9", "localhost", "1.example", "127.0.0.1", "0x7f.1", "a.1", "a..b", "xn--a", "a--b", ".a", "a.", "-a", "EX.com", "[::1]", "a_b", "m\u00fc.de", "", "%61"];
const PORTS = ["", "", ":8080", ":65534", ":80", ":443", ":0", ":00", ":65535", ":65536", ":99999", ":123456", ":", ":8a", ":-1"];
const PATHS = ["/", "/a", "/a/b.c/d", "/%7Ea%2f", "/a/./b", "/a/../b", "/.", "/..", "/.a", "/a.", "/%2e/", "/%2E%2e", "/%2f", "/a%", "/a\\b", "//", "/a b", "/\u00e9", "/a'b", "/[a]", "/a|b^c", "/{}", "/~!$&()*+,;=:@", "", "a", "/\"<>`"];
const QUERIES = ["", "?", "?a=b&c=d", "?a/b?c%20", "?a'b", "?\"", "?a#", "?a/b?c", "?%zz", "?\u00e9", "?[]|^", "?a b", "?.", "?/../"];
const HASHES = ["", "#", "#a", "#a?b/c'", "#a#b", "#a?b/c", "#'", "#\"", "#`", "#<", "# ", "#\u00e9", "#%2e"];

const made = () =>
  often(SCHEMES) + often(["://", "://", "://", "://", ":", ":/", ":\\\\"]) + often(HOSTS) + often(PORTS) + often(PATHS) + often(PATHS) + often(QUERIES) + often(HASHES);

function spoilt(text) {
  const at = below(text.length + 1);
  return text.slice(0, at) + String.fromCharCode(below(160)) + text.slice(at + below(2));
}

// A part of which nothing is there but the mark before it reads as empty.
const withoutMark = (part, mark) => (part === mark ? "" : part);

function isRight(parts, url, text) {
  const [href, scheme, userEnd, host, hostEnd, portEnd, path, pathEnd, queryEnd] = parts;
  const cut = (start, end) => href.slice(start, end);
  assert.equal(href, url.href, text);
  assert.equal(cut(0, scheme + 1), url.protocol, text);
  assert.equal(userEnd, host, text);
  assert.equal(cut(host, hostEnd), url.hostname, text);
  assert.equal(cut(hostEnd + 1, portEnd), url.port, text);
  assert.equal(path, portEnd, text);
  assert.equal(cut(path, pathEnd), url.pathname, text);
  assert.equal(withoutMark(cut(pathEnd, queryEnd), "?"), url.search, text);
  assert.equal(withoutMark(cut(queryEnd), "#"), url.hash, text);
}

test("what is called plain is what a parser makes of it, part by part", () => {
  let plain = 0;
  for (let i = 0; i < 60_000; i++) {
    const text = i % 3 === 0 ? spoilt(made()) : made();
    const parts = plainParts(text);
    if (parts === undefined) continue;
    plain++;
    isRight(parts, new URL(text), text);
  }
  assert(plain > 10_000, `${plain} were plain`);
});

test("with a base, too", () => {
  let plain = 0;
  for (let i = 0; i < 30_000; i++) {
    const base = plainParts(made());
    if (base === undefined) continue;
    const text = oneOf([made, () => often(PATHS) + often(QUERIES) + often(HASHES), () => often(QUERIES) + often(HASHES), () => spoilt(often(PATHS))])();
    const parts = plainWithin(text, base);
    if (parts === undefined) continue;
    plain++;
    isRight(parts, new URL(text, base[0]), `${text} with ${base[0]}`);
  }
  assert(plain > 3_000, `${plain} were plain`);
});

test("the URLs that workers see are plain", () => {
  for (const text of [
    "https://api.example.com/v1/users/4711/posts?page=2&limit=50",
    "http://localhost:8787/",
    "https://example.com/assets/site.min.css#top",
    "https://a.b-c.example/%7Efoo/%20bar?x=%2F&y=1",
  ]) {
    assert.notEqual(plainParts(text), undefined, text);
  }
});
