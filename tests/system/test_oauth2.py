# SPDX-License-Identifier: Apache-2.0
"""A shop that wants a token which is fetched (OAuth 2 client credentials): fetched once for all workers, renewed before it
ends, fetched anew when it is refused, and told in no log; a server that gives none pauses the connection and loses nothing.
"""
import json
import os
import re
import time

from tb import World, main

AUTH = """auth = { type = "oauth2"; token-url = "http://127.0.0.1:%(adobe)d/ims/token/v3"; client-id = "sim-client";
                     client-secret = "%(client_secret)s"; scope = "openid,commerce.accs"; };
            headers = ( "x-api-key: sim-client", "x-gw-ims-org-id: ${env:TB_TEST_ORG}" );"""
TOKEN, SECRET = "POST /ims/token/v3", "never/told=9 & so on"


class Shop(World):
    """The stock path, with a token for the shop."""

    def __init__(self, client_secret=SECRET, lifetime=86399, **more):
        settings = {"adobe": {"oauth2_lifetime_s": lifetime, "oauth2_clients": {"sim-client": SECRET}}}
        super().__init__(**{"stores": 2, "skus": 6, "client_secret": client_secret, "sim_settings": settings, **more})
        self.env["TB_TEST_ORG"] = "0A1B@AdobeOrg"
        self.traced = os.path.join(self.dir, "trace.txt")

    def write(self, **changes):
        super().write(**changes)
        with open(self.conf) as f:
            text = f.read()
        text, n = re.subn(r'auth = \{ type = "oauth1";[^}]*\};', lambda _: AUTH % self.settings, text)
        assert n == 1, text
        text = text.replace("  adobe = {", '  adobe = { trace = "%s";' % self.traced)
        text = re.sub(r"concurrency = 2", "concurrency = 8", text)
        with open(self.conf, "w") as f:
            f.write(text)

    def tokens(self):
        """How many were given out."""
        return sum(e["what"] == "token" for e in self.sim("GET", "/effects?system=adobe&limit=100000")["effects"])

    def sell(self):
        self.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})

    def refused(self):
        """How many calls were answered 401."""
        with open(self.traced, errors="replace") as f:
            return len(re.findall(r"-> answered 401 ", f.read()))

    def pause(self):
        return next(c for c in self.status()["connections"] if c["name"] == "adobe")["pause_reason"]


def test_one_token_for_all():
    with Shop() as w:
        w.start()
        w.at_rest()
        assert w.tokens() == 1 and w.refused() == 0, (w.tokens(), w.refused())
        code, out, _ = w.cli("doctor", "--json")
        bad = [f for f in json.loads(out)["findings"] if f["finding"] == "bad"]
        assert code == 0 and not bad and w.tokens() == 1, (bad, w.tokens())


def test_it_is_renewed_before_it_ends():
    with Shop(lifetime=100) as w:  # a second of the tests' clock
        w.start()
        for _ in range(8):
            w.sell()
            w.at_rest()
        assert w.tokens() >= 2 and w.refused() == 0, (w.tokens(), w.refused())


def test_a_refused_one_is_fetched_anew():
    with Shop() as w:
        w.start()
        w.at_rest()
        time.sleep(0.5)  # it is not young any more
        w.sim("POST", "/adobe/revoke", {})
        w.sell()
        w.at_rest()
        assert w.tokens() == 2 and w.refused() >= 1, (w.tokens(), w.refused())
        assert w.exceptions() == [] and not w.pause()


def test_a_wrong_secret_is_told_and_mended():
    with Shop(client_secret="wr0ng-secret") as w:
        w.start()
        w.until(lambda: "the token of adobe cannot be fetched: its server answered 401 (invalid_client)" in w.pause(), "it is told")
        assert w.tokens() == 0 and w.counters()["parked"] == 0
        w.write(client_secret=SECRET)
        code, out, err = w.cli("reload")
        assert code == 0, (out, err)
        w.at_rest()
        assert w.tokens() == 1, w.tokens()


def test_a_server_that_gives_no_token():
    for fault in ({"kind": "500-html"}, {"kind": "503-html"}, {"kind": "429-slot", "ms": 2000}, {"kind": "cut-before"}, {"kind": "cut-in"},
                  {"kind": "truncated-json"}, {"kind": "doubled-json"}, {"kind": "answer", "status": 200, "base64": "e30="}):
        with Shop() as w:
            w.sim("POST", "/faults", {"system": "adobe", "route": TOKEN, "rate": 1, "count": -1, **fault})
            w.start()
            w.until(lambda: "token" in w.pause(), "%s is told" % fault)
            w.sim("DELETE", "/faults")
            w.at_rest()
            assert w.exceptions() == [], w.exceptions()


def test_it_is_told_nowhere():
    with Shop(lifetime=100) as w:
        w.start()
        w.at_rest()
        w.sim("POST", "/faults", {"system": "adobe", "route": TOKEN, "kind": "500-html", "rate": 1, "count": 2})
        w.sell()
        w.at_rest()
        shown = json.dumps(w.status()) + w.cli("check", "--print")[1] + w.cli("doctor", "--json")[1]
        assert w.stop() == 0
        for given in (w.conf, os.path.join(w.dir, "settings.json")):  # the secret stands there
            os.unlink(given)
        for name in os.listdir(w.dir):
            path = os.path.join(w.dir, name)
            if os.path.isfile(path) and name != "simulators.log":
                with open(path, "rb") as f:
                    shown += f.read().decode("utf-8", "replace")
        for secret in (SECRET, "never%2Ftold", "eyJ.", "0A1B@AdobeOrg"):
            assert secret not in shown, secret


if __name__ == "__main__":
    main([test_one_token_for_all, test_it_is_renewed_before_it_ends, test_a_refused_one_is_fetched_anew,
          test_a_wrong_secret_is_told_and_mended, test_a_server_that_gives_no_token, test_it_is_told_nowhere])
