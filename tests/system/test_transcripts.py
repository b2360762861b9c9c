# SPDX-License-Identifier: Apache-2.0
"""The Adobe machine against what a real shop answered.

tests/fixtures/adobe-transcripts/ holds exchanges recorded on Magento Open Source 2.4.7-p3. They are played in their
order against an empty simulated shop, so that recorded set-up calls make the state that later ones ask for. Compared
are status, media type, and the JSON: names, types, lengths and values; of a message only that there is one, since its
wording may differ. What the selection does not hold (calls that were made and not kept) is made up in Player.before_...
"""
import base64
import datetime
import decimal
import glob
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.parse

from tb import World, main

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "fixtures", "adobe-transcripts")
BEARER = "Bearer REDACTED_ACCESS_TOKEN"
LIMITED = "Bearer simlimited0000000000000000000000"
CLOCK = 20
FRENCH = {"tax_rates": {"0": 0, "2": 20, "4": 5.5}, "tax_titles": {"FR-20": "TVA 20%"}, "catalog_prices": "excluding"}
NO_CRON = {"reindex_ms": 10 ** 8, "cleanup_ms": 10 ** 8}  # it comes when a step says so, however slow the machine is

# Recordings of the selection that are not played, and why. They are no fixtures.
LEFT_OUT = [
    ("150-160", "taxes: nothing here reads them"),
    ("200-201", "categories: nothing here reads them"),
    ("400-408 420-422 425-427 430-432 435-436 440-446 450-459 464-466 470-473 480-484",
     "carts and coupons are the storefront's: orders are placed by the control interface"),
    ("573", "saving an order as a whole is not modelled: nobody should do it"),
    ("600-605", "price routes: no pipeline uses them"),
    ("700-707 710-714 720-728 730-732", "async and bulk are not modelled"),
    ("853", "products-render-info is the storefront's"),
    ("854", "stockItems/lowStock is not modelled"),
    ("912-913", "the schema is not modelled"),
]

# Compared by shape only: no values, lists by their first element.
SHAPE_ONLY = {
    "005": "fewer modules",
    "015": "fewer regions", "016": "fewer regions",
}

# Values that are the shop's own, by name.
OWN = {"message": "wording", "created_at": "time", "updated_at": "time", "low_stock_date": "time",
       "item_id": "numbered otherwise", "base_static_url": "version", "secure_base_static_url": "version",
       "protect_code": "drawn", "quote_id": "numbered by carts", "quote_item_id": "numbered by carts",
       "row_weight": "a bundle's leaves out a part of what it weighs"}

# Of lists that the database gives in no order, what they are put in order by.
NO_ORDER = {"item_applied_taxes": lambda v: (v["type"], v.get("item_id", 0))}


def numbers_of(text):
    out = []
    for part in text.split():
        first, _, last = part.partition("-")
        out += ["%03d" % n for n in range(int(first), int(last or first) + 1)]
    return out


def quote(text):
    return urllib.parse.quote(text, safe="-._~")


class Player:
    def __init__(self, w):
        self.w = w
        self.credentials = w.sim("GET", "/state")["credentials"]["adobe"]
        self.admin_token = None
        self.marks = {}

    # ---- requests ----

    def signature(self, method, path, oauth, port_too):
        """The OAuth signature by the rules as written down, independently of the simulator's own reading."""
        path, _, query = path.partition("?")
        pairs = [tuple(urllib.parse.unquote(x) for x in p.split("=", 1)) for p in query.split("&") if p]
        pairs += [(k, v) for k, v in oauth.items() if k != "oauth_signature"]
        text = "&".join("%s=%s" % p for p in sorted((quote(k), quote(v)) for k, v in pairs))
        host = "127.0.0.1:%d" % self.w.settings["adobe"] if port_too else "127.0.0.1"
        base = "&".join((method, quote("http://%s%s" % (host, path)), quote(text)))
        key = "%s&%s" % (self.credentials["consumer_secret"], self.credentials["access_token_secret"])
        digest = hashlib.sha1 if oauth["oauth_signature_method"] == "HMAC-SHA1" else hashlib.sha256
        return base64.b64encode(hmac.new(key.encode(), base.encode(), digest).digest()).decode()

    def oauth(self, number, method, path, header):
        recorded = dict(part.strip().split("=", 1) for part in header[len("OAuth "):].split(","))
        oauth = {k: urllib.parse.unquote(v.strip('"')) for k, v in recorded.items()}
        if oauth["oauth_consumer_key"].startswith("REDACTED"):
            oauth["oauth_consumer_key"] = self.credentials["consumer_key"]
        oauth["oauth_token"] = self.credentials["access_token"]
        oauth["oauth_timestamp"] = str(int(time.time()) - (1795413160 - int(oauth["oauth_timestamp"])))
        oauth["oauth_signature"] = self.signature(method, path, oauth, number == "901")
        if number == "905":
            oauth["oauth_signature"] = "A" + oauth["oauth_signature"][1:-2] + "x="
        return "OAuth " + ", ".join('%s="%s"' % (k, quote(v)) for k, v in oauth.items())

    def authorization(self, number, method, path, header):
        if header == BEARER:
            return LIMITED if number in ("013", "014") else "Bearer " + self.credentials["access_token"]
        if header == "Bearer REDACTED_ADMIN_TOKEN":
            return "Bearer " + self.admin_token
        return self.oauth(number, method, path, header) if header.startswith("OAuth ") else header

    def send(self, method, path, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.w.settings["adobe"], timeout=30)
        connection.putrequest(method, path, skip_accept_encoding=True)
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        for name, value in headers.items():
            connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers.get_content_type(), text

    def play(self, number, request):
        method, path, headers, body = (request[k] for k in ("method", "path", "headers", "body"))
        headers = dict(headers)
        for old, new in self.marks.get(number, {}).items():
            path = path.replace(urllib.parse.quote(old), urllib.parse.quote(new))
        if "Authorization" in headers:
            headers["Authorization"] = self.authorization(number, method, path, headers["Authorization"])
        if number == "017":
            body = dict(body, password="sim-secret")
        status, kind, text = self.send(method, path, headers, body)
        if number == "017":
            self.admin_token = json.loads(text)
        if number == "254":
            self.created = json.loads(text)["created_at"]
        return status, kind, text

    def replaced(self, number):
        """What reads otherwise in this recording than it did when it was made."""
        return dict(self.marks.get(number, {}), **{"127.0.0.1:8085": "127.0.0.1:%d" % self.w.settings["adobe"]})

    # ---- what was done between the recordings that were kept ----

    def call(self, method, path, body):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + self.credentials["access_token"]}
        status, _, text = self.send(method, path, headers, body)
        assert status == 200, (method, path, status, text)

    def next_second(self):
        time.sleep(1.5 / CLOCK)

    def before_240(self):
        for n in range(8, 31):
            self.call("POST", "/rest/V1/products", {"product": {
                "sku": "SKU-%03d" % n, "name": "Simple %03d" % n, "attribute_set_id": 4, "status": 1, "visibility": 4,
                "type_id": "simple", "weight": 1, "price": float(decimal.Decimal("3.33") * n),
                "custom_attributes": [{"attribute_code": "tax_class_id", "value": "4" if n % 5 == 0 else "2"}]}})

    def before_254(self):
        self.next_second()

    def after_254(self):  # 835 asks for what changed since 05:42:00, a second before 254
        self.marks["835"] = {"2026-11-23 05:42:00": self.second_before(self.created)}

    @staticmethod
    def second_before(text):
        when = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
        return str(when - datetime.timedelta(seconds=1))

    before_372 = before_461 = next_second

    def before_300(self):  # a minute went by: the rows of the deleted product are gone
        self.w.sim("POST", "/adobe/cron", {})

    def before_396(self):
        self.w.sim("POST", "/settings", {"adobe": {"input_limit": 20}})

    def after_399(self):
        self.w.sim("POST", "/settings", {"adobe": {"input_limit": 0}})

    # ---- orders: the carts that made them were the storefront's ----

    def order(self, items, shipping, **more):
        """Five of shipping for each piece, as the flat rate of the recorded shop."""
        address = {"city": "Paris", "country_id": "FR", "email": "zoe@example.com", "firstname": "Zo\u00e9",
                   "lastname": "Martin", "postcode": "75002", "region": "Paris", "region_code": "75", "region_id": 257,
                   "street": ["1 rue de la Paix"], "telephone": "0102030405"}
        self.w.sim("POST", "/adobe/order", dict(more, items=items, shipping=shipping, address=address))

    def before_409(self):
        self.w.sim("POST", "/settings", {"adobe": FRENCH})
        self.order([{"sku": "SKU-001", "quantity": 2}, {"sku": "SKU-002", "quantity": 1}], 15)

    def before_433(self):
        self.order([{"sku": "SKU-003", "options": [{"option_id": "1", "option_value": "Hello"},
                                                   {"option_id": "2", "option_value": "2"}]}], 5)
        self.order([{"sku": "BUNDLE-1", "selections": [{"sku": "SKU-008"}, {"sku": "SKU-010"}]}], 15)

    def before_437(self):
        self.order([{"sku": "VIRT-1"}], 0)

    def before_447(self):
        self.order([{"sku": "SKU-011", "quantity": 3}, {"sku": "SKU-012"}], 20, coupon="TEN", discount_percent=10)

    def before_467(self):
        self.order([{"sku": "TEE", "child": "TEE-M", "quantity": 2}], 10)

    before_500 = before_530 = before_550 = before_558 = next_second

    def after_572(self):  # 573 saved this order as a whole; in the recorded order both were saved in one second
        self.w.sim("POST", "/adobe/order-state", {"order": 4, "state": "processing"})
        self.w.sim("POST", "/adobe/order-state", {"order": 6, "state": "complete"})

    def before_806(self):
        _, _, text = self.send("GET", "/rest/V1/orders/6", {"Authorization": "Bearer " +
                                                            self.credentials["access_token"]}, None)
        since = datetime.datetime.strptime(json.loads(text)["created_at"], "%Y-%m-%d %H:%M:%S")
        later, day = since + datetime.timedelta(hours=2), datetime.timedelta(days=1)
        self.marks["806"] = {"2026-11-23 05:47:00": str(since)}
        self.marks["807"] = {"2026-11-23T05:47:00Z": since.isoformat() + "Z"}
        self.marks["808"] = {"2026-11-23T07:47:00+02:00": later.isoformat() + "+02:00"}
        self.marks["810"] = {"2026-11-23 00:00:00": str(since - day), "2026-11-23 23:59:59": str(since + day)}

    def before_474(self):
        self.w.sim("POST", "/settings", {"adobe": {"catalog_prices": "including"}})
        self.order([{"sku": "SKU-014", "quantity": 3}, {"sku": "SKU-015"}], 20)

    def before_485(self):
        self.order([{"sku": "SKU-016", "quantity": 3}, {"sku": "SKU-020"}], 20, coupon="TEN", discount_percent=10)

    def before_599(self):
        self.w.sim("POST", "/adobe/order-invoice", {"order": 7})
        self.w.sim("POST", "/adobe/order-refund", {"order": 7})

    def before_902(self):  # five sources stood there by then
        self.call("POST", "/rest/V1/inventory/sources", {"source": {
            "source_code": "late", "name": "Late", "country_id": "FR", "postcode": "1"}})

    def run_step(self, when, number):
        getattr(self, "%s_%s" % (when, number), lambda: None)()


# ---- comparing ----

def kind_of(v):
    return ("null" if v is None else "truth" if isinstance(v, bool) else "number" if isinstance(v, decimal.Decimal)
            else "text" if isinstance(v, str) else "list" if isinstance(v, list) else "object")


def differences(want, got, shape_only, at=""):
    """Where two values differ, as sentences."""
    if kind_of(want) != kind_of(got):
        return ["%s: %s %r instead of %s %r" % (at or "/", kind_of(got), got, kind_of(want), want)]
    if isinstance(want, dict):
        out = ["%s: %s is missing" % (at, k) for k in want if k not in got]
        out += ["%s: %s should not be there" % (at, k) for k in got if k not in want]
        return out + [d for k in want if k in got for d in differences(want[k], got[k], shape_only, at + "/" + k)]
    if isinstance(want, list):
        if (not want or not got) if shape_only else len(want) != len(got):
            return ["%s: %d elements instead of %d" % (at, len(got), len(want))] if len(want) != len(got) else []
        by_code = all(isinstance(v, dict) and "attribute_code" in v for v in want + got)
        key = (lambda a: a["attribute_code"]) if by_code else NO_ORDER.get(at.rpartition("/")[2])
        order = (lambda v: sorted(v, key=key)) if key else list
        return [d for i, (a, b) in enumerate(zip(order(want), order(got)))
                for d in differences(a, b, shape_only, "%s[%d]" % (at, i))]
    if shape_only or want == got or at.rpartition("/")[2] in OWN:
        return []
    return ["%s: %r instead of %r" % (at, got, want)]


def parsed(text):
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def judge(number, response, status, kind, text, replaced):
    recorded = next((v for k, v in response["headers"].items() if k.lower() == "content-type"), "")
    out = []
    if status != response["status"]:
        out.append("status %d instead of %d: %s" % (status, response["status"], text[:200]))
    if recorded and kind != recorded.partition(";")[0].strip():
        out.append("%s instead of %s" % (kind, recorded))
    if out or number == "029":  # HEAD has no body
        return out
    if kind == "application/json":
        text_wanted = json.dumps(response["body"])
        for old, new in replaced.items():
            text_wanted = text_wanted.replace(old, new)
        want = parsed(text_wanted)
        if number == "017":
            return [] if isinstance(parsed(text), str) else ["the token is no text"]
        return differences(want, parsed(text), number in SHAPE_ONLY)
    if kind == "application/xml" and text.strip() != response["body_text"].strip():
        out.append("another XML: %s" % text)
    return out


def fixtures():
    """In the order in which they were made: that of their numbers but for a few."""
    late = {"254": "252z", "474": "871a", "485": "871b", "599": "871c"}
    return sorted(glob.glob(os.path.join(FOLDER, "*.json")),
                  key=lambda p: late.get(os.path.basename(p)[:3], os.path.basename(p)))


def test_recorded_exchanges():
    played, bad, same_words, words = 0, [], 0, 0
    with World(stores=1, skus=1, clock=CLOCK, sim_settings={"adobe": NO_CRON}) as w:
        w.sim("POST", "/adobe/empty", {})
        player = Player(w)
        for path in fixtures():
            number = os.path.basename(path)[:3]
            with open(path) as f:
                recording = json.load(f)
            player.run_step("before", number)
            status, kind, text = player.play(number, recording["request"])
            player.run_step("after", number)
            found = judge(number, recording["response"], status, kind, text, player.replaced(number))
            bad += ["%s (%s): %s" % (os.path.basename(path), recording["request"]["path"][:60], d) for d in found]
            played += 1
            if not found and text and status >= 400 and kind == "application/json":
                words += 1
                same_words += parsed(text)["message"] == recording["response"]["body"]["message"]
    print("%d recordings were played, %d of %d errors say it in the same words" % (played, same_words, words))
    for numbers, why in LEFT_OUT:
        print("left out %3d: %s" % (len(numbers_of(numbers)), why))
    assert not bad, "\n".join(["%d differences" % len(bad)] + bad[:int(os.environ.get("SHOWN", 60))])
    assert played > 150, "the fixtures are not there"


def test_left_out_are_no_fixtures():
    there = {os.path.basename(p)[:3] for p in fixtures()}
    for numbers, why in LEFT_OUT:
        both = there.intersection(numbers_of(numbers))
        assert not both, "played, and said to be left out (%s): %s" % (why, sorted(both))


if __name__ == "__main__":
    main([test_left_out_are_no_fixtures, test_recorded_exchanges])
