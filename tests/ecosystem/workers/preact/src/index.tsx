import { createContext, Fragment } from "preact";
import { useContext, useReducer } from "preact/hooks";
import { render, renderToStringAsync } from "preact-render-to-string";
import { renderToReadableStream } from "preact-render-to-string/stream";
import { lazy, Suspense } from "preact/compat";

const Theme = createContext("light");

function List({ items }: { items: string[] }) {
  const theme = useContext(Theme);
  const [total] = useReducer((state: number) => state, items.length);
  return (
    <ul class={theme} aria-label={`${total} things`}>
      {items.map((item) => (
        <Fragment key={item}>
          <li onClick={() => {}}>{item}</li>
        </Fragment>
      ))}
    </ul>
  );
}

const page = (items: string[]) => (
  <Theme.Provider value="dark">
    <List items={items} />
    <div dangerouslySetInnerHTML={{ __html: "<hr>" }} />
    <input value={'"'} disabled />
  </Theme.Provider>
);

// Made anew for each request: what was lazy once is not lazy twice, and an isolate serves many.
function waiting() {
  const Late = lazy(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { default: () => <b>late</b> };
  });
  return (
    <main>
      <Suspense fallback={<i>wait</i>}>
        <Late />
      </Suspense>
    </main>
  );
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/async") return new Response(await renderToStringAsync(waiting()));
    if (pathname === "/stream") return new Response(renderToReadableStream(waiting()));
    return new Response(render(page(searchParams.getAll("item"))));
  },
} satisfies ExportedHandler;
