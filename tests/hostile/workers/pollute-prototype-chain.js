// harm: the prototypes of the platform's objects taken away
// expect: 200 - ok
// body: right answer
// client: get 2
for (const Class of [Response, Request, Headers, URL, ReadableStream, Blob]) {
  Object.setPrototypeOf(Class.prototype, null);
  Object.setPrototypeOf(Class, null);
}

export default {
  async fetch() {
    await null;
    return new Response("right answer", { headers: { "x-a": "b" } });
  },
};
