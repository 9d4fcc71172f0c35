"""Limits that keep hostile input small."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from orderwire.config.settings import Settings

Count = Annotated[int, Field(gt=0)]


class EdiLimits(BaseModel):
    """What one file may hold. Beyond it there is a finding `limit`, and nothing more is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: Count = Field(default=64 * 1024 * 1024, description="Bytes of a file")
    max_interchanges: Count = Field(default=1_000, description="Interchanges of a file")
    max_messages: Count = Field(default=50_000, description="Messages of an interchange")
    max_segments: Count = Field(default=250_000, description="Segments of a message")
    max_odd_segments: Count = Field(default=10_000, description="Empty, broken or stray segments of an interchange")
    max_segment_bytes: Count = Field(default=64 * 1024, description="Bytes of a segment")
    max_elements: Count = Field(default=200, description="Elements of a segment, and components of an element")
    max_findings: Count = Field(default=100, description="Findings kept per message, and of each severity")
    chunk_bytes: Count = Field(default=64 * 1024, description="Bytes tokenised at once")


def limits_of(settings: Settings) -> EdiLimits:
    """Return the limits under the process's settings."""
    return EdiLimits(max_bytes=settings.limits.max_document_bytes)
