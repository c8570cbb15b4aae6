"""Debian's Chromium, started for a test."""

import sys

from playwright.sync_api import Error

PATH = "/usr/bin/chromium"
STARTS = 3


def start(playwright, *args):
    """A running browser. One that dies while it starts says nothing about our pages, so it is started again."""
    for left in reversed(range(STARTS)):
        try:
            return playwright.chromium.launch(executable_path=PATH, args=["--no-sandbox", *args])
        except Error as died:
            if left == 0:
                raise
            print(f"Chromium died while it started, {left} more tries: {died.message.splitlines()[0]}", file=sys.stderr)
