// A small API call: parse an order of about 2 KB, compute on it, answer JSON. Integers only, so that the expected
// answer is the same to the byte on every engine.
export default {
  async fetch(request) {
    const order = await request.json();
    const lines = order.lines.map((line) => ({
      id: line.id,
      name: line.name.toUpperCase(),
      cents: line.quantity * line.price_cents,
      tags: [...line.tags].sort(),
    }));
    const total_cents = lines.reduce((sum, line) => sum + line.cents, 0);
    return Response.json({ customer: order.customer, count: lines.length, total_cents, lines });
  },
};
