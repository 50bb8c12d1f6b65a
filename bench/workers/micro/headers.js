// Headers: eight of them, as a request or a response of usual size has.
const RECORD = {
  "Content-Type": "application/json",
  "Cache-Control": "public, max-age=3600",
  ETag: '"33a64df551425fcc55e4d42a148795d9"',
  Vary: "accept-encoding",
  "X-Request-Id": "8f14e45fceea167a5a36dedd4bea2543",
  "Access-Control-Allow-Origin": "*",
  "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
  Server: "bench",
};
const PAIRS = Object.entries(RECORD);

export const headers = {
  "headers-object": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Headers(RECORD).has("etag") ? 1 : 0;
      return sum;
    },
  },
  "headers-pairs": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Headers(PAIRS).has("etag") ? 1 : 0;
      return sum;
    },
  },
  "headers-copy": {
    gives: 1,
    run(n) {
      const from = new Headers(RECORD);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Headers(from).has("etag") ? 1 : 0;
      return sum;
    },
  },
  "headers-get": {
    gives: 16 + 6,
    run(n) {
      const list = new Headers(RECORD);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        sum += list.get("content-type").length;
        sum += list.get("Server").length + (list.get("x-missing") === null ? 1 : 0);
      }
      return sum;
    },
  },
  "headers-set": {
    gives: 5,
    run(n) {
      const list = new Headers(RECORD);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        list.set("X-Request-Id", i & 1 ? "odd.." : "even.");
        sum += list.get("x-request-id").length;
      }
      return sum;
    },
  },
  "headers-append": {
    gives: 13,
    run(n) {
      const list = new Headers(RECORD);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        list.append("Link", "one");
        list.append("link", "two");
        list.append("link", "three");
        sum += list.get("link").length === "one, two, three".length ? 13 : 0;
        list.delete("link");
      }
      return sum;
    },
  },
  "headers-iterate": {
    gives: 8 * 2,
    run(n) {
      const list = new Headers(RECORD);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        for (const [name, value] of list) sum += (name.length > 0 ? 1 : 0) + (value.length > 0 ? 1 : 0);
      }
      return sum;
    },
  },
  "headers-make-iterate": {
    gives: 8,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) new Headers(RECORD).forEach((value) => (sum += value.length > 0 ? 1 : 0));
      return sum;
    },
  },
};
