"""Runs a seeded sample of mutants, remembers each outcome, and prints the score. Run by `scripts/mutants`."""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

FILES = ["src/dialogue/**", "src/understand/**", "src/program/instrument.rs"]
TESTS = "understanding transitions invariants simulation forgeries harbor_program script_duties".split()
CHUNK = 10
ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "mutants"
NAMES = {
    "CaughtMutant": "caught",
    "MissedMutant": "missed",
    "Timeout": "timeout",
    "Unviable": "unviable",
}


def listed(tool: str, tree: Path) -> list[str]:
    """The names of all mutants, in the order of the source."""
    command = [tool, "mutants", "--list", "--json", "-d", str(tree)]
    command += [word for file in FILES for word in ("-f", file)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [mutant["name"] for mutant in json.loads(out)]


def copied() -> Path:
    """A copy of the sources, so that nobody's work is touched; the build beside it is kept."""
    tree = WORK / "tree"
    if tree.exists():
        shutil.rmtree(tree)
    wanted = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout.decode()
    for name in filter(None, wanted.split("\0")):
        source = ROOT / name
        # Recordings and models are of no use to the core's tests.
        if source.is_file() and not name.startswith(("audio-fixtures/", "models/")):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, tree / name)
    return tree


def run(tool: str, tree: Path, names: list[str], timeout_s: int) -> dict[str, str]:
    """The outcome of each of `names`."""
    out = WORK / "run"
    shutil.rmtree(out, ignore_errors=True)
    command = [tool, "mutants", "--in-place", "--baseline", "skip", "-d", str(tree), "-o", str(out)]
    command += ["--no-default-features", "--test-tool", "cargo", "--timeout", str(timeout_s), "--no-times"]
    command += ["--cargo-arg=-j2", "--colors", "never"]
    command += [word for file in FILES for word in ("-f", file)]
    command += [word for name in names for word in ("--re", f"^{re.escape(name)}$")]
    command += ["--", "--lib"] + [word for test in TESTS for word in ("--test", test)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "build"), "PROPTEST_CASES": "200"}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
    found = {}
    outcomes = json.loads((out / "mutants.out" / "outcomes.json").read_text())["outcomes"]
    for outcome in outcomes:
        if isinstance(outcome["scenario"], dict):
            found[outcome["scenario"]["Mutant"]["name"]] = NAMES.get(outcome["summary"], outcome["summary"])
    return found


def report(sample: list[str], known: dict[str, str]) -> None:
    """What became of the sample, and who survived."""
    done = [known[name] for name in sample if name in known]
    counts = {name: done.count(name) for name in NAMES.values()}
    viable = len(done) - counts["unviable"]
    caught = counts["caught"] + counts["timeout"]
    share = 100 * caught / viable if viable else 0
    for name in sample:
        if known.get(name) == "missed":
            print(f"missed: {name}")
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    print(f"{len(done)} of {len(sample)} mutants done, {share:.1f} % of {viable} viable ones noticed")


def main() -> int:
    """Reads the flags, goes on where it was."""
    flags = argparse.ArgumentParser(prog="scripts/mutants")
    flags.add_argument("--tool", required=True)
    flags.add_argument("--sample", type=int, default=300)
    flags.add_argument("--seed", type=int, default=1)
    flags.add_argument("--minutes", type=float, default=float("inf"))
    flags.add_argument("--timeout", type=int, default=120, help="seconds for one mutant's tests")
    flags.add_argument("--report", action="store_true")
    asked = flags.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    tree = WORK / "tree" if asked.report and (WORK / "tree").exists() else copied()
    names = listed(asked.tool, tree)
    random.Random(asked.seed).shuffle(names)
    sample = names[: asked.sample]
    # A name holds the file, the place and the change: where the source moved, it is another mutant.
    kept = WORK / "outcomes.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    until = time.monotonic() + 60 * asked.minutes
    left = [name for name in sample if name not in known]
    began, before = time.monotonic(), len(left)
    while left and not asked.report and time.monotonic() < until:
        # The first two tell what one costs; no chunk goes far beyond the time that is left.
        size = CHUNK
        if before == len(left):
            size = 2
        elif until < float("inf"):
            each = (time.monotonic() - began) / (before - len(left))
            size = max(1, min(CHUNK, int((until - time.monotonic()) / each)))
        chunk, left = left[:size], left[size:]
        known.update(run(asked.tool, tree, chunk, asked.timeout))
        kept.write_text(json.dumps(known, indent=0, sort_keys=True))
        done = sum(name in known for name in sample)
        print(f"{done} of {len(sample)}, {(time.monotonic() - began) / (before - len(left)):.0f} s each", file=sys.stderr)
    report(sample, known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
