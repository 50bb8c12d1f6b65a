import { things } from "../things.js";

export function load({ platform, url, setHeaders }) {
  setHeaders({ "x-things": String(things.length) });
  return { shop: platform.env.SHOP, greeted: url.searchParams.get("name"), things };
}
