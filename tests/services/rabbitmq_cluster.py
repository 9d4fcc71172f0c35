"""A private RabbitMQ cluster of three nodes on one machine."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.ports import free_port
from services.rabbitmq import Member, RabbitMQ, require

NODES: Final = 3
_TOLD: Final = """\
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = pause_minority
"""


class Cluster:
    """Three nodes; a queue of each quorum lives on all of them."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        name, cookie, mapper_port = f"orderwire-{secrets.token_hex(4)}", secrets.token_hex(16), free_port()
        names = [f"{name}-{number}@localhost" for number in range(NODES)]
        peers = [f"cluster_formation.classic_config.nodes.{number} = {one}\n" for number, one in enumerate(names, 1)]
        told = f"{_TOLD}{''.join(peers)}"
        self.nodes = [
            RabbitMQ(folder / f"node-{number}", binaries, Member(one, cookie, mapper_port, number == 0, told))
            for number, one in enumerate(names)
        ]

    def start(self) -> None:
        """Start all, and return when they have found each other.

        Raises:
            RuntimeError: they have not.
        """
        first, *others = self.nodes
        first.start()
        with ThreadPoolExecutor(len(others)) as pool:
            list(pool.map(RabbitMQ.start, others))
        running = first.control("eval", "length(rabbit_nodes:all_running()).").strip()
        if running != str(NODES):
            raise RuntimeError(f"{running} of {NODES} nodes found each other")

    def stop(self) -> None:
        """End all at once; the first one's port mapper goes last."""
        for node in reversed(self.nodes):
            node.kill9()
            node.stop()


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster, and end it."""
    cluster = Cluster(folder, require())
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
