# SPDX-License-Identifier: Apache-2.0
"""The first day at a live shop (rule R6): open orders, of which some are at the till under the ids of the connector before
us, old orders that are over, and reservations that no order explains. No order is sent twice, and every one is taken over,
sent, or named in an exception; what was taken over goes on as if it had been ours.

FIRSTDAY=500x300x10000x50: open orders x of these at the till already x old ones x reservations left over.
"""
import os
import time

from tb import main
from test_identity import CAPTURED, Identity
from test_orders_flow import CANCELLED

CLOSED = 10
SIZES = tuple(int(n) for n in os.environ.get("FIRSTDAY", "24x14x40x4").split("x"))
DIFFERENT = 2  # of those at the till: with other pieces than the shop's order


class FirstDay(Identity):
    """Both systems have a past before the daemon is started."""

    def __init__(self, sizes, adopt='adopt = "WEB-%s";'):
        self.sizes, self.adopt, self.past, self.web_open = sizes, adopt, False, []
        super().__init__(skus=60, clock=60, world={"stock_most": 200})

    def start(self, **changes):
        if not self.past:
            self.past = True
            self.live_before()
        text = changes["pipelines"].replace('stream = "orders"; site', 'stream = "orders"; %s site' % self.adopt)
        parts = text.split('from = "')
        changes["pipelines"] = parts[0] + "".join('from = "%s"%s' % (self.since, p[p.index('"') + 1:]) for p in parts[1:])
        self.resting = lambda: self.pipeline("orders") is not None  # the observer knows our ids only
        super().start(**changes)

    def behind(self, exception):
        status, answer = self.api("GET", "exceptions/%d" % exception["id"])
        assert status == 200 and len(answer["keys"]) == exception["behind"], answer
        return [k["key"] for k in answer["keys"]]

    def live_before(self):
        opened, at_till, old, left_over = self.sizes
        for n in range(old):
            sku = "SKU-%04d" % (n % 50 + 1)
            done = self.sim("POST", "/adobe/order", {"items": [{"sku": sku, "quantity": 1}], "force": True, "payment": CAPTURED})
            if self.row(sku) < 1:
                self.sim("POST", "/adobe/source-item", {"sku": sku, "source": "store-001", "quantity": 200})
            self.sim("POST", "/adobe/order-ship", {"order": done["order"], "source": "store-001"})
        time.sleep(0.2)
        last = self.sim("POST", "/adobe/order", {"items": [{"sku": "SKU-0001", "quantity": 1}], "force": True})
        self.sim("POST", "/adobe/order-cancel", {"order": last["order"]})
        self.since = self.shop_api("GET", "orders/%d" % last["order"])["created_at"].replace(" ", "T") + "Z"
        for n in range(opened):
            sku, pieces = "SKU-%04d" % (n % 50 + 1), n % 3 + 1
            items = [{"sku": sku, "quantity": pieces}] + ([{"sku": "SKU-0051", "quantity": 1}] if n % 4 == 0 else [])
            order = self.sim("POST", "/adobe/order", {"items": items, "force": True, "payment": CAPTURED})
            self.web_open.append(order)
            if n < at_till:
                self.of_the_old_connector(order, items, n)
        for n in range(left_over):
            self.sim("POST", "/adobe/reservation", {"sku": "SKU-%04d" % (52 + n % 9), "stock": 2, "quantity": -1,
                                                    "metadata": {"event_type": "order_placed", "object_type": "order",
                                                                 "object_id": "", "object_increment_id": "9%08d" % n}})

    def of_the_old_connector(self, order, items, n):
        rows = [{"sku": i["sku"], "productname": i["sku"], "quantity": i["quantity"] + (n < DIFFERENT), "moneyrowprice": "80.00",
                 "vatvalue": 25} for i in items]
        rows.append({"sku": "FREIGHT", "productname": "Freight", "quantity": 1, "moneyrowprice": "5.00", "vatvalue": 25})
        till = self.till_api("POST", "sites/1/orders.json", {
            "externalid": "WEB-" + order["increment_id"], "warehouseid": 31 + n % 2, "currencycode": "EUR", "orderitems": rows,
            "datereserved": int(time.time()) + 10 ** 7})
        order["till"] = till

    def all_at_till(self):
        found, page = [], None
        while page is None or len(page) == 1000:
            page = self.till_api("GET", "orders.json?num=1000&start=%d&sort=orderid&fields=orderid,externalid,orderstateid,warehouseid"
                                 % len(found))["items"]
            found += page
        return found

    def live(self):
        """{the shop's number: external ids of what is not cancelled}"""
        out = {}
        for o in self.all_at_till():
            kind, _, rest = (o["externalid"] or "").partition("-")
            if kind in ("P", "WEB") and o["orderstateid"] != CANCELLED:
                out.setdefault(rest.split("-")[0], []).append(o["externalid"])
        return out


def settled(w):
    """All are looked at: nothing waits, and nothing is sent any more."""
    seen = {"n": -1, "times": 0}

    def quiet():
        n = (len(w.all_at_till()), w.counters("orders")["accepted"])
        busy = w.counters("orders")["pending"]
        seen["times"] = seen["times"] + 1 if n == seen["n"] and not busy else 0
        seen["n"] = n
        return seen["times"] > 5
    w.until(quiet, "all orders are looked at", limit=60 + sum(w.sizes) // 5, pause=0.5)


def test_every_order_is_taken_over_or_named():
    opened, at_till, old, _ = SIZES
    with FirstDay(SIZES) as w:
        w.until(lambda: w.counters("orders")["accepted"] >= opened, "the open orders are read")
        settled(w)
        live, named = w.live(), {}
        for x in w.exceptions():
            for key in w.behind(x):
                named[key] = x["reason"]
        doubled = {k: v for k, v in live.items() if len(v) > 1}
        assert not doubled, doubled
        for n, order in enumerate(w.web_open):
            number = order["increment_id"]
            ids = live.get(number, [])
            if n < DIFFERENT:
                assert named.get(number) == "order.changed-at-till" and ids == ["WEB-" + number], (number, ids, named)
            elif n < at_till:
                assert ids == ["WEB-" + number] and number not in named, (number, ids, named.get(number))
            else:
                assert ids == ["P-%s-1-1" % number] or number in named, (number, ids, "neither sent nor named")
        assert len(live) <= opened, "old orders were sent"
        # What was taken over goes on: handed out is shipped, cancelled at the till is routed anew under our own id.
        taken = w.web_open[DIFFERENT:at_till]
        w.sim("POST", "/tills/collect", {"order": taken[0]["till"]})
        w.until(lambda: all(i["qty_shipped"] == i["qty_ordered"] for i in w.web(taken[0]["order"])["items"]), "it is shipped")
        w.sim("POST", "/tills/cancel", {"order": taken[1]["till"]})
        w.until(lambda: w.live().get(taken[1]["increment_id"]) == ["P-%s-1-2" % taken[1]["increment_id"]], "it is routed anew")
        w.sim("POST", "/adobe/order-refund", {"order": taken[2]["order"],
                                              "return_to_stock": [i["item_id"] for i in w.web(taken[2]["order"])["items"]]})
        w.until(lambda: not w.live().get(taken[2]["increment_id"]), "it is cancelled at the till")
        left_over = w.sizes[3]
        _, said, _ = w.cli("doctor")
        told = {line.split()[3].rstrip(":") for line in said.splitlines() if "are left over" in line} if left_over else set()
        assert told == {"SKU-%04d" % (52 + n % 9) for n in range(left_over)}, said
        assert not left_over or "inventory:reservation:create-compensations" in said, said
        w.law()
        print("%d open orders, %d of them at the till before, %d old: %d at the till, 0 doubles, %d named %s" %
              (opened, at_till, old, len(live), len(named), sorted(set(named.values()))))


def test_without_the_pattern_they_are_doubled():
    """The harness sees it."""
    with FirstDay((4, 4, 0, 0), adopt="") as w:
        w.until(lambda: any(len(v) > 1 for v in w.live().values()), "an order is at the till twice")


if __name__ == "__main__":
    main([test_every_order_is_taken_over_or_named, test_without_the_pattern_they_are_doubled])
