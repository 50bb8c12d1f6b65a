// harm: more random bytes than one call gives
// expect: 200 - ok
// body: QuotaExceededError
export default {
  fetch() {
    try {
      crypto.getRandomValues(new Uint8Array(65_537));
    } catch (error) {
      return new Response(error.name);
    }
  },
};
