// harm: memory that threads could share
// expect: 200 - ok
// body: undefined
export default {
  fetch() {
    return new Response(typeof SharedArrayBuffer);
  },
};
