import { createContext, Suspense, use, useContext, useId, useMemo, useState } from "react";
import { renderToReadableStream, renderToString } from "react-dom/server";

const Language = createContext("en");

function Greeting({ name }: { name: string }) {
  const language = useContext(Language);
  const [count] = useState(() => name.length);
  const text = useMemo(() => ({ en: "Hello", de: "Hallo" })[language], [language]);
  const id = useId();
  return (
    <label htmlFor={id} style={{ color: "red", marginTop: 4 }} data-count={count}>
      {text}, {name}!
    </label>
  );
}

function Late({ value }: { value: Promise<string> }) {
  return <em>{use(value)}</em>;
}

function Broken({ server }: { server: boolean }) {
  if (server) throw new Error("only in a browser");
  return <p>never</p>;
}

function App({ name, late }: { name: string; late: Promise<string> }) {
  return (
    <html lang="de">
      <head>
        <title>{`For ${name}`}</title>
      </head>
      <body>
        <Language value="de">
          <Greeting name={name} />
        </Language>
        <Suspense fallback={<i>wait</i>}>
          <Late value={late} />
        </Suspense>
        <Suspense fallback={<i>later</i>}>
          <Broken server />
        </Suspense>
      </body>
    </html>
  );
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name") ?? "nobody";
    if (pathname === "/string") return new Response(renderToString(<Greeting name={name} />));
    const errors: string[] = [];
    const late = new Promise<string>((resolve) => setTimeout(() => resolve(`late for ${name}`), 20));
    const html = await renderToReadableStream(<App name={name} late={late} />, {
      bootstrapModules: ["/client.js"],
      nonce: "n0nce",
      onError: (error) => void errors.push((error as Error).message),
    });
    if (searchParams.has("whole")) await html.allReady;
    return new Response(html, { headers: { "content-type": "text/html", "x-errors": errors.join() } });
  },
} satisfies ExportedHandler;
