"""Measures what a caller waits for, at the caller's socket, with `candor call` against a real server.

    scripts/bench turn [--calls 14] [--at-once 2] [--barge-ins 20] [--to URL --keys DIR] [--json FILE]

Without --to it starts a release server of its own, on a free port, with folders of its own.
Each call answers the acknowledgement and three consents: four yes/no turns, in three voices.
"""
import argparse
import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import tempfile

import common
from common import ROOT, TARGET, percentile, say

QUESTIONS = {
    "name": "My name is Jordan Avery.",
    "callback": "Four one five, five five five, zero one four two.",
    "referred_by": "My doctor told me to call you.",
    "insurance_carrier": "Blue Cross Blue Shield.",
    "member_id": "My member ID is X Y Z one two three four five.",
    "dob": "My date of birth is March third nineteen eighty five.",
}
CONSENTS = ("payor", "referral_source", "crm")
YES_NO = ("Yes.", "No.", "Yes, that's fine.", "No, I don't want that shared.")
VOICES = ([], ["--speaker", "hibari-heart"], ["--speaker", "flite-rms"])


def step(expect, **does):
    lines = ["[[step]]", f"expect = {json.dumps(expect)}"]
    return "\n".join(lines + [f"{key} = {json.dumps(value)}" for key, value in does.items()]) + "\n"


def answering(number):
    """A caller who answers everything up to the consents."""
    steps = [step("notice", say_text="Yes, that's fine." if number % 2 else "I understand.")]
    steps += [step(f"question:{name}", say_text=words) for name, words in QUESTIONS.items()]
    for place, recipient in enumerate(CONSENTS):
        steps.append(step(f"consent:{recipient}", say_text=YES_NO[(number + place) % len(YES_NO)]))
    steps.append(step("question:*", hangup=True))
    steps.append('[[whenever]]\nexpect = "signature:*"\nsay_text = "Jordan Avery. I agree."\n')
    steps.append('[[whenever]]\nexpect = "confirm:*"\nsay_text = "Yes, that\'s right."\n')
    return "".join(steps)


def interrupting(number):
    """A caller who speaks over the notice, each at another place, and hangs up when it goes on."""
    at_ms = 400 + 170 * number % 3600
    return (
        f'[[step]]\nbarge_in = {{ during = "notice", at_ms = {at_ms}, say_text = "Can you repeat that?" }}\n'
        '[[step]]\nbarge_in = { during = "notice", at_ms = 400, hangup = true }\n'
    )


def place(place_folder, name, script, voice, to, keys):
    """Places one call: what it measured, and its record."""
    script_file = place_folder / f"{name}.toml"
    script_file.write_text(script)
    stats = place_folder / f"{name}.json"
    done = subprocess.run(
        [TARGET / "release/candor", "call", "--to", to, "--script", script_file, "--stats", stats, "--json",
         "--keys", keys, "--save", place_folder / f"{name}.wav", *voice],
        cwd=ROOT, capture_output=True, text=True)
    if not stats.exists():
        common.stop(f"call {name} measured nothing: {done.stderr.strip()}")
    measured = json.loads(stats.read_text())
    record = json.loads(done.stdout) if done.stdout.strip() else {}
    if done.returncode:
        say(f"  call {name}: {done.stderr.strip()}")
    return measured, record


def row(name, values, limit=None):
    shown = [percentile(values, q) for q in (0.5, 0.95, 1.0)]
    cells = " ".join("      -" if v is None else f"{v:7.0f}" for v in shown)
    return f"{name:52} {len(values):4} {cells}   {limit or ''}"


def is_yes_no(turn):
    return (turn["expecting"] or "").split(":")[0] in ("notice", "consent", "confirm")


def main():
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("--calls", type=int, default=14)
    known.add_argument("--at-once", type=int, default=2)
    known.add_argument("--barge-ins", type=int, default=20)
    known.add_argument("--to")
    known.add_argument("--keys", type=pathlib.Path, default=ROOT / "keys")
    known.add_argument("--json", type=pathlib.Path, help="writes every value")
    args = known.parse_args()
    common.run("cargo", "build", "--release", "--locked", "--bin", "candor", cwd=ROOT)
    with contextlib.ExitStack() as block:
        folder = pathlib.Path(block.enter_context(tempfile.TemporaryDirectory(prefix="candor-bench-")))
        to, keys = args.to, args.keys
        if not to:
            port, keys = common.free_port(), folder / "keys"
            to = f"http://127.0.0.1:{port}"
            server = [TARGET / "release/candor", "serve", "--listen", f"127.0.0.1:{port}",
                      "--data", folder / "data", "--keys", keys]
            say("Starting a server ...")
            block.enter_context(common.process(
                server, lambda: common.answers(f"{to}/readyz"), cwd=ROOT,
                stdout=subprocess.DEVNULL, stderr=open(folder / "server.log", "w")))
        work = [(f"answer-{n}", answering(n), VOICES[n % len(VOICES)]) for n in range(args.calls)]
        work += [(f"barge-{n}", interrupting(n), VOICES[n % len(VOICES)]) for n in range(args.barge_ins)]
        say(f"{len(work)} calls in real time, {args.at_once} at once ...")
        with concurrent.futures.ThreadPoolExecutor(args.at_once) as pool:
            jobs = [pool.submit(place, folder, *job, to, keys) for job in work]
            done = []
            for job in concurrent.futures.as_completed(jobs):
                done.append(job.result())
                say(f"  {len(done)} of {len(work)}")
    measured = [stats for stats, _ in done]
    turns = [t for stats in measured for t in stats["turns"] if is_yes_no(t)]
    answered = [t["end_to_audible_ms"] for t in turns if t["end_to_audible_ms"] is not None]
    clears = [b["onset_to_clear_ms"] for stats in measured for b in stats["barge_ins"]]
    results = {
        "yes_no_end_to_audible_ms": answered,
        "start_to_audible_ms": [s["start_to_audible_ms"] for s in measured if s["start_to_audible_ms"] is not None],
        "notice_heard_ms": [s["notice_heard_ms"] for s in measured
                            if s["notice_heard_ms"] is not None and not s["barge_ins"]],
        "barge_in_onset_to_clear_ms": [c for c in clears if c is not None],
    }
    print(f"{'milliseconds':52} {'n':>4} {'p50':>7} {'p95':>7} {'max':>7}   promised")
    print(row("end of speech to first audible sample, yes/no", results["yes_no_end_to_audible_ms"], "p50 <= 400"))
    print(row("start to first audible sample", results["start_to_audible_ms"], "p95 <= 300"))
    print(row("start to the end of the notice", results["notice_heard_ms"], "<= 60000"))
    print(row("onset over the notice to clear", results["barge_in_onset_to_clear_ms"], "p95 <= 200"))
    unanswered = len(turns) - len(answered)
    missed = len([c for c in clears if c is None])
    errors = sorted({e for stats in measured for e in stats["protocol_errors"]})
    print(f"turns without an answer: {unanswered}; interruptions without a clear: {missed}; protocol errors: {errors or 0}")
    if args.json:
        args.json.write_text(json.dumps(results))
    kept = (
        len(answered) >= 50 and percentile(answered, 0.5) <= 400
        and percentile(results["start_to_audible_ms"], 0.95) <= 300
        and max(results["notice_heard_ms"], default=1e9) <= 60_000
        and not missed and percentile(results["barge_in_onset_to_clear_ms"], 0.95) <= 200
    )
    print("All promises kept." if kept else "Not every promise was kept, or there were too few turns to tell (50).")
    raise SystemExit(0 if kept else 1)


main()
