"""A TCP proxy on the loopback that can do what networks do: cut, stall, refuse, and leave one side in the belief."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

_CHUNK: Final = 65536
_RESET: Final = struct.pack("ii", 1, 0)


class Proxy:
    """Hands bytes on to a port of this machine. Every method may be called from any thread, and returns when done."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._links: set[_Link] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.port: int = self._call(self._listen())

    def cut(self) -> int:
        """Reset every connection on both sides, and return how many those were; new ones are taken."""
        return self._each(_Link.reset)

    def leave_half_open(self) -> int:
        """End every connection on the server's side only: the client goes on to believe, and nobody answers it."""
        return self._each(_Link.half_open)

    def stall(self) -> None:
        """Hand on nothing, of old connections and new ones, until `heal`: no byte is lost, none comes through."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def refuse(self) -> None:
        """Reset every connection, and every new one at once, until `heal`."""
        self._refuses = True
        self.cut()

    def heal(self) -> None:
        """Be a good network again. What is half open stays so."""
        self._refuses = False
        self._loop.call_soon_threadsafe(self._flows.set)

    def close(self) -> None:
        self.refuse()
        self.heal()
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _each(self, act: "Callable[[_Link], None]") -> int:
        async def run() -> int:
            links = tuple(self._links)
            for link in links:
                act(link)
            return len(links)

        return int(self._call(run()))

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        self._server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        if self._refuses:
            _abort(client)
            return
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            _abort(client)
            return
        link = _Link(client, server)
        self._links.add(link)
        try:
            await asyncio.gather(self._pump(reader, server, link), self._pump(answers, client, link))
        finally:
            self._links.discard(link)
            link.reset()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: "_Link") -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flows.wait()
                if not link.forsaken:
                    writer.write(data)
                    await writer.drain()
        if not link.forsaken:
            writer.close()


class _Link:
    """A client's connection, and ours to the server for it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._client, self._server = client, server
        self.forsaken = False

    def reset(self) -> None:
        _abort(self._client)
        _abort(self._server)

    def half_open(self) -> None:
        self.forsaken = True
        _abort(self._server)


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, as a router does that has forgotten the connection."""
    with suppress(OSError, ValueError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
