# SPDX-License-Identifier: Apache-2.0
"""Adobe I/O events: the challenge is answered, only what Adobe has signed is taken, only what was for us counts, and then an
order is at the till long before any poll would have found it. Bodies are as Adobe's pages show them; the keys are made here.
"""
import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

from tb import main
from test_orders_flow import Flow

CLIENT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PAID = {"payment": {"method": "checkmo", "action": "capture"}}
SAVED = "com.adobe.commerce.observer.sales_order_save_commit_after"
SHIPPED = "com.adobe.commerce.observer.sales_order_shipment_save_after"


def openssl(*args, given=None):
    return subprocess.run(["openssl", *args], input=given, capture_output=True, check=True).stdout


class Shop(Flow):
    """The whole flow; the streams of the shop are polled once in a thousand hours, and take events."""

    def __init__(self, recipient='recipient = "%s";' % CLIENT):
        self.recipient = recipient
        super().__init__(send_when="paid", bridge='shipped-in-shop = "deliver";', clock=20)

    def keys(self):
        """Two that Adobe has, and one that it has not."""
        for name in ("one", "two", "other"):
            path = os.path.join(self.dir, name)
            if not os.path.exists(path):
                openssl("genrsa", "-out", path, "2048")
        with open(os.path.join(self.dir, "keys.pem"), "wb") as f:
            for name in ("one", "two"):
                f.write(openssl("rsa", "-pubout", "-in", os.path.join(self.dir, name)))

    def write(self, **changes):
        self.keys()
        super().write(**changes)
        with open(self.conf) as f:
            text = f.read()
        text = text.replace('every = "20s"; }', 'every = "1000h"; events = true; %s }' % self.recipient)
        text = text.replace("  adobe = {", '  adobe = { webhook = { public-keys = "${file:keys.pem}"; };')
        with open(self.conf, "w") as f:
            f.write(text)

    def ask(self, method, path="", body=None, headers=None):
        url = "http://127.0.0.1:%d/events/adobe%s" % (self.settings["events"], path)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method, headers=headers or {}), timeout=20) as a:
                return a.status, a.read().decode(), a.headers
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode(), e.headers

    def sign(self, body, key):
        return base64.b64encode(openssl("dgst", "-sha256", "-sign", os.path.join(self.dir, key), given=body)).decode()

    def send(self, body, first="one", second="two", signed=None):
        """What it is answered; the signatures are of `signed`, if that is another body."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "x-adobe-public-key1-path": "/prod/keys/pub-key-1.pem"}
        for number, key in ((1, first), (2, second)):
            if key:
                headers["x-adobe-digital-signature-%d" % number] = self.sign(signed or body, key)
        return self.ask("POST", body=body, headers=headers)[0]

    def inbox(self):
        return next(i for i in self.status()["inbox"] if i["connection"] == "adobe")


def event(kind, value, recipient=CLIENT, number="23f76e8d"):
    return {"specversion": "1.0", "id": number, "source": "urn:uuid:5b9b1e0a-7d1e-4b8e-9d1c-0a2c5f0e9b11", "type": kind,
            "datacontenttype": "application/json", "time": "2026-01-02T08:00:05.120Z", "event_id": number,
            "recipient_client_id": recipient,
            "data": {"key": "f0b5e2d4", "value": value, "source": "shop.Production",
                     "_metadata": {"commerceEdition": "Adobe Commerce", "commerceVersion": "2.4.8", "storeId": "1", "websiteId": "1"}}}


def order_event(order, **more):
    return event(SAVED, {"entity_id": str(order["order"]), "increment_id": order["increment_id"], "state": "processing"}, **more)


def test_the_challenge_is_answered():
    with Shop() as w:
        status, text, headers = w.ask("GET", "?challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7")
        assert (status, text) == (200, "8ec8d794-e0ab-42df-9017-e3dada8e84f7"), (status, text)
        assert headers["Content-Type"].startswith("text/plain"), headers
        for bad in ("?challenge=%3Cscript%3E", "?challenge=", "", "?other=1", "?challenge=" + "x" * 300):
            assert w.ask("GET", bad)[0] == 405, bad
        assert w.ask("PUT", "?challenge=1", body=b"x")[0] == 405
        url = "http://127.0.0.1:%d/events/sitoo?challenge=1" % w.settings["events"]  # whose sender has none
        try:
            urllib.request.urlopen(url, timeout=20)
            raise AssertionError("sitoo answers a challenge")
        except urllib.error.HTTPError as e:
            assert e.code == 405, e.code


def test_only_what_is_signed_is_taken():
    with Shop() as w:
        body = json.dumps(event("com.adobe.commerce.observer.unknown", {})).encode()
        assert w.send(body, None, None) == 401
        assert w.send(body, "other", "other") == 401
        assert w.send(body, signed=body + b" ") == 401
        assert w.ask("POST", body=body, headers={"x-adobe-digital-signature-1": "AAAA", "x-adobe-digital-signature-2": "no base64!"})[0] == 401
        assert w.ask("POST", body=body, headers={"Authorization": "Basic " + base64.b64encode(b"sitoo:events-secret").decode()})[0] == 401
        assert w.inbox()["received"] == 0, w.inbox()
        assert w.send(body, "other", "two") == 200 and w.send(body, "one", None) == 200
        inbox = w.inbox()
        assert inbox["received"] == 2 and inbox["duplicate"] == 1, inbox


def test_an_order_is_there_long_before_a_poll():
    with Shop() as w:
        first = w.place(1, **PAID)
        assert w.send(order_event(first)) == 200
        till = w.sent(first)
        # a shipment's event names no order that we know by that number: it wakes the stream, which finds it
        source = "store-%03d" % (till["warehouseid"] - 30)
        w.sim("POST", "/adobe/order-ship", {"order": first["order"], "source": source})
        assert w.send(event(SHIPPED, {"entity_id": "1", "order_id": str(first["order"])}, number="b")) == 200
        w.until(lambda: w.till_api("GET", "sites/1/orders/%d/orderdeliveries.json?num=9" % till["orderid"])["items"], "it is told to the till")
        w.orders_rest()


def test_what_was_for_another_is_left_aside():
    with Shop() as w:
        assert w.send(order_event(w.place(1, **PAID), recipient="somebody-else")) == 200
        w.until(lambda: [x["reason"] for x in w.exceptions()] == ["web.events-recipient"], "it is told")
    with Shop(recipient="") as w:
        assert w.send(order_event(w.place(1, **PAID))) == 200
        w.until(lambda: [x["reason"] for x in w.exceptions()] == ["web.events-recipient"], "it is told")


def test_an_address_to_be_opened_is_told():
    with Shop() as w:
        assert w.send({"id": "1", "validationUrl": "https://csm.adobe.io/csm/registration/validate?id=1&challenge=2"}) == 200
        w.until(lambda: [x["reason"] for x in w.exceptions()] == ["web.events-validation"], "it is told")
        assert w.send(b"[1, 2]") == 200 and w.send(b"{") == 200
        w.until(lambda: w.inbox()["malformed"] >= 2, "what is no event is kept as malformed")


if __name__ == "__main__":
    try:
        openssl("version")
    except OSError:
        print("skipped: there is no openssl to sign with")
        sys.exit(77)
    main([test_the_challenge_is_answered, test_only_what_is_signed_is_taken, test_an_order_is_there_long_before_a_poll,
          test_what_was_for_another_is_left_aside, test_an_address_to_be_opened_is_told])
