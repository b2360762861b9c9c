# SPDX-License-Identifier: Apache-2.0
"""Answers from hell for the order flow. A call is named by a story: an order is brought to where the call is due, the call
meets the answer, and when that is over the story must end as it would have: once, and told by nothing but what was seen.

What went over the wire is traced, so that it is known how a cell ended, and that a call which may have had its effect was
looked for before it was made again.
"""
import os
import re
import time

from hell import ANSWERS, fired, last_error, wait_seen
from test_orders_flow import CANCELLED, Flow

SOURCE = "store-001"
PAID = {"payment": {"method": "checkmo", "action": "capture"}}
UNPAID = {"payment": {"method": "checkmo", "action": "none"}}
AUTHORIZED = {"payment": {"method": "authorize", "action": "authorize"}}
PICKUP = {"pickup": SOURCE}
LATE = "650s"  # a call that the daemon gave up after five real seconds has its effect a second later


class Orders(Flow):
    """Both pipelines, every rule of the bridge in use, and documents that leave the order's own time alone."""

    def __init__(self):
        super().__init__(send_when="paid", sweep="1m", bridge='shipped-in-shop = "deliver"; refund-on-cancel = true;', clock=100,
                         server_time="5s", stores=2, skus=4,
                         sim_settings={"adobe": {"untouched_rate": 1.0}, "sitoo": {"duplicate_externalid": "accepted"},
                                       "world": {"stock_most": 100000, "shop_kinds": 1}})
        self.played = []
        there = {}
        for (sku, _), level in self.levels().items():
            there[sku] = min(level, there.get(sku, level))
        self.sku = max((sku for sku in there if sku.startswith("SKU-")), key=there.get)

    def write(self, **changes):
        super().write(**changes)
        self.traced = os.path.join(self.dir, "trace.txt")
        with open(self.conf) as f:
            text = f.read()
        with open(self.conf, "w") as f:
            f.write(re.sub(r"  (sitoo|adobe) = {", r'  \1 = { trace = "%s";' % self.traced, text))

    def now(self):
        """The simulated clock, in seconds."""
        rate, start = self.env["TILLBRIDGE_CLOCK_RATE"].split("@")
        return int(int(start) + (time.time() - int(start)) * int(rate))

    def patience(self, server_time):
        """How long an effect may take to come, of both systems."""
        if server_time != self.settings["server_time"]:
            assert self.stop() == 0
            self.start(server_time=server_time)

    def papers(self, kind, order):
        return self.shop_api("GET", "%s?searchCriteria[filter_groups][0][filters][0][field]=order_id&"
                             "searchCriteria[filter_groups][0][filters][0][value]=%d" % (kind, order["order"]))["items"]

    def deliveries(self, till):
        found = self.till_api("GET", "sites/1/orders/%d/orderdeliveries.json?num=100" % till["orderid"])["items"]
        return [d for d in found if not d["datecancelled"]]

    def calls(self, since):
        """(method, URL, answer) of what went over the wire."""
        with open(self.traced, errors="replace") as f:
            f.seek(since)
            lines = f.read().split("\n")
        found = (re.match(r"\d+ ([A-Z]+) (\S+).* -> (answered|no answer) (\d+) in \d+ ms", line) for line in lines)
        return [(m[1], m[2], int(m[4]) if m[3] == "answered" else 0) for m in found if m]


# ---- stories ----

class Story:
    """An order on its way: what comes before the call, what makes it due, and when it is done."""
    wish = PAID
    sent = True  # the till has it before the call

    def __init__(self, w):
        self.w = w

    def prepare(self):
        self.order = self.w.place(**self.wish)
        self.till = self.w.sent(self.order) if self.sent else None

    def act(self):
        raise NotImplementedError

    def done(self):
        raise NotImplementedError

    def single(self):
        """What must be there once, when all is over: at the till one order, unless it says more."""
        return [self.w.at_till(self.order)]


class Sent(Story):
    sent = False

    def prepare(self):
        pass

    def act(self):
        self.order = self.w.place(**self.wish)

    def done(self):
        return self.w.at_till(self.order)


class Unbilled(Sent):
    """No document tells of it: it has none."""
    wish = AUTHORIZED


class Bundle(Sent):
    """What its rows are is said by the product, which is asked for once an hour: the daemon begins anew."""

    def act(self):
        assert self.w.stop() == 0
        self.w.run()
        wish = {"items": [{"sku": "SET-001", "quantity": 1, "selections": [{"sku": "SET-001-A"}, {"sku": "SET-001-B"}]}]}
        self.order = self.w.sim("POST", "/adobe/order", {**wish, **self.wish})


class HandedOut(Story):
    def act(self):
        self.w.hand_out(self.till, 1)

    def done(self):
        return self.w.shipped(self.order) == 1

    def single(self):
        return super().single() + [self.w.papers("shipments", self.order), self.w.deliveries(self.till)]


class HandedOutUnheard(HandedOut):
    """No event tells of it."""

    def act(self):
        self.w.sim("POST", "/faults", {"system": "events", "route": "*", "kind": "drop", "rate": 1, "count": -1})
        self.w.sim("POST", "/tills/collect", {"order": self.till["orderid"]})  # and closed: no list shows a delivery by itself


class Captured(HandedOut):
    wish = AUTHORIZED

    def single(self):
        return super().single() + [self.w.papers("invoices", self.order)]


class Again(HandedOut):
    """Handed out once before, so that there are documents to be read; then once more."""
    wish = AUTHORIZED

    def prepare(self):
        self.order = self.w.place(2, **self.wish)
        self.till = self.w.sent(self.order)
        self.w.hand_out(self.till, 1)
        self.w.until(lambda: self.w.shipped(self.order) == 1, "the first piece is shipped")

    def done(self):
        return self.w.shipped(self.order) == 2

    def single(self):
        pieces = [s for s in self.w.papers("shipments", self.order)]
        invoices = [i for i in self.w.papers("invoices", self.order)]
        assert len(pieces) == len(invoices) == 2, (pieces, invoices)
        return [self.w.at_till(self.order)]


class Ready(Story):
    wish = {**PAID, **PICKUP}

    def act(self):
        self.w.sim("POST", "/tills/ready", {"order": self.till["orderid"]})

    def done(self):
        return self.w.shipped(self.order) == 1

    def single(self):
        return super().single() + [self.w.papers("shipments", self.order)]


class Renewed(Story):
    def act(self):
        self.soon = self.w.now() + 86400
        self.w.till_api("PUT", "sites/1/orders/%d.json" % self.till["orderid"], {"datereserved": self.soon})

    def done(self):
        found = self.w.till_api("GET", "sites/1/orders/%d.json" % self.till["orderid"])
        return found["datereserved"] > self.soon


class Cancelled(Story):
    wish = AUTHORIZED

    def act(self):
        self.w.shop_api("POST", "orders/%d/cancel" % self.order["order"], {})

    def done(self):
        return self.w.at_till(self.order)["orderstateid"] == CANCELLED


class ShippedInShop(Story):
    def act(self):
        self.w.sim("POST", "/adobe/order-ship", {"order": self.order["order"], "source": self.source()})

    def source(self):
        return "store-%03d" % (self.till["warehouseid"] - 30)

    def done(self):
        return len(self.w.deliveries(self.till)) == 1

    def single(self):
        return super().single() + [self.w.deliveries(self.till), self.w.papers("shipments", self.order)]


class PaidLater(Sent):
    wish = UNPAID

    def prepare(self):
        self.order = self.w.place(**self.wish)

    def act(self):
        self.w.sim("POST", "/adobe/order-invoice", {"order": self.order["order"], "capture": True})


class Refunded(Story):
    def act(self):
        item = self.w.web(self.order["order"])["items"][0]["item_id"]
        self.w.sim("POST", "/adobe/order-refund", {"order": self.order["order"], "items": [{"order_item_id": item, "qty": 1}],
                                                   "return_to_stock": [item]})

    def done(self):
        return self.w.at_till(self.order)["orderstateid"] == CANCELLED


class Nowhere(Story):
    wish = {**AUTHORIZED, **PICKUP}

    def act(self):
        self.w.sim("POST", "/tills/reject", {"order": self.till["orderid"]})

    def done(self):
        return self.w.web(self.order["order"])["state"] == "canceled"


# ---- calls ----

class Call:
    def __init__(self, system, route, story, query="", lost=None, probe=None):
        """lost: the route of the call whose answer is lost, for what is asked only then. probe: what is looked for between
        a call that may have had its effect and the next of its kind."""
        self.system, self.route, self.story, self.query, self.lost, self.probe = system, route, story, query, lost, probe

    def faults(self, name):
        here = {"system": self.system, "rate": 1}
        if self.lost:
            yield {**here, "route": self.lost, "kind": "cut-after", "count": 1}
        yield {**here, "route": self.route, "query": self.query, "count": -1, "after": bool(self.lost), **ANSWERS[name]}


LISTED, NAMED, CHAIN = "=updated_at&", "filters%5D%5B0%5D%5Bfield%5D=entity_id", "original_increment_id"
OF_ORDER, TOLD = "field%5D=order_id", "notification_sent"
SHOP = "/rest/all/V1/"
ORDERS, ONE = "/v2/accounts/1500/sites/1/orders.json", "/v2/accounts/1500/sites/1/orders/"
READY = "/notify-orders-are-ready-for-pickup"
PAPER = "POST /rest/all/V1/order/"  # a shipment, or an invoice, whichever is due first: the lists are GET

READS = {
    "adobe orders": Call("adobe", "GET " + SHOP + "orders", Unbilled, LISTED),
    "adobe shipments": Call("adobe", "GET " + SHOP + "shipments", ShippedInShop, LISTED),
    "adobe invoices": Call("adobe", "GET " + SHOP + "invoices", PaidLater, LISTED),
    "adobe creditmemos": Call("adobe", "GET " + SHOP + "creditmemos", Refunded, LISTED),
    "adobe names": Call("adobe", "GET " + SHOP + "orders", ShippedInShop, NAMED),
    "adobe hydrate": Call("adobe", "GET " + SHOP + "orders", Sent, CHAIN),
    "adobe hydrate shipments": Call("adobe", "GET " + SHOP + "shipments", Again, OF_ORDER),
    "adobe hydrate invoices": Call("adobe", "GET " + SHOP + "invoices", HandedOut, OF_ORDER),
    "adobe hydrate creditmemos": Call("adobe", "GET " + SHOP + "creditmemos", Refunded, OF_ORDER),
    "adobe hydrate products": Call("adobe", "GET " + SHOP + "products", Bundle, NAMED),
    "sitoo gather": Call("sitoo", "GET /v2/accounts/1500/orders.json", HandedOut, "orderid="),
    "sitoo hydrate": Call("sitoo", "GET /v2/accounts/1500/orders.json", Sent, "externalid="),
    "sitoo hydrate deliveries": Call("sitoo", "/orderdeliveries.json", HandedOut),
    "sitoo sweep": Call("sitoo", "GET /v2/accounts/1500/orders.json", HandedOutUnheard, "orderstate=0"),
}
STEPS = {
    "order": Call("sitoo", "POST " + ORDERS, Sent, probe=r"externalid=P-[^,&]*&"),
    "order-cancel": Call("sitoo", "PUT " + ONE, Cancelled),
    "reservation-renew": Call("sitoo", "PUT " + ONE, Renewed),
    "delivery": Call("sitoo", "POST " + ONE, ShippedInShop, probe=r"/orderdeliveries\.json\?"),
    "shipment": Call("adobe", PAPER, HandedOut, probe=TOLD),
    "ready": Call("adobe", READY, Ready, probe=TOLD),
    "invoice": Call("adobe", PAPER, Captured, probe=TOLD),
    "web-order-cancel": Call("adobe", "/cancel", Nowhere),
    "order probe": Call("sitoo", "GET /v2/accounts/1500/orders.json", Sent, "externalid=", "POST " + ORDERS),
    "delivery probe": Call("sitoo", "GET " + ONE, ShippedInShop, "", "POST " + ONE),
    "shipment probe": Call("adobe", "GET " + SHOP + "shipments", HandedOut, OF_ORDER, PAPER),
    "ready probe": Call("adobe", "GET " + SHOP + "shipments", Ready, OF_ORDER, READY),
    "invoice probe": Call("adobe", "GET " + SHOP + "invoices", Captured, OF_ORDER, PAPER),
    "chain probe": Call("adobe", "GET " + SHOP + "orders", HandedOut, TOLD, PAPER),
    "order read back": Call("sitoo", "GET " + ONE, Sent),
    "cancel read back": Call("sitoo", "GET " + ONE, Cancelled),
    "shipment read back": Call("adobe", "GET " + SHOP + "shipment/", HandedOut),
}
DOUBT = {0, 429} | set(range(500, 600))


def looked_first(call, calls, what):
    """Whether a call that may have had its effect was looked for, as it must be before the next of its kind."""
    looked, doubt = False, None
    for method, url, status in calls:
        if method == "GET" and re.search(call.probe, url) and doubt is not None:
            looked, doubt = True, None
        elif method == "POST" and call.route.split(" ")[-1] in url:
            assert not doubt, "%s was made again, and nobody looked whether %s had had its effect" % (url, doubt)
            doubt = url if status in DOUBT else "" if what and status == 200 else None
    return looked


# ---- a cell ----

def well(w):
    """All is done, and nothing is paused."""
    status = w.status()
    return (status and not any(c["paused"] for c in status["connections"]) and
            not any(p["counters"]["pending"] or p["counters"]["parked"] for p in status["pipelines"]) and not w.exceptions())


def release(w):
    for x in w.exceptions():
        w.cli("exceptions", "retry", str(x["id"]), "--why", "it is over")


def come_to_rest(w, story):
    """As when people look after it: what was told is released until it is done."""
    end = time.monotonic() + 120
    while not (story.done() and well(w)):
        assert time.monotonic() < end, "it does not come to rest: %s %s" % (w.exceptions(), w.status()["pipelines"])
        release(w)
        time.sleep(0.1)


def judge(story):
    for found in story.single():
        assert found is not None and (isinstance(found, dict) or len(found) == 1), "not once: %s" % found


def play(w, calls, name_of_call, name):
    call = calls[name_of_call]
    w.patience(LATE if name == "time-out" else "5s")
    story = call.story(w)
    story.prepare()
    w.until(lambda: well(w), "all is well before it")
    since, mark = last_error(w), os.path.getsize(w.traced)
    for fault in call.faults(name):
        w.sim("POST", "/faults", fault)
    story.act()
    w.until(lambda: all(f["fired"] for f in w.sim("GET", "/faults") if f["system"] == call.system), "%s is asked" % name_of_call, 60, 0.05)
    what = wait_seen(w, name_of_call, name, call.system, since, story.done)
    w.sim("DELETE", "/faults")
    assert w.daemon.poll() is None, "the daemon ended with %s" % w.daemon.returncode
    reasons = sorted({x["reason"] for x in w.exceptions()})
    come_to_rest(w, story)
    judge(story)
    w.played.append((name_of_call, name, story))
    w.law()
    looked = call.probe and looked_first(call, w.calls(mark), what)
    return "exception " + " ".join(reasons) if reasons else "probe" if looked or call.lost else "retry" if what else "borne"


def mend(w):
    w.sim("DELETE", "/faults")
    end = time.monotonic() + 30
    while not well(w) and time.monotonic() < end:
        release(w)
        time.sleep(0.2)


def all_once(w):
    """What came late would be there by now."""
    time.sleep(1)
    for name_of_call, name, story in w.played:
        try:
            judge(story)
        except AssertionError as e:
            yield "%s x %s, in the end: %s" % (name_of_call, name, e)
