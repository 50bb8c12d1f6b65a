"""Which runtimes there are, where their binaries are, and how each is started.

npm puts a binary into the package of its platform (`@deno/linux-x64-glibc`), and a postinstall script may move it into
the package itself (`bun/bin/bun.exe`). Scripts may be off, so every place is tried and the first that runs is taken.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ADAPTERS = BENCH / "adapters"
MODULES = BENCH / "node_modules"
HYPER = BENCH / "hyper"

INSTALL_S_MAX = 900
VERSION_S_MAX = 20


class PeerMissing(Exception):
    """This runtime cannot be started here; the text says what to do about it."""


@dataclass(frozen=True)
class Peer:
    name: str
    version: str
    # The folder holds worker.mjs and each runtime's own configuration.
    command: Callable[[Path, int], list[str]]
    # A baseline is no peer: it runs no JavaScript, and only these workloads.
    only_workloads: frozenset[str] | None = None


def find(name: str, mote: Path) -> Peer:
    return _FINDERS[name](mote)


def find_all(names: list[str], mote: Path) -> tuple[dict[str, Peer], dict[str, str]]:
    """Those that can be started; and for the others, which are also told, why not."""
    found: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            found[name] = find(name, mote)
        except PeerMissing as error:
            missing[name] = str(error)
            print(f"bench: {name}: {error}", file=sys.stderr)
    return found, missing


def _mote(binary: Path) -> Peer:
    if not binary.is_file():
        raise PeerMissing("no such binary: build it with `cargo build --release`, or name it with --mote")
    version = _version([str(binary), "--version"])
    quiet = _quiet_flags(binary)
    return Peer("mote", version, lambda folder, port: [str(binary), "dev", str(folder), "--port", str(port), *quiet])


def _quiet_flags(binary: Path) -> list[str]:
    """`mote dev` prints a line a request; the peers print nothing."""
    shown = subprocess.run([str(binary), "dev", "--help"], capture_output=True, text=True, timeout=VERSION_S_MAX)
    if "--quiet" in shown.stdout:
        return ["--quiet"]
    return ["--log-level", "error"] if "--log-level" in shown.stdout else []


def _workerd(_mote: Path) -> Peer:
    binary, version = _npm_binary("@cloudflare/workerd-linux-*/bin/workerd", "workerd/bin/workerd")

    def command(folder: Path, port: int) -> list[str]:
        return [binary, "serve", str(folder / "workerd.capnp"), f"--socket-addr=http=127.0.0.1:{port}"]

    return Peer("workerd", version, command)


def _deno(_mote: Path) -> Peer:
    binary, version = _npm_binary("@deno/linux-*/deno", "deno/deno", "deno/bin/deno")
    flags = ["run", "--quiet", "--no-config", "--no-lock", "--no-npm", "--no-remote"]
    flags += ["--allow-net", "--allow-env", "--allow-read"]

    def command(folder: Path, port: int) -> list[str]:
        return [binary, *flags, str(ADAPTERS / "deno.js"), str(folder / "worker.mjs"), str(port)]

    return Peer("deno", version, command)


def _bun(_mote: Path) -> Peer:
    binary, version = _npm_binary("@oven/bun-linux-*/bin/bun", "bun/bin/bun.exe", "bun/bin/bun")

    def command(folder: Path, port: int) -> list[str]:
        return [binary, "run", str(ADAPTERS / "bun.js"), str(folder / "worker.mjs"), str(port)]

    return Peer("bun", version, command)


def _node(_mote: Path) -> Peer:
    binary = shutil.which("node")
    if binary is None:
        raise PeerMissing("no `node` on the PATH: install Node.js 20 or later")
    if not (MODULES / "@hono/node-server").is_dir():
        raise PeerMissing("@hono/node-server is missing: run `npm ci` in bench/")

    def command(folder: Path, port: int) -> list[str]:
        return [binary, str(ADAPTERS / "node.js"), str(folder / "worker.mjs"), str(port)]

    return Peer("node", _version([binary, "--version"]), command)


def _hyper(_mote: Path) -> Peer:
    binary = HYPER / "target/release/bench-hyper"
    if not binary.is_file():
        raise PeerMissing("not built: run `cargo build --release` in bench/hyper/")
    version = _locked_version(HYPER / "Cargo.lock", "hyper")
    return Peer("hyper", version, lambda _folder, port: [str(binary), str(port)], frozenset({"hello"}))


_FINDERS = {"mote": _mote, "workerd": _workerd, "deno": _deno, "bun": _bun, "node": _node, "hyper": _hyper}
NAMES = tuple(_FINDERS)
BASELINES = frozenset({"hyper"})


def install(names: list[str], say: Callable[[str], None]) -> None:
    """Fetches and builds what is missing. A failure is not the end: `find` says later which peer cannot run."""
    install_packages(BENCH, "the peers (about 370 MB)", say)
    if "hyper" in names and not (HYPER / "target/release/bench-hyper").is_file():
        say("bench: building the hyper baseline (once)")
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", str(HYPER / "target")]
        _try(build, HYPER, say)


def install_packages(folder: Path, what: str, say: Callable[[str], None]) -> None:
    """The npm packages of a folder, if they are not there."""
    if (folder / "node_modules/.package-lock.json").is_file():
        return
    say(f"bench: installing {what} from npm (once)")
    quiet = ["--omit=dev", "--no-fund", "--no-audit", "--loglevel=error"]
    # A registry mirror may lack the packages of other platforms, which `npm ci` insists on and `npm install` does
    # not; package.json pins the same versions.
    if not _try(["npm", "ci", *quiet], folder, say):
        _try(["npm", "install", "--no-package-lock", *quiet], folder, say)


def bundle(source: Path, target: Path, *more: str) -> None:
    """One module without imports, the same for every runtime. `more` are further options of esbuild."""
    binary, _ = _npm_binary("@esbuild/linux-*/bin/esbuild", "esbuild/bin/esbuild")
    command = [binary, str(source), "--bundle", "--format=esm", "--target=es2022", f"--outfile={target}"]
    done = subprocess.run(
        [*command, "--platform=neutral", "--conditions=workerd,worker,browser", "--log-level=warning", *more],
        capture_output=True, text=True, timeout=60, cwd=BENCH,
    )
    if done.returncode != 0:
        raise PeerMissing(f"esbuild could not bundle {source.name}: {done.stderr.strip()[:300]}")


def _npm_binary(*places: str) -> tuple[str, str]:
    for place in places:
        for path in sorted(MODULES.glob(place)):
            try:
                return str(path), _version([str(path), "--version"])
            except PeerMissing:
                continue  # for another C library or CPU, or a script that only fetches the binary
    raise PeerMissing("its binary is not in bench/node_modules: run `npm ci` in bench/")


def _version(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_S_MAX, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerMissing(f"it does not run: {type(error).__name__}") from error
    first = done.stdout.strip().splitlines()[:1] or ["unknown"]
    words = [word for word in first[0].split() if word.lstrip("v")[:1].isdigit()]
    return words[0].lstrip("v") if words else first[0]


def _locked_version(lock: Path, package: str) -> str:
    import tomllib

    for entry in tomllib.loads(lock.read_text()).get("package", []):
        if entry["name"] == package:
            return entry["version"]
    return "unknown"


def _try(command: list[str], folder: Path, say: Callable[[str], None]) -> bool:
    try:
        subprocess.run(command, cwd=folder, timeout=INSTALL_S_MAX, check=True, stdout=subprocess.DEVNULL)
        return True
    except (OSError, subprocess.SubprocessError) as error:
        say(f"bench: `{' '.join(command[:3])}` in {folder.name}/ failed: {type(error).__name__}")
        return False
