import { Suspense } from "react";
import { Await, useLoaderData } from "react-router";

export function loader() {
  const price = new Promise<string>((resolve) => setTimeout(() => resolve("a late price"), 50));
  return { price };
}

export default function Late() {
  const { price } = useLoaderData<typeof loader>();
  return (
    <Suspense fallback={<p id="wait">wait</p>}>
      <Await resolve={price}>{(price) => <p id="price">{price}</p>}</Await>
    </Suspense>
  );
}
