# SPDX-License-Identifier: Apache-2.0
"""Webhooks: what was acknowledged is in the journal, whatever happens next; and only the policy's codes are answered."""
import os
import random
import re
import threading
import time

from tb import World, main


def body(n):
    return [{"event_id": "%032x" % n, "event_type": "order", "event_date": 1733000123, "account_id": 1500,
             "data": {"eshop_id": 1, "order_id": 900000 + n, "order_event_type": "add"}}]


def asked_for(w):
    """The orders that Sitoo was asked for by number."""
    with open(os.path.join(w.dir, "trace.txt"), errors="replace") as f:
        return {n for line in f for found in re.findall(r"orderid=([0-9%C,a-z]+)", line) for n in re.split(r",|%2[Cc]", found)}


def received(w):
    return next(c for c in w.status()["inbox"] if c["connection"] == "sitoo")


def test_acknowledged_bodies_survive_a_kill():
    with World(stores=1, skus=2) as w:
        w.start()
        before = received(w)
        acknowledged, chance, stop = [], random.Random(3), threading.Event()

        def send(first):
            for n in range(first, 1000, 4):
                if w.event(body(n)) == 200:
                    acknowledged.append(n)
                elif stop.is_set():
                    return

        threads = [threading.Thread(target=send, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        w.until(lambda: len(acknowledged) > 60, "many are acknowledged", pause=chance.uniform(0.01, 0.1))
        stop.set()
        w.kill()
        for t in threads:
            t.join()
        w.run()
        w.until(lambda: received(w)["unread"] == 0, "all bodies are expanded")
        counts = received(w)
        assert counts["received"] - before["received"] >= len(acknowledged), (counts, len(acknowledged))
        assert counts["received"] == counts["expanded"] + counts["duplicate"] + counts["malformed"] + counts["unread"]
        again = {n: w.event(body(n)) for n in acknowledged[:50]}  # every one of them is known
        assert set(again.values()) == {200}
        assert received(w)["duplicate"] - counts["duplicate"] == 50, (received(w), counts)


def test_a_bad_body_among_many_spoils_no_other():
    """Bodies that come together are expanded in one commit; those that cannot be are told one by one."""
    with World(stores=1, skus=2, clock=1) as w:
        w.write()
        with open(w.conf) as f:
            text = f.read()
        with open(w.conf, "w") as f:
            f.write(text.replace("  sitoo = {", "  sitoo = { trace = \"%s\";" % os.path.join(w.dir, "trace.txt")))
        w.run()
        before, answers = received(w), []

        def send(first):
            for n in range(first, 80, 16):
                answers.append(w.event(None, raw=b"no JSON %d" % n) if n % 10 == 3 else w.event(body(n)))

        threads = [threading.Thread(target=send, args=(k,)) for k in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert answers == [200] * 80, answers
        w.until(lambda: received(w)["unread"] == 0, "all bodies are expanded")
        counts = received(w)
        assert counts["expanded"] - before["expanded"] == 72, counts
        assert counts["malformed"] == 8, counts
        asked = {"%d" % (900000 + n) for n in range(80) if n % 10 != 3}
        w.until(lambda: asked <= asked_for(w), "every order of a good body was asked for")


def test_only_the_codes_of_the_policy():
    with World(stores=1, skus=2) as w:
        w.start()
        assert w.event(body(1)) == 200
        assert w.event(body(1)) == 200, "a duplicate"
        assert w.event(body(2), password="wrong") == 401
        assert w.event(body(2), user="nobody") == 401
        assert w.event(None, raw=b"this is not JSON") == 200, "stored, told as malformed, never destroyed"
        assert w.event(None, raw=b"[{\"event_type\": \"from-the-future\", \"data\": {}}]") == 200
        w.until(lambda: received(w)["unread"] == 0, "all bodies are expanded")
        assert received(w)["malformed"] == 1, received(w)
        assert any(x["reason"] == "event.malformed" for x in w.exceptions()), w.exceptions()
        before = received(w)["received"]
        assert w.event(None, raw=b"x" * 2000000) in (413, 0), "refused, perhaps while it is still being sent"
        assert received(w)["received"] == before
        w.law()


def test_events_are_answered_busy_while_stopping():
    with World(stores=1, skus=2) as w:
        w.start()
        codes = set()

        def send():
            for n in range(4000):
                codes.add(w.event(body(n)))
                if 0 in codes:
                    return

        t = threading.Thread(target=send)
        t.start()
        time.sleep(0.3)
        assert w.stop() == 0
        t.join()
        assert codes <= {200, 503, 0}, codes


if __name__ == "__main__":
    main([test_acknowledged_bodies_survive_a_kill, test_a_bad_body_among_many_spoils_no_other, test_only_the_codes_of_the_policy,
          test_events_are_answered_busy_while_stopping])
