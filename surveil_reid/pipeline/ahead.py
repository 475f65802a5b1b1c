"""Working ahead: the next items are made while somebody uses the last."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def ahead(source: Generator[Item, None, None], depth: int) -> Generator[Item, None, None]:
    """A generator's items in their order, made in a thread of its own before they are asked for.

    Where making and using them both leave Python for compiled code, they overlap. Items and errors
    come as without the thread. It ends with the last item, with an error, and when this generator
    is closed, which also closes the source and waits for the item that is being made.

    Args:
        source: used in that thread alone from the first item on.
        depth: how many items are made ahead at most, 1 or more.

    Yields:
        The source's items.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:

        def begin() -> Future[list[Item]]:
            return thread.submit(lambda: list(islice(source, 1)))

        waiting = deque(begin() for _ in range(depth))
        try:
            while item := waiting.popleft().result():  # none at the end
                waiting.append(begin())
                yield from item
        finally:
            thread.shutdown(cancel_futures=True)
            source.close()
