"""Why a stream ends, for every reason a subscription has."""

import pytest

from gamefold.engine.feed import Ended
from gamefold.web.streams import _OF_SUBSCRIPTION, CLOSE_CODES


@pytest.mark.parametrize("why", list(Ended))
def test_every_end_of_a_subscription_has_a_close_code(why: Ended) -> None:
    assert CLOSE_CODES[_OF_SUBSCRIPTION[why]] in range(1000, 1015)
