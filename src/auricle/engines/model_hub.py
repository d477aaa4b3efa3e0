"""The Hugging Face hub to fetch models from, and what may be told to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from auricle import __version__

#: Called with a file's name, its bytes so far and its bytes in all. What it raises stops the download,
#: and the next one goes on from there.
Report = Callable[[str, int, int], None]

#: A request that may succeed when made again is made this often, then given up.
ATTEMPTS = 5
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Hub:
    """A Hugging Face hub and how to speak to it.

    endpoint: address of the hub or a mirror; None is the public one (or HF_ENDPOINT).
    token: for private and gated models; None takes the one of `hf auth login` where `endpoint` is None.
    timeout: seconds until a hub that does not answer counts as unreachable.
    offline: make no network call at all.
    backoff: seconds before a failed request is made again; doubles each time.
    """

    endpoint: str | None = None
    token: str | None = field(default=None, repr=False)
    timeout: float = 5.0
    offline: bool = False
    backoff: float = 1.0

    @property
    def is_offline(self) -> bool:
        """True as well where the user told every Hugging Face program to stay offline."""
        from huggingface_hub import constants

        return self.offline or constants.HF_HUB_OFFLINE

    @property
    def address(self) -> str:
        from huggingface_hub import constants

        return (self.endpoint or constants.ENDPOINT).rstrip("/")

    def headers(self) -> dict[str, str]:
        # Compressed answers could not be resumed at a byte.
        headers = {"User-Agent": f"auricle/{__version__}", "Accept-Encoding": "identity"}
        token = self.token
        if token is None and self.endpoint is None:
            from huggingface_hub import get_token

            token = get_token()
        return headers | ({"Authorization": f"Bearer {token}"} if token else {})

    def wait(self, failures: int) -> None:
        """Wait before a request is made again that has failed so often in a row."""
        time.sleep(min(self.backoff * 2 ** (failures - 1), _LONGEST_WAIT))
