# SPDX-License-Identifier: Apache-2.0
"""Reload under load: nothing lost, nothing repeated; a broken file changes nothing and the command says why."""
import os
import signal
import time

from tb import PIPELINE, World, main

FILES = """,
  { name = "lines"; owner = "tests"; mode = "ordered";
    sources = ( { plugin = "file-source"; stream = "lines"; path = "%(dir)s/in.jsonl"; every = "1s"; } );
    sinks   = ( { plugin = "file-sink"; path = "%(dir)s/out.jsonl"; } ); }"""


def test_reload_under_load():
    with World(stores=3, skus=20) as w:
        with open(os.path.join(w.dir, "in.jsonl"), "w") as f:
            for n in range(500):
                f.write('{"key": "k%d", "n": %d}\n' % (n % 7, n))
        w.start()
        w.sim("POST", "/tills/run", {"sales": 300, "per_second": 2, "returns": 0.05})
        w.write(every="5s")
        assert w.cli("reload")[0] == 0
        w.write(rule="buffer = 1;")
        code, out, err = w.cli("reload")
        assert code == 0 and "1 changed" in out + err, (out, err)
        w.write(rule="", pipelines=PIPELINE % dict(w.settings, rule="") + FILES % w.settings)
        code, out, err = w.cli("reload")
        assert code == 0 and "1 new" in out + err, (out, err)
        w.until(lambda: (w.pipeline("lines") or {"counters": {"applied": 0}})["counters"]["applied"] == 500, "all lines")
        with open(os.path.join(w.dir, "out.jsonl")) as f:
            lines = f.readlines()
        assert len(lines) == 500, len(lines)
        w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold")
        w.write(pipelines=None)
        code, out, err = w.cli("reload")
        assert code == 0 and "1 removed" in out + err, (out, err)
        w.sim("POST", "/tills/stop")
        w.at_rest()
        assert w.stop() == 0


def test_a_broken_file_changes_nothing():
    with World(stores=1, skus=5) as w:
        w.start()
        w.at_rest()
        with open(w.conf) as f:
            good = f.read()
        with open(w.conf, "w") as f:
            f.write(good.replace("freshness =", "freshnes ="))
        code, out, err = w.cli("reload")
        assert code != 0 and "freshnes" in out + err and "tillbridge.conf:" in out + err, (code, out, err)
        w.daemon.send_signal(signal.SIGHUP)
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        w.at_rest()
        with open(w.conf, "w") as f:
            f.write(good)
        assert w.cli("reload")[0] == 0


def test_a_pipeline_with_unsettled_records_stays():
    with World(stores=1, skus=5) as w:
        w.write()
        both = PIPELINE % w.settings + FILES % w.settings
        with open(os.path.join(w.dir, "in.jsonl"), "w") as f:
            f.write('{"key": "a"}\n')
        w.start(pipelines=both.replace(w.dir + "/out.jsonl", w.dir + "/no/such/folder/out.jsonl"))
        w.until(lambda: w.counters("lines")["accepted"] == 1, "the line is accepted")
        w.write(pipelines=None)
        code, out, err = w.cli("reload")
        assert code != 0 and "lines" in out + err and "unsettled" in out + err, (code, out, err)
        assert w.pipeline("lines"), "it still runs"


def test_a_batch_that_takes_long_ends_no_pipeline():
    with World(stores=1, skus=5, clock=10, linger="100ms") as w:
        def write(**changes):  # a call may take longer than a reload waits for a batch
            w.write(**changes)
            with open(w.conf) as f:
                text = f.read()
            with open(w.conf, "w") as f:
                f.write(text.replace("server-time", "timeout = \"300s\"; server-time"))

        write()
        w.run()
        w.at_rest()
        w.sim("POST", "/faults", {"system": "adobe", "route": "*", "kind": "latency", "rate": 1, "count": 1, "ms": 120000})
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        w.until(lambda: w.counters()["pending"] > 0, "the sale is accepted")
        time.sleep(1)  # now it is in hand, for 12 seconds
        write(every="5s")
        code, out, err = w.cli("reload")
        assert code == 78 and "has not settled" in err, (code, out, err)
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0002", "quantity": 1}]})
        w.at_rest()
        code, out, err = w.cli("reload")
        assert code == 0 and "1 pipelines unchanged" in out, (out, err)


if __name__ == "__main__":
    main([test_reload_under_load, test_a_broken_file_changes_nothing, test_a_pipeline_with_unsettled_records_stays,
          test_a_batch_that_takes_long_ends_no_pipeline])
