"""What the measurements share: building, servers that end with the script, percentiles."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def say(text):
    print(text, file=sys.stderr, flush=True)


def stop(text):
    sys.exit(f"scripts/bench: {text}")


def run(*command, **more):
    """Runs a command to its end; a failing one ends the measurement."""
    done = subprocess.run([str(part) for part in command], **more)
    if done.returncode:
        stop(f"`{' '.join(map(str, command))}` failed with {done.returncode}")
    return done


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def process(command, ready, patience_s=180, **more):
    """A process that is there while the block runs; `ready` says when it is."""
    child = subprocess.Popen([str(part) for part in command], **more)
    try:
        deadline = time.monotonic() + patience_s
        while not ready():
            if child.poll() is not None:
                stop(f"`{command[0]}` ended with {child.returncode} before it was ready")
            if time.monotonic() > deadline:
                stop(f"`{command[0]}` was not ready after {patience_s} s")
            time.sleep(0.2)
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def percentile(values, q):
    """The nearest-rank percentile, or None of nothing."""
    values = sorted(values)
    return values[round((len(values) - 1) * q)] if values else None
