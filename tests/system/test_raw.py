# SPDX-License-Identifier: Apache-2.0
"""Hostile requests by raw sockets against the real daemon: each with its exact answers. No second request is ever run out
of a body or behind a refused one, nothing is stored without credentials, and a genuine sender is served afterwards."""
import base64
import json
import socket
import time

from tb import World, main

BODY = b'[{"event_type":"order","data":{"eshop_id":1,"order_id":1}}]'
AUTH = b"Authorization: Basic " + base64.b64encode(b"sitoo:events-secret") + b"\r\n"
POST = b"POST /events/sitoo HTTP/1.1\r\nHost: x\r\n"
SECOND = b"POST /events/sitoo HTTP/1.1\r\nHost: x\r\n" + AUTH + b"Content-Length: 2\r\n\r\n[]"


def length(n=len(BODY)):
    return b"Content-Length: %d\r\n" % n


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)

# Name, bytes, the statuses that are answered in order, bodies stored. What is ambiguous gets the policy's `busy`: a
# genuine sender behind a crooked proxy keeps its events. None: the library refuses it by itself (4xx, 5xx or a closed
# connection; 0.9.75 sends the head of its own 400 twice).
REQUESTS = [
    ("genuine", POST + AUTH + length() + b"\r\n" + BODY, (200,), 1),
    ("genuine, chunked", POST + AUTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED, (200,), 0),  # a duplicate
    ("two equal lengths", POST + AUTH + length() + length() + b"\r\n" + BODY, (503,), 0),
    ("two lengths", POST + AUTH + length(2) + length() + b"\r\n" + BODY, (503,), 0),
    ("length and chunked", POST + AUTH + length(4) + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED + SECOND, (503,), 0),
    ("blank before the colon", POST + AUTH + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED + SECOND, (503,), 0),
    ("gzip, chunked", POST + AUTH + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED, (503,), 0),
    ("two codings", POST + AUTH + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + CHUNKED, (503,), 0),
    ("two hosts", POST + b"Host: y\r\n" + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("no host", b"POST /events/sitoo HTTP/1.1\r\n" + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("two authorizations", POST + AUTH + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("no credentials", POST + length() + b"\r\n" + BODY + SECOND, (401,), 0),
    ("wrong credentials", POST + b"Authorization: Basic eDp5\r\n" + length() + b"\r\n" + BODY + SECOND, (401,), 0),
    ("another scheme", POST + b"Authorization: Bearer x\r\n" + length() + b"\r\n" + BODY, (401,), 0),
    ("length with a sign", POST + AUTH + b"Content-Length: +5\r\n\r\n[{}] " + SECOND, None, 0),
    ("negative length", POST + AUTH + b"Content-Length: -1\r\n\r\n" + SECOND, None, 0),
    ("length in hex", POST + AUTH + b"Content-Length: 0x2\r\n\r\n[]" + SECOND, None, 0),
    ("huge length", POST + AUTH + b"Content-Length: 99999999999\r\n\r\n", (413,), 0),
    ("bad chunk size", POST + AUTH + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SECOND, None, 0),
    ("huge chunk size", POST + AUTH + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + SECOND, None, 0),
    ("control character in a value", POST + b"X-A: a\x01b\r\n" + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("NUL in the head", POST + b"X-A: a\x00b\r\n" + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("bare CR in a value", POST + b"X-A: a\rContent-Length: 4\r\n" + AUTH + length() + b"\r\n" + BODY + SECOND, (503,), 0),
    ("folded line", POST + b"X-A: a\r\n Content-Length: 4\r\n" + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("bare CR in the target", POST.replace(b"sitoo", b"sitoo?a\rb") + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("blank in the target", POST.replace(b"sitoo", b"sitoo?a b") + AUTH + length() + b"\r\n" + BODY, (503,), 0),
    ("oversized head", POST + b"X-A: " + b"a" * 70000 + b"\r\n\r\n", None, 0),
    ("very many headers", POST + b"".join(b"X-%d: y\r\n" % i for i in range(3000)) + b"\r\n", None, 0),
    ("HTTP/0.9", b"GET /events/sitoo\r\n\r\n", None, 0),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None, 0),
    ("TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x00" * 150, None, 0),
    ("GET", b"GET /events/sitoo HTTP/1.1\r\nHost: x\r\n" + AUTH + b"\r\n", (405,), 0),
    ("the API here", b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n", (404,), 0),
    ("path traversal", b"GET /events/../api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n", (404,), 0),
    ("NUL in the path", POST.replace(b"sitoo", b"sitoo%00") + AUTH + length() + b"\r\n" + BODY, (404,), 0),
    ("another connection", POST.replace(b"/sitoo", b"/adobe") + AUTH + length() + b"\r\n" + BODY, (404,), 0),
]


def talk(w, data, wait=3.0):
    """(statuses answered, closed by the other side)"""
    with socket.create_connection(("127.0.0.1", w.settings["events"])) as s:
        s.settimeout(wait)
        got = b""
        try:
            s.sendall(data)
            while True:
                more = s.recv(65536)
                if not more:
                    return statuses(got), True
                got += more
                if got.startswith(b"HTTP/1.1 200"):
                    s.settimeout(0.5)
        except (ConnectionError, BrokenPipeError):
            return statuses(got), True
        except socket.timeout:
            return statuses(got), False


def statuses(text):
    return tuple(int(part[:3]) for part in text.split(b"HTTP/1.1 ")[1:])


def received(w):
    counts = next(c for c in w.status()["inbox"] if c["connection"] == "sitoo")
    return counts["received"] - counts["duplicate"]


def test_hostile_requests():
    failed = []
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        w.sim("POST", "/settings", {"events": {"url": None}})
        time.sleep(0.5)
        for name, data, answers, stored in REQUESTS:
            before = received(w)
            got, closed = talk(w, data)
            now = received(w) - before
            refused = got and 200 not in got
            bad = (answers is not None and got != answers) or (answers is None and 200 in got) or \
                now != stored or (refused and not closed)
            print("%-30s -> %s%s, %d stored%s" % (name, got, ", closed" if closed else "", now, "  WRONG" if bad else ""))
            if bad:
                failed.append(name)
        assert not failed, failed
        fresh = json.dumps([{"event_type": "order", "data": {"eshop_id": 1, "order_id": 77}}]).encode()
        assert w.event(None, raw=fresh) == 200, "a genuine sender is served"
        w.law()


def test_pipelined_requests_each_have_their_answer():
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        one = b'[{"event_type":"order","data":{"eshop_id":1,"order_id":%d}}]'
        data = b"".join(POST + AUTH + length(len(one % n)) + b"\r\n" + one % n for n in (501, 502))
        assert talk(w, data)[0] == (200, 200)


def test_an_oversized_body_is_not_stored():
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        big = b"[" + b" " * 400000 + b"]"
        before = received(w)
        assert talk(w, POST + AUTH + length(len(big)) + b"\r\n" + big)[0] in ((413,), ())
        chunked = POST + AUTH + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(big), big)
        assert talk(w, chunked + SECOND)[0] in ((413,), ())
        assert received(w) == before


def drip(w, data, rest):
    """Sends `data`, then a byte of `rest` each 0.1 s (10 s of a clock that runs 100 times faster) until it is cut."""
    with socket.create_connection(("127.0.0.1", w.settings["events"])) as s:
        s.sendall(data)
        for i in range(len(rest)):
            try:
                s.sendall(rest[i:i + 1])
                s.settimeout(0.1)
                if s.recv(4096) == b"":
                    return i
            except socket.timeout:
                continue
            except OSError:
                return i
    return None


def test_slow_heads_and_bodies_are_cut():
    with World(stores=1, skus=2, clock=100) as w:
        w.start()
        before = received(w)
        assert drip(w, b"", POST + AUTH + b"X-Slow: " + b"a" * 300) is not None, "a slow head is cut"
        assert drip(w, POST + AUTH + length(300) + b"\r\n", b" " * 300) is not None, "a slow body is cut"
        assert received(w) - before <= 1, "only the simulators' own"


if __name__ == "__main__":
    main([test_hostile_requests, test_pipelined_requests_each_have_their_answer, test_an_oversized_body_is_not_stored,
          test_slow_heads_and_bodies_are_cut])
