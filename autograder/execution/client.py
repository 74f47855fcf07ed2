"""A kernel client with short queues, so that a flood of messages piles up in the kernel, not in the grader.

Pitfall: jupyter_client gives a client a messaging context of its own, not its manager's, so a bound on the latter's is none.
"""

import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient

from autograder.execution.limits import MIB

MAX_MESSAGE_BYTES = 16 * MIB  # of one part of a message; a larger one costs its sender the connection
_MAX_WAITING_MESSAGES = 16


class BoundedKernelClient(AsyncKernelClient):
    """Talks to one kernel that nobody trusts."""

    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True  # makes stop_channels destroy it
        context = zmq.asyncio.Context()
        for option, value in {
            zmq.MAXMSGSIZE: MAX_MESSAGE_BYTES,
            zmq.RCVHWM: _MAX_WAITING_MESSAGES,
            zmq.LINGER: 0,
        }.items():
            context.setsockopt(option, value)
        return context
