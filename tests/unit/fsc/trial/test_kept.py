from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wegennet.fsc.trial import kept
from wegennet.fsc.trial.errors import Mistake

if TYPE_CHECKING:
    from pathlib import Path


def test_new_folder_has_no_network_yet(tmp_path: Path) -> None:
    assert kept.load(tmp_path, 2).network is None


def test_network_is_remembered(tmp_path: Path) -> None:
    replace(kept.load(tmp_path, 2), network=77).save(tmp_path)
    assert kept.load(tmp_path, 2).network == 77


def test_names_of_databases_are_remembered(tmp_path: Path) -> None:
    shape = kept.load(tmp_path, 2)
    shape.save(tmp_path)
    assert kept.load(tmp_path, 2).prefix == shape.prefix


def test_groups_have_different_databases(tmp_path: Path) -> None:
    assert kept.load(tmp_path, 2).prefix != kept.load(tmp_path, 2).prefix


def test_group_of_another_size_is_refused(tmp_path: Path) -> None:
    kept.load(tmp_path, 3).save(tmp_path)
    with pytest.raises(Mistake, match="--peers 3"):
        kept.load(tmp_path, 2)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"peers": 2}', '{"network": 1, "peers": 2, "prefix": "a", "more": 1}']
)
def test_folder_with_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "group.json").write_text(text)
    with pytest.raises(Mistake, match="empty folder"):
        kept.load(tmp_path, 2)


def test_folder_without_a_choice_is_gone_afterwards() -> None:
    with kept.folder(None) as folder:
        assert folder.is_dir()
    assert not folder.exists()


def test_chosen_folder_is_made(tmp_path: Path) -> None:
    with kept.folder(tmp_path / "new" / "group") as folder:
        assert folder.is_dir()


def test_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Mistake, match="cannot be used"), kept.folder(tmp_path / "file"):
        pass
