#!/usr/bin/env python3
"""Makes the three precompiled headers of a V8 build: A for the builtins' generators, B for V8's base, C for its compiler.

    v8_headers.py OUT_DIR HEADER_DIR OBJECT_A OBJECT_B OBJECT_C

Each is compiled with the very command of the object named for it, because clang takes a precompiled header only under
the flags that it was made with. `C.pch` comes last: build-v8.sh takes its being there for all three being there.
"""

import os
import re
import subprocess
import sys

BASE = """
    objects/objects-inl execution/isolate-inl heap/heap-inl heap/factory-inl api/api-inl debug/debug execution/frames-inl
    objects/js-array-buffer-inl wasm/wasm-objects-inl logging/counters codegen/compiler heap/local-heap-inl
    execution/arguments-inl builtins/builtins-utils-inl objects/property-descriptor objects/js-array-inl
    objects/managed-inl heap/heap-layout-inl logging/log deoptimizer/deoptimizer wasm/wasm-engine wasm/wasm-code-manager
    objects/intl-objects handles/handles-inl
""".split()

COMPILER = """
    compiler/node-properties compiler/js-heap-broker-inl compiler/common-operator compiler/node-matchers
    compiler/simplified-operator compiler/js-graph compiler/linkage objects/objects-inl numbers/conversions-inl
    compiler/access-builder handles/handles-inl compiler/type-cache compiler/operator-properties
    codegen/interface-descriptors-inl compiler/turboshaft/copying-phase compiler/turboshaft/phase
""".split()


def main() -> None:
    out, headers, object_a, object_b, object_c = sys.argv[1:]
    precompile(out, headers, "A", object_a, builtins_headers(out, object_a))
    precompile(out, headers, "B", object_b, [f"src/{name}.h" for name in BASE])
    precompile(out, headers, "C", object_c, [f"src/{name}.h" for name in COMPILER])


def builtins_headers(out: str, object_a: str) -> list[str]:
    """What every generated builtin includes, less what belongs to that one builtin alone."""
    source = re.search(r" -c (\S+) ", command_of(out, object_a)).group(1)
    with open(os.path.join(out, source), encoding="utf-8") as file:
        included = re.findall(r'^#include "([^"]+)"', file.read(), re.M)
    shared = [name for name in included if not name.endswith((".inc", "-csa.h")) and "torque-generated/src" not in name]
    return ["src/codegen/code-stub-assembler-inl.h", *shared]


def precompile(out: str, headers: str, name: str, like: str, included: list[str]) -> None:
    header = os.path.join(headers, f"{name}.h")
    with open(header, "w", encoding="utf-8") as file:
        file.writelines(f'#include "{path}"\n' for path in included)
    command = re.sub(r" -MD -MF \S+", "", command_of(out, like))
    command = re.sub(r" -c \S+ -o \S+", f" -x c++-header -c {header} -o {headers}/{name}.tmp", command)
    subprocess.run(command, shell=True, cwd=out, check=True, env={**os.environ, "V8_NO_PCH": "1"})
    os.replace(f"{headers}/{name}.tmp", f"{headers}/{name}.pch")


def command_of(out: str, target: str) -> str:
    listing = subprocess.run(["ninja", "-C", out, "-t", "commands", target], capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
