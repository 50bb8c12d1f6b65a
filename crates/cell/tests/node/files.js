import fs, { promises } from "node:fs";

// Each case works in a folder of its own, which has another name each time.
const folders = [];
const fresh = () => {
  const folder = fs.mkdtempSync("/tmp/files-");
  folders.push(folder);
  return folder;
};

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return said(error);
  }
};
const said = (error) => {
  const path = folders.reduce((text, folder) => text.replaceAll(folder, "FOLDER"), `${error.message} | ${error.path} | ${error.dest}`);
  return `${error.name} ${error.code} ${error.errno} ${error.syscall} ${path}`;
};
const called = (work) => new Promise((resolve) => work((...results) => resolve(results.map((one) => (one instanceof Error ? said(one) : one)))));

export default {
  "whole files": () => {
    const at = fresh();
    const seen = [fs.writeFileSync(`${at}/a`, "grün"), fs.readFileSync(`${at}/a`), fs.readFileSync(`${at}/a`, "utf8"), fs.readFileSync(`${at}/a`, { encoding: "latin1" })];
    fs.appendFileSync(`${at}/a`, new Uint16Array([0x4142]));
    fs.writeFileSync(`${at}/b`, "6869", "hex");
    fs.writeFileSync(`${at}/b`, "!", { flag: "a" });
    return [seen, fs.readFileSync(`${at}/a`).length, fs.readFileSync(`${at}/b`, "utf8"), attempt(() => fs.writeFileSync(`${at}/b`, "x", { flag: "wx" }))];
  },
  "what is not there": () => {
    const at = fresh();
    return [
      () => fs.readFileSync(`${at}/no`), () => fs.statSync(`${at}/no`), () => fs.statSync(`${at}/no`, { throwIfNoEntry: false }), () => fs.readdirSync(`${at}/no`),
      () => fs.unlinkSync(`${at}/no`), () => fs.rmdirSync(`${at}/no`), () => fs.rmSync(`${at}/no`), () => fs.rmSync(`${at}/no`, { force: true }), () => fs.renameSync(`${at}/no`, `${at}/new`),
      () => fs.readlinkSync(`${at}/no`), () => fs.realpathSync(`${at}/no`), () => fs.accessSync(`${at}/no`), () => fs.existsSync(`${at}/no`), () => fs.openSync(`${at}/no`),
      () => fs.openSync(`${at}/no/deep`, "w"), () => fs.copyFileSync(`${at}/no`, `${at}/new`), () => fs.truncateSync(`${at}/no`), () => fs.utimesSync(`${at}/no`, 1, 1),
      () => fs.chmodSync(`${at}/no`, 0o600), () => fs.linkSync(`${at}/no`, `${at}/new`), () => fs.mkdirSync(`${at}/no/deep`), () => fs.existsSync(5), () => fs.existsSync(""),
    ].map(attempt);
  },
  "what is something else": () => {
    const at = fresh();
    fs.mkdirSync(`${at}/dir`);
    fs.writeFileSync(`${at}/file`, "x");
    fs.writeFileSync(`${at}/dir/in`, "x");
    return [
      () => fs.readFileSync(`${at}/dir`), () => fs.readdirSync(`${at}/file`), () => fs.mkdirSync(`${at}/dir`), () => fs.mkdirSync(`${at}/file`), () => fs.mkdirSync(`${at}/file`, { recursive: true }),
      () => fs.mkdirSync(`${at}/dir`, { recursive: true }), () => fs.rmdirSync(`${at}/file`), () => fs.rmdirSync(`${at}/dir`), () => fs.statSync(`${at}/file/x`), () => fs.openSync(`${at}/dir`, "w"),
      () => fs.renameSync(`${at}/dir`, `${at}/file`), () => fs.renameSync(`${at}/file`, `${at}/dir`), () => fs.renameSync(`${at}/dir`, `${at}/dir/in/deep`), () => fs.readlinkSync(`${at}/file`),
      () => fs.writeFileSync(`${at}/file/x`, ""), () => fs.readFileSync(`${at}/file/`), () => fs.openSync(`${at}/file`, "wx"), () => fs.linkSync(`${at}/file`, `${at}/dir`), () => fs.symlinkSync("x", `${at}/file`),
      () => fs.copyFileSync(`${at}/file`, `${at}/dir/in`, fs.constants.COPYFILE_EXCL),
    ].map(attempt);
  },
  "wrong arguments": () => [
    () => fs.readFileSync(), () => fs.readFileSync(null), () => fs.readFileSync("a\0b"), () => fs.readFileSync("/tmp/x", "bogus"), () => fs.readFileSync("/tmp/x", 5), () => fs.openSync("/tmp/x", "q"),
    () => fs.openSync("/tmp/x", {}), () => fs.closeSync("x"), () => fs.closeSync(-1), () => fs.closeSync(1.5), () => fs.writeFileSync("/tmp/x", 5), () => fs.writeFileSync("/tmp/x"), () => fs.chmodSync("/tmp/x", "9"),
    () => fs.chmodSync("/tmp/x"), () => fs.readFile("/tmp/x"), () => fs.readFile("/tmp/x", 5, () => {}), () => fs.statSync(new URL("http://a/")), () => fs.symlinkSync("a", "b", "c"),
    () => fs.accessSync("/tmp", 8), () => fs.accessSync("/tmp", "x"), () => fs.utimesSync("/tmp", {}, 1), () => fs.readSync(0, "x"), () => fs.readSync(0, new Uint8Array(2), 3, 1, 0), () => fs.readSync(0, new Uint8Array(2), 0, 3),
    () => fs.exists("/tmp"), () => fs.createReadStream("/tmp/x", { start: 5, end: 1 }), () => fs.createReadStream("/tmp/x", { start: "a" }),
  ].map((work) => attempt(work)).map((said) => (typeof said === "string" ? said.split(" ").slice(0, 2).join(" ") : said)),
  "open files": () => {
    const at = fresh();
    const fd = fs.openSync(`${at}/f`, "w+");
    const into = Buffer.alloc(10, "-");
    const seen = [
      fs.writeSync(fd, "hello"), fs.writeSync(fd, Buffer.from("XYZ"), 1, 2), fs.writeSync(fd, "é", 0), fs.readSync(fd, into, 0, 5, 0), fs.readSync(fd, into, { offset: 5, length: 2, position: 5 }),
      fs.readSync(fd, into), fs.fstatSync(fd).size, fs.ftruncateSync(fd, 20), fs.fstatSync(fd).size, fs.readFileSync(fd, "latin1"), fs.writevSync(fd, [Buffer.from("1"), Buffer.from("2")], 0),
      fs.readvSync(fd, [new Uint8Array(1), new Uint8Array(3)], 0), fs.ftruncateSync(fd), fs.fstatSync(fd).size, fs.fsyncSync(fd), fs.fdatasyncSync(fd), fs.futimesSync(fd, 5, 6), fs.fstatSync(fd).mtimeMs,
    ];
    fs.closeSync(fd);
    return [seen, into.toString("latin1"), attempt(() => fs.closeSync(fd)), attempt(() => fs.readSync(fd, into)), attempt(() => fs.fstatSync(fd))];
  },
  "flags": () => {
    const at = fresh();
    return ["r", "r+", "w", "w+", "a", "a+", "ax", "wx+", "rs"].map((flag) => {
      fs.writeFileSync(`${at}/f`, "before");
      return attempt(() => {
        const fd = fs.openSync(`${at}/f`, flag);
        const wrote = attempt(() => fs.writeSync(fd, "NEW"));
        const into = Buffer.alloc(9);
        const read = attempt(() => fs.readSync(fd, into, 0, 9, 0));
        fs.closeSync(fd);
        return [wrote, read, fs.readFileSync(`${at}/f`, "utf8")];
      });
    });
  },
  "a removed file lives on while it is open": () => {
    const at = fresh();
    fs.writeFileSync(`${at}/f`, "content");
    const fd = fs.openSync(`${at}/f`, "r");
    fs.unlinkSync(`${at}/f`);
    const text = fs.readFileSync(fd, "utf8");
    fs.closeSync(fd);
    return [text, fs.existsSync(`${at}/f`)];
  },
  "directories": () => {
    const at = fresh();
    const first = fs.mkdirSync(`${at}/a/b/../c/d`, { recursive: true });
    fs.writeFileSync(`${at}/a/c/d/file`, "");
    fs.mkdirSync(`${at}/z`);
    const entries = fs.readdirSync(at, { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory(), entry.isFile(), entry.isSymbolicLink()]);
    const recursive = fs.readdirSync(at, { recursive: true }).sort();
    const bytes = fs.readdirSync(at, { encoding: "buffer" });
    return [first?.replace(at, ""), entries, recursive, bytes, fs.mkdirSync(`${at}/z`, { recursive: true }), fs.rmSync(`${at}/a`, { recursive: true }), fs.readdirSync(at), attempt(() => fs.rmSync(`${at}/z`))];
  },
  "links": () => {
    const at = fresh();
    fs.writeFileSync(`${at}/real`, "content");
    fs.mkdirSync(`${at}/dir`);
    fs.writeFileSync(`${at}/dir/in`, "inside");
    fs.symlinkSync("real", `${at}/soft`);
    fs.symlinkSync("dir", `${at}/way`);
    fs.symlinkSync("nowhere", `${at}/dangling`);
    fs.symlinkSync("loop", `${at}/loop`);
    fs.linkSync(`${at}/real`, `${at}/hard`);
    fs.writeFileSync(`${at}/soft`, "changed");
    const show = (path) => path.replace(at, "");
    return [
      fs.readFileSync(`${at}/hard`, "utf8"), fs.readlinkSync(`${at}/soft`), show(fs.realpathSync(`${at}/way/in`)), fs.readFileSync(`${at}/way/../real`, "utf8"), fs.statSync(`${at}/hard`).nlink,
      fs.lstatSync(`${at}/soft`).isSymbolicLink(), fs.lstatSync(`${at}/soft`).size, fs.statSync(`${at}/soft`).isFile(), fs.existsSync(`${at}/dangling`), attempt(() => fs.readFileSync(`${at}/loop`)),
      attempt(() => fs.mkdirSync(`${at}/dangling`)), fs.writeFileSync(`${at}/dangling`, "made"), fs.readFileSync(`${at}/nowhere`, "utf8"), fs.unlinkSync(`${at}/soft`), fs.existsSync(`${at}/real`),
      fs.rmSync(`${at}/way`), fs.existsSync(`${at}/dir/in`), attempt(() => fs.linkSync(`${at}/dir`, `${at}/no`)),
    ];
  },
  "moving and copying": () => {
    const at = fresh();
    fs.writeFileSync(`${at}/a`, "a");
    fs.writeFileSync(`${at}/b`, "b");
    fs.mkdirSync(`${at}/from/in`, { recursive: true });
    fs.writeFileSync(`${at}/from/in/f`, "f");
    fs.renameSync(`${at}/a`, `${at}/b`);
    fs.renameSync(`${at}/from`, `${at}/to`);
    fs.copyFileSync(`${at}/b`, `${at}/c`);
    fs.cpSync(`${at}/to`, `${at}/copy`, { recursive: true });
    return [fs.readFileSync(`${at}/b`, "utf8"), fs.readFileSync(`${at}/to/in/f`, "utf8"), fs.readFileSync(`${at}/c`, "utf8"), fs.readFileSync(`${at}/copy/in/f`, "utf8"), fs.readdirSync(at).sort()];
  },
  "times and modes": () => {
    const at = fresh();
    fs.writeFileSync(`${at}/f`, "x", { mode: 0o600 });
    fs.utimesSync(`${at}/f`, 100, new Date(200_000));
    const stats = fs.statSync(`${at}/f`);
    fs.chmodSync(`${at}/f`, "644");
    return [stats.atimeMs, stats.mtime, (stats.mode & 0o777).toString(8), (fs.statSync(`${at}/f`).mode & 0o777).toString(8), typeof fs.statSync(`${at}/f`, { bigint: true }).mtimeNs, Object.keys(stats).sort()];
  },
  "with callbacks": async () => {
    const at = fresh();
    return [
      await called((done) => fs.writeFile(`${at}/f`, "x", done)), await called((done) => fs.readFile(`${at}/f`, "utf8", done)), await called((done) => fs.readFile(`${at}/no`, done)), await called((done) => fs.mkdir(`${at}/d`, done)),
      await called((done) => fs.readdir(at, done)), await called((done) => fs.exists(`${at}/f`, done)), await called((done) => fs.rm(at, done)), await called((done) => fs.rename(`${at}/f`, `${at}/g`, done)),
    ];
  },
  "a callback comes later": async () => {
    const seen = [];
    const done = new Promise((resolve) => fs.access("/tmp", () => resolve(seen.push("called back"))));
    seen.push("after");
    await done;
    return seen;
  },
  "with promises": async () => {
    const at = fresh();
    await promises.writeFile(`${at}/f`, ["a", "b"]);
    await promises.appendFile(`${at}/f`, "c");
    await promises.writeFile(`${at}/g`, (async function* () { yield "1"; yield Buffer.from("2"); })());
    const no = await promises.readFile(`${at}/no`).catch(said);
    const wrong = await promises.readFile(5.5).catch(said);
    return [await promises.readFile(`${at}/f`, "utf8"), await promises.readFile(`${at}/g`, "utf8"), no, wrong, await promises.readdir(at), await promises.rm(`${at}/f`), (await promises.stat(`${at}/g`)).isFile(), await promises.mkdir(`${at}/x/y`, { recursive: true }).then((path) => path.replace(at, ""))];
  },
  "file handles": async () => {
    const at = fresh();
    const handle = await promises.open(`${at}/f`, "w+");
    const wrote = await handle.write("some text");
    const read = await handle.read({ buffer: Buffer.alloc(4), position: 5 });
    await handle.truncate(6);
    await handle.appendFile("!");
    const all = await (await promises.open(`${at}/f`)).readFile("utf8");
    const { size } = await handle.stat();
    await handle.close();
    const after = await handle.stat().catch((error) => error.code);
    return [wrote.bytesWritten, wrote.buffer, read.bytesRead, read.buffer.toString(), all, size, after, handle.fd];
  },
  "streams": async () => {
    const at = fresh();
    const seen = [];
    const out = fs.createWriteStream(`${at}/f`, { highWaterMark: 3 });
    for (const event of ["open", "ready", "finish", "close"]) out.on(event, () => seen.push(event));
    out.write("one ");
    out.write(Buffer.from("two "));
    out.end("three");
    await new Promise((resolve) => out.on("close", resolve));
    const read = async (options) => {
      const parts = [];
      for await (const part of fs.createReadStream(`${at}/f`, options)) parts.push(String(part));
      return parts;
    };
    return [seen, out.bytesWritten, out.path === `${at}/f`, await read(), await read({ highWaterMark: 5 }), await read({ start: 4, end: 6, encoding: "utf8" }), await read({ start: 100 })];
  },
  "streams that fail": async () => {
    const at = fresh();
    const failed = (stream) => new Promise((resolve) => stream.on("error", (error) => resolve(said(error))));
    return [await failed(fs.createReadStream(`${at}/no`)), await failed(fs.createWriteStream(`${at}/no/deep`)), await failed(fs.createReadStream(at))];
  },
  "directories, entry by entry": async () => {
    const at = fresh();
    fs.writeFileSync(`${at}/a`, "");
    const names = [];
    for await (const entry of await promises.opendir(at)) names.push(entry.name);
    const dir = fs.opendirSync(at);
    const first = dir.readSync().name;
    const last = dir.readSync();
    dir.closeSync();
    return [names, first, last, attempt(() => dir.readSync()), dir.path === at];
  },
  "names": () => [fs.mkdtempSync("/tmp/files-").length, attempt(() => fs.mkdirSync(`/tmp/${"x".repeat(300)}`)).includes("ENAMETOOLONG"), attempt(() => fs.mkdtempSync("/nowhere/x"))],
  "constants": () => [fs.constants.O_CREAT, fs.constants.S_IFMT, fs.R_OK, promises.constants === fs.constants, Object.keys(fs.constants).length > 50],
};
