import querystring from "node:querystring";

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name} ${error.code} ${error.message}`;
  }
};
const TEXTS = ["", "a=1", "a=1&a=2&a=3", "a", "a=", "=a", "=", "&", "&&a=1&&", "a=b=c", "a+b=c+d", "%20=%zz", "%E2%82%AC=%ff", "a%3Db=c%26d", "__proto__=1&hasOwnProperty=2", "a=%", "a=%4", "a%=1", "x=\u20ac", "a[]=1&a[]=2", "%C3=1"];

export default {
  parse: () => TEXTS.map((text) => querystring.parse(text)),
  "parse with other separators": () => [querystring.parse("a:1;b:2", ";", ":"), querystring.parse("a=>1, b=>2", ", ", "=>"), querystring.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }), querystring.parse("a=1&b=2", "&", "=", { maxKeys: 0 }), querystring.parse("a=%31", "&", "=", { decodeURIComponent: (text) => `<${text}>` })],
  "parse what is no text": () => [querystring.parse(undefined), querystring.parse(5), querystring.parse(null)],
  stringify: () => [{}, { a: 1 }, { a: [1, "x", true, null] }, { a: null, b: undefined, c: NaN, d: Infinity, e: 5n, f: {}, g: () => {} }, { "a b": "c&d=e" }, { x: "\u20ac" }, { a: [] }, null, 5, "x", [1, 2]].map((one) => attempt(() => querystring.stringify(one))),
  "stringify with other separators": () => [querystring.stringify({ a: 1, b: [2, 3] }, ";", ":"), querystring.stringify({ a: "x y" }, null, null, { encodeURIComponent: (text) => `<${text}>` })],
  "escape and unescape": () => [querystring.escape("a b&\u20ac!'()*~"), querystring.escape(5), querystring.escape({ toString: () => "o b" }), attempt(() => querystring.escape("\ud800")), querystring.unescape("a%20b+c"), querystring.unescape("%zz%20"), querystring.unescapeBuffer("a%20%zz%4").toString("latin1")],
  "there and back": () => TEXTS.map((text) => querystring.stringify(querystring.parse(text))),
  "other names": () => [querystring.encode === querystring.stringify, querystring.decode === querystring.parse],
};
