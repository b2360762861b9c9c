# SPDX-License-Identifier: Apache-2.0
"""A world for system tests: the simulators, a configuration, the real daemon, all on loopback in a folder of its own.

    with World(stores=3, skus=20) as w:
        w.start()
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        w.at_rest()

A Daemon is the same without simulators, for what needs no other system. Clocks run TILLBRIDGE_CLOCK_RATE times faster for daemon and simulators alike. Everything that is started is ended by
its pid, and every wait is bounded.
"""
import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

BUILD = os.environ.get("top_builddir", ".")
TILLBRIDGE = os.path.abspath(os.path.join(BUILD, "tillbridge"))
SIM = os.path.abspath(os.path.join(BUILD, "tillbridge-sim"))
PLUGINS = os.path.abspath(os.path.join(BUILD, ".libs"))
WAIT = 120  # real seconds that any wait may take at the most

PIPELINE = """
  { name = "stock"; owner = "ecommerce"; mode = "latest"; freshness = "60s";
    sources    = ( { plugin = "sitoo-source"; connection = "sitoo"; stream = "stock"; site = %(site)d;
                     every = "%(every)s"; events = true; locations = "locations"; skus = "skus"; %(source)s } );
    transforms = ( { plugin = "stock-rule"; %(rule)s } );
    sinks      = ( { plugin = "adobe-sink"; connection = "adobe"; } );
    deliver    = { batch = 100; linger = "%(linger)s"; shadow = %(shadow)s; }; }"""

CONFIGURATION = """
journal = "%(dir)s/journal.db";
listen = { events = "127.0.0.1:%(events)d"; admin = "127.0.0.1:%(admin)d"; control = "%(dir)s/control"; };
authority = { stock = "sitoo"; };
connections = {
  sitoo = { url = "http://127.0.0.1:%(sitoo)d/v2/accounts/1500";
            auth = { type = "basic"; user = "1500-12"; password = "sim-secret"; };
            webhook = { user = "sitoo"; password = "%(password)s"; };
            concurrency = 1; rate = "%(rate)s"; server-time = "%(server_time)s"; };
  adobe = { url = "http://127.0.0.1:%(adobe)d/rest/all";
            auth = { type = "oauth1"; consumer-key = "%(consumer_key)s"; consumer-secret = "%(consumer_secret)s";
                     access-token = "%(access_token)s"; access-token-secret = "%(access_token_secret)s"; };
            concurrency = 2; rate = "%(rate)s"; server-time = "%(server_time)s"; };
};
tables = { locations = "locations.csv"; skus = "skus.csv"; %(tables)s };
pipelines = ( %(pipelines)s );
"""


def free_port():
    """Below the range that the system hands out by itself, so that no other connection takes it meanwhile."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def http(method, url, body=None, headers=None, timeout=30):
    """(status, parsed JSON or text); status 0 when there was no answer."""
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None and not request.has_header("Content-type"):
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as e:
        status, text = e.code, e.read()
    except (OSError, urllib.error.URLError):
        return 0, None
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text.decode("utf-8", "replace")


class Daemon:
    """A folder, a configuration in it, and the daemon that runs it."""

    def __init__(self, clock=100, **settings):
        self.dir = tempfile.mkdtemp(prefix="tillbridge-test-")
        self.daemon = None
        self.settings = {"dir": self.dir, "events": free_port(), "admin": free_port()}
        self.settings.update(settings)
        self.env = dict(os.environ, TILLBRIDGE_PLUGIN_PATH=PLUGINS,
                        TILLBRIDGE_CLOCK_RATE="%d@%d" % (clock, int(time.time())))
        self.conf = os.path.join(self.dir, "tillbridge.conf")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.end_all()
        if kind:
            self.show_logs()
        if os.environ.get("KEEP"):
            print("kept:", self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def end_all(self):
        self.end(self.daemon)

    # ---- processes ----

    def run(self, extra_env=None, before=()):
        """Starts the daemon (by the command `before`) on the configuration as it stands; returns when it answers."""
        with open(os.path.join(self.dir, "daemon.log"), "ab") as log:
            self.daemon = subprocess.Popen([*before, TILLBRIDGE, "run", "-c", self.conf],
                                           env=dict(self.env, **(extra_env or {})), stdout=log, stderr=log)
        self.until(lambda: self.daemon.poll() is not None or self.api("GET", "status")[0] == 200, "the daemon answers")
        assert self.daemon.poll() is None, "the daemon ended with %d" % self.daemon.returncode

    def kill(self):
        """kill -9: what a power cut leaves of the process."""
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(timeout=WAIT)

    @staticmethod
    def end(process):
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def show_logs(self):
        for name in ("daemon.log", "simulators.log"):
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    print("---- %s (last lines)" % name)
                    print("".join(f.readlines()[-60:]))

    # ---- talking ----

    def api(self, method, path, body=None):
        return http(method, "http://127.0.0.1:%d/api/v1/%s" % (self.settings["admin"], path), body)

    def status(self):
        status, answer = self.api("GET", "status")
        return answer if status == 200 else None

    def cli(self, *args):
        """(exit code, stdout, stderr) of a command on this configuration."""
        command = [TILLBRIDGE, args[0], "-c", self.conf, *args[1:]]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=WAIT)
        return done.returncode, done.stdout, done.stderr

    # ---- judging ----

    @staticmethod
    def until(condition, what, limit=WAIT, pause=0.1):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(pause)
        raise AssertionError("gave up waiting until " + what)

    def pipeline(self, name="stock"):
        status = self.status()
        return next((p for p in status["pipelines"] if p["name"] == name), None) if status else None

    def counters(self, name="stock"):
        return self.pipeline(name)["counters"]

    def law(self):
        """Law 1 of every pipeline, at this instant."""
        for p in self.status()["pipelines"]:
            c = p["counters"]
            total = c["applied"] + c["superseded"] + c["dropped"] + c["parked"] + c["pending"]
            assert c["accepted"] == total, "law 1 of %s: %s" % (p["name"], c)

    def exceptions(self):
        status, answer = self.api("GET", "exceptions")
        assert status == 200, answer
        return answer["exceptions"]


class World(Daemon):
    """The daemon between both simulators."""

    def __init__(self, stores=3, skus=20, clock=100, seed=1, sim_args=(), sim_settings=None, **configuration):
        super().__init__(clock, **{"site": 1, "every": "15s", "rule": "", "source": "", "linger": "2s", "shadow": "false", "rate": "100000/s",
                                   "server_time": "180s", "password": "events-secret", "pipelines": None, "tables": "",
                                   **configuration})
        self.stores, self.skus, self.seed = stores, skus, seed
        self.simulators = None
        self.start_simulators(sim_args, sim_settings)

    def end_all(self):
        self.end(self.daemon)
        self.end(self.simulators)

    def start_simulators(self, args, settings):
        command = [SIM, "--die-with-parent", "--stores", str(self.stores), "--skus", str(self.skus), "--seed",
                   str(self.seed), "--tables", self.dir, "--events",
                   "http://127.0.0.1:%d/events/sitoo" % self.settings["events"], "--events-user", "sitoo",
                   "--events-password", self.settings["password"], *args]
        if settings:
            path = os.path.join(self.dir, "settings.json")
            with open(path, "w") as f:
                json.dump(settings, f)
            command += ["--settings", path]
        with open(os.path.join(self.dir, "simulators.log"), "ab") as log:
            self.simulators = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=log)
        ports = json.loads(self.simulators.stdout.readline())
        self.settings.update(sitoo=ports["sitoo"], adobe=ports["adobe"])
        self.control = ports["control"]
        self.settings.update(self.sim("GET", "/state")["credentials"]["adobe"])

    def write(self, **changes):
        self.settings.update(changes)
        s = dict(self.settings)
        s["pipelines"] = s["pipelines"] or PIPELINE % s
        with open(self.conf, "w") as f:
            f.write(CONFIGURATION % s)

    def start(self, **changes):
        self.write(**changes)
        self.run()

    def sim(self, method, path, body=None):
        status, answer = http(method, "http://127.0.0.1:%d%s" % (self.control, path), body)
        assert status == 200, "%s %s of the simulators: %s %s" % (method, path, status, answer)
        return answer

    def event(self, events, user="sitoo", password=None, raw=None):
        token = base64.b64encode(("%s:%s" % (user, password or self.settings["password"])).encode()).decode()
        return http("POST", "http://127.0.0.1:%d/events/sitoo" % self.settings["events"],
                    raw if raw is not None else json.dumps(events).encode(), {"Authorization": "Basic " + token})[0]

    def shop_api(self, method, path, body=None):
        """What the shop's REST interface answers, beside the daemon."""
        status, answer = http(method, "http://127.0.0.1:%d/rest/V1/%s" % (self.settings["adobe"], path), body,
                              {"Authorization": "Bearer " + self.settings["access_token"], "X-Undisturbed": "yes"})
        assert status == 200, (path, status, answer)
        return answer

    def till_api(self, method, path, body=None):
        """What Sitoo answers, as another API user, so that the daemon's lane stays its own."""
        token = base64.b64encode(b"1500-13:sim-secret").decode()
        url = "http://127.0.0.1:%d/v2/accounts/1500/%s" % (self.settings["sitoo"], path)
        while True:
            status, answer = http(method, url, body, {"Authorization": "Basic " + token, "X-Undisturbed": "yes"})
            if status != 429:
                assert status == 200, (path, status, answer)
                return answer
            time.sleep(0.1)

    def levels(self):
        return {(r["sku"], r["source"]): float(r["quantity"]) for r in self.sim("GET", "/state/adobe")}

    def agree(self):
        return self.sim("GET", "/compare")["differences"] == 0

    def resting(self):
        p = self.pipeline()
        return p and p["counters"]["pending"] == 0 and self.agree()

    def at_rest(self, limit=WAIT):
        """Waits until nothing is pending and both ends agree; then checks law 1."""
        try:
            self.until(self.resting, "both ends agree", limit, 0.3)
        except AssertionError:
            print(json.dumps(self.sim("GET", "/compare"))[:2000])
            print(json.dumps(self.status(), indent=1)[:3000])
            raise
        self.law()



def main(tests):
    """Runs the functions, prints the totals, exits 1 if one failed; `test_x.py NAME` runs one."""
    if not os.path.exists(TILLBRIDGE) or not os.path.exists(SIM):
        print("skipped: nothing is built in", BUILD)
        sys.exit(77)
    chosen = [t for t in tests if len(sys.argv) < 2 or t.__name__ in sys.argv[1:]]
    failed = 0
    for test in chosen:
        began = time.monotonic()
        try:
            test()
            print("ok   %s (%.1f s)" % (test.__name__, time.monotonic() - began), flush=True)
        except Exception:  # a test may fail in any way
            traceback.print_exc(file=sys.stdout)
            print("FAIL %s" % test.__name__, flush=True)
            failed += 1
    print("%d passed, %d failed" % (len(chosen) - failed, failed))
    sys.exit(1 if failed else 0)
