"""What is known of each test: how many subtests pass, and which do not."""
import json
import re
from pathlib import Path

# The server's ports are others in each run.
ADDRESS = re.compile(r"(localhost|127\.0\.0\.1):\d+")
FILE = Path(__file__).parent / "expectations.json"


def read():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def of(result):
    """The entry of one result. Subtests of the same name are told apart by their number."""
    failing, passing, seen = [], 0, {}
    for subtest in result["tests"]:
        name = ADDRESS.sub(r"\1", subtest["name"])
        seen[name] = number = seen.get(name, 0) + 1
        if subtest["status"] == "PASS":
            passing += 1
        else:
            failing.append(name + (f" #{number}" if number > 1 else ""))
    entry = {"pass": passing}
    if failing:
        entry["fail"] = sorted(failing)
    if result["status"] != "OK":
        entry["status"] = result["status"]
    return entry


def complaints(name, known, entry):
    """What a run says otherwise than the list, a sentence each."""
    if known is None:
        return [f"{name}: is not in the list ({entry['pass']} pass, {len(entry.get('fail', []))} do not)"]
    told = []
    before, now = set(known.get("fail", [])), set(entry.get("fail", []))
    told += [f"{name}: regression: {subtest}" for subtest in sorted(now - before)]
    told += [f"{name}: unexpected pass: {subtest}" for subtest in sorted(before - now)]
    if known.get("status", "OK") != entry.get("status", "OK"):
        told.append(f"{name}: ended {entry.get('status', 'OK')}, not {known.get('status', 'OK')}")
    if not told and known["pass"] != entry["pass"]:
        told.append(f"{name}: {entry['pass']} subtests pass, not {known['pass']}")
    return told


def write(entries):
    lines = [f"{json.dumps(name)}: {json.dumps(entries[name], ensure_ascii=True)}" for name in sorted(entries)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
