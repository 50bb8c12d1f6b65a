// An Express app as it was written for Node: it hashes passwords, and signs and checks tokens.
import { AsyncLocalStorage } from "node:async_hooks";
import bcrypt from "bcryptjs";
import { httpServerHandler } from "cloudflare:node";
import express from "express";
import jwt from "jsonwebtoken";

const app = express();
// bcrypt's hash of "correct horse", with a cost that suits an example.
const users = new Map([["ada", bcrypt.hashSync("correct horse", 4)]]);
const current = new AsyncLocalStorage();

app.use(express.json());

app.post("/login", async (request, response) => {
  const { name, password } = request.body ?? {};
  const known = users.get(name);
  if (known === undefined || !(await bcrypt.compare(String(password), known))) {
    response.status(401).json({ error: "wrong name or password" });
    return;
  }
  response.json({ token: jwt.sign({ name }, process.env.SECRET, { expiresIn: "1h" }) });
});

app.use((request, response, next) => {
  const [, token] = (request.get("authorization") ?? "").split(" ");
  let claims;
  try {
    claims = jwt.verify(token, process.env.SECRET);
  } catch (error) {
    response.status(401).json({ error: error.message });
    return;
  }
  current.run(claims.name, next);
});

// Nobody has to hand it the name.
const greeting = async () => `Hello, ${current.getStore()}!`;

app.get("/me", async (_request, response) => {
  response.set("cache-control", "no-store").json({ greeting: await greeting() });
});

app.listen(3000);

export default httpServerHandler({ port: 3000 });
