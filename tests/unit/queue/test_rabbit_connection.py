"""The broker's address: one node, or those of a cluster."""

import pytest
from pydantic import SecretStr

from orderwire.config.settings import QueueSettings
from orderwire.queue.rabbit_connection import connection_parameters


@pytest.mark.parametrize(
    ("url", "nodes"),
    [
        ("amqp://ow:pw@rabbit/vh", {("rabbit", 5672)}),
        ("amqp://ow:pw@one:5673,two,three:5675/vh", {("one", 5673), ("two", 5672), ("three", 5675)}),
        ("amqps://ow:p%40w%2C@[::1]:5671,[::2]/vh?channel_max=9", {("::1", 5671), ("::2", 5671)}),
    ],
)
def test_each_node_of_a_cluster_is_named(url: str, nodes: set[tuple[str, int]]) -> None:
    """All of them share user, password, virtual host and options."""
    found = connection_parameters(QueueSettings(url=SecretStr(url)))

    assert {(one.host, one.port) for one in found} == nodes
    assert {one.virtual_host for one in found} == {"vh"}
    assert {one.credentials.username for one in found} == {"ow"}
    assert len({(one.credentials.password, one.channel_max, one.ssl_options is None) for one in found}) == 1
