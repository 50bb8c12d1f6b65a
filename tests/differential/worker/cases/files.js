import fs, { promises } from "node:fs";
import process from "node:process";

import { outcome, outcomes } from "../outcome.js";

// What a call throws, without its words.
const failure = async (run) => {
  try {
    await run();
    return "nothing";
  } catch (error) {
    return error.code ?? error.name;
  }
};

const failures = async (...runs) => {
  const all = [];
  for (const run of runs) all.push(await failure(run));
  return all;
};

const called = (work) => new Promise((resolve) => work((...results) => resolve(results)));

export default {
  "root": () => fs.readdirSync("/").sort(),
  "bundle": () => fs.readdirSync("/bundle").sort(),
  "bundle's folders": () => fs.readdirSync("/bundle/cases").includes("files.js"),
  "devices": () => fs.readdirSync("/dev").sort(),
  "a module's text": () => fs.readFileSync("/bundle/outcome.js", "utf8").split("\n")[0],
  "where it is": () => [process.cwd(), fs.existsSync("outcome.js"), fs.realpathSync(".")],
  "write and read": () => {
    fs.writeFileSync("/tmp/a.txt", "hello");
    fs.appendFileSync("/tmp/a.txt", ", world");
    return [fs.readFileSync("/tmp/a.txt", "utf8"), fs.statSync("/tmp/a.txt").size, fs.readFileSync("/tmp/a.txt")];
  },
  "tmp is each event's own": () => fs.readdirSync("/tmp"),
  "folders": () => {
    fs.mkdirSync("/tmp/a/b/c", { recursive: true });
    fs.writeFileSync("/tmp/a/b/file", "x");
    return [fs.readdirSync("/tmp/a/b").sort(), fs.readdirSync("/tmp/a", { recursive: true }).sort(), fs.readdirSync("/tmp/a/b", { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory(), entry.isFile(), entry.parentPath]).sort()];
  },
  "stats": () => {
    const shown = (path) => {
      const stats = fs.statSync(path);
      return [stats.isFile(), stats.isDirectory(), stats.isCharacterDevice(), stats.isSymbolicLink(), stats.size > 0, stats.dev, stats.uid, stats.nlink];
    };
    return ["/", "/bundle", "/bundle/outcome.js", "/tmp", "/dev/null"].map(shown);
  },
  "stats' members": () => Object.keys(fs.statSync("/tmp")),
  "big stats": () => typeof fs.statSync("/tmp", { bigint: true }).size,
  "descriptors": () => {
    const fd = fs.openSync("/tmp/d", "w+");
    const written = fs.writeSync(fd, "abcdef");
    const buffer = Buffer.alloc(4);
    const read = fs.readSync(fd, buffer, 0, 4, 1);
    fs.ftruncateSync(fd, 3);
    const { size } = fs.fstatSync(fd);
    fs.closeSync(fd);
    return [typeof fd, written, read, buffer.toString(), size];
  },
  "positions": () => {
    const fd = fs.openSync("/tmp/p", "w+");
    fs.writeSync(fd, "one");
    fs.writeSync(fd, "two");
    fs.writeSync(fd, "X", 1);
    const buffer = Buffer.alloc(6);
    fs.readSync(fd, buffer, 0, 6, 0);
    fs.closeSync(fd);
    return buffer.toString();
  },
  "append at the end": () => {
    fs.writeFileSync("/tmp/e", "ab");
    const fd = fs.openSync("/tmp/e", "a");
    fs.writeSync(fd, "c", 0);
    fs.closeSync(fd);
    return fs.readFileSync("/tmp/e", "utf8");
  },
  "links": () => {
    fs.writeFileSync("/tmp/target", "content");
    fs.symlinkSync("/tmp/target", "/tmp/soft");
    fs.linkSync("/tmp/target", "/tmp/hard");
    fs.appendFileSync("/tmp/hard", "!");
    return [fs.readlinkSync("/tmp/soft"), fs.realpathSync("/tmp/soft"), fs.readFileSync("/tmp/soft", "utf8"), fs.lstatSync("/tmp/soft").isSymbolicLink(), fs.statSync("/tmp/soft").isFile()];
  },
  "rename and remove": () => {
    fs.mkdirSync("/tmp/x");
    fs.writeFileSync("/tmp/x/1", "1");
    fs.renameSync("/tmp/x", "/tmp/y");
    fs.copyFileSync("/tmp/y/1", "/tmp/y/2");
    fs.unlinkSync("/tmp/y/1");
    const left = fs.readdirSync("/tmp/y");
    fs.rmSync("/tmp/y", { recursive: true });
    return [left, fs.existsSync("/tmp/y"), fs.existsSync("/tmp/x")];
  },
  "mkdtemp": () => /^\/tmp\/n-.{6}$/.test(fs.mkdtempSync("/tmp/n-")),
  "what fails": () => failures(
    () => fs.readFileSync("/tmp/none"), () => fs.readdirSync("/none"), () => fs.mkdirSync("/tmp"), () => fs.rmdirSync("/bundle"), () => fs.readlinkSync("/tmp"),
    () => fs.openSync("/tmp/none/deep", "w"), () => fs.readFileSync("/tmp"), () => fs.closeSync(99), () => fs.unlinkSync("/tmp"), () => fs.statSync("/bundle/outcome.js/x"),
  ),
  "what cannot be written": () => failures(
    () => fs.writeFileSync("/bundle/new", "x"), () => fs.writeFileSync("/bundle/outcome.js", "x"), () => fs.mkdirSync("/new"), () => fs.unlinkSync("/bundle/outcome.js"),
    () => fs.writeFileSync("/dev/full", "x"), () => fs.writeFileSync("/dev/null", "x"), () => fs.renameSync("/bundle/outcome.js", "/tmp/moved"),
  ),
  "wrong arguments": () => failures(
    () => fs.readFileSync(1.5), () => fs.readFileSync({}), () => fs.readFileSync("/tmp\0"), () => fs.statSync("/", { bigint: 1 }), () => fs.openSync("/tmp/f", "bad"),
    () => fs.writeFileSync("/tmp/f", {}), () => fs.chmodSync("/tmp", -1), () => fs.readFile("/tmp/f"), () => fs.readFileSync("/tmp/f", "no-encoding"), () => fs.truncateSync("/tmp/f", "x"),
  ),
  "devices give": () => [fs.readFileSync("/dev/null", "utf8"), outcome(() => {
    const fd = fs.openSync("/dev/zero", "r");
    const buffer = Buffer.from("abc");
    return [fs.readSync(fd, buffer, 0, 3, 0), buffer];
  })],
  "with callbacks": async () => [
    await called((done) => fs.writeFile("/tmp/cb", "text", done)), await called((done) => fs.readFile("/tmp/cb", "utf8", done)), (await called((done) => fs.stat("/none", done)))[0]?.code,
    await called((done) => fs.exists("/tmp/cb", done)), await called((done) => fs.access("/tmp/cb", done)),
  ],
  "with promises": async () => {
    await promises.mkdir("/tmp/pr");
    await promises.writeFile("/tmp/pr/a", new Uint8Array([97, 98]));
    await promises.appendFile("/tmp/pr/a", "c");
    return [await promises.readFile("/tmp/pr/a", { encoding: "utf8" }), await promises.readdir("/tmp/pr"), (await promises.stat("/tmp/pr/a")).size, await failure(() => promises.access("/none"))];
  },
  "file handles": async () => {
    const handle = await promises.open("/tmp/h", "w+");
    const { bytesWritten } = await handle.write("handled");
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(3), 0, 3, 4);
    const { size } = await handle.stat();
    await handle.truncate(2);
    await handle.close();
    return [bytesWritten, bytesRead, buffer.toString(), size, fs.readFileSync("/tmp/h", "utf8"), typeof handle.fd];
  },
  "streams": async () => {
    const out = fs.createWriteStream("/tmp/s");
    out.write("one ");
    out.end("two");
    await new Promise((resolve, reject) => out.on("finish", resolve).on("error", reject));
    const chunks = [];
    for await (const chunk of fs.createReadStream("/tmp/s", { encoding: "utf8", start: 1, end: 5 })) chunks.push(chunk);
    return [chunks.join(""), out.bytesWritten];
  },
  "a stream of nothing": () => new Promise((resolve) => fs.createReadStream("/tmp/none").on("error", ({ code }) => resolve(code))),
  "copies": () => {
    fs.mkdirSync("/tmp/from/in", { recursive: true });
    fs.writeFileSync("/tmp/from/in/f", "x");
    fs.cpSync("/tmp/from", "/tmp/to", { recursive: true });
    return fs.readFileSync("/tmp/to/in/f", "utf8");
  },
  "directories one by one": async () => {
    fs.mkdirSync("/tmp/dir");
    fs.writeFileSync("/tmp/dir/one", "");
    const names = [];
    for await (const entry of await promises.opendir("/tmp/dir")) names.push(entry.name);
    return names;
  },
  "URLs and bytes as paths": () => outcomes(() => fs.existsSync(new URL("file:///tmp")), () => fs.existsSync(Buffer.from("/tmp")), () => fs.statSync(new URL("http://a/"))),
};
