# SPDX-License-Identifier: Apache-2.0
"""Zeroing is dangerous: an answer that does not prove itself complete lowers nothing, visibly."""
import os

from tb import World, main


def reasons(w):
    return {x["reason"] for x in w.exceptions()}


def test_wrong_site_writes_nothing():
    with World(stores=2, skus=10, site=2) as w:
        w.start()
        w.until(lambda: "sitoo.wrong-site" in reasons(w), "the exception opens")
        assert w.sim("GET", "/effects?system=adobe")["effects"] == []
        w.write(site=1)
        code, out, err = w.cli("reload")
        assert code == 0, (out, err)
        w.at_rest()
        w.until(lambda: "sitoo.wrong-site" not in reasons(w), "the exception closes")


def test_half_a_table_meets_the_brake():
    with World(stores=2, skus=150) as w:
        w.start()
        w.at_rest()
        before = w.levels()
        path = os.path.join(w.dir, "locations.csv")
        with open(path) as f:
            lines = f.readlines()
        with open(path, "w") as f:
            f.writelines(lines[:2])  # the header and the first store
        assert w.cli("reload")[0] == 0
        w.until(lambda: "stock.mass-change" in reasons(w), "the brake holds")
        fallen = sum(1 for k, v in w.levels().items() if v < before[k])
        above = sum(1 for k, v in before.items() if k[1] == "store-002" and v > 0)
        assert fallen <= max(50, above // 5) + 1, (fallen, above)
        w.law()
        with open(path, "w") as f:
            f.writelines(lines)
        assert w.cli("reload")[0] == 0
        w.at_rest()
        assert w.levels() == before


def test_a_person_lets_the_fall_pass():
    with World(stores=2, skus=150) as w:
        w.start()
        w.at_rest()
        path = os.path.join(w.dir, "locations.csv")
        with open(path) as f:
            lines = f.readlines()
        with open(path, "w") as f:
            f.writelines(lines[:2])
        assert w.cli("reload")[0] == 0
        w.until(lambda: "stock.mass-change" in reasons(w), "the brake holds")
        w.until(lambda: w.counters()["pending"] == 0, "all is decided")
        for x in w.exceptions():
            code, out, err = w.cli("exceptions", "retry", str(x["id"]), "--why", "store 2 closes")
            assert code == 0, (out, err)
        w.until(lambda: all(v == 0 for k, v in w.levels().items() if k[1] == "store-002"), "the store is written 0")
        w.until(lambda: w.exceptions() == [], "the exception closes")
        w.law()


def test_unknown_product_is_one_exception():
    with World(stores=3, skus=10, sim_settings={"world": {"till_only": 1}}) as w:
        w.start()
        w.until(lambda: "stock.no-product" in reasons(w), "the exception opens")
        w.until(lambda: w.counters()["pending"] == 0, "all is decided")
        mine = [x for x in w.exceptions() if x["reason"] == "stock.no-product"]
        assert len(mine) == 1, mine
        assert mine[0]["cause"] and mine[0]["behind"] >= 1, mine
        code, out, _ = w.cli("exceptions", "show", str(mine[0]["id"]))
        assert code == 0 and "stock.no-product" in out, out


if __name__ == "__main__":
    main([test_wrong_site_writes_nothing, test_half_a_table_meets_the_brake, test_a_person_lets_the_fall_pass,
          test_unknown_product_is_one_exception])
