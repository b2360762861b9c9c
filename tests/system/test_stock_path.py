# SPDX-License-Identifier: Apache-2.0
"""The stock path from till to shop with the real binaries: quiet, under faults and kills, through outages.

FIRE=200x2000x50000x300 (stores, SKUs, sales, kills) makes the one under fire as large as one likes, OUTAGE=43200 (seconds
of the world's clock) an outage as long.
"""
import os
import random
import time

from tb import World, main

FAULTS = [  # every fault kind
    ("*", "latency"), ("sitoo", "429-concurrency"), ("sitoo", "429-slot"), ("*", "500-html"), ("*", "503-html"),
    ("*", "cut-before"), ("*", "cut-in"), ("*", "cut-after"), ("adobe", "slow-effect"), ("*", "truncated-json"),
    ("*", "slow-drip"), ("*", "wrong-type"), ("events", "duplicate"), ("events", "reorder"), ("events", "drop"),
]


def add_faults(w, rate):
    for system, kind in FAULTS:
        for name in ("sitoo", "adobe") if system == "*" else (system,):
            w.sim("POST", "/faults", {"system": name, "route": "*", "kind": kind, "rate": rate, "count": -1, "ms": 2000})


def sell(w, **tills):
    w.sim("POST", "/tills/run", tills)
    w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold")


def test_one_sale_reaches_the_shop():
    with World(stores=2, skus=5) as w:
        w.start()
        w.at_rest()
        before = w.levels()
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        w.at_rest()
        after = w.levels()
        assert after[("SKU-0001", "store-001")] == before[("SKU-0001", "store-001")] - 1, (before, after)
        assert w.exceptions() == []
        assert w.stop() == 0


def under_fire(stores, skus, sales, kills, per_second):
    """Every kind of fault at 5 %, kills spread over the time that the tills sell."""
    with World(stores=stores, skus=skus, seed=7, server_time="60s") as w:
        w.start()
        w.at_rest(limit=1800)
        add_faults(w, 0.05)
        w.sim("POST", "/tills/run", {"sales": sales, "per_second": per_second, "offline": 0.05, "returns": 0.05,
                                     "counts": 0.01, "bookings": 0.02})
        chance = random.Random(7)
        pause = sales / per_second / 100 / (kills + 1)  # the clock runs 100 times faster
        for _ in range(kills):
            time.sleep(chance.uniform(0.3, 1.7) * pause)
            w.kill()
            w.run()
        w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold", 3600)
        w.sim("POST", "/tills/stop")
        w.sim("DELETE", "/faults")
        w.at_rest(limit=1800)
        assert w.exceptions() == [], w.exceptions()
        assert w.sim("GET", "/tills")["sales"] >= sales, w.sim("GET", "/tills")
        print("%d stores x %d SKUs, %d sales, %d kills: both ends agree; %s" % (stores, skus, sales, kills, w.counters()))


def test_sales_with_every_fault_and_kills():
    stores, skus, sales, kills = [int(n) for n in os.environ.get("FIRE", "20x200x2000x10").split("x")]
    under_fire(stores, skus, sales, kills, 2 * sales / 2000)


def outage(side, seconds):
    """One side does not answer for so long, while the tills sell on."""
    with World(stores=3, skus=20) as w:
        w.start()
        w.at_rest()
        w.sim("POST", "/system", {"name": side, "down": True})
        began = time.monotonic()
        sell(w, sales=100 + seconds // 60, per_second=2)
        w.until(lambda: any(c["paused"] for c in w.status()["connections"] if c["name"] == side), "the pause shows")
        time.sleep(max(0, seconds / 100 - (time.monotonic() - began)))  # the clock runs 100 times faster
        assert w.counters()["parked"] == 0 and w.exceptions() == [], (w.counters(), w.exceptions())
        assert side == "sitoo" or w.counters()["pending"] > 0, w.counters()
        w.law()
        w.sim("POST", "/system", {"name": side, "down": False})
        w.at_rest()
        assert w.counters()["parked"] == 0 and w.exceptions() == [], w.exceptions()
        print("%s away for %d s: parked nothing; %s" % (side, seconds, w.counters()))


def test_outage_of_the_shop_parks_nothing():
    outage("adobe", int(os.environ.get("OUTAGE", "600")))


def test_outage_of_the_tills_parks_nothing():
    outage("sitoo", int(os.environ.get("OUTAGE", "600")))


def test_shadow_writes_nothing():
    with World(stores=2, skus=10) as w:
        w.start(shadow="true")
        w.until(lambda: w.counters()["dropped"] > 0 and w.counters()["pending"] == 0, "it looked")
        assert w.sim("GET", "/effects?system=adobe")["effects"] == []
        assert w.counters()["dropped_by_rule"] == {"shadow": w.counters()["dropped"]}
        w.law()


if __name__ == "__main__":
    main([test_one_sale_reaches_the_shop, test_outage_of_the_shop_parks_nothing, test_outage_of_the_tills_parks_nothing,
          test_shadow_writes_nothing, test_sales_with_every_fault_and_kills])
