// URLSearchParams: as a query has them, and as a form does.
const PLAIN = "q=isolates&page=2&limit=50&sort=new&lang=en&safe=1";
const ENCODED = "name=Ada+Lovelace&mail=ada%40example.com&text=a%20b%26c%3Dd&city=M%C3%BCnchen&empty=&flag";

export const params = {
  "params-parse": {
    gives: 6,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URLSearchParams(PLAIN).size;
      return sum;
    },
  },
  "params-parse-encoded": {
    gives: 6,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URLSearchParams(ENCODED).size;
      return sum;
    },
  },
  "params-build": {
    gives: 1,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const built = new URLSearchParams();
        built.append("q", "isolates");
        built.append("page", "2");
        built.append("name", "Ada Lovelace");
        built.append("mail", "ada@example.com");
        sum += built.toString().length === 58 ? 1 : 0;
      }
      return sum;
    },
  },
  "params-object": {
    gives: 1,
    run(n) {
      const record = { q: "isolates", page: "2", limit: "50", sort: "new" };
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new URLSearchParams(record).toString() === "q=isolates&page=2&limit=50&sort=new" ? 1 : 0;
      return sum;
    },
  },
  "params-read": {
    gives: 2 + 1,
    run(n) {
      const list = new URLSearchParams(PLAIN);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += list.get("limit").length + (list.has("safe") ? 1 : 0);
      return sum;
    },
  },
  "params-iterate": {
    gives: 6,
    run(n) {
      const list = new URLSearchParams(PLAIN);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        for (const [name, value] of list) sum += name.length > 0 && value.length > 0 ? 1 : 0;
      }
      return sum;
    },
  },
};
