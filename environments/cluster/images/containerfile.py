"""Reads a Containerfile that only copies: its layers and configuration, without running anything."""

from __future__ import annotations

import io
import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dockerfile_parse import DockerfileParser

from wegennet.console.errors import UserMistake

if TYPE_CHECKING:
    from pathlib import Path

_COPY_WORDS = 2


@dataclass
class Recipe:
    """What a Containerfile asks for.

    Attributes:
        copies: (folder of the context, absolute target folder), in order; each makes a layer.
        config: the OCI image configuration.
    """

    copies: list[tuple[str, str]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> Recipe:
    """Reads ARG, FROM, COPY of folders, ENV, WORKDIR, USER, ENTRYPOINT and CMD.

    Raises:
        UserMistake: there is another instruction, or one in a form that is not understood.
    """
    parser = DockerfileParser(fileobj=io.StringIO(path.read_text(encoding="utf-8")), env_replace=False)
    recipe = Recipe()
    for step in parser.structure:
        try:
            _follow(recipe, step["instruction"], step["value"])
        except (ValueError, KeyError) as error:
            raise UserMistake(
                f"{step['content'].strip()!r} is not understood.",
                where=f"{path}:{step['startline'] + 1}",
                remedy="Use only ARG, FROM, COPY <folder>/ <folder>/, ENV, WORKDIR, USER, ENTRYPOINT and CMD.",
            ) from error
    return recipe


def _follow(recipe: Recipe, instruction: str, value: str) -> None:
    match instruction:
        case "ARG" | "FROM" | "COMMENT":
            return
        case "COPY":
            recipe.copies.append(_copy(value))
        case "ENV":
            recipe.config.setdefault("Env", []).extend(_environment(value))
        case "WORKDIR":
            recipe.config["WorkingDir"] = value
        case "USER":
            recipe.config["User"] = value
        case "ENTRYPOINT" | "CMD":
            recipe.config[instruction.capitalize()] = _words(value)
        case _:
            raise ValueError(instruction)


def _copy(value: str) -> tuple[str, str]:
    words = value.split()
    if len(words) != _COPY_WORDS or not all(word.endswith("/") for word in words) or not words[1].startswith("/"):
        raise ValueError(value)
    return words[0].rstrip("/"), words[1].strip("/")


def _environment(value: str) -> list[str]:
    pairs = shlex.split(value)
    if not all("=" in pair for pair in pairs):
        raise ValueError(value)
    return pairs


def _words(value: str) -> list[str]:
    words = json.loads(value)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(value)
    return words
