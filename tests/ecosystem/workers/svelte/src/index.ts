import { render } from "svelte/server";

// Compiled ahead, as every build of a Svelte project does: `../compile.mjs`.
import Shop from "../target/Shop.js";

export default {
  async fetch(request) {
    const names = new URL(request.url).searchParams.getAll("item");
    const items = names.map((name, index) => ({ name, price: 8 * (index + 1) }));
    const { head, body } = await render(Shop, { props: { items, html: "<hr>" } });
    return Response.json({ head, body });
  },
} satisfies ExportedHandler;
