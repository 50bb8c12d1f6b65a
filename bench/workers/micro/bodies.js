// Requests, responses, blobs and forms: made, and read again.
const URL_TEXT = "https://api.example.com/v1/users?page=2";
const HEADERS = { "content-type": "application/json", "x-request-id": "8f14e45f" };
const DATA = { id: 4711, name: "Ada", tags: ["a", "b"], nested: { ok: true } };

const form = () => {
  const made = new FormData();
  made.append("name", "Ada Lovelace");
  made.append("mail", "ada@example.com");
  made.append("file", new Blob(["some bytes of a file"], { type: "text/plain" }), "notes.txt");
  return made;
};

export const bodies = {
  "request-make": {
    gives: 4,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Request(URL_TEXT, { method: "POST", headers: HEADERS, body: "{}" }).method.length;
      return sum;
    },
  },
  "request-clone": {
    gives: 8,
    run(n) {
      const request = new Request(URL_TEXT, { headers: HEADERS });
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Request(request).headers.get("x-request-id").length;
      return sum;
    },
  },
  "response-make": {
    gives: 201,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += new Response("hello", { status: 201, headers: HEADERS }).status;
      return sum;
    },
  },
  "response-text": {
    gives: 5,
    async run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await new Response("hello").text()).length;
      return sum;
    },
  },
  "response-json": {
    gives: 4711,
    async run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await Response.json(DATA).json()).id;
      return sum;
    },
  },
  "response-bytes": {
    gives: 1024,
    async run(n) {
      const bytes = new Uint8Array(1024);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await new Response(bytes).arrayBuffer()).byteLength;
      return sum;
    },
  },
  "blob-text": {
    gives: 20,
    async run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await new Blob(["0123456789", "abcdefghij"], { type: "text/plain" }).text()).length;
      return sum;
    },
  },
  "form-make": {
    gives: 12,
    run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += form().get("name").length;
      return sum;
    },
  },
  "form-multipart": {
    gives: 15,
    async run(n) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await new Response(form()).formData()).get("mail").length;
      return sum;
    },
  },
};
