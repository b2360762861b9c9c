# SPDX-License-Identifier: Apache-2.0
"""Answers from hell: every call of the stock path x every answer that a network, a proxy or a server has ever given.

Each must end in a retry or a visible exception. While it lasts it must be seen: a paused connection, the pipeline's last
error, or an exception. When it is over both ends must agree, and no level may have been written that no till ever had.

A sixth of the matrix is played in `make check`; HELL=all plays the whole and prints it, HELL="adobe source-items" one call
of it.
"""
import os
import time

from hell import ANSWERS, chosen, fired, matrix, wait_seen
from tb import World, main


CALLS = {  # what is asked: the system, the route, and whether the daemon must begin anew to ask it
    "sitoo warehouses": ("sitoo", "/warehouses.json", True),
    "sitoo warehouseitems": ("sitoo", "/warehouseitems.json", True),
    "sitoo warehousetransactions": ("sitoo", "/warehousetransactions.json", False),
    "sitoo orders": ("sitoo", "/orders.json", False),
    "adobe sources": ("adobe", "GET /rest/all/V1/inventory/sources", True),
    "adobe products": ("adobe", "GET /rest/all/V1/products", True),
    "adobe source-items": ("adobe", "POST /rest/all/V1/inventory/source-items", False),
}

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
    what = wait_seen(w, call, name, system)
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


def mend(w):
    w.sim("DELETE", "/faults")
    begin_anew(w)
    w.at_rest()


def test_answers_from_hell():
    cells = chosen([(call, name) for call in CALLS for name in ANSWERS], 6, [("adobe source-items", "time-out")])
    with World(stores=1, skus=4, clock=100, server_time="5s", source='full-read = "1h"; modified-every = "1h";') as w:
        w.start()
        w.at_rest()
        bad = matrix(w, cells, play, mend)
        with open("/proc/%d/status" % w.daemon.pid) as f:
            print(next(line.strip() for line in f if line.startswith("VmHWM")))
    assert not bad, "\n".join(bad)


if __name__ == "__main__":
    main([test_answers_from_hell])
