# SPDX-License-Identifier: Apache-2.0
"""Answers from hell: every call of the stock path x every answer that a network, a proxy or a server has ever given.

Each must end in a retry or a visible exception. While it lasts it must be seen: a paused connection, the pipeline's last
error, or an exception. When it is over both ends must agree, and no level may have been written that no till ever had.

A sixth of the matrix is played in `make check`; HELL=all plays the whole and prints it, HELL="adobe source-items" one call
of it.
"""
import base64
import gzip
import os
import time

from tb import World, main


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
    "invalid UTF-8": answer(200, b'{"items":[{"sku":"\xff\xfe\x80"}],"totalcount":1,"total_count":1}'),
    "duplicate keys": answer(200, b"{" + LISTS + b"}"),
    "depth 10^6": answer(200, b"[" * 1000, repeat=1000),
    "wrong type": {"kind": "wrong-type"},
    "empty 200": answer(200),
    "gzip bomb": answer(200, gzip.compress(bytes(64 << 20)), Content_Encoding="gzip"),
    "huge body": answer(200, b" " * 65536, repeat=2048),
    "redirect": answer(302, b"", Location="http://127.0.0.1:1/elsewhere"),
}
CALLS = {  # what is asked: the system, the route, and whether the daemon must begin anew to ask it
    "sitoo warehouses": ("sitoo", "/warehouses.json", True),
    "sitoo warehouseitems": ("sitoo", "/warehouseitems.json", True),
    "sitoo warehousetransactions": ("sitoo", "/warehousetransactions.json", False),
    "sitoo orders": ("sitoo", "/orders.json", False),
    "adobe sources": ("adobe", "GET /rest/all/V1/inventory/sources", True),
    "adobe products": ("adobe", "GET /rest/all/V1/products", True),
    "adobe source-items": ("adobe", "POST /rest/all/V1/inventory/source-items", False),
}
ONCE_MORE = {"401 once"}  # repeated at once: nobody needs to see it
HARMLESS = {"wrong type", "slow drip", "slow effect", "cut in"}  # may be borne, or have no meaning for this call


def begin_anew(w):
    """Nothing is known: a journal of its own, and every question is asked."""
    w.kill()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        path = os.path.join(w.dir, name)
        if os.path.exists(path):
            os.unlink(path)
    w.run()


def sell(w):
    w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})


def stock_up(w):
    """What is sold out is not written again."""
    w.sim("POST", "/tills/count", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 50}]})


def seen(w, system):
    """What an operator sees of it."""
    status = w.status()
    if not status:
        return None
    for c in status["connections"]:
        if c["name"] == system and c["paused"]:
            return "pause: " + c["pause_reason"]
    p = status["pipelines"][0]
    reasons = sorted({x["reason"] for x in w.exceptions()})
    return "exception " + " ".join(reasons) if reasons else p["last_error"] or None


def fired(w):
    return sum(f["fired"] for f in w.sim("GET", "/faults"))


def play(w, call, name):
    """One cell; says how it ended."""
    system, route, anew = CALLS[call]
    if not anew:
        begin_anew(w)  # nothing of the cell before is seen any more
        stock_up(w)
        w.at_rest()
    w.sim("POST", "/faults", {"system": system, "route": route, "rate": 1, "count": -1, **ANSWERS[name]})
    mark = w.sim("GET", "/effects?system=adobe&limit=1")["total"]
    if anew:
        begin_anew(w)
    before = w.sim("GET", "/state/sitoo")
    sell(w)
    w.until(lambda: fired(w) > 0, "%s is asked" % call, 60, 0.05)
    what, end = None, time.monotonic() + (1 if name in ONCE_MORE | HARMLESS else 40)
    while not what and time.monotonic() < end:
        what = seen(w, system)
        time.sleep(0.05)
    assert what or name in ONCE_MORE | HARMLESS, "%s x %s: nothing is seen of it" % (call, name)
    w.sim("DELETE", "/faults")
    assert w.daemon.poll() is None, "%s x %s: the daemon ended with %s" % (call, name, w.daemon.returncode)
    reasons = sorted({x["reason"] for x in w.exceptions()})
    for x in w.exceptions():
        w.cli("exceptions", "retry", str(x["id"]), "--why", "it is over")
    w.at_rest(limit=60)
    w.until(lambda: not w.exceptions(), "the exceptions close", 60)
    check_effects(w, mark, before)
    if (call, name) == ("adobe source-items", "time-out"):
        time.sleep(6.5)  # the call that was given up may write until then, and the next cell's journal knows nothing of it
    return "exception " + " ".join(reasons) if reasons else "retry" if what else "borne"


def check_effects(w, mark, before):
    """Only levels that the tills had at the beginning of the cell, or have now."""
    had = {}
    for state in (before, w.sim("GET", "/state/sitoo")):
        for row in state:
            had.setdefault(row["sku"], set()).add(max(0, float(row["total"]) - float(row["reserved"])))
    for e in w.sim("GET", "/effects?system=adobe&since=%d&limit=100000" % mark)["effects"]:
        for item in e.get("items", []):
            levels = had.get(item["sku"])
            assert levels is None or float(item["quantity"]) in levels, (item, levels)


def cells():
    every = [(call, name) for call in CALLS for name in ANSWERS]
    if os.environ.get("HELL"):
        return [cell for cell in every if os.environ["HELL"] in ("all", cell[0])]
    return [cell for i, cell in enumerate(every) if i % 6 == 0 or cell == ("adobe source-items", "time-out")]


def test_answers_from_hell():
    table, bad = {}, []
    with World(stores=1, skus=4, clock=100, server_time="5s", source='full-read = "1h"; modified-every = "1h";') as w:
        w.start()
        w.at_rest()
        for call, name in cells():
            began = time.monotonic()
            try:
                table[call, name] = play(w, call, name)
            except AssertionError as e:
                table[call, name] = "WRONG"
                bad.append("%s x %s: %s" % (call, name, e))
                w.sim("DELETE", "/faults")
                begin_anew(w)
                w.at_rest()
            print("%-28s %-16s %-40s %.1f s" % (call, name, table[call, name], time.monotonic() - began), flush=True)
        with open("/proc/%d/status" % w.daemon.pid) as f:
            print(next(line.strip() for line in f if line.startswith("VmHWM")))
    assert not bad, "\n".join(bad)


if __name__ == "__main__":
    main([test_answers_from_hell])
