import { outcomes } from "../outcome.js";

const filled = () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  form.append("a", "3");
  return form;
};

export default {
  "entries": () => [...filled()],
  "get, getAll, has": () => [filled().get("a"), filled().getAll("a"), filled().get("c"), filled().has("b")],
  "set": () => {
    const form = filled();
    form.set("a", "4");
    form.set("c", "5");
    return [...form];
  },
  "delete": () => {
    const form = filled();
    form.delete("a");
    return [...form];
  },
  "values become text": () => {
    const form = new FormData();
    form.append("n", 1);
    form.append("u", undefined);
    return [...form];
  },
  "blob becomes a file": () => {
    const form = new FormData();
    form.append("f", new Blob(["x"], { type: "a/b" }));
    return form.get("f");
  },
  "blob with a name": () => {
    const form = new FormData();
    form.append("f", new Blob(["x"]), "name.txt");
    return form.get("f");
  },
  "file keeps its name": () => {
    const form = new FormData();
    form.append("f", new File(["x"], "own.txt"));
    return form.get("f");
  },
  "name for a text": () => new FormData().append("a", "text", "name.txt"),
  "too few arguments": () => outcomes(() => new FormData().append("a"), () => new FormData().get(), () => new FormData().set("a")),
  "argument": () => outcomes(() => new FormData("x"), () => new FormData(undefined) instanceof FormData),
  "forEach": () => {
    const seen = [];
    filled().forEach((value, key) => seen.push([key, value]));
    return seen;
  },
  "keys and values": () => [[...filled().keys()], [...filled().values()]],
  "newlines in the body": async () => {
    const form = new FormData();
    form.append("a\nb", "c\nd\r\ne\rf");
    const response = new Response(form);
    const boundary = response.headers.get("content-type").split("boundary=")[1];
    return (await response.text()).replaceAll(boundary, "B");
  },
  "file in the body": async () => {
    const form = new FormData();
    form.append("f", new File(["x"], 'q"uo\nte.txt', { type: "a/b" }));
    const response = new Response(form);
    const boundary = response.headers.get("content-type").split("boundary=")[1];
    return (await response.text()).replaceAll(boundary, "B");
  },
  "class string": () => Object.prototype.toString.call(new FormData()),
};
