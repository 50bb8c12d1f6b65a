// One structuredClone of half a million objects.
const graph = [];
for (let n = 0; n < 500_000; n++) graph.push({ id: n, next: graph[n - 1] });

export default {
  fetch() {
    return new Response(String(structuredClone(graph).length));
  },
};
