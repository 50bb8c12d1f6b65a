// One JSON.parse of 30 MB.
const text = "[" + "1234567,".repeat(3_750_000) + "0]";

export default {
  fetch() {
    return new Response(String(JSON.parse(text).length));
  },
};
