import { computed, createSSRApp, defineComponent, h, onServerPrefetch, provide, inject, ref, Suspense, Teleport } from "vue";
import { renderToString, renderToWebStream } from "vue/server-renderer";

const Price = defineComponent({
  props: { cents: { type: Number, required: true } },
  setup(props) {
    const currency = inject("currency", "EUR");
    const text = computed(() => new Intl.NumberFormat("en", { style: "currency", currency }).format(props.cents / 100));
    return () => h("span", { class: ["price", { high: props.cents > 1000 }] }, text.value);
  },
});

const Stock = defineComponent({
  async setup() {
    const left = await new Promise<number>((resolve) => setTimeout(() => resolve(3), 5));
    return () => h("em", `${left} left`);
  },
});

const Shop = defineComponent({
  props: { cents: Number },
  setup(props, { slots }) {
    provide("currency", "USD");
    const loaded = ref("nothing");
    onServerPrefetch(async () => {
      loaded.value = await Promise.resolve("<reviews>");
    });
    return () =>
      h("main", { style: { color: "red" } }, [
        h(Price, { cents: props.cents! }),
        h("p", loaded.value),
        h(Suspense, null, { default: () => h(Stock), fallback: () => h("i", "wait") }),
        h(Teleport, { to: "#dialogs" }, h("dialog", "hi")),
        slots.default?.(),
      ]);
  },
});

function app(cents: number) {
  return createSSRApp({ render: () => h(Shop, { cents }, () => h("footer", "bye")) });
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const cents = Number(searchParams.get("cents"));
    if (pathname === "/stream") return new Response(renderToWebStream(app(cents)), { headers: { "content-type": "text/html" } });
    const context: { teleports?: Record<string, string> } = {};
    const html = await renderToString(app(cents), context);
    return Response.json({ html, teleports: context.teleports });
  },
} satisfies ExportedHandler;
