"""Limits that keep hostile XML small."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(gt=0)]


class XmlLimits(BaseModel):
    """What one document may hold. Names, texts and what entities grow to are limited by libxml2 itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: Count = Field(default=24 * 1024 * 1024, description="Bytes of the XML, without attachments")
    max_marks: Count = Field(default=1_000_000, description="Tags and attributes, by the signs < and =")
    max_depth: Count = Field(default=100, description="Elements within elements")
    max_attachments: Count = Field(default=200, description="Parts of a multipart document")
    max_findings: Count = Field(default=100, description="Findings kept")
