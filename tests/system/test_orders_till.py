# SPDX-License-Identifier: Apache-2.0
"""The till's half of the order flow with the real binaries: what is wanted of each order stands in a table (step-rule, a
bridge of a few lines), and whatever is done to calls and answers, each order stands at the till once.

In a tree of --enable-sabotage, TILLBRIDGE_SABOTAGE=believe-at-once must make test_effects_that_come_late find doubles.
"""
import base64
import csv
import json
import os
import time

from tb import BUILD, PLUGINS, World, http, main

PIPELINE = """
  { name = "orders"; owner = "customer care"; mode = "latest"; freshness = "120s";
    sources    = ( { plugin = "file-source"; stream = "lines"; type = "order"; path = "%(dir)s/orders.jsonl"; every = "5s"; },
                   { plugin = "sitoo-source"; connection = "sitoo"; stream = "orders"; site = 1; every = "15s";
                     events = true; sweep = "10m"; } );
    transforms = ( { plugin = "step-rule"; } );
    sinks      = ( { plugin = "sitoo-sink"; connection = "sitoo"; site = 1; } );
    deliver    = { batch = 20; }; }"""

LOST = ["cut-before", "cut-in", "cut-after", "slow-effect", "truncated-json", "slow-drip", "wrong-type", "429-concurrency",
        "429-slot", "500-html", "503-html"]
ROUTES = ["POST /v2/accounts/1500/sites/1/orders.json", "PUT /v2/accounts/1500/sites/1/orders/", "POST /v2/accounts/1500/sites/1/orders/"]
DAY = 86400


class Tills(World):
    """A world whose daemon has the pipeline above."""

    def __init__(self, **configuration):
        settings = {"sitoo": {"duplicate_externalid": "accepted"}}
        super().__init__(stores=2, skus=5, sim_settings=settings,
                         **{"pipelines": None, "tables": 'steps = "steps.csv";', **configuration})
        fixtures = os.path.abspath(os.path.join(BUILD, "tests/fixtures/plugins/.libs"))
        self.env["TILLBRIDGE_PLUGIN_PATH"] = PLUGINS + ":" + fixtures
        self.settings["pipelines"] = PIPELINE % self.settings
        self.plans = {}
        self.released = 0
        self.forgiving = False  # a person lets parked records go again; else nothing may be parked

    def now(self):
        """The simulated clock, in seconds."""
        rate, start = self.env["TILLBRIDGE_CLOCK_RATE"].split("@")
        return int(int(start) + (time.time() - int(start)) * int(rate))

    def plan(self, plans):
        """{key: steps}: what is wanted, and a line for each so that it is looked at."""
        self.plans.update(plans)
        with open(os.path.join(self.dir, "steps.csv"), "w", newline="") as f:
            table = csv.writer(f)
            table.writerow(["key", "steps"])
            for key, steps in self.plans.items():
                table.writerow([key, json.dumps(steps)])
        with open(os.path.join(self.dir, "orders.jsonl"), "a") as f:
            f.writelines(json.dumps({"key": key}) + "\n" for key in plans)

    def orders(self):
        """external id -> orders at the till."""
        found = {}
        fields = "orderid,externalid,orderstateid,datereserved,warehouseid,moneytotal_gross_all"
        for order in self.till_api("GET", "orders.json?num=1000&fields=" + fields)["items"]:
            found.setdefault(order["externalid"], []).append(order)
        return found

    def deliveries(self, order):
        return self.till_api("GET", "sites/1/orders/%d/orderdeliveries.json?num=100" % order["orderid"])["items"]

    def settled(self):
        """All that was written was read, nothing is pending."""
        counters = self.counters("orders")
        for x in self.exceptions() if counters["parked"] else []:
            assert self.forgiving, x
            self.released += self.cli("exceptions", "retry", str(x["id"]), "--why", "the test looked at it")[0] == 0
        return counters["accepted"] >= len(self.plans) and not counters["pending"] and not counters["parked"]

    def rest_for_a_while(self, limit=600):
        """Slow effects may come after all is quiet: quiet twice, with the servers' time between."""
        self.until(self.settled, "the orders are settled", limit, 0.5)
        time.sleep(2.5)
        self.until(self.settled, "the orders are settled", limit, 0.5)
        self.law()


def order(key, until, quantity=1, **changes):
    external = "P-%s-1-1" % key
    step = {"external": external, "warehouse": "31", "reference": key, "paid": True, "until": until * 1000, "currency": "SEK",
            "delivery": "pickup", "total": "%d.00" % (80 * quantity), "customer": {"name": "Ada Berg"},
            "rows": [{"item": 7, "sku": "SKU-0001", "quantity": quantity, "gross": "%d.00" % (80 * quantity),
                      "discount": "%d.00" % (20 * quantity), "rate": "25", "name": "Cap"}]}
    step.update(changes)
    return {"operation": "order", "external": external, "probe": external, "step": step}


def renew(key, until):
    return {"operation": "reservation-renew", "external": "P-%s-1-1" % key, "probe": "", "step": {"until": until * 1000}}


def cancel(key):
    return {"operation": "order-cancel", "external": "P-%s-1-1" % key, "probe": "", "step": {}}


def delivery(key):
    token = "[tb:%s-d-1]" % key
    return {"operation": "delivery", "external": "P-%s-1-1" % key, "probe": token,
            "step": {"warehouse": "31", "token": token, "rows": [{"row": 0, "quantity": 1}]}}


def tokens(w, found):
    return [d["orderdeliveryref"] for d in w.deliveries(found) if not d["datecancelled"]]


def test_an_order_lives_at_the_till():
    with Tills() as w:
        soon, later = w.now() + 20 * DAY, w.now() + 30 * DAY
        w.plan({"101": [order("101", soon), renew("101", later), delivery("101")], "102": [order("102", soon), cancel("102")]})
        w.start()
        w.rest_for_a_while()
        found = w.orders()
        first, second = found["P-101-1-1"], found["P-102-1-1"]
        assert len(first) == len(second) == 1, found
        assert first[0]["datereserved"] == later and first[0]["moneytotal_gross_all"] == "80.00", first
        assert tokens(w, first[0]) == ["[tb:101-d-1]"] and first[0]["warehouseid"] == 31
        assert second[0]["orderstateid"] == 20 and tokens(w, second[0]) == []
        assert w.exceptions() == [], w.exceptions()
        # a sale at the till ends as one, and is no order of ours
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        w.until(lambda: w.counters("orders")["dropped_by_rule"].get("till-sale") == 1, "the sale is counted")
        w.law()


def test_staff_are_noticed():
    """Each thing that staff do makes the order be looked at again."""
    with Tills() as w:
        until = w.now() + 20 * DAY
        w.plan({key: [order(key, until, 2)] for key in ("201", "202", "203")})
        w.start()
        w.rest_for_a_while()
        ids = {key: w.orders()["P-%s-1-1" % key][0]["orderid"] for key in w.plans}

        def step(verb, **arguments):
            before = w.counters("orders")["accepted"]
            answer = w.sim("POST", "/tills/" + verb, arguments)
            w.until(lambda: w.counters("orders")["accepted"] > before, "%s is noticed" % verb)
            return answer

        step("ready", order=ids["201"])
        partly = step("collect", order=ids["201"], rows=[{"row": 0, "quantity": 1}])
        assert partly["state"] == 0, partly
        step("cancel-delivery", order=ids["201"], delivery=partly["delivery"])
        whole = step("collect", order=ids["201"], warehouse=32)
        assert whole["state"] == 10, whole
        assert [d["warehouseid"] for d in w.deliveries({"orderid": ids["201"]}) if not d["datecancelled"]] == [32]
        step("reject", order=ids["202"])
        step("cancel", order=ids["202"])
        step("edit", order=ids["203"], rows=[{"productname": "Cap", "sku": "SKU-0001", "quantity": 1, "moneyrowprice": "70.00",
                                             "vatvalue": 25}])
        w.rest_for_a_while()
        assert w.orders()["P-203-1-1"][0]["moneytotal_gross_all"] == "70.00"
        assert w.exceptions() == [], w.exceptions()


def test_external_ids_are_taken_for_ever():
    """The simulator refuses one that is used, also by a cancelled order."""
    with Tills() as w:
        w.sim("POST", "/settings", {"sitoo": {"duplicate_externalid": "refused"}})
        body = {"ordertypeid": 10, "externalid": "P-9-1-1", "warehouseid": 31,
                "orderitems": [{"productname": "Cap", "sku": "SKU-0001", "quantity": 1, "moneyrowprice": "80.00", "vatvalue": 25}]}
        url = "http://127.0.0.1:%d/v2/accounts/1500/sites/1/orders.json" % w.settings["sitoo"]
        basic = {"Authorization": "Basic " + base64.b64encode(b"1500-13:sim-secret").decode()}
        status, first = http("POST", url, body, basic)
        assert status == 200, first
        assert http("POST", url, body, basic)[0] == 400
        w.sim("POST", "/tills/cancel", {"order": first})
        status, answer = http("POST", url, body, basic)
        assert status == 400 and "unique" in answer["errortext"], answer


def test_what_cannot_be_written_is_told():
    """It is parked with its reason, and the others go on."""
    with Tills() as w:
        tip = [{"kind": "tip", "gross": "1.00", "rate": "0"}]
        w.plan({"301": [order("301", w.now() + DAY)], "302": [order("302", w.now() + DAY, fees=tip)],
                "303": [order("303", w.now() + DAY, delivery="ship")]})
        w.start()
        w.until(lambda: w.counters("orders")["parked"] == 2 and not w.counters("orders")["pending"], "two are parked")
        assert sorted(x["reason"] for x in w.exceptions()) == ["order.no-address", "order.unfit"], w.exceptions()
        assert sorted(w.orders()) == ["P-301-1-1"], w.orders()
        w.law()


def under_fire(w, keys):
    until, later = w.now() + 20 * DAY, w.now() + 30 * DAY
    w.forgiving = True
    for route in ROUTES:
        for kind in LOST:
            w.sim("POST", "/faults", {"system": "sitoo", "route": route, "kind": kind, "count": 1, "ms": 60000})
        for status in (404, 400):
            w.sim("POST", "/faults", {"system": "sitoo", "route": route, "kind": "answer", "status": status, "count": 1,
                                      "base64": base64.b64encode(b'{"statuscode":400,"errortext":"no"}').decode()})
    for kind in ("cut-in", "500-html", "truncated-json"):
        w.sim("POST", "/faults", {"system": "sitoo", "route": "GET", "kind": kind, "rate": 0.05, "count": 10})
    w.plan({key: [order(key, until), cancel(key)] if int(key) % 2 else [order(key, until), renew(key, later), delivery(key)]
            for key in keys})


def test_whatever_is_lost():
    """Every answer to a creating call may be lost, with its effect or without, or come late: one order, one delivery."""
    with Tills(server_time="180s") as w:
        keys = [str(n) for n in range(401, 431)]
        under_fire(w, keys)
        w.start()
        w.rest_for_a_while(900)
        fired = sum(f["fired"] for f in w.sim("GET", "/faults"))
        found = w.orders()
        doubles = {e: len(o) for e, o in found.items() if len(o) != 1}
        assert not doubles, "more than one live order: %s" % doubles
        assert sorted(found) == ["P-%s-1-1" % key for key in keys], sorted(found)
        for key in keys:
            one = found["P-%s-1-1" % key][0]
            wanted = [] if int(key) % 2 else ["[tb:%s-d-1]" % key]
            assert tokens(w, one) == wanted, "deliveries of %s: %s" % (key, tokens(w, one))
            assert (one["orderstateid"] == 20) == (int(key) % 2 == 1), one
        assert fired >= 35, "only %d faults fired" % fired
        print("%d orders, %d faults fired, %d exceptions released, one of each; %s" % (len(keys), fired, w.released,
                                                                                    w.counters("orders")))


def test_effects_that_come_late():
    """The connection is gone, the order is not there, and 100 s later it is: nobody may have sent it again meanwhile."""
    with Tills() as w:
        for route in (ROUTES[0], ROUTES[2]):
            w.sim("POST", "/faults", {"system": "sitoo", "route": route, "kind": "slow-effect", "count": 2, "ms": 100000})
        keys = [str(n) for n in range(601, 605)]
        w.plan({key: [order(key, w.now() + DAY), delivery(key)] for key in keys})
        w.start()
        w.rest_for_a_while()
        found = w.orders()
        assert sum(f["fired"] for f in w.sim("GET", "/faults")) == 4
        doubles = {e: len(o) for e, o in found.items() if len(o) != 1}
        assert not doubles, "more than one live order: %s" % doubles
        for key in keys:
            assert tokens(w, found["P-%s-1-1" % key][0]) == ["[tb:%s-d-1]" % key], key
        ever = json.loads(w.cli("exceptions", "--all", "--json")[1])["exceptions"]
        assert ever == [], "each probe could tell, nothing was ever parked: %s" % ever


def test_kills_between():
    """The same with the daemon killed again and again."""
    with Tills(server_time="60s") as w:
        keys = [str(n) for n in range(501, 521)]
        under_fire(w, keys)
        w.start()
        for _ in range(5):
            time.sleep(1.2)
            w.kill()
            w.run()
        w.rest_for_a_while(900)
        found = w.orders()
        assert {e: len(o) for e, o in found.items() if len(o) != 1} == {}, found
        for key in keys:
            assert tokens(w, found["P-%s-1-1" % key][0]) == ([] if int(key) % 2 else ["[tb:%s-d-1]" % key])


if __name__ == "__main__":
    main([test_an_order_lives_at_the_till, test_staff_are_noticed, test_external_ids_are_taken_for_ever, test_what_cannot_be_written_is_told,
          test_whatever_is_lost, test_effects_that_come_late, test_kills_between])
