#!/usr/bin/env python3
"""Checks an export of a call or of a book: a second verifier, made from docs/record-format.md alone, with nothing but Python.

    scripts/verify.py DIR [PUBLIC_KEY]

Prints `CALL  ok` or `CALL  FAULTY  what and where`, of a book the program for the call; the exit status is 0 or 1, and 2 for wrong use.
"""

import hashlib
import json
import struct
import sys
from datetime import datetime, timezone
from pathlib import Path

CODES = {"general": 0, "sensitive": 1}
KINDS = {"head", "closed", "was_plain", "redacted", "destroyed"}
MANIFEST_KEYS = {
    "candor_export", "call_id", "program", "channel", "started_at", "ended_at", "outcome", "public_key",
    "destroyed", "withheld", "recording", "files",
}
BOOK_KEYS = {"candor_book_export", "program", "entries", "public_key", "files"}
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


class Faulty(Exception):
    pass


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def must(holds, fault):
    if not holds:
        raise Faulty(fault)


# Ed25519, as in RFC 8032, section 5.1 and its appendix.


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * I % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point(data):
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, p):
    q = (0, 1, 1, 0)
    while number > 0:
        if number & 1:
            q = add(q, p)
        p = add(p, p)
        number >>= 1
    return q


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def verifies(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# The export.


def unhex(text, length):
    must(isinstance(text, str) and len(text) == 2 * length and set(text) <= set("0123456789abcdef"), "bad hex")
    return bytes.fromhex(text)


def parsed(text, fault):
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Faulty(fault) from None
    must(isinstance(value, dict), fault)
    return value


def signed(statement, public):
    if set(statement) != {"body", "signature"} or not isinstance(statement["body"], str):
        return False
    try:
        signature = unhex(statement["signature"], 64)
    except Faulty:
        return False
    return verifies(public, b"candor-statement/1\n" + statement["body"].encode("utf-8", "surrogatepass"), signature)


def body_of(part):
    """The bytes that a leaf commits to, or None where the part is shut; False where it is neither."""
    if "shut" in part:
        return False if "body" in part or "salt" in part else None
    if not isinstance(part.get("body"), str):
        return False
    try:
        return unhex(part.get("salt"), 32) + part["body"].encode()
    except (Faulty, UnicodeError):
        return False


class Folder:
    """A signed folder: the manifest, and what it says of every other file."""

    def __init__(self, folder, published):
        self.folder, self.published = folder, published
        self.name = "unknown"

    def bytes(self, name):
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            raise Faulty(f"{name} is gone") from None

    def lines(self, name):
        try:
            text = self.bytes(name).decode()
        except UnicodeDecodeError:
            raise Faulty(f"{name} was altered") from None
        must(text == "" or text.endswith("\n"), f"{name} was cut off")
        return text.split("\n")[:-1]

    def open(self, keys, version, subject, kind):
        data = self.bytes("manifest.json")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise Faulty("manifest.json was altered") from None
        fault = "manifest.json or manifest.sig was altered"
        m = parsed(text, "manifest.json was altered")
        must(set(m) == keys and m[version[0]] == version[1], "manifest.json was altered")
        self.m, self.name, self.files = m, m[subject], m["files"]
        try:
            self.public = unhex(m["public_key"], 32)
        except Faulty:
            raise Faulty("manifest.json was altered") from None
        must(self.published in (None, self.public), "its public key is not the one that was given")
        lines = self.lines("manifest.sig")
        must(len(lines) == 1, fault)
        statement = parsed(lines[0], fault)
        must(signed(statement, self.public), fault)
        claim = parsed(statement["body"], fault)
        expected = {subject: self.name, "is": kind, "manifest": sha256(data).hex()}
        must(claim == expected, fault)

    def claims_of(self, kinds, subject):
        claims = []
        for at, line in enumerate(self.lines("statements.jsonl")):
            fault = f"statement {at} was altered, or another key signed it"
            statement = parsed(line, fault)
            must(signed(statement, self.public), fault)
            claim = parsed(statement["body"], fault)
            must(claim.get("is") in kinds, fault)
            must(claim.get(subject) == self.name, f"statement {at} is of another {subject}")
            claims.append(claim)
        return claims

    def whole(self):
        for name, expected in self.files.items():
            must(sha256(self.bytes(name)).hex() == expected, f"{name} was altered")


class Book(Folder):
    def check(self):
        self.open(BOOK_KEYS, ("candor_book_export", 1), "program", "book_export")
        claims = self.claims_of({"book_head", "month_destroyed"}, "program")
        ended = {c["month"] for c in claims if c["is"] == "month_destroyed"}
        hashes, unread = [], 0
        head = sha256(b"candor-book/1\n", self.name.encode(), b"\n")
        for seq, line in enumerate(self.lines("book.jsonl")):
            fault = f"entry {seq} of the book was altered"
            entry = parsed(line, fault)
            try:
                leaf, kept = unhex(entry.get("leaf"), 32), unhex(entry.get("hash"), 32)
                call = entry["call_id"]
                must(call is None or (isinstance(call, str) and call != ""), fault)
                place = struct.pack(">Qq", entry["seq"], entry["at"]) + (call or "").encode() + b"\n"
                month = datetime.fromtimestamp(entry["at"] // 1000, timezone.utc).strftime("%Y-%m")
            except (Faulty, KeyError, TypeError, ValueError, OverflowError, struct.error):
                raise Faulty(fault) from None
            head = sha256(head, place, leaf)
            must(entry["seq"] == seq and head == kept, f"the book was altered at or before entry {seq}")
            hashes.append(head)
            body = body_of(entry)
            must(body is not False, fault)
            if body is None:
                unread += 1
                must(entry["shut"] == "destroyed" and month in ended, fault)
            else:
                must(sha256(body) == leaf and month not in ended, fault)
        for at, claim in enumerate([c for c in claims if c["is"] == "book_head"]):
            n = claim["entries"]
            must(n == 256 * (at + 1), f"the signed head of {256 * (at + 1)} entries of the book is gone")
            must(n <= len(hashes), f"entries at the end of the book are gone: {n} were signed")
            must(hashes[n - 1].hex() == claim["head"], f"the book is not the one whose head of {n} entries was signed")
        must(self.m["entries"] == len(hashes), "entries at the end of the book are gone")
        self.whole()
        return f"book of {len(hashes)} entries, {unread} of them only by their place in the chain"


class Export(Folder):
    def check(self):
        self.manifest()
        self.statements()
        self.journal()
        self.end()
        self.recording()
        self.whole()
        return f"{len(self.entries)} entries, {self.unread} of them only by their place in the chain"

    def manifest(self):
        self.open(MANIFEST_KEYS, ("candor_export", 2), "call_id", "export")
        self.call_id = self.name

    def statements(self):
        self.claims = self.claims_of(KINDS, "call_id")
        destroyed = {label for c in self.claims if c["is"] == "destroyed" for label in c["labels"]}
        for label in CODES:
            must((label in destroyed) == (label in self.m["destroyed"]), f"its {label} key: is it destroyed or not?")

    def journal(self):
        lines = self.lines("journal.jsonl")
        must(lines, "its opening is gone")
        fault = "its opening was altered"
        opening = parsed(lines[0], fault)
        self.opening = opening.get("leaf")
        try:
            leaf = unhex(self.opening, 32)
        except Faulty:
            raise Faulty(fault) from None
        body = body_of(opening)
        must(body is not False, fault)
        if body is None:
            must(self.may_be_shut(opening["shut"], "general"), fault)
        else:
            must(sha256(body) == leaf, fault)
            began = parsed(opening["body"], fault)
            for key in ("call_id", "program", "channel", "started_at"):
                must(began.get(key) == self.m[key], "its row among the calls was altered")
        redacted = {seq for c in self.claims if c["is"] == "redacted" for seq in c["entries"]}
        self.hashes, self.entries, self.unread = [], lines[1:], 0
        self.base = head = sha256(b"candor-journal/1\n", self.call_id.encode(), b"\n", leaf)
        for seq, line in enumerate(self.entries):
            fault = f"entry {seq} was altered"
            entry = parsed(line, fault)
            try:
                leaf, kept = unhex(entry.get("leaf"), 32), unhex(entry.get("hash"), 32)
                place = struct.pack(">QQB", entry["seq"], entry["at"], CODES[entry["label"]])
            except (Faulty, KeyError, TypeError, struct.error):
                raise Faulty(fault) from None
            head = sha256(head, place, leaf)
            must(entry["seq"] == seq and head == kept, f"the journal was altered at or before entry {seq}")
            self.hashes.append(head)
            body = body_of(entry)
            must(body is not False, fault)
            if body is not None:
                must(sha256(body) == leaf and seq not in redacted, fault)
                continue
            self.unread += 1
            if entry["shut"] == "redacted":
                must(seq in redacted, f"entry {seq} is gone, and nothing says that it was redacted")
            else:
                must(self.may_be_shut(entry["shut"], entry["label"]), fault)
        heads = [c for c in self.claims if c["is"] == "head"]
        for claim in heads:
            n = claim["entries"]
            must(0 < n <= len(self.hashes) and self.hashes[n - 1].hex() == claim["head"], f"its head of {n} entries")
        plain = any(c["is"] == "was_plain" for c in self.claims)
        must(plain or len(heads) == len(self.hashes) // 256, "a signed head of its journal is gone")

    def may_be_shut(self, why, label):
        return why in ("destroyed", "withheld") and label in self.m[why]

    def end(self):
        closed = [c for c in self.claims if c["is"] == "closed"]
        if self.m["ended_at"] is None and self.m["outcome"] is None:
            must(not closed, "its end was altered")
            self.closed = None
            return
        must(len(closed) == 1, "its end was not signed once")
        self.closed = c = closed[0]
        for key in ("program", "channel", "started_at", "ended_at", "outcome"):
            must(c[key] == self.m[key], "its row among the calls was altered")
        must(c["opening"] == self.opening, "its opening was altered")
        head = self.hashes[-1] if self.hashes else self.base
        must(c["entries"] == len(self.hashes) and c["head"] == head.hex(), "entries at the end of its journal are gone")
        must("record.json" in self.files, "its record is gone")
        fault = "its record was altered"
        lines = self.lines("record.json")
        must(len(lines) == 1, fault)
        part = parsed(lines[0], fault)
        body = body_of(part)
        must(body is not False, fault)
        if body is None:
            must(self.may_be_shut(part["shut"], "general"), fault)
        else:
            must(sha256(body).hex() == c["record"], fault)

    def recording(self):
        if self.closed is None:
            return
        expected = self.closed["recording"]
        must(expected == self.m["recording"], "its recording is not the one that was signed")
        there = (self.folder / "recording.sealed").exists()
        must(there or expected is None, "its recording is gone")
        must(not there or expected is not None, "there is a recording that its record does not know of")
        if not there:
            return
        data = self.bytes("recording.sealed")
        must(data[:8] == b"CANDREC1", "its recording was altered at chunk 0")
        place, link, n, over = 8, sha256(b"candor-recording/1\n", self.call_id.encode()), 0, False
        while not over:
            must(place + 10 <= len(data), f"its recording was cut off at chunk {n}")
            seq, label, last, length = struct.unpack(">IBBI", data[place : place + 10])
            good = seq == n and label in CODES.values() and last <= 1 and length <= 65536
            must(good, f"its recording was altered at chunk {n}")
            end = place + 10 + 12 + length + 16
            must(end <= len(data), f"its recording was cut off at chunk {n}")
            link = sha256(link, data[place:end])
            place, n, over = end, n + 1, last == 1
        must(place == len(data), f"its recording was altered at chunk {n}")
        must(expected == {"count": n, "head": link.hex()}, "its recording is not the one that was signed")


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    published = bytes.fromhex(arguments[1]) if len(arguments) == 2 else None
    folder = Path(arguments[0])
    export = Book(folder, published) if (folder / "book.jsonl").exists() else Export(folder, published)
    try:
        found = export.check()
    except Faulty as fault:
        print(f"{export.name}  FAULTY  {fault}")
        return 1
    except (KeyError, TypeError, AttributeError):
        print(f"{export.name}  FAULTY  a field is not what the specification says")
        return 1
    print(f"{export.name}  ok  {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
