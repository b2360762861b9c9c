# SPDX-License-Identifier: Apache-2.0
"""The demonstration as people start it, and the judge it ends with: web orders of the shop beside what the tills have."""
import os
import re
import subprocess

from tb import TILLBRIDGE, World, main


class Ends(World):
    """Both systems, no daemon: hands on both sides do what it would, or would never do."""

    def __init__(self):
        super().__init__(stores=2, skus=6)
        row = max(self.sim("GET", "/state/adobe"), key=lambda r: float(r["quantity"]), default=None)
        assert row is None, "the shop is empty before the first stock"
        level = max(self.sim("GET", "/state/sitoo"), key=lambda r: float(r["total"]))
        self.warehouse = level["warehouse"]
        self.sku = level["sku"]
        self.source = "store-%03d" % (self.warehouse - 30)
        self.sim("POST", "/adobe/source-item", {"sku": self.sku, "source": self.source, "quantity": 20})

    def place(self, action="none", **wish):
        return self.sim("POST", "/adobe/order", {"items": [{"sku": self.sku, "quantity": 2}],
                                                 "payment": {"method": "card", "action": action}, **wish})

    def send(self, order, part=1, attempt=1, quantity=2):
        """Returns the till order's id."""
        return self.till_api("POST", "sites/1/orders.json", {
            "externalid": "P-%s-%d-%d" % (order["increment_id"], part, attempt), "warehouseid": self.warehouse,
            "orderitems": [{"sku": self.sku, "productname": "x", "quantity": quantity, "moneyrowprice": "10.00", "vatvalue": 25}]})

    def judged(self, *why):
        """The differences are these; returns the whole answer."""
        told = self.sim("GET", "/compare/orders")
        assert [d["why"] for d in told["different"]] == list(why) and told["differences"] == len(why), told
        return told


def test_every_rule_of_the_judge_can_fail():
    with Ends() as w:
        order = w.place()
        told = w.judged("not all of it is at a till")
        assert told["waiting"] == told["placed"] == 1 and told["oldest_waiting_ms"] > 0, told
        till = w.send(order)
        told = w.judged()
        assert told["at_till"] == 1 and [o["till"] for o in told["open"]] == [till], told
        second = w.send(order, attempt=2)
        w.judged("two till orders of one part live")
        w.sim("POST", "/tills/cancel", {"order": second})
        w.judged()
        other = w.send(order, part=2, quantity=1)
        w.judged("a till keeps what nobody waits for any more")
        w.sim("POST", "/tills/cancel", {"order": other})
        w.sim("POST", "/tills/collect", {"order": till})
        w.judged("handed out and not shipped")
        w.sim("POST", "/adobe/order-ship", {"order": order["order"], "source": w.source})
        w.judged("shipped and not invoiced")
        w.sim("POST", "/adobe/order-invoice", {"order": order["order"]})
        assert w.judged()["done"] == 1


def test_money_is_judged_by_the_way_it_was_paid():
    with Ends() as w:
        order = w.place("authorize")
        till = w.send(order)
        w.sim("POST", "/adobe/order-invoice", {"order": order["order"], "capture": False})
        w.judged("invoiced and not shipped")
        w.sim("POST", "/tills/collect", {"order": till})
        w.sim("POST", "/adobe/order-ship", {"order": order["order"], "source": w.source})
        w.judged("an invoice took no money")
        captured = w.place("capture")
        w.send(captured)
        assert len(w.judged("an invoice took no money")["open"]) == 1  # captured at checkout is as it should be
        cancelled = w.place("authorize")
        w.sim("POST", "/adobe/order-cancel", {"order": cancelled["order"]})
        assert w.judged("an invoice took no money")["cancelled"] == 1


def test_shipped_by_nobody():
    with Ends() as w:
        order = w.place("capture")
        w.send(order)
        w.sim("POST", "/adobe/order-ship", {"order": order["order"], "source": w.source})
        w.judged("shipped and not handed out")


def test_two_of_one_external_id():
    with Ends() as w:
        w.sim("POST", "/settings", {"sitoo": {"duplicate_externalid": "accepted"}})
        order = w.place("capture")
        for _ in range(2):
            till = w.send(order)
        w.sim("POST", "/tills/cancel", {"order": till})
        w.judged("two till orders have one external id")


def test_the_demo_ends_in_agreement():
    """As it is started by hand, at the pace of the clock on the wall."""
    done = subprocess.run([os.path.join(os.path.dirname(TILLBRIDGE), "tillbridge-in-tree"), "demo", "--for", "12s", "--plain"],
                          capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stdout[-3000:], done.stderr)
    orders = re.search(r"compared (\d+) web orders: 0 differ", done.stdout)
    assert orders and int(orders.group(1)) >= 2, done.stdout[-3000:]
    assert re.search(r"web orders: \d+ placed, 0 wait for a till .*, 0 at a till, \d+ done, \d+ cancelled, 0 exceptions",
                     done.stdout), done.stdout[-3000:]
    assert re.search(r"compared \d+ SKU-store pairs: 0 differ", done.stdout)
    assert "both systems agree about stock and orders" in done.stdout


if __name__ == "__main__":
    main([test_every_rule_of_the_judge_can_fail, test_money_is_judged_by_the_way_it_was_paid, test_shipped_by_nobody,
          test_two_of_one_external_id, test_the_demo_ends_in_agreement])
