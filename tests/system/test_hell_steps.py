# SPDX-License-Identifier: Apache-2.0
"""Answers from hell: every step of the order flow with its probe x every answer that a network, a proxy or a server has ever given.

Each cell ends in a retry, a probe or a visible exception; the effect is there once, now and in the end. HELL=all plays the whole.
"""
from hell import ANSWERS, HEAVY, chosen, matrix
from hell_orders import STEPS, Orders, all_once, come_to_rest, judge, mend, play
from tb import main


def test_what_the_order_flow_does():
    cells = chosen([(call, name) for call in STEPS for name in ANSWERS], 12, [(call, "cut after") for call in STEPS], HEAVY)
    with Orders() as w:
        bad = matrix(w, cells, lambda w, call, name: play(w, STEPS, call, name), mend)
        bad += all_once(w)
    assert not bad, "\n".join(bad)


def test_an_answer_that_is_never_understood_ends():
    """Answered with nothing each time, and each time found not to have happened: a person is told after some attempts."""
    with Orders() as w:
        for name in ("shipment", "web-order-cancel"):
            call = STEPS[name]
            story = call.story(w)
            story.prepare()
            w.until(lambda: w.counters("orders")["pending"] == 0, "all is well before it")
            for fault in call.faults("empty 200"):
                w.sim("POST", "/faults", fault)
            story.act()
            w.until(lambda: [x["reason"] for x in w.exceptions()] == ["retry.exhausted"] and
                    w.counters("orders")["pending"] == 0, "%s is told" % name, 60)  # a hint may bring it once more
            w.sim("DELETE", "/faults")
            come_to_rest(w, story)
            judge(story)
            w.law()


if __name__ == "__main__":
    main([test_what_the_order_flow_does, test_an_answer_that_is_never_understood_ends])
