"""What every table of the configuration is."""

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table whose keys are all known and of the type that TOML says: "1883" is no number and 1 no boolean."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
