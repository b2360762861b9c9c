# SPDX-License-Identifier: Apache-2.0
"""The whole order flow with the real binaries between both simulators: both pipelines, all rules. An order goes to a till,
what happens to it there comes to the shop, what happens to it in the shop goes to the till, and stock stays true.
"""
import base64
import os
import time

import tb
from tb import World, http, main

STREAMS = ("orders", "shipments", "invoices", "creditmemos")
ORDERS = """, { name = "orders"; owner = "customer care"; mode = "latest"; freshness = "120s";
    sources    = ( %(sources)s, { plugin = "sitoo-source"; connection = "sitoo"; stream = "orders"; site = 1; every = "15s";
                                  events = true; sweep = "10m"; } );
    transforms = ( { plugin = "sku-map"; skus = "skus"; unmapped = "same"; }, { plugin = "tax-normalizer"; },
                   { plugin = "order-router"; locations = "locations"; },
                   { plugin = "order-bridge"; payments = "payments"; locations = "locations"; send-when = "placed"; } );
    sinks      = ( { plugin = "sitoo-sink"; connection = "sitoo"; site = 1; }, { plugin = "adobe-sink"; connection = "adobe"; } );
    deliver    = { batch = 20; linger = "1s"; }; }"""
OPEN, CANCELLED = 0, 20
REFUSED = 910


class Flow(World):
    """Both ends, both pipelines, and stock in the shop before the first order."""

    def __init__(self):
        super().__init__(stores=2, skus=6, clock=20)
        with open(os.path.join(self.dir, "payments.csv"), "w") as f:
            f.write("method,class\ncheckmo,captured-at-order\n")
        day = time.strftime("%Y-%m-%dT00:00Z", time.gmtime(time.time() - 86400))
        sources = ", ".join('{ plugin = "adobe-source"; connection = "adobe"; stream = "%s"; from = "%s"; every = "20s"; }'
                            % (stream, day) for stream in STREAMS)
        stock = tb.PIPELINE.replace("%(source)s } );", '}, { records = ( "stock.level" ); } );')
        self.settings.update(tables='payments = "payments.csv";', rule='reserved = "orders/reserved";')
        self.start(pipelines=stock % self.settings + ORDERS % {"sources": sources})
        self.until(self.resting, "the stock is in the shop")
        self.sku = max(self.levels().items(), key=lambda row: row[1])[0][0]

    def shop(self, method, path, body=None):
        token = self.settings["access_token"]
        status, answer = http(method, "http://127.0.0.1:%d/rest/V1/%s" % (self.settings["adobe"], path), body,
                              {"Authorization": "Bearer " + token})
        assert status == 200, (path, status, answer)
        return answer

    def till(self, method, path, body=None):
        """As another API user, so that the daemon's lane stays its own."""
        token = base64.b64encode(b"1500-13:sim-secret").decode()
        url = "http://127.0.0.1:%d/v2/accounts/1500/%s" % (self.settings["sitoo"], path)
        while True:
            status, answer = http(method, url, body, {"Authorization": "Basic " + token})
            if status != 429:
                assert status == 200, (path, status, answer)
                return answer
            time.sleep(0.2)

    def place(self, quantity=1):
        return self.sim("POST", "/adobe/order", {"items": [{"sku": self.sku, "quantity": quantity}]})

    def at_till(self, order, attempt=1):
        """The till's order of that attempt, when it is there."""
        external = "P-%s-1-%d" % (order["increment_id"], attempt)
        fields = "orderid,externalid,orderstateid,warehouseid"
        found = [o for o in self.till("GET", "orders.json?num=1000&fields=" + fields)["items"] if o["externalid"] == external]
        assert len(found) < 2, found
        return found[0] if found else None

    def sent(self, order, attempt=1):
        return self.until(lambda: self.at_till(order, attempt), "the till has attempt %d" % attempt)

    def hand_out(self, till, pieces):
        self.till("POST", "sites/1/orders/%d/orderdeliveries.json" % till["orderid"],
                  {"warehouseid": till["warehouseid"], "orderdeliveryitems": [{"orderitemid": 0, "quantity": pieces}]})

    def shipped(self, order):
        return self.shop("GET", "orders/%d" % order["order"])["items"][0]["qty_shipped"]

    def orders_rest(self):
        self.until(lambda: self.counters("orders")["pending"] == 0, "the orders rest")
        assert not self.exceptions(), self.exceptions()
        self.law()


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
        w.shop("POST", "orders/%d/cancel" % order["order"], {})
        w.until(lambda: w.at_till(order)["orderstateid"] == CANCELLED, "it is cancelled at the till")
        w.orders_rest()
        w.at_rest()
        assert not w.at_till(order, 2)


def test_what_a_store_does_not_have_goes_to_another():
    with Flow() as w:
        orders = [w.place(), w.place()]
        first = [w.sent(order) for order in orders]
        w.till("PUT", "sites/1/orders/%d.json" % first[0]["orderid"], {"orderstateid": CANCELLED})
        w.till("POST", "sites/1/orders/%d/orderlogitems.json" % first[1]["orderid"], {"orderlogtypeid": REFUSED})
        for order, before in zip(orders, first):
            now = w.sent(order, 2)
            assert now["warehouseid"] != before["warehouseid"] and now["orderstateid"] == OPEN, (before, now)
            assert w.at_till(order)["orderstateid"] == CANCELLED
            w.hand_out(now, 1)
            w.until(lambda o=order: w.shipped(o) == 1, "it is shipped")
        w.orders_rest()
        w.at_rest()


if __name__ == "__main__":
    main([test_handed_out_is_shipped, test_cancelled_in_the_shop_is_cancelled_at_the_till,
          test_what_a_store_does_not_have_goes_to_another])
