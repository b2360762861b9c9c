# SPDX-License-Identifier: Apache-2.0
"""Answers from hell: everything that the order flow reads x every answer that a network, a proxy or a server has ever given.

Each cell ends in a retry or a visible exception; when it is over the order goes on, once. HELL=all plays the whole.
"""
from hell import ANSWERS, HEAVY, chosen, matrix
from hell_orders import READS, Orders, all_once, mend, play
from tb import main


def test_what_the_order_flow_reads():
    cells = chosen([(call, name) for call in READS for name in ANSWERS], 12, without=HEAVY)
    with Orders() as w:
        bad = matrix(w, cells, lambda w, call, name: play(w, READS, call, name), mend)
        bad += all_once(w)
    assert not bad, "\n".join(bad)


if __name__ == "__main__":
    main([test_what_the_order_flow_reads])
