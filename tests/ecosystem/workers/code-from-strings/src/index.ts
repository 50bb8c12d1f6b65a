import { Ajv } from "ajv";
import Handlebars from "handlebars";

const attempt = (what: () => unknown) => {
  try {
    return what();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

export default {
  fetch: () =>
    Response.json({
      ajv: attempt(() => new Ajv().compile({ type: "object", required: ["a"] })({ a: 1 })),
      handlebars: attempt(() => Handlebars.compile("Hello, {{name}}!")({ name: "Ada" })),
    }),
} satisfies ExportedHandler;
