// Turns one request into 900 of its own.
export default {
  async fetch(_request, env) {
    const asks = Array.from({ length: 900 }, () => fetch(new URL("/small", env.UPSTREAM)));
    const answers = await Promise.all(asks);
    return new Response(String(answers.length));
  },
};
