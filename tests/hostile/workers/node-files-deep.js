// harm: folders as deep as names go, hung below one another, and links that lead round
// expect: 200 - ok
// body: ENAMETOOLONG,ELOOP,EINVAL,gone
// limits: cpu_ms=4000
import fs from "node:fs";

const failure = (work) => {
  try {
    return work();
  } catch (error) {
    return error.code;
  }
};

export default {
  fetch() {
    const deep = "/d".repeat(1000);
    fs.mkdirSync(`/tmp/t${deep}`, { recursive: true });
    for (let i = 0; i < 200; i++) {
      fs.mkdirSync("/tmp/next");
      fs.renameSync("/tmp/t", "/tmp/next/t");
      fs.renameSync("/tmp/next", "/tmp/t");
    }
    fs.symlinkSync("/tmp/b", "/tmp/a");
    fs.symlinkSync("/tmp/a", "/tmp/b");
    const said = [
      failure(() => fs.statSync(`/tmp${"/x".repeat(3000)}`)),
      failure(() => fs.readFileSync("/tmp/a")),
      failure(() => fs.renameSync("/tmp/t", "/tmp/t/t/t")),
    ];
    fs.readdirSync("/tmp", { recursive: true }).length;
    fs.rmSync("/tmp/t", { recursive: true });
    return new Response([...said, fs.existsSync("/tmp/t") ? "there" : "gone"].join());
  },
};
