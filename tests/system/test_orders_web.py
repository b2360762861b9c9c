# SPDX-License-Identifier: Apache-2.0
"""The shop's end of the order flow with the real binaries: what adobe-source tells and reads, and every operation of
adobe-sink with answers lost after the effect and with what a shop answers when it is not well. The rules in between are
a table (tests/fixtures/plugins/order-steps.c).

A part of operations x answers is played in `make check`; ORDERS=all plays the whole.
"""
import base64
import csv
import json
import os
import time

from tb import BUILD, World, main

STREAMS = ("orders", "shipments", "invoices", "creditmemos")
TEST_PLUGINS = os.path.abspath(os.path.join(BUILD, "tests/fixtures/plugins/.libs"))
SOURCE = "store-001"

PIPELINE = """
  { name = "orders"; owner = "customer care"; mode = "latest"; freshness = "120s";
    sources    = ( %(sources)s );
    transforms = ( { plugin = "order-steps"; %(steps)s } );
    sinks      = ( { plugin = "adobe-sink"; connection = "adobe"; } );
    deliver    = { batch = 50; linger = "1s"; }; },
  { name = "lines"; owner = "customer care"; mode = "ordered"; freshness = "120s";
    sources    = ( { records = ( "line" ); } );
    sinks      = ( { plugin = "file-sink"; path = "%(dir)s/orders.jsonl"; } ); }"""


def today():
    """A time before anything in the simulated shop, whatever the clock's rate."""
    return time.strftime("%Y-%m-%dT00:00Z", time.gmtime(time.time() - 86400))


class Shop(World):
    """The daemon with the pipeline of orders only (or beside that of stock), and a shop to place orders in."""

    def __init__(self, stock="", every="20s", **more):
        super().__init__(stores=2, skus=6, **more)
        self.env["TILLBRIDGE_PLUGIN_PATH"] += ":" + TEST_PLUGINS
        self.every, self.stock, self.steps = every, stock, []
        self.skus_ = ["SKU-0001", "SKU-0002"]

    def set_up(self, lines=False):
        sources = ", ".join('{ plugin = "adobe-source"; connection = "adobe"; stream = "%s"; from = "%s"; every = "%s"; }'
                            % (s, today(), self.every) for s in STREAMS)
        orders = PIPELINE % {"sources": sources, "dir": self.dir, "steps": "" if lines else 'steps = "steps";'}
        self.write(pipelines=(self.stock and self.stock + ",") + orders)
        with open(os.path.join(self.dir, "steps.csv"), "w", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(("order", "operation", "step"))
            out.writerows((key, operation, json.dumps(step)) for key, operation, step in self.steps or [("none", "", "{}")])
        with open(self.conf) as f:
            text = f.read()
        with open(self.conf, "w") as f:
            f.write(text.replace('skus = "skus.csv";', 'skus = "skus.csv"; steps = "steps.csv";'))

    def begin(self, lines=False):
        self.set_up(lines)
        self.run()

    # ---- the shop ----

    def stock_up(self, sku=None, quantity=50, source=SOURCE):
        self.sim("POST", "/adobe/source-item", {"sku": sku or self.skus_[0], "source": source, "quantity": quantity})

    def place(self, quantity=2, sku=None, **wish):
        done = self.sim("POST", "/adobe/order", {"items": [{"sku": sku or self.skus_[0], "quantity": quantity}], **wish})
        return done["order"], done["increment_id"]

    def order(self, entity):
        return self.shop_api("GET", "orders/%d" % entity)

    def papers(self, kind, entity):
        return self.shop_api("GET", "%s?searchCriteria[filter_groups][0][filters][0][field]=order_id&"
                        "searchCriteria[filter_groups][0][filters][0][value]=%d" % (kind, entity))["items"]

    # ---- judging ----

    def resting(self):
        c = self.counters("orders")
        return c["pending"] == self.counters("lines")["pending"] == 0 and c["accepted"] > 0

    def wait(self, condition, what, limit=60):
        try:
            self.until(condition, what, limit)
        except AssertionError:
            print(json.dumps(self.status())[:3000])
            print(self.exceptions())
            raise

    def row(self, sku=None):
        return self.levels()[(sku or self.skus_[0], SOURCE)]


def lines_of(w):
    path = os.path.join(w.dir, "orders.jsonl")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f]


# ---- the source ----

def test_placed_orders_reach_a_file_once_each():
    """Under faults and through kills: every state of every order that was at rest stands there once."""
    with Shop(server_time="20s") as w:
        w.stock_up(quantity=500)
        keys = [w.place()[1] for _ in range(8)]
        w.begin(lines=True)
        for kind in ("500-html", "503-html", "cut-before", "cut-in", "cut-after", "truncated-json", "429-slot"):
            w.sim("POST", "/faults", {"system": "adobe", "route": "*", "kind": kind, "rate": 0.03, "count": -1, "ms": 2000})
        for i in range(12):
            keys.append(w.place()[1])
            time.sleep(0.05)
            if i % 5 == 4:
                w.kill()
                w.run()
        w.sim("DELETE", "/faults")
        w.wait(lambda: {x["key"] for x in lines_of(w)} == set(keys) and w.resting(), "each order stands in the file")
        lines = lines_of(w)
        assert len(lines) == len({(x["key"], x["order"]["updated_at"]) for x in lines}) == len(keys), len(lines)
        assert w.exceptions() == []
        w.law()


def test_many_orders_of_one_second():
    """More than two pages with one time."""
    with Shop() as w:
        w.stock_up(quantity=5000)
        keys = {w.place(quantity=1)[1] for _ in range(120)}
        w.begin(lines=True)
        w.wait(lambda: {x["key"] for x in lines_of(w)} == keys, "all are told")
        w.law()


def test_what_is_read_of_an_order():
    """The order as its own route gives it, its documents, and what was edited under the original's key."""
    with Shop() as w:
        w.stock_up()
        first, key = w.place(quantity=3)
        item = w.order(first)["items"][0]["item_id"]
        w.sim("POST", "/adobe/order-invoice", {"order": first, "capture": True})
        w.sim("POST", "/adobe/order-ship", {"order": first, "source": SOURCE, "items": [{"order_item_id": item, "qty": 1}]})
        w.sim("POST", "/adobe/order-refund", {"order": first, "items": [{"order_item_id": item, "qty": 1}]})
        second, edited = w.place()
        replaced = w.sim("POST", "/adobe/order-edit", {"order": second, "items": [{"sku": w.skus_[0], "quantity": 1}]})
        assert replaced["increment_id"] == edited + "-1", replaced
        w.begin(lines=True)
        w.wait(lambda: {x["key"] for x in lines_of(w)} == {key, edited} and w.resting(), "both are read")
        line = [x for x in lines_of(w) if x["key"] == key][-1]
        assert line["order"] == w.order(first), (line["order"], w.order(first))
        assert [line[k] for k in ("shipments", "invoices", "creditmemos", "earlier")] == [1, 1, 1, 0], line
        line = [x for x in lines_of(w) if x["key"] == edited][-1]
        assert line["order"]["entity_id"] == replaced["order"] and line["earlier"] == 1, line


def test_documents_bring_their_order_again():
    """An order's own time is not always moved by its documents: the streams of the documents tell of them."""
    with Shop(sim_settings={"adobe": {"untouched_rate": 1.0}}) as w:
        w.stock_up()
        entity, key = w.place()
        w.begin(lines=True)
        w.wait(lambda: lines_of(w) and w.resting(), "the order is told")
        before = w.counters("orders")["accepted"]
        w.sim("POST", "/adobe/order-ship", {"order": entity, "source": SOURCE})
        w.wait(lambda: w.counters("orders")["accepted"] > before, "the shipment tells of it")


def test_doctor_names_routes_and_rights():
    with Shop() as w:
        w.begin()
        code, out, _ = w.cli("doctor", "--json")
        found = [f for f in json.loads(out)["findings"] if f.get("plugin", "").startswith("adobe")]
        assert code == 0 and not [f for f in found if f.get("finding") == "bad"], (code, found)
        assert {"/V1/orders", "/V1/creditmemos", "ship", "cancel"} <= {f["what"] for f in found}, found


# ---- the operations ----

def token(key, what):
    return "[tb:%s-%s]" % (key, what)


def step_of(w, operation, wish=None):
    """An order of more than the step is about, the step, and how many effects of it there are."""
    w.stock_up()
    pickup = {"pickup": SOURCE} if operation == "ready" else {}
    entity, key = w.place(quantity=4, **pickup, **(wish or {}))
    item = w.order(entity)["items"][0]["item_id"]
    rows = [{"item": item, "quantity": 2}]
    steps = {
        "shipment": {"order": entity, "source": SOURCE, "rows": rows, "token": token(key, "ship-0"), "tracks": []},
        "ready": {"order": entity, "source": SOURCE, "rows": rows, "token": token(key, "ready")},
        "invoice": {"order": entity, "capture": False, "rows": rows, "token": token(key, "invoice-0")},
        "order-comment": {"order": entity, "text": "picked", "token": token(key, "comment")},
        "web-order-cancel": {"order": entity},
    }
    effects = {
        "shipment": lambda: len(w.papers("shipments", entity)),
        "ready": lambda: len(w.papers("shipments", entity)),
        "invoice": lambda: len(w.papers("invoices", entity)),
        "order-comment": lambda: len([h for h in w.shop_api("GET", "orders/%d/comments" % entity)["items"] if token(key, "comment") in h["comment"]]),
        "web-order-cancel": lambda: int(w.order(entity)["state"] == "canceled"),
    }
    w.steps.append((key, operation, steps[operation]))
    return entity, key, effects[operation]


ROUTES = {"shipment": "POST /rest/all/V1/order/", "ready": "/notify-orders", "invoice": "POST /rest/all/V1/order/",
          "order-comment": "POST /rest/all/V1/orders/", "web-order-cancel": "/cancel"}


def sample(faults, always=0):
    """Each operation with the first `always` of the faults and one more, another for each; or with all."""
    for i, operation in enumerate(ROUTES):
        rest = faults[always:]
        yield from ((operation, f) for f in faults[:always])
        yield from ((operation, f) for f in (rest if os.environ.get("ORDERS") == "all" else [rest[i % len(rest)]]))


def fired(w):
    faults = w.sim("GET", "/faults")
    return (faults if isinstance(faults, list) else faults["faults"])[0]["fired"]


def play(operation, fault, limit=60):
    """The operation while the first calls meet the fault; how many effects there are in the end, and which exceptions."""
    with Shop(server_time="20s") as w:
        _, _, effects = step_of(w, operation)
        w.sim("POST", "/faults", {"system": "adobe", "route": ROUTES[operation], "rate": 1, "count": 2, "ms": 2000, **fault})
        w.begin()
        w.wait(lambda: w.resting() and (effects() or w.exceptions()), "%s under %s is settled" % (operation, fault), limit)
        assert fired(w) > 0, "the fault never fired"
        time.sleep(0.5)  # fifty seconds of the daemon's: what would be done twice would be done now
        w.law()
        return effects(), [x["reason"] for x in w.exceptions() if x["open"]]


def test_answers_lost_after_the_effect():
    for operation, kind in sample(["cut-after", "cut-in", "truncated-json", "slow-effect"], 1):
        got = play(operation, {"kind": kind})
        assert got == (1, []), (operation, kind, got)


def test_killed_while_a_call_was_under_way():
    """The shop does it after the daemon is dead; the next daemon finds the intent and looks."""
    for operation in ("shipment", "invoice", "order-comment"):
        with Shop(server_time="60s") as w:
            _, _, effects = step_of(w, operation)
            w.sim("POST", "/faults", {"system": "adobe", "route": ROUTES[operation], "kind": "latency", "rate": 1, "count": 1, "ms": 30000})
            w.begin()
            w.wait(lambda: fired(w), "the call is under way")
            w.kill()
            w.wait(lambda: effects() == 1, "the shop has done it")
            w.run()
            w.wait(lambda: w.resting() and w.counters("orders")["applied"] > 0, "it was looked for")
            time.sleep(0.7)
            assert effects() == 1 and w.exceptions() == [], (operation, effects(), w.exceptions())
            w.law()


def answer(status, body, kind="application/json"):
    return {"kind": "answer", "status": status, "headers": {"Content-Type": kind},
            "base64": base64.b64encode(body.encode()).decode()}


def test_transient_answers():
    deadlock = answer(400, '{"message":"Database deadlock found when trying to get lock"}')
    for operation, fault in sample([{"kind": "429-slot"}, {"kind": "500-html"}, {"kind": "503-html"}, {"kind": "cut-before"}, deadlock]):
        got = play(operation, fault)
        assert got == (1, []), (operation, fault, got)


def test_permanent_answers():
    gone = answer(404, '{"message":"The entity that was requested doesn\'t exist. Verify the entity and try again."}')
    wrong = answer(400, '{"message":"The value is wrong"}')
    own = {"shipment": "web.shipment-refused", "ready": "web.ready-refused", "invoice": "web.invoice-refused",
           "order-comment": "web.comment-refused", "web-order-cancel": "web.cancel-refused"}
    for operation, fault in sample([gone, wrong]):
        got = play(operation, {**fault, "count": -1})
        assert got == (0, ["web.order-gone" if fault is gone else own[operation]]), (operation, got)


def test_a_paid_order_is_not_cancelled():
    """The shop answers 200 false."""
    with Shop() as w:
        w.stock_up()
        entity, key, effects = step_of(w, "web-order-cancel")
        w.sim("POST", "/adobe/order-invoice", {"order": entity, "capture": True})
        w.begin()
        w.wait(lambda: [x["reason"] for x in w.exceptions()] == ["web.cancel-refused"], "it is told")
        assert effects() == 0 and w.order(entity)["state"] == "processing"


def test_a_held_order_is_told_and_goes_on_after():
    with Shop() as w:
        entity, key, effects = step_of(w, "shipment")
        w.sim("POST", "/adobe/order-hold", {"order": entity})
        w.begin()
        w.wait(lambda: [x["reason"] for x in w.exceptions()] == ["web.order-status"], "it is told")
        w.sim("POST", "/adobe/order-unhold", {"order": entity})
        w.wait(lambda: effects() == 1 and not [x for x in w.exceptions() if x["open"]], "it is shipped")


def test_a_row_that_is_too_low_is_raised():
    """Another store hands out: the shop's row of that source holds nothing."""
    with Shop() as w:
        w.stock_up(quantity=50, source="store-002")
        w.stock_up(quantity=2)
        entity, key, effects = step_of(w, "shipment")
        w.stock_up(quantity=1)
        w.begin()
        w.wait(lambda: effects() == 1 and w.resting(), "it is shipped")
        assert w.row() == 0, w.row()
        assert w.exceptions() == []


def test_the_stock_pipeline_writes_a_row_that_was_shipped_from():
    """The till's level is as it was, so nothing would be written if the row were still believed."""
    from tb import PIPELINE as STOCK
    with Shop() as w:
        w.stock = STOCK % w.settings
        w.begin()
        w.wait(w.agree, "both ends agree")
        before = w.row()
        entity, key = w.place(quantity=1)
        item = w.order(entity)["items"][0]["item_id"]
        w.steps.append((key, "shipment", {"order": entity, "source": SOURCE, "rows": [{"item": item, "quantity": 1}],
                                          "token": token(key, "ship-0"), "tracks": []}))
        assert w.stop() == 0
        w.begin()
        w.wait(lambda: len(w.papers("shipments", entity)) == 1, "it is shipped")
        w.wait(lambda: w.row() == before or w.row() == before - 1, "the shop has subtracted it")
        till = {(r["warehouse"], r["sku"]): r for r in w.sim("GET", "/state/sitoo")}
        level = int(float(till[(31, "SKU-0001")]["total"]))
        w.sim("POST", "/tills/count", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": level}]})
        w.wait(w.agree, "both ends agree again")


if __name__ == "__main__":
    main([test_placed_orders_reach_a_file_once_each, test_many_orders_of_one_second, test_what_is_read_of_an_order,
          test_documents_bring_their_order_again, test_doctor_names_routes_and_rights, test_answers_lost_after_the_effect,
          test_killed_while_a_call_was_under_way,
          test_transient_answers, test_permanent_answers, test_a_paid_order_is_not_cancelled,
          test_a_held_order_is_told_and_goes_on_after, test_a_row_that_is_too_low_is_raised,
          test_the_stock_pipeline_writes_a_row_that_was_shipped_from])
