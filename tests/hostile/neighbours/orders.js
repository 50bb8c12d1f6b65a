// Reads JSON, works on it, answers with JSON.
export default {
  async fetch(request) {
    const { id, items } = await request.json();
    const total = items.map((item) => item.price * item.count).reduce((sum, price) => sum + price, 0);
    const names = items.map((item) => item.name).sort().join("+");
    return Response.json({ id, total, names }, { status: 201 });
  },
};
