"""What the sections of the configuration share: frozen, closed, and the figures that many of them have."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A part of the settings, of a profile or of another file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
