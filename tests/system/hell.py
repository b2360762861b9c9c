# SPDX-License-Identifier: Apache-2.0
"""What the tests of answers from hell have in common: the answers that a network, a proxy or a server has ever given, and
the playing of a matrix of calls and answers.

HELL=all plays every cell of a matrix, HELL="adobe orders|sitoo sweep" those of some calls; else a fixed choice is played.
"""
import base64
import gzip
import os
import time
import zlib


def answer(status, body=b"", kind="application/json", repeat=1, **headers):
    head = {"Content-Type": kind} if kind else {}
    head.update({k.replace("_", "-"): v for k, v in headers.items()})
    return {"kind": "answer", "status": status, "headers": head, "base64": base64.b64encode(body).decode(), "repeat": repeat}


MESSAGE = b'{"message":"no","errortext":"no"}'
HTML = b"<html><body><h1>Sorry</h1></body></html>"
LISTS = b'"items":[],"items":[],"totalcount":0,"totalcount":0,"total_count":0'
ANSWERS = {
    "401": answer(401, MESSAGE),
    "401 once": {**answer(401, MESSAGE), "count": 1},
    "403": answer(403, MESSAGE),
    "404": answer(404, MESSAGE),
    "400 permanent": answer(400, b'{"message":"The value is wrong"}'),
    "400 deadlock": answer(400, b'{"message":"Could not save Source Item"}'),
    "429 Retry-After": answer(429, MESSAGE, Retry_After="2"),
    "429": answer(429, MESSAGE),
    "500 JSON": answer(500, MESSAGE),
    "500 HTML": answer(500, HTML, "text/html"),
    "500 text": answer(500, b"oops", "text/plain"),
    "503 HTML": answer(503, HTML, "text/html"),
    "time-out": {"kind": "latency", "ms": 600000},
    "cut before": {"kind": "cut-before"},
    "cut in": {"kind": "cut-in"},
    "cut after": {"kind": "cut-after"},
    "slow effect": {"kind": "slow-effect", "ms": 4000},
    "slow drip": {"kind": "slow-drip", "ms": 600000},
    "truncated JSON": {"kind": "truncated-json"},
    "answered twice": {"kind": "doubled-json"},
    "invalid UTF-8": answer(200, b'{"items":[{"sku":"\xff\xfe\x80"}],"totalcount":1,"total_count":1}'),
    "duplicate keys": answer(200, b"{" + LISTS + b"}"),
    "depth 10^6": answer(200, b"[" * 1000, repeat=1000),
    "wrong type": {"kind": "wrong-type"},
    "empty 200": answer(200),
    "gzip bomb": answer(200, gzip.compress(bytes(64 << 20)), Content_Encoding="gzip"),
    "huge body": answer(200, b" " * 65536, repeat=2048),
    "redirect": answer(302, b"", Location="http://127.0.0.1:1/elsewhere"),
}
ONCE_MORE = {"401 once"}  # repeated at once: nobody needs to see it
HEAVY = {"depth 10^6", "gzip bomb", "huge body"}  # take long, and are played for the stock path
HARMLESS = {"wrong type", "slow drip", "slow effect", "cut in"}  # may be borne, or have no meaning for this call


def fired(w):
    return sum(f["fired"] for f in w.sim("GET", "/faults"))


def last_error(w):
    """When a pipeline had its last one, by the daemon's clock."""
    return max(p["last_error_when"] for p in w.status()["pipelines"])


def seen(w, system, since=0):
    """What an operator sees of it, of what was not to be seen at `since`."""
    status = w.status()
    if not status:
        return None
    for c in status["connections"]:
        if c["name"] == system and c["paused"]:
            return "pause: " + c["pause_reason"]
    reasons = sorted({x["reason"] for x in w.exceptions()})
    if reasons:
        return "exception " + " ".join(reasons)
    return next((p["last_error"] for p in status["pipelines"] if p["last_error"] and p["last_error_when"] > since), None)


def wait_seen(w, call, name, system, since=0, done=lambda: False):
    """Waits until it is seen, or until the work is done in spite of it; where it need not be seen, for a moment only."""
    silent = name in ONCE_MORE | HARMLESS
    what, end = None, time.monotonic() + (1 if silent else 120 if name in HEAVY else 40)
    while not what and not done() and time.monotonic() < end:
        what = seen(w, system, since)
        time.sleep(0.05)
    assert what or silent or done(), "%s x %s: nothing is seen of it" % (call, name)
    return what


def chosen(cells, share, always=(), without=()):
    """All, those of some calls, or a fixed choice: about one in `share`, spread over calls and answers alike."""
    wish = os.environ.get("HELL")
    if wish:
        return [cell for cell in cells if wish == "all" or cell[0] in wish.split("|")]
    return [cell for cell in cells if cell in always or (zlib.crc32("/".join(cell).encode()) % share == 0 and cell[1] not in without)]


def matrix(w, cells, play, mend):
    """Plays the cells, a line each; what went wrong is told at the end, after the last of them."""
    bad, began_all = [], time.monotonic()
    for call, name in cells:
        began = time.monotonic()
        try:
            how = play(w, call, name)
        except AssertionError as e:
            how = "WRONG"
            bad.append("%s x %s: %s" % (call, name, e))
            mend(w)
        print("%-28s %-16s %-44s %.1f s" % (call, name, how, time.monotonic() - began), flush=True)
    print("%d cells, %.0f s" % (len(cells), time.monotonic() - began_all))
    return bad
