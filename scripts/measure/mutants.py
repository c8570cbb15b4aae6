"""Runs a seeded sample of mutants, remembers each outcome, and prints the score. Run by `scripts/mutants`."""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

FILES = ["src/dialogue/**", "src/understand/**", "src/program/instrument.rs"]
# What tests each room, beside the unit tests: a mutant meets those that are about it.
TESTS = {
    "src/understand/": ["understanding"],
    "src/dialogue/": ["scenarios", "transitions", "invariants", "simulation", "forgeries"],
    "src/program/": ["harbor_program", "script_duties"],
}
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


def copied(job: int) -> Path:
    """A copy of the sources for one job, so that nobody's work is touched; the build beside it is kept."""
    tree = WORK / str(job) / "tree"
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


def run(tool: str, job: int, name: str, place: int, of: int, timeout_s: int) -> dict[str, str]:
    """The outcome of the mutant at `place` among all. As a shard, because names do not choose deleted fields."""
    tree, out = WORK / str(job) / "tree", WORK / str(job) / "run"
    shutil.rmtree(out, ignore_errors=True)
    command = [tool, "mutants", "--in-place", "--baseline", "skip", "-d", str(tree), "-o", str(out)]
    command += ["--no-default-features", "--test-tool", "cargo", "--timeout", str(timeout_s), "--no-times"]
    command += ["--cargo-arg=-j1", "--colors", "never"]
    command += [word for file in FILES for word in ("-f", file)]
    command += ["--shard", f"{place}/{of}", "--sharding", "slice", "--no-shuffle"]
    tests = next(tests for room, tests in TESTS.items() if name.startswith(room))
    command += ["--", "--lib"] + [word for test in tests for word in ("--test", test)]
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(WORK / str(job) / "build"),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "PROPTEST_CASES": "200",
    }
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {}
    outcomes = json.loads((out / "mutants.out" / "outcomes.json").read_text())["outcomes"]
    for outcome in outcomes:
        if isinstance(outcome["scenario"], dict):
            found[outcome["scenario"]["Mutant"]["name"]] = NAMES.get(outcome["summary"], outcome["summary"])
    if not found:
        sys.exit(f"mutants: nothing was run; {out}/mutants.out/log says why")
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
    flags.add_argument("--jobs", type=int, default=2, help="mutants side by side, each with a build of its own")
    flags.add_argument("--timeout", type=int, default=120, help="seconds for one mutant's tests")
    flags.add_argument("--report", action="store_true")
    asked = flags.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    kept_tree = WORK / "0" / "tree"
    names = listed(asked.tool, kept_tree if asked.report and kept_tree.exists() else copied(0))
    sample = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))
    # A name holds the file, the place and the change: where the source moved, it is another mutant.
    kept = WORK / "outcomes.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    until = time.monotonic() + 60 * asked.minutes
    left = [] if asked.report else [name for name in sample if name not in known]
    lock = threading.Lock()

    def work(job: int) -> None:
        if job and left:
            copied(job)
        while time.monotonic() < until:
            with lock:
                if not left:
                    return
                name = left.pop(0)
            found = run(asked.tool, job, name, names.index(name), len(names), asked.timeout)
            with lock:
                known.update(found)
                if name not in known:
                    sys.exit(f"mutants: {name} was to be run, and another one was")
                kept.write_text(json.dumps(known, indent=0, sort_keys=True))
                print(f"{sum(name in known for name in sample)} of {len(sample)}", file=sys.stderr)

    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        for ended in [pool.submit(work, job) for job in range(asked.jobs)]:
            ended.result()
    report(sample, known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
