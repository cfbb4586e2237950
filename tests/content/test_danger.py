"""What is learned of danger is kept from one start to the next, and is learned anew at need."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from content.danger import Sense
from content.shelf import SHIPPED
from content.understanding.vietnamese import Abbreviations


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    """A folder with the shipped lines of danger and few others, learned in a moment."""
    folder = tmp_path / "phrases"
    folder.mkdir()
    for name in ("danger.txt", "smalltalk.txt", "abbreviations.toml"):
        shutil.copy(SHIPPED / "phrases" / name, folder)
    return folder


def learn(phrases: Path, cache: Path) -> Sense:
    known = Abbreviations.load(phrases / "abbreviations.toml")
    sense = Sense.learn(phrases, known, beside=(), cache=cache)
    assert sense is not None
    return sense


def test_what_is_kept_is_the_same_and_only_the_newest_is_kept(
    phrases: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    learned, kept = learn(phrases, cache), learn(phrases, cache)
    assert np.array_equal(learned.weights, kept.weights)
    [before] = cache.iterdir()
    with (phrases / "danger.txt").open("a", encoding="utf-8") as file:
        file.write("\n[help]\ncứu em với có ai không\n")
    learn(phrases, cache)
    [after] = cache.iterdir()
    assert after != before


def test_a_damaged_file_is_learned_anew(phrases: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    learned = learn(phrases, cache)
    [kept] = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])
    assert np.array_equal(learn(phrases, cache).weights, learned.weights)


def test_where_nothing_can_be_kept_it_is_learned_all_the_same(
    phrases: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "a file"
    cache.touch()
    assert learn(phrases, cache).kinds
