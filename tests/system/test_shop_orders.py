# SPDX-License-Identifier: Apache-2.0
"""The simulated shop's orders seen from outside: over HTTP, under faults, and by the observer.

What the machine itself does with orders is tested without sockets (tests/unit/test_sim_orders.c) and against recordings
(test_transcripts.py).
"""
import json
import time

from tb import World, http, main

CLOCK = 20


class Shop:
    def __init__(self, w):
        self.w = w
        token = w.sim("GET", "/state")["credentials"]["adobe"]["access_token"]
        self.headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        """(status, answer); status 0: no answer came."""
        return http(method, "http://127.0.0.1:%d/rest/V1/%s" % (self.w.settings["adobe"], path), body, self.headers)

    def ship(self, order, source, token):
        return self.call("POST", "order/%d/ship" % order, {
            "comment": {"comment": token, "is_visible_on_front": 0},
            "arguments": {"extension_attributes": {"source_code": source}}})

    def shipments(self, order):
        query = "searchCriteria[filter_groups][0][filters][0][field]=order_id" \
                "&searchCriteria[filter_groups][0][filters][0][value]=%d" % order
        status, answer = self.call("GET", "shipments?" + query)
        assert status == 200, answer
        return answer["items"]

    def place(self, **wish):
        return self.w.sim("POST", "/adobe/order", wish)["order"]


def world(**settings):
    more = dict(settings.pop("world", {}), equal_start=True, absent_rate=0.0, stock_most=30)
    return World(stores=2, skus=4, clock=CLOCK, sim_settings=dict(settings, world=more))


def stocked(w, shop, quantity=5):
    """An order of that many of a product which the first store has."""
    return shop.place(items=[{"sku": "SKU-0001", "quantity": quantity}], force=True), "store-001"


def fill(w, sku="SKU-0001", source="store-001", quantity=20):
    w.sim("POST", "/adobe/source-item", {"sku": sku, "source": source, "quantity": quantity})


def row(w, sku="SKU-0001", source="store-001"):
    return next(float(r["quantity"]) for r in w.sim("GET", "/state/adobe") if (r["sku"], r["source"]) == (sku, source))


def test_a_cut_answer_leaves_the_shipment():
    with world() as w:
        shop = Shop(w)
        fill(w)
        order, source = stocked(w, shop)
        w.sim("POST", "/faults", {"system": "adobe", "route": "POST /rest/V1/order/", "kind": "cut-after", "count": 1})
        assert shop.ship(order, source, "[tb:1]")[0] == 0
        found = shop.shipments(order)
        assert [c["comment"] for s in found for c in s["comments"]] == ["[tb:1]"], found
        assert row(w) == 15
        status, answer = shop.ship(order, source, "[tb:1]")
        assert status == 400 and "does not allow a shipment" in answer["message"], answer


def test_a_slow_effect_comes_after_the_answer_is_lost():
    with world() as w:
        shop = Shop(w)
        fill(w)
        order, source = stocked(w, shop)
        w.sim("POST", "/faults", {"system": "adobe", "route": "/ship", "kind": "slow-effect", "ms": 10000, "count": 1})
        assert shop.ship(order, source, "[tb:2]")[0] == 0
        assert shop.shipments(order) == []
        assert row(w) == 20
        w.until(lambda: shop.shipments(order), "the shipment is made", limit=20)
        assert row(w) == 15


def test_refused_before_the_effect():
    with world() as w:
        shop = Shop(w)
        fill(w)
        order, source = stocked(w, shop)
        for kind in ("cut-before", "503-html"):
            w.sim("POST", "/faults", {"system": "adobe", "route": "/ship", "kind": kind, "count": 1})
            assert shop.ship(order, source, "[tb:3]")[0] in (0, 503)
        assert shop.shipments(order) == []


def until_rest(w):
    time.sleep(0.05)
    return w.sim("GET", "/observer")


def test_the_observer_counts_promises():
    """Promised is what orders hold, and what tills hold for somebody else; there is what stands in the stores."""
    with world() as w:
        shop = Shop(w)
        pieces = sum(int(float(r["total"])) for r in w.sim("GET", "/state/sitoo") if r["sku"] == "SKU-0001")
        before = until_rest(w)
        assert before["overpromised_now"] == 0, before
        first = shop.place(items=[{"sku": "SKU-0001", "quantity": pieces}], force=True)
        assert until_rest(w)["overpromised_now"] == 0
        second = shop.place(items=[{"sku": "SKU-0001", "quantity": 2}], force=True)
        seen = until_rest(w)
        assert seen["overpromised_now"] == 2 and seen["overpromised_by_sku"] == {"SKU-0001": 2}, seen
        w.sim("POST", "/adobe/order-cancel", {"order": second})
        seen = until_rest(w)
        assert seen["overpromised_now"] == 0 and seen["overpromised_worst"] == 2, seen

        # Held at a till for the same order: promised once.
        number = shop.call("GET", "orders/%d" % first)[1]["increment_id"]
        credentials = ("1500-12", "sim-secret")
        stock = {r["warehouse"]: int(float(r["total"])) for r in w.sim("GET", "/state/sitoo") if r["sku"] == "SKU-0001"}
        warehouse = max(stock, key=stock.get)
        body = {"externalid": "P-%s-1-1" % number, "warehouseid": warehouse, "currencycode": "EUR",
                "datereserved": int(time.time()) + 10 ** 7,
                "orderitems": [{"sku": "SKU-0001", "productname": "Product", "quantity": 3, "moneyrowprice": "3.00",
                                "vatvalue": 25}]}
        status, answer = sitoo(w, "POST", "orders.json", body, credentials)
        assert status in (200, 201), answer
        assert until_rest(w)["overpromised_now"] == 0
        # Two of them are handed out, which the shop does not know yet: still promised once.
        status, found = sitoo(w, "GET", "orders.json?externalid=P-%s-1-1" % number, None, credentials)
        till = found["items"][0]["orderid"]
        status, answer = sitoo(w, "POST", "orders/%d/orderdeliveries.json" % till, {
            "warehouseid": warehouse, "orderdeliveryitems": [{"orderitemid": 0, "quantity": 2}]}, credentials)
        assert status in (200, 201), answer
        assert until_rest(w)["overpromised_now"] == 0
        body["externalid"] = "SOMEBODY-ELSE"
        status, answer = sitoo(w, "POST", "orders.json", body, credentials)
        assert status in (200, 201), answer
        assert until_rest(w)["overpromised_now"] == 3


def sitoo(w, method, path, body, credentials):
    import base64
    basic = base64.b64encode(":".join(credentials).encode()).decode()
    return http(method, "http://127.0.0.1:%d/v2/accounts/1500/sites/1/%s" % (w.settings["sitoo"], path), body,
                {"Authorization": "Basic " + basic})


def test_a_drawn_world_sells_every_kind():
    with world(adobe={"store_views": 2}, world={"shop_kinds": 1}) as w:
        shop = Shop(w)
        drawn = w.sim("POST", "/adobe/draw", {"orders": 60, "pickup": 0.2, "discount": 0.2, "gift_card": 0.1})
        assert drawn["placed"] > 40, drawn
        seen, stores = set(), set()
        for page in (1, 2):
            _, answer = shop.call("GET", "orders?searchCriteria[pageSize]=50&searchCriteria[currentPage]=%d" % page)
            assert answer["total_count"] == drawn["placed"]
            for order in answer["items"]:
                stores.add(order["store_id"])
                seen.update(i["product_type"] for i in order["items"])
        assert seen == {"simple", "configurable", "bundle", "virtual"}, seen
        assert stores == {1, 2}
        views = shop.call("GET", "store/storeViews")[1]
        assert [v["id"] for v in views] == [1, 2, 0], views
        again = Shop(w).call("GET", "orders/1")[1]
        with world(adobe={"store_views": 2}, world={"shop_kinds": 1}) as other:
            other.sim("POST", "/adobe/draw", {"orders": 60, "pickup": 0.2, "discount": 0.2, "gift_card": 0.1})
            twin = Shop(other).call("GET", "orders/1")[1]
        keys = ("increment_id", "grand_total", "total_qty_ordered")
        assert {k: again[k] for k in keys} == {k: twin[k] for k in keys}, "the same seed draws the same orders"


if __name__ == "__main__":
    main([test_a_cut_answer_leaves_the_shipment, test_a_slow_effect_comes_after_the_answer_is_lost,
          test_refused_before_the_effect, test_the_observer_counts_promises, test_a_drawn_world_sells_every_kind])
