# SPDX-License-Identifier: Apache-2.0
"""The whole order flow with the real binaries between both simulators: both pipelines, all rules. An order goes to a till,
what happens to it there comes to the shop, what happens to it in the shop goes to the till, and stock stays true; and
whatever is lost meanwhile, one order is one order.

ORDERS=1000x300 places so many orders, with so many kills, in test_one_order_is_one_order.
"""
import csv
import json
import os
import random
import subprocess
import time

from tb import PIPELINE, PLUGINS, TILLBRIDGE, World, http, main

STREAMS = ("orders", "shipments", "invoices", "creditmemos")
ORDERS = """, { name = "orders"; owner = "customer care"; mode = "latest"; freshness = "120s";
    sources    = ( %(sources)s, { plugin = "sitoo-source"; connection = "sitoo"; stream = "orders"; site = 1; every = "15s";
                                  events = true; sweep = "%(sweep)s"; } );
    transforms = ( { plugin = "sku-map"; skus = "skus"; unmapped = "same"; }, { plugin = "tax-normalizer"; },
                   { plugin = "order-router"; locations = "locations"; },
                   { plugin = "order-bridge"; payments = "payments"; locations = "locations"; send-when = "%(send_when)s"; %(bridge)s } );
    sinks      = ( { plugin = "sitoo-sink"; connection = "sitoo"; site = 1; }, { plugin = "adobe-sink"; connection = "adobe"; } );
    deliver    = { batch = 20; linger = "1s"; }; }"""
OPEN, CANCELLED = 0, 20
REFUSED = 910
# method, its class, and what the buyer's checkout does
PAYMENTS = (("checkmo", "captured-at-order", "capture"), ("authorize", "capture-at-shipment", "authorize"),
            ("cashondelivery", "pay-in-store", "none"))


class Flow(World):
    """Both ends, both pipelines, and stock in the shop before the first order."""

    def __init__(self, send_when="placed", sweep="10m", bridge="", **more):
        super().__init__(**{"stores": 2, "skus": 6, "clock": 20, "tables": 'payments = "payments.csv";',
                            "rule": 'reserved = "orders/reserved";',
                            "source": '}, { records = ( "stock.level" );',  # a second source: what order-bridge emits
                            **more})
        with open(os.path.join(self.dir, "payments.csv"), "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows([("method", "class"), *(p[:2] for p in PAYMENTS)])
        day = time.strftime("%Y-%m-%dT00:00Z", time.gmtime(time.time() - 86400))
        sources = ", ".join('{ plugin = "adobe-source"; connection = "adobe"; stream = "%s"; from = "%s"; every = "20s"; }'
                            % (stream, day) for stream in STREAMS)
        self.start(pipelines=PIPELINE % self.settings + ORDERS % {
            "sources": sources, "send_when": send_when, "sweep": sweep, "bridge": bridge})
        self.until(self.resting, "the stock is in the shop")
        self.sku = max(self.levels().items(), key=lambda row: row[1])[0][0]

    def place(self, quantity=1, sku=None, **wish):
        return self.sim("POST", "/adobe/order", {"items": [{"sku": sku or self.sku, "quantity": quantity}], **wish})

    def web(self, entity):
        return self.shop_api("GET", "orders/%d" % entity)

    def till_orders(self):
        """What was made by us, of every state."""
        found = self.till_api("GET", "orders.json?num=1000&fields=orderid,externalid,orderstateid,warehouseid")["items"]
        assert len(found) < 1000, "more than a page"
        return [o for o in found if (o["externalid"] or "").startswith("P-")]

    def at_till(self, order, attempt=1):
        """The till's order of that attempt, when it is there."""
        external = "P-%s-1-%d" % (order["increment_id"], attempt)
        found = [o for o in self.till_orders() if o["externalid"] == external]
        assert len(found) < 2, found
        return found[0] if found else None

    def sent(self, order, attempt=1):
        return self.until(lambda: self.at_till(order, attempt), "the till has attempt %d" % attempt)

    def hand_out(self, till, pieces):
        self.till_api("POST", "sites/1/orders/%d/orderdeliveries.json" % till["orderid"],
                      {"warehouseid": till["warehouseid"], "orderdeliveryitems": [{"orderitemid": 0, "quantity": pieces}]})

    def shipped(self, order):
        return self.web(order["order"])["items"][0]["qty_shipped"]

    def orders_rest(self):
        self.until(lambda: self.counters("orders")["pending"] == 0, "the orders rest")
        assert not self.exceptions(), self.exceptions()
        self.law()

    def try_sim(self, path, body):
        """Hands in a store or in the admin may find that they cannot."""
        return http("POST", "http://127.0.0.1:%d%s" % (self.control, path), body)[0] == 200

    def settle_orders(self, chance, placed, limit=180):
        """All that tills hold is handed out; exceptions are released, as a person would, until nothing moves."""
        end, quiet = time.monotonic() + limit, 0
        while quiet < 6:
            hands(self, chance, placed, all_of_it=True)
            c = self.counters("orders")
            busy = c["pending"] or any(o["orderstateid"] == OPEN for o in self.till_orders())
            quiet = 0 if busy else quiet + 1
            for x in self.exceptions() if not busy else ():
                if x["reason"] == "order.goods-out":
                    continue  # to release it says that it is settled
                self.cli("exceptions", "retry", str(x["id"]), "--why", "the test looked at it")
            if time.monotonic() > end:
                print(json.dumps(self.exceptions(), indent=1)[:4000], self.status())
                raise AssertionError("orders do not settle")
            time.sleep(0.5)


def test_the_sample_is_good():
    """conf/tillbridge-orders.conf loads as it is."""
    sample = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf", "tillbridge-orders.conf")
    secrets = ("SITOO_PASSWORD", "SITOO_EVENTS", "ADOBE_CONSUMER_KEY", "ADOBE_CONSUMER_SECRET", "ADOBE_ACCESS_TOKEN",
               "ADOBE_ACCESS_TOKEN_SECRET")
    done = subprocess.run([TILLBRIDGE, "check", "-c", sample], capture_output=True, text=True,
                          env=dict(os.environ, TILLBRIDGE_PLUGIN_PATH=PLUGINS, **{name: "x" for name in secrets}))
    assert done.returncode == 0 and "2 pipelines" in done.stdout, (done.stdout, done.stderr)


def test_handed_out_is_shipped():
    with Flow() as w:
        order = w.place(2)
        till = w.sent(order)
        for pieces in (1, 2):
            w.hand_out(till, 1)
            w.until(lambda p=pieces: w.shipped(order) == p, "%d are shipped" % pieces)
        w.orders_rest()
        w.at_rest()


def test_cancelled_in_the_shop_is_cancelled_at_the_till():
    with Flow() as w:
        order = w.place()
        w.sent(order)
        w.shop_api("POST", "orders/%d/cancel" % order["order"], {})
        w.until(lambda: w.at_till(order)["orderstateid"] == CANCELLED, "it is cancelled at the till")
        w.orders_rest()
        w.at_rest()
        assert not w.at_till(order, 2)


def test_what_a_store_does_not_have_goes_to_another():
    with Flow() as w:
        orders = [w.place(), w.place()]
        first = [w.sent(order) for order in orders]
        w.till_api("PUT", "sites/1/orders/%d.json" % first[0]["orderid"], {"orderstateid": CANCELLED})
        w.till_api("POST", "sites/1/orders/%d/orderlogitems.json" % first[1]["orderid"], {"orderlogtypeid": REFUSED})
        for order, before in zip(orders, first):
            now = w.sent(order, 2)
            assert now["warehouseid"] != before["warehouseid"] and now["orderstateid"] == OPEN, (before, now)
            assert w.at_till(order)["orderstateid"] == CANCELLED
            w.hand_out(now, 1)
            w.until(lambda o=order: w.shipped(o) == 1, "it is shipped")
        w.orders_rest()
        w.at_rest()


LOSSES = {"cut-after": 0.1, "slow-effect": 0.08, "cut-before": 0.03, "500-html": 0.03, "truncated-json": 0.03, "429-slot": 0.02}
CREATING = (("sitoo", "POST /v2/accounts/1500/sites/1/orders.json"), ("sitoo", "PUT /v2/accounts/1500/sites/1/orders/"),
            ("adobe", "/ship"), ("adobe", "/invoice"), ("adobe", "/cancel"), ("adobe", "notify-orders"))


def hands(w, chance, placed, all_of_it=False):
    """What staff and admins do meanwhile: hand out, refuse, cancel."""
    for order in w.till_orders():
        if order["orderstateid"] != OPEN:
            continue
        way = "collect" if all_of_it or chance.random() < 0.5 else "reject" if chance.random() < 0.2 else None
        if way:
            w.try_sim("/tills/" + way, {"order": order["orderid"]})
    if all_of_it:
        return
    for entity in chance.sample(placed, min(len(placed), 3)):
        if chance.random() < 0.3 and w.web(entity)["state"] in ("new", "processing"):
            w.try_sim("/adobe/order-cancel", {"order": entity})


def judge(w, placed):
    """One live till order a part at the most, one order an external id, and what was handed out is what was shipped."""
    live, ids, out = {}, {}, {}
    for order in w.till_orders():
        external = order["externalid"]
        ids.setdefault(external, []).append(order["orderid"])
        if order["orderstateid"] != CANCELLED:
            live.setdefault(external.rsplit("-", 1)[0], []).append(order["orderid"])
        number = external.split("-")[1]
        deliveries = w.till_api("GET", "sites/1/orders/%d/orderdeliveries.json?num=100" % order["orderid"])["items"]
        out[number] = out.get(number, 0) + sum(item["quantity"] for d in deliveries if not d.get("datecancelled")
                                               for item in d["orderdeliveryitems"])
    assert all(len(found) == 1 for found in ids.values()), {k: v for k, v in ids.items() if len(v) > 1}
    assert all(len(found) == 1 for found in live.values()), {k: v for k, v in live.items() if len(v) > 1}
    told = {}
    for x in w.exceptions():
        told[x["reason"]] = told.get(x["reason"], 0) + x["behind"]
    gone, over = 0, 0  # handed out although the shop cancelled it meanwhile: told, never shipped; cancelled after it was
    unserved = 0  # every store refused it
    for entity in placed:
        order = w.web(entity)
        shipped, left = sum(i["qty_shipped"] for i in order["items"]), out.get(order["increment_id"], 0)
        cancelled = order["state"] == "canceled"
        gone += cancelled and left > shipped
        over += cancelled and left == shipped > 0
        assert shipped == left or (cancelled and shipped == 0), (order["increment_id"], order["state"], shipped, left)
        unserved += not cancelled and shipped < order["total_qty_ordered"]
    assert gone <= told.get("order.goods-out", 0) <= gone + over, (gone, over, w.exceptions())
    assert unserved == told.get("order.refund-due", 0) + told.get("route.none", 0), (unserved, w.exceptions())
    assert set(told) <= {"order.goods-out", "order.refund-due", "route.none"}, w.exceptions()
    return told


def test_one_order_is_one_order():
    """Kills, lost answers and slow effects while people cancel, refuse and hand out."""
    orders, kills = (int(n) for n in os.environ.get("ORDERS", "40x6").split("x"))
    chance = random.Random(int(os.environ.get("SEED", "1")))
    with Flow(send_when="paid", stores=4, skus=30, clock=100, server_time="20s",
              sim_settings={"sitoo": {"duplicate_externalid": "accepted"}, "world": {"stock_most": 200}}) as w:
        placed = []
        for system, route in CREATING:
            for kind, rate in LOSSES.items():
                w.sim("POST", "/faults", {"system": system, "route": route, "kind": kind, "rate": rate, "count": -1, "ms": 15000})
        for turn in range(kills + 1):
            for _ in range(orders // (kills + 1) + 1):
                if len(placed) < orders:
                    method, _, action = chance.choice(PAYMENTS)
                    placed.append(w.place(chance.randrange(1, 4), "SKU-%04d" % chance.randrange(1, 25),
                                          payment={"method": method, "action": action})["order"])
            time.sleep(chance.uniform(0.2, 1.5))
            hands(w, chance, placed)
            if turn < kills:
                w.kill()
                w.run()
        w.sim("DELETE", "/faults")
        w.settle_orders(chance, placed)
        w.at_rest()
        told = judge(w, placed)
        w.law()
        print("%d web orders, %d kills, %d till orders; %s; exceptions %s" %
              (len(placed), kills, len(w.till_orders()), w.counters("orders"), told))


if __name__ == "__main__":
    main([test_the_sample_is_good, test_handed_out_is_shipped, test_cancelled_in_the_shop_is_cancelled_at_the_till,
          test_what_a_store_does_not_have_goes_to_another, test_one_order_is_one_order])
