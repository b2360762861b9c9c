# SPDX-License-Identifier: Apache-2.0
"""The order flow end to end with the real binaries: a web order stands at one till, once; what the store does comes back to
the shop; stock stays true meanwhile."""
import base64
import csv
import json
import os
import random
import subprocess
import time

from tb import PIPELINE, PLUGINS, TILLBRIDGE, World, http, main

ORDERS = """
  { name = "orders"; owner = "customer care"; mode = "latest"; freshness = "120s";
    sources    = ( %(shop)s,
                   { plugin = "sitoo-source"; connection = "sitoo"; stream = "orders"; site = 1; every = "15s"; events = true;
                     sweep = "10m"; } );
    transforms = ( { plugin = "sku-map"; skus = "skus"; unmapped = "same"; },
                   { plugin = "tax-normalizer"; },
                   { plugin = "order-router"; locations = "locations"; },
                   { plugin = "order-bridge"; payments = "payments"; locations = "locations"; } );
    sinks      = ( { plugin = "sitoo-sink"; connection = "sitoo"; site = 1; }, { plugin = "adobe-sink"; connection = "adobe"; } );
    deliver    = { batch = 20; linger = "1s"; }; }"""
STREAMS = ("orders", "shipments", "invoices", "creditmemos")
PAYMENTS = (("checkmo", "captured-at-order"), ("authorize", "capture-at-shipment"), ("cashondelivery", "pay-in-store"))


class Path(World):
    """A world whose daemon has the pipelines of stock and of orders."""

    def __init__(self, **more):
        super().__init__(**{"stores": 3, "skus": 12, "server_time": "20s", "rule": 'reserved = "orders/reserved";',
                            "source": '}, { records = ( "stock.level" );',  # a second source: what order-bridge emits
                            "tables": 'payments = "payments.csv";', **more})

    def begin(self):
        yesterday = time.strftime("%Y-%m-%dT00:00Z", time.gmtime(time.time() - 86400))
        shop = ", ".join('{ plugin = "adobe-source"; connection = "adobe"; stream = "%s"; from = "%s"; every = "20s"; }'
                         % (s, yesterday) for s in STREAMS)
        with open(os.path.join(self.dir, "payments.csv"), "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows([("method", "class"), *PAYMENTS])
        self.write(pipelines=PIPELINE % self.settings + "," + ORDERS % {"shop": shop})
        self.run()

    def place(self, quantity=1, sku="SKU-0001", action="capture", method="checkmo", **wish):
        done = self.sim("POST", "/adobe/order", {"items": [{"sku": sku, "quantity": quantity}],
                                                "payment": {"method": method, "action": action}, **wish})
        return done["order"], done["increment_id"]

    def web(self, entity):
        token = self.settings["access_token"]
        status, answer = http("GET", "http://127.0.0.1:%d/rest/V1/orders/%d" % (self.settings["adobe"], entity), None,
                              {"Authorization": "Bearer " + token})
        assert status == 200, (status, answer)
        return answer

    def at_tills(self):
        """external id -> effects that made an order of that id."""
        made = {}
        for e in self.sim("GET", "/effects?system=sitoo&limit=100000")["effects"]:
            if e["what"] == "order" and e["detail"]["externalid"]:
                made.setdefault(e["detail"]["externalid"], []).append(e["detail"]["order"])
        return made

    def till(self, path):
        """As another API user, so that the daemon's lane stays its own."""
        token = base64.b64encode(b"1500-13:sim-secret").decode()
        url = "http://127.0.0.1:%d/v2/accounts/1500/%s" % (self.settings["sitoo"], path)
        while True:
            status, answer = http("GET", url, headers={"Authorization": "Basic " + token})
            if status != 429:
                assert status == 200, (status, answer)
                return answer["items"]
            time.sleep(0.1)

    def till_orders(self):
        """What was made by us, of every state."""
        found = self.till("orders.json?num=1000&fields=orderid,externalid,orderstateid,warehouseid")
        assert len(found) < 1000, "more than a page"
        return [o for o in found if (o["externalid"] or "").startswith("P-")]

    def deliveries(self, order):
        return self.till("sites/1/orders/%d/orderdeliveries.json?num=100" % order)

    def try_sim(self, method, path, body):
        """A hand in the admin may find that it cannot."""
        return http(method, "http://127.0.0.1:%d%s" % (self.control, path), body)[0] == 200

    def settle_orders(self, chance, placed, limit=180):
        """All that tills hold is handed out; exceptions are released, as a person would, until nothing moves."""
        end, quiet = time.monotonic() + limit, 0
        while quiet < 6:
            hands(self, chance, placed, all_of_it=True)
            c = self.counters("orders")
            busy = c["pending"] or any(o["orderstateid"] == 0 for o in self.till_orders())
            quiet = 0 if busy else quiet + 1
            for x in self.exceptions() if not busy else ():
                if x["reason"] == "order.goods-out":
                    continue  # to release it says that it is settled
                self.cli("exceptions", "retry", str(x["id"]), "--why", "the test looked at it")
            if time.monotonic() > end:
                print(json.dumps(self.exceptions(), indent=1)[:4000], self.status())
                raise AssertionError("orders do not settle")
            time.sleep(0.5)

    def wait(self, condition, what, limit=90):
        try:
            self.until(condition, what, limit, 0.3)
        except AssertionError:
            print(json.dumps(self.exceptions(), indent=1)[:3000])
            print(json.dumps(self.counters("orders")))
            raise


def test_the_sample_is_good():
    """conf/tillbridge-orders.conf loads as it is."""
    sample = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf", "tillbridge-orders.conf")
    secrets = ("SITOO_PASSWORD", "SITOO_EVENTS", "ADOBE_CONSUMER_KEY", "ADOBE_CONSUMER_SECRET", "ADOBE_ACCESS_TOKEN",
               "ADOBE_ACCESS_TOKEN_SECRET")
    done = subprocess.run([TILLBRIDGE, "check", "-c", sample], capture_output=True, text=True,
                          env=dict(os.environ, TILLBRIDGE_PLUGIN_PATH=PLUGINS, **{name: "x" for name in secrets}))
    assert done.returncode == 0 and "2 pipelines" in done.stdout, (done.stdout, done.stderr)


def test_an_order_is_handed_over_and_shipped():
    with Path() as w:
        w.begin()
        w.at_rest()
        entity, number = w.place(2)
        external = "P-%s-1-1" % number
        w.wait(lambda: external in w.at_tills(), "the order stands at a till")
        (till,) = w.at_tills()[external]
        w.sim("POST", "/tills/collect", {"order": till})
        w.wait(lambda: w.web(entity)["items"][0]["qty_shipped"] == 2, "the shop knows that it was handed out")
        w.at_rest()
        assert w.at_tills() == {external: [till]}
        assert w.exceptions() == [], w.exceptions()


LOSSES = {"cut-after": 0.1, "slow-effect": 0.08, "cut-before": 0.03, "500-html": 0.03, "truncated-json": 0.03, "429-slot": 0.02}
CREATING = (("sitoo", "POST /v2/accounts/1500/sites/1/orders.json"), ("sitoo", "PUT /v2/accounts/1500/sites/1/orders/"),
            ("adobe", "/ship"), ("adobe", "/invoice"), ("adobe", "/cancel"), ("adobe", "notify-orders"))


def hands(w, chance, placed, all_of_it=False):
    """What staff and admins do meanwhile: hand out, refuse, cancel."""
    for order in w.till_orders():
        if order["orderstateid"] != 0:
            continue
        way = "collect" if all_of_it or chance.random() < 0.5 else "reject" if chance.random() < 0.2 else None
        if way:
            w.try_sim("POST", "/tills/" + way, {"order": order["orderid"]})
    if all_of_it:
        return
    for entity in chance.sample(placed, min(len(placed), 3)):
        if chance.random() < 0.3 and w.web(entity)["state"] in ("new", "processing"):
            w.try_sim("POST", "/adobe/order-cancel", {"order": entity})


def judge(w, placed):
    """One live till order a part at the most, one order an external id, and what was handed out is what was shipped."""
    live, ids, out = {}, {}, {}
    for order in w.till_orders():
        external = order["externalid"]
        ids.setdefault(external, []).append(order["orderid"])
        if order["orderstateid"] not in (20, 40):
            live.setdefault(external.rsplit("-", 1)[0], []).append(order["orderid"])
        number = external.split("-")[1]
        out[number] = out.get(number, 0) + sum(
            item["quantity"] for d in w.deliveries(order["orderid"]) if not d.get("datecancelled")
            for item in d["orderdeliveryitems"])
    assert all(len(found) == 1 for found in ids.values()), {k: v for k, v in ids.items() if len(v) > 1}
    assert all(len(found) == 1 for found in live.values()), {k: v for k, v in live.items() if len(v) > 1}
    told = {x["reason"]: x["behind"] for x in w.exceptions() if x["behind"]}
    gone, over = 0, 0  # handed out although the shop cancelled it meanwhile: told, never shipped; cancelled after it was
    for entity in placed:
        order = w.web(entity)
        shipped, left = sum(i["qty_shipped"] for i in order["items"]), out.get(order["increment_id"], 0)
        cancelled = order["state"] == "canceled"
        gone += cancelled and left > shipped
        over += cancelled and left == shipped > 0
        assert shipped == left or (cancelled and shipped == 0), (order["increment_id"], order["state"], shipped, left)
    goods_out = sum(x["behind"] for x in w.exceptions() if x["reason"] == "order.goods-out")
    assert gone <= goods_out <= gone + over, (gone, over, w.exceptions())
    assert set(told) <= {"order.goods-out", "order.refund-due", "route.none"}, w.exceptions()
    return told


def test_one_order_is_one_order():
    """Kills, lost answers and slow effects while people cancel, refuse and hand out: ORDERS=1000x300 places so many, with so
    many kills."""
    orders, kills = (int(n) for n in os.environ.get("ORDERS", "40x6").split("x"))
    chance = random.Random(int(os.environ.get("SEED", "1")))
    with Path(stores=4, skus=30, sim_settings={"sitoo": {"duplicate_externalid": "accepted"}, "world": {"stock_most": 200}}) as w:
        w.begin()
        w.at_rest()
        placed = []
        for system, route in CREATING:
            for kind, rate in LOSSES.items():
                w.sim("POST", "/faults", {"system": system, "route": route, "kind": kind, "rate": rate, "count": -1, "ms": 15000})
        for turn in range(kills + 1):
            for _ in range(orders // (kills + 1) + 1):
                if len(placed) < orders:
                    method, _class = chance.choice(PAYMENTS)
                    action = "capture" if method == "checkmo" else "authorize" if method == "authorize" else "none"
                    placed.append(w.place(chance.randrange(1, 4), "SKU-%04d" % chance.randrange(1, 25), action, method)[0])
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
              (len(placed), kills, len(w.at_tills()), w.counters("orders"), told))


if __name__ == "__main__":
    main([test_the_sample_is_good, test_an_order_is_handed_over_and_shipped, test_one_order_is_one_order])
