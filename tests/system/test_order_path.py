# SPDX-License-Identifier: Apache-2.0
"""The order flow end to end with the real binaries: a web order stands at one till, once; what the store does comes back to
the shop; stock stays true meanwhile."""
import csv
import json
import os
import time

from tb import PIPELINE, World, http, main

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

    def wait(self, condition, what, limit=90):
        try:
            self.until(condition, what, limit, 0.3)
        except AssertionError:
            print(json.dumps(self.exceptions(), indent=1)[:3000])
            print(json.dumps(self.counters("orders")))
            raise


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


if __name__ == "__main__":
    main([test_an_order_is_handed_over_and_shipped])
