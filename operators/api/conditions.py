"""Conditions by the Kubernetes API conventions ("Typical status properties"), as they stand in every status of ours."""

from __future__ import annotations

from typing import Annotated, Literal

from kube_custom_resource import schema
from pydantic import Field

from wegennet.operators.conditions import LONGEST_MESSAGE


class Condition(schema.BaseModel):
    """One observation about an object; `message` is for the person who can act on it."""

    type: Annotated[str, Field(max_length=64)] = Field(description="What is observed, in CamelCase.")
    status: Literal["True", "False", "Unknown"] = Field(description="True, False or Unknown.")
    reason: Annotated[str, Field(min_length=1, max_length=128)] = Field(description="Why, as one CamelCase word.")
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = Field(
        default="", description="Why, and what to do, for a person."
    )
    observed_generation: int = Field(description="Generation of the spec that this was observed for.")
    last_transition_time: str = Field(description="When `status` last changed (RFC 3339, UTC).")
