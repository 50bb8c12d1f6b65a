mod support;
use support::*;

#[test]
fn scratch() {
    let f = Folder::with(&[
        ("wrangler.toml", "name='x'\nmain='src/index.tsx'\n"),
        ("tsconfig.json", r#"{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"jx","paths":{"@lib/*":["./lib/*"]}}}"#),
        ("node_modules/jx/package.json", r#"{"name":"jx","exports":{"./jsx-runtime":"./r.js"}}"#),
        ("node_modules/jx/r.js", "export const jsx = (t,p)=>({t,p}), jsxs = jsx, Fragment = 1;"),
        ("node_modules/cjs/package.json", r#"{"name":"cjs","main":"./i.js"}"#),
        ("node_modules/cjs/i.js", "const fs = require('fs'); if (process.env.NODE_ENV !== 'production') { exports.dev = 1 } exports.x = fs; exports.opt = () => { try { require('missing') } catch (e) {} };"),
        ("lib/a.ts", "export const a: number = 1;"),
        ("src/greet.txt", "hi"),
        ("src/data.json", r#"{"k":1,"big":[1,2]}"#),
        ("src/lazy.ts", "export const lazy = 'lazy'; export function named() {}"),
        ("src/index.tsx", r#"
import { a } from "@lib/a";
import cjs from "cjs";
import greet from "./greet.txt";
import data from "./data.json";
import { connect } from "cloudflare:sockets";
import { Buffer } from "node:buffer";
interface X { y: string }
export class Thing { #x = 1; get x() { return this.#x } }
enum E { A = 3 }
export default {
  async fetch(req: Request): Promise<Response> {
    const { lazy } = await import("./lazy");
    const dyn = await import(`./${req.url}.js`);
    return new Response(<div id="x">{greet}{data.k}{a}{cjs.x}{lazy}{E.A}{connect}{Buffer}</div> as any);
  }
}
"#),
    ]);
    let b = f.bundle();
    println!("{}", b.main_code());
    println!("{:#?}", b);
    println!("{}", String::from_utf8_lossy(b.bundle.module(b.bundle.main()).unwrap().source_map.as_ref().unwrap()).chars().take(600).collect::<String>());
    for code in ["const x = ;\nexport default {", "import a from 'hono/jsx';import b from './nope';import c from 'node:fs';\nimport {z} from './o';export default {}", "import x from 'https://esm.sh/x'; export default x", "export default { fetch() { return eval('1') } }", "const a = 1; a = 2; export default a; import q from './bad.json'", "export default 1; foo(", "const x='./zz'; await import(x); export default 1", "import './x.css'; export default 1"] {
        let f = Folder::of(code);
        f.write("src/o.ts", b"export const o = 1;");
        f.write("src/bad.json", b"{\"a\": }");
        f.write("src/x.css", b"a{}");
        match f.try_bundle() {
            Ok(b) => { println!("OK {:?}\n{}", b.bundle.format(), b.main_code()); for w in b.warnings { println!("{w}") } }
            Err(e) => println!("ERR {e}\n{:?}\n", e.watched().len()),
        }
    }
}
