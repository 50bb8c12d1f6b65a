import { data, redirect, useLoaderData, type LoaderFunctionArgs } from "react-router";
import { things } from "../shop";

export function loader({ params }: LoaderFunctionArgs) {
  if (params.id === "old") throw redirect("/things/1", 308);
  const thing = things.find((one) => String(one.id) === params.id);
  if (!thing) throw data("no such thing", { status: 404 });
  return thing;
}

export default function Thing() {
  return <p id="thing">{useLoaderData<typeof loader>().name}</p>;
}
