# SPDX-License-Identifier: Apache-2.0
"""What people see and decide of web orders: why an order is where it is, and a tax set-up that is not the pinned one."""
import json
import sqlite3

from tb import main
from test_orders_flow import REFUSED, Flow


def explained(w, key, *words):
    code, out, err = w.cli("explain", "order", key, *words)
    assert code == 0 and not err, (code, out, err)
    return out


def remembered(w, key):
    """{namespace: {key: value}} of what plugins remember."""
    told = json.loads(explained(w, key, "--json"))
    found = {}
    for x in told["remembered"]:
        found.setdefault(x["namespace"], {})[x["key"]] = x["value"]
    return told, found


def test_explain_tells_why():
    with Flow() as w:
        order = w.place(2)
        till = w.sent(order)
        w.orders_rest()
        number = order["increment_id"]
        told, known = remembered(w, number)
        route = known["orders/routes"][number]
        part = known["orders/attempts"][number]["parts"][0]
        held = {key: value for key, value in known["orders/reserved"].items()}
        assert route["why"] and "free" in json.dumps(route["why"]) and route["rule"] == "most-stock", route
        assert part["external"] == till["externalid"] and int(part["till"]) == till["orderid"], part
        assert list(held) == ["%s@%s/%s" % (w.sku, route["parts"][0]["source"], number)], held
        assert list(held.values())[0]["o"] == "2" and list(held.values())[0]["d"] == "0", held
        assert known["orders/verdicts"][number]["verdict"] == "equal", known["orders/verdicts"]
        assert any(o["verdict"] == "applied" and o["text"] == "order" for o in told["history"]), told["history"]
        text = explained(w, number)
        for words in (till["externalid"], str(till["orderid"]), "most-stock", "free of what is wanted", "verdict equal",
                      "applied: order, id"):
            assert words in text, (words, text)
        other = json.loads(w.cli("explain", "stock.level", number, "--json")[1])
        assert not other["history"], other  # the type narrows it
        w.till_api("POST", "sites/1/orders/%d/orderlogitems.json" % till["orderid"], {"orderlogtypeid": REFUSED})
        second = w.sent(order, 2)
        w.orders_rest()
        attempts = remembered(w, number)[1]["orders/attempts"][number]["parts"]
        assert [a["attempt"] for a in attempts] == [1, 2], attempts
        w.hand_out(second, 2)
        w.orders_rest()
        w.at_rest()


def taxed(w, **row):
    """An order whose figures show how the shop calculates; a discount shows most."""
    return w.place(items=[{"sku": w.sku, "quantity": 7, "price": 33.33, **row}])


def audit(w):
    db = sqlite3.connect("file:%s/journal.db?mode=ro" % w.dir, uri=True)
    rows = db.execute("SELECT what, before, after, why FROM audit WHERE what LIKE 'approve%'").fetchall()
    db.close()
    return rows


def test_a_tax_set_up_is_approved():
    with Flow() as w:
        first = taxed(w, discount_percent=10)
        w.sent(first)
        w.orders_rest()
        assert w.cli("approve", "tax")[1] == "nothing is proposed\n"
        w.sim("POST", "/settings", {"adobe": {"catalog_prices": "excluding"}})
        second = taxed(w)
        x = w.until(lambda: next(iter(w.exceptions()), None), "the order is stopped")
        assert x["reason"] == "tax.pin" and "catalog-prices excluding" in x["text"] and "catalog-prices including" in x["text"], x
        assert "tillbridge approve tax --by NAME --why TEXT" in x["remedy"], x
        (sku, source), level = max(((k, n) for k, n in w.levels().items() if k[0] != w.sku), key=lambda row: row[1])
        w.sim("POST", "/tills/sale", {"warehouse": 30 + int(source[-3:]), "items": [{"sku": sku, "quantity": 1}]})
        w.until(lambda: w.levels()[sku, source] == level - 1, "stock goes on")
        looked = w.counters("orders")
        steps = explained(w, second["increment_id"]).count("rejected tax.pin")
        assert steps < 5, "it waits for the pin, and is not looked at for ever: %d, %s" % (steps, looked)
        assert not w.at_till(second)
        code, out, err = w.cli("approve", "tax")
        assert code == 0 and "1/catalog-prices" in out and '"value":"excluding"' in out and '"value":"including"' in out, (out, err)
        assert w.cli("approve", "tax", "--by", "A. Lind")[0] == 2  # no change without its reason
        assert w.cli("approve", "teapots", "--by", "A", "--why", "b")[0] == 1
        assert not audit(w) and not w.at_till(second)
        code, out, err = w.cli("approve", "tax", "--by", "A. Lind", "--why", "catalogue moved to net prices")
        assert code == 0 and not err, (code, out, err)
        tills = [w.at_till(first), w.sent(second)]
        w.orders_rest()  # by itself
        assert w.cli("approve", "tax")[1] == "nothing is proposed\n"
        code, _, err = w.cli("approve", "tax", "--by", "A. Lind", "--why", "again")
        assert code == 1 and "nothing is proposed" in err, (code, err)
        pin = next(row for row in audit(w) if row[0].endswith("1/catalog-prices"))
        assert "including" in pin[1] and "excluding" not in pin[1] and json.loads(pin[2])[-1]["by"] == "A. Lind", pin
        assert pin[3] == "catalogue moved to net prices"
        for till in tills:
            w.hand_out(till, 7)
        w.orders_rest()
        w.at_rest()


if __name__ == "__main__":
    main([test_explain_tells_why, test_a_tax_set_up_is_approved])
