import { createRequestHandler, RouterContextProvider } from "react-router";
import { shop } from "../app/shop";

const handler = createRequestHandler(() => import("virtual:react-router/server-build"), import.meta.env.MODE);

export default {
  async fetch(request: Request, env: { SHOP: string }) {
    const context = new RouterContextProvider();
    context.set(shop, env.SHOP);
    return handler(request, context);
  },
};
