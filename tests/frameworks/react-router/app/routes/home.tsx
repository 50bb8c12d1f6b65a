import { Link, useLoaderData, type LoaderFunctionArgs } from "react-router";
import { shop, things } from "../shop";

export function loader({ request, context }: LoaderFunctionArgs) {
  return { shop: context.get(shop), greeted: new URL(request.url).searchParams.get("name"), things };
}

export function meta({ loaderData }: { loaderData: { shop: string } }) {
  return [{ title: loaderData.shop }];
}

export function headers() {
  return { "x-things": String(things.length) };
}

export default function Home() {
  const { shop, greeted, things } = useLoaderData<typeof loader>();
  return (
    <>
      <h1>{`${shop} greets ${greeted ?? "nobody"}`}</h1>
      <ul>
        {things.map((thing) => (
          <li key={thing.id}>
            <Link to={`/things/${thing.id}`}>{thing.name}</Link>
          </li>
        ))}
      </ul>
    </>
  );
}
