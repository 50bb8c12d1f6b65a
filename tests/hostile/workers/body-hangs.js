// harm: a response whose body can never come
// expect: 200 - canceled or 500 worker-hung exception
// client: leaves
export default {
  fetch() {
    return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  },
};
