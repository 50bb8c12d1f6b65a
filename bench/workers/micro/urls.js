// URL: such as a router sees, and such as need all of the parser.
const PLAIN = ["https://api.example.com/v1/users/4711/posts?page=2&limit=50", "https://example.com/assets/site.css", "http://localhost.test:8787/a/b/c#top"];
const ODD = ["HTTPS://Ex%41mple.com:443/a/./b/../c d?q=\u00e9#\u00e9", "http://user:pa%20ss@127.1:8080/%7Efoo", "https://m\u00fcnchen.example/stra\u00dfe?x=<y>"];
const RELATIVE = ["/v2/items?x=1", "../up/one", "?page=3", "https://other.example/abs"];
const BASE = "https://example.com/a/b/c?d#e";

export const urls = {
  "url-parse": {
    gives: 8,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URL(PLAIN[i % 3]).pathname.length > 0 ? 8 : 0;
      return sum;
    },
  },
  "url-parse-odd": {
    gives: 2,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URL(ODD[i % 3]).href !== ODD[i % 3] ? 2 : 0;
      return sum;
    },
  },
  "url-relative": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URL(RELATIVE[i & 3], BASE).protocol === "https:" ? 1 : 0;
      return sum;
    },
  },
  "url-can-parse": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += URL.canParse(PLAIN[i % 3]) && !URL.canParse("no url") ? 1 : 0;
      return sum;
    },
  },
  "url-read": {
    gives: 67 + 6 + 20 + 15 + 4 + 17 + 16 + 6 + 28,
    run(n) {
      const url = new URL("https://api.example.com:8443/v1/users/4711/me?page=2&limit=5a#place");
      let sum = 0;
      for (let i = 0; i < n; i++) {
        sum += url.href.length + url.protocol.length + url.host.length + url.hostname.length + url.port.length;
        sum += url.pathname.length + url.search.length + url.hash.length + url.origin.length;
      }
      return sum;
    },
  },
  "url-set": {
    gives: 3,
    run(n) {
      const url = new URL("https://api.example.com/v1/users?page=2");
      let sum = 0;
      for (let i = 0; i < n; i++) {
        url.pathname = i & 1 ? "/v1/posts" : "/v2/users/7";
        url.search = i & 1 ? "?a=b" : "";
        url.hash = "here";
        sum += url.href.endsWith("#here") ? 3 : 0;
      }
      return sum;
    },
  },
  "url-params": {
    gives: 3,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const { searchParams } = new URL("https://api.example.com/v1/search?q=isolates&page=2&sort=new");
        sum += searchParams.get("sort").length;
      }
      return sum;
    },
  },
  "url-params-set": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const url = new URL("https://api.example.com/v1/search?q=isolates");
        url.searchParams.set("page", "3");
        url.searchParams.append("sort", "new first");
        sum += url.href.endsWith("?q=isolates&page=3&sort=new+first") ? 1 : 0;
      }
      return sum;
    },
  },
};
