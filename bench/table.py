"""Turns a run's ghz reports into a table, and says whether they can be believed.

  table.py FOLDER REQUESTS      FOLDER holds <rpc>.<pair>.<direct|sidecars>.json, as scripts/bench names them

`details`, one line for each request and most of a report, is removed from the files. Exit status: 1 when a report is
missing, has another number of requests, or any answer that is not OK.
"""

import json
import statistics
import sys
from pathlib import Path

SIDES = ("direct", "sidecars")


def main(folder: Path, requests: int) -> int:
    reports: dict[str, dict[int, dict[str, dict]]] = {}
    problems = []
    for file in sorted(folder.glob("*.*.*.json")):
        rpc, pair, side, _ = file.name.split(".")
        report = json.loads(file.read_text())
        report.pop("details", None)
        file.write_text(json.dumps(report, indent=1) + "\n")
        reports.setdefault(rpc, {}).setdefault(int(pair), {})[side] = report
        problems += [f"{rpc}, pair {pair}, {side}: {problem}" for problem in problems_of(report, requests)]

    rows = []
    for rpc, pairs in reports.items():
        if any(set(pair) != set(SIDES) for pair in pairs.values()):
            problems.append(f"{rpc}: a pair is not whole")
        elif all(percentile(pair[side], 50) for pair in pairs.values() for side in SIDES):
            rows.append(row(rpc, list(pairs.values())))
    if not rows:
        problems.append("there is nothing to show")
    show(rows)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def problems_of(report: dict, requests: int) -> list[str]:
    wanted = requests or report["options"]["total"]
    found = []
    if report["count"] != wanted:
        found.append(f"{report['count']} requests instead of {wanted}")
    if report.get("endReason") != "normal":
        found.append(f"it ended by {report.get('endReason')}")
    codes = {code: count for code, count in report.get("statusCodeDistribution", {}).items() if code != "OK"}
    found += [f"{count} × {code}" for code, count in codes.items()]
    found += [f"{count} × {text}" for text, count in report.get("errorDistribution", {}).items()]
    return found


def row(rpc: str, pairs: list[dict[str, dict]]) -> list[str]:
    """Medians over the pairs; the ratio is taken within each pair, whose two runs saw the same machine."""
    options = pairs[0]["direct"]["options"]
    cells = [rpc, str(options.get("concurrency", 1)), str(options["total"])]
    for side in SIDES:
        cells += [
            milliseconds(statistics.median(percentile(pair[side], 50) for pair in pairs)),
            milliseconds(statistics.median(percentile(pair[side], 99) for pair in pairs)),
            f"{statistics.median(pair[side]['rps'] for pair in pairs):,.0f}",
        ]
    ratios = [percentile(pair["sidecars"], 50) / percentile(pair["direct"], 50) for pair in pairs]
    cells.append(f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})")
    return cells


def percentile(report: dict, percentage: int) -> int:
    """Nanoseconds; 0 without a single answer that is OK."""
    found = [entry["latency"] for entry in report.get("latencyDistribution") or [] if entry["percentage"] == percentage]
    return found[0] if found else 0


def milliseconds(nanoseconds: float) -> str:
    return f"{nanoseconds / 1e6:.2f}"


def show(rows: list[list[str]]):
    heads = ["", "in flight", "n", "direct p50", "p99", "rps", "sidecars p50", "p99", "rps", "ratio p50 (min–max)"]
    table = [heads, *rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(heads))]
    for line in table:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        print("  ".join(cells).rstrip())
    print("\nLatency in ms. Medians over the pairs.")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
