"""The habits of a procurement system, read from YAML."""

from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Suite(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    user_agent: str
    domain: str
    identity: str
    version: str = Field(description="DTD version its documents name")
    zone: str = Field(description="How it writes the offset of a time")
    hub_domain: str | None = None
    hub_identity: str | None = None
    more: dict[str, str] = Field(default_factory=dict, description="Further credentials in From, by domain")
    encoding: str = "UTF-8"
    doctype: str = Field(default="", description="SYSTEM id; empty: the address at xml.cxml.org")
    extrinsics: dict[str, str] = Field(default_factory=dict)
    contact: bool = Field(default=False, description="Says who shops by a Contact, too")
    edits: bool = Field(default=True, description="Opens carts again, to edit and to inspect them")
    oci: bool = Field(default=False, description="Shops by OCI instead of cXML")


def suites() -> dict[str, Suite]:
    """Read the packaged suites, by name."""
    text = files(__package__).joinpath("suites.yaml").read_text(encoding="utf-8")
    return {name: Suite.model_validate(habits) for name, habits in yaml.safe_load(text).items()}
