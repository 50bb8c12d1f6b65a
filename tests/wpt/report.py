"""Pass rates by folder, as a table for people and as JSON for programs."""
import json

from suite import FOLDERS


def rates(entries):
    """`[folder, tests that pass in full, tests, subtests that pass, subtests]` for each folder."""
    rows = []
    for folder in FOLDERS:
        ours = [entry for name, entry in entries.items() if name.startswith(folder + "/")]
        whole = sum(1 for entry in ours if "fail" not in entry and "status" not in entry)
        passing = sum(entry["pass"] for entry in ours)
        failing = sum(len(entry.get("fail", [])) for entry in ours)
        if ours:
            rows.append([folder, whole, len(ours), passing, passing + failing])
    return rows


def table(rows):
    total = ["all", *(sum(row[column] for row in rows) for column in range(1, 5))]
    lines = ["| folder | files | whole files pass | subtests | pass | |", "| --- | --- | --- | --- | --- | --- |"]
    for folder, whole, files, passing, subtests in [*rows, total]:
        # Rounded down: 100 % is what passes in full.
        share = f"{1000 * passing // subtests / 10:.1f} %" if subtests else "-"
        lines.append(f"| {folder} | {files} | {whole} | {subtests} | {passing} | {share} |")
    return "\n".join(lines)


def document(rows):
    keys = ["folder", "files_whole", "files", "subtests_passing", "subtests"]
    return json.dumps([dict(zip(keys, row)) for row in rows], indent=2)
