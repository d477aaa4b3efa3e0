"""What has to be done, and by whom: jobs made of tasks, a ledger of who holds which, and their workers."""

from typing import Protocol


class Broker(Protocol):
    """Wakes workers. A ring says only that there is work in a queue: it may be lost, doubled or late."""

    def ring(self, queue: str) -> None:
        """Wake one worker of the queue; raises StorageUnavailable where the broker cannot be reached."""
        ...

    def depth(self, queue: str) -> int:
        """How many rings no worker has heard yet; raises StorageUnavailable."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
