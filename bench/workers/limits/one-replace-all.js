// One replaceAll of four million places.
const text = "ab,".repeat(4_000_000);

export default {
  fetch() {
    return new Response(String(text.replaceAll(",", "; ").length));
  },
};
