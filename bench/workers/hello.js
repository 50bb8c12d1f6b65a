// The least a worker can do: what is left is what the runtime itself costs.
export default {
  fetch() {
    return new Response("Hello, World!");
  },
};
