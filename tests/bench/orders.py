# SPDX-License-Identifier: Apache-2.0
"""Web orders: how many a second reach the tills, how long one takes, what it costs, and what is left of that beside a
bare loop that posts the same bodies to the same simulator."""
import base64
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from measure import quantile, row, usage  # noqa: E402
from tb import BUILD  # noqa: E402
from test_orders_flow import Flow  # noqa: E402

FLOOR = os.path.join(BUILD, "bench-floor")
POSTED = re.compile(r"^(\d+) POST \S+/sites/1/orders\.json (\{.*) -> answered 200 in (\d+) ms$")
READ = re.compile(r"^(\d+) GET \S+/V1/orders\?\S*original_increment_id\S* -> answered 200 in \d+ ms$")
PAID = {"payment": {"method": "checkmo", "action": "capture"}}
INSTANT = {"sitoo": {"latency_ms": 0, "latency_row_ms": 0, "concurrency": 64, "slot_requests": 0, "duplicate_externalid": "accepted"},
           "events": {"tries_first_hour": 2000}}
DOCUMENTED = {"sitoo": {"duplicate_externalid": "accepted"}, "events": {"tries_first_hour": 2000}}


class Orders(Flow):
    """The whole flow, with polls as often as asked for and every exchange traced."""

    def __init__(self, settings, every, **more):
        self.every_ = every
        super().__init__(send_when="paid", stores=4, skus=60, sim_settings={**settings, "world": {"stock_most": 1000000}}, **more)

    def write(self, **changes):
        super().write(**changes)
        self.traced = os.path.join(self.dir, "trace.txt")
        with open(self.conf) as f:
            text = f.read().replace('every = "20s"', 'every = "%s"' % self.every_)
        with open(self.conf, "w") as f:
            text = re.sub(r'(concurrency = 2; rate = )"4/s"', r'\1"10/s"', text)  # the shop's, as in the sample
            f.write(re.sub(r"  (sitoo|adobe) = {", r'  \1 = { trace = "%s";' % self.traced, text))

    def buy(self, n):
        return self.place(1, "SKU-%04d" % (n % 50 + 1), **PAID)["increment_id"]

    def effects(self, system, since):
        return self.sim("GET", "/effects?system=%s&since=%d&limit=100000" % (system, since))["effects"]

    def total(self):
        return self.sim("GET", "/effects?limit=0")["total"]

    def at_tills(self, since):
        """Increment id -> when it came to the till, by the simulators' clock."""
        return {e["detail"]["externalid"].split("-")[1]: e["time"] for e in self.effects("sitoo", since)
                if e["what"] == "order" and e["detail"]["externalid"]}

    def placed(self, since):
        return {e["detail"]["increment_id"]: e["time"] for e in self.effects("adobe", since) if e["what"] == "order"}

    def lines(self, mark):
        with open(self.traced, errors="replace") as f:
            f.seek(mark)
            return f.read().split("\n")

    def bodies(self, mark):
        return [m[2] for m in map(POSTED.match, self.lines(mark)) if m]

    def reads_to_posts(self, mark):
        """Of each order, from the answer in which it was read last before it was sent, to the answer that it is there."""
        lines, read = self.lines(mark), {}
        for line, answer in zip(lines, lines[1:] + [""]):
            seen, sent = READ.match(line), POSTED.match(line)
            if seen:
                for number in re.findall(r'"increment_id":"([^"]+)"', answer):
                    read[number] = int(seen[1])
            elif sent:
                number = re.search(r'"externalid":"P-([^"-]+)-', sent[2])[1]
                if number in read:
                    yield int(sent[1]) - read[number]


def post_alone(w, bodies):
    """The same bodies over one kept connection of the bare library, a second."""
    path = os.path.join(w.dir, "bodies.txt")
    with open(path, "w") as f:
        f.write("\n".join(bodies) + "\n")
    url = "http://127.0.0.1:%d/v2/accounts/1500/sites/1/orders.json" % w.settings["sitoo"]
    token = base64.b64encode(b"1500-13:sim-secret").decode()
    done = subprocess.run([FLOOR, "post", url, "Authorization: Basic " + token, path], capture_output=True, text=True, check=True,
                          timeout=600)
    answer = json.loads(done.stdout)
    assert answer["answered"] == len(bodies), answer
    return answer["per_second"]


def throughput(args, orders=400):
    ours, floors, ratios, cpu = [], [], [], []
    with Orders(INSTANT, "500ms", clock=1, linger="100ms") as w:
        for _ in range(args.rounds):
            assert w.stop() == 0
            since, mark = w.total(), os.path.getsize(w.traced)
            wanted = {w.buy(n) for n in range(orders)}
            began = time.time() * 1000  # the simulators' clock too
            w.run()
            w.until(lambda: wanted <= set(w.at_tills(since)), "all are at the tills", 600, 1)
            ours.append(orders * 1000 / (max(w.at_tills(since).values()) - began))
            w.orders_rest()
            cpu.append(usage(w.daemon.pid)[1] * 1000 / orders)
            bodies = w.bodies(mark)
            assert len(bodies) == orders, len(bodies)
            floors.append(post_alone(w, bodies))
            ratios.append(ours[-1] / floors[-1])
    row("orders a second, from the start with %d waiting" % orders, ours, "/s")
    row("the same bodies in a bare loop of the library", floors, "/s")
    row("ratio", ratios)
    row("CPU per 1,000 orders, their start, stock and all", cpu, "s")


def age(args, per_second=10):
    p50, p99 = [], []
    with Orders(INSTANT, "200ms", clock=1, linger="100ms") as w:
        for _ in range(args.rounds):
            since, began = w.total(), time.monotonic()
            wanted = set()
            for n in range(per_second * args.seconds * 2):
                time.sleep(max(0, began + n / per_second - time.monotonic()))
                wanted.add(w.buy(n))
            w.until(lambda: wanted <= set(w.at_tills(since)), "all are at the tills", 120, 1)
            placed, there = w.placed(since), w.at_tills(since)
            ages = [there[number] - placed[number] for number in wanted]
            p50.append(quantile(ages, 0.5))
            p99.append(quantile(ages, 0.99))
    row("placed to at the till, polls every 200 ms, %d a second, p50" % per_second, p50, "ms")
    row("the same, p99", p99, "ms")


def saturday(clock=2, per_hour=600, minutes=6):
    """By a clock that runs faster, but not much: what the machine itself takes counts as often."""
    with Orders(DOCUMENTED, "30s", clock=clock, rate="4/s") as w:
        since, mark, wanted = w.total(), os.path.getsize(w.traced), set()
        w.sim("POST", "/tills/run", {"sales": 200 * minutes, "per_second": 12000 / 3600, "returns": 0.03, "bookings": 0.01})
        began = time.monotonic()
        for n in range(per_hour * minutes // 60):
            time.sleep(max(0, began + n * 3600 / per_hour / clock - time.monotonic()))
            wanted.add(w.buy(n))
        w.until(lambda: wanted <= set(w.at_tills(since)), "all are at the tills", 300, 0.2)
        placed, there = w.placed(since), w.at_tills(since)
        ages = [there[number] - placed[number] for number in wanted]
        posts = list(w.reads_to_posts(mark))
        row("read to at the till, p50, %d orders" % len(posts), [quantile(posts, 0.5)], "ms")
        row("the same, p99 (under 5,000)", [quantile(posts, 0.99)], "ms")
        row("placed to at the till with the poll of 30 s, p50", [quantile(ages, 0.5)], "ms")
        row("the same, p99", [quantile(ages, 0.99)], "ms")
        row("longest wait for a slot", [c["longest_wait_ms"] for c in w.status()["connections"]], "ms")
        assert not w.exceptions(), w.exceptions()


def bench_orders(args):
    print("web orders to the tills, both ends instant, limits off (min / median / max)")
    throughput(args)
    age(args)
    print("the documented Sitoo (one in flight, 150 ms, 4 a second), 12,000 receipts and 600 web orders an hour, clock x 2")
    saturday()
