"""Who gets a place next, and who is told what."""

import pytest

from auricle.errors import Busy
from auricle.server.desk import Desk


def test_places_are_given_out_at_once_and_then_there_is_a_queue():
    desk = Desk(places=2, queue=2)
    tickets = [desk.enter("anna") for _ in range(4)]
    assert [ticket.position for ticket in tickets] == [0, 0, 1, 2]
    assert (desk.active, desk.waiting) == (2, 2)
    desk.leave(tickets[0])
    assert [ticket.position for ticket in tickets[1:]] == [0, 0, 1]
    assert (desk.active, desk.waiting) == (2, 1)


def test_who_gives_up_waiting_lets_the_others_move_up():
    desk = Desk(places=1, queue=3)
    first, second, third = (desk.enter("anna") for _ in range(3))
    third.news.clear()
    desk.leave(second)
    assert (first.position, third.position) == (0, 1)
    assert third.news.is_set()


def test_who_asks_for_much_does_not_keep_the_others_waiting():
    desk = Desk(places=1, queue=9)
    anna = [desk.enter("anna") for _ in range(4)]
    bert = [desk.enter("bert") for _ in range(2)]
    assert [ticket.position for ticket in anna + bert] == [0, 2, 4, 5, 1, 3]


def test_a_full_queue_takes_nobody_until_somebody_goes():
    desk = Desk(places=1, queue=1)
    first, _ = desk.enter("anna"), desk.enter("bert")
    with pytest.raises(Busy, match="1 requests are waiting"):
        desk.enter("carl")
    desk.leave(first)
    assert desk.enter("carl").position == 1


def test_a_queue_of_none_still_gives_out_places():
    desk = Desk(places=1, queue=0)
    desk.enter("anna")
    with pytest.raises(Busy):
        desk.enter("anna")
