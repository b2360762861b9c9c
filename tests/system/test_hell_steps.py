# SPDX-License-Identifier: Apache-2.0
"""Answers from hell: every step of the order flow with its probe x every answer that a network, a proxy or a server has ever given.

Each cell ends in a retry, a probe or a visible exception; the effect is there once, now and in the end. HELL=all plays the whole.
"""
from hell import ANSWERS, HEAVY, chosen, matrix
from hell_orders import STEPS, Orders, all_once, mend, play
from tb import main


def test_what_the_order_flow_does():
    cells = chosen([(call, name) for call in STEPS for name in ANSWERS], 12, without=HEAVY)
    with Orders() as w:
        bad = matrix(w, cells, lambda w, call, name: play(w, STEPS, call, name), mend)
        bad += all_once(w)
    assert not bad, "\n".join(bad)


if __name__ == "__main__":
    main([test_what_the_order_flow_does])
