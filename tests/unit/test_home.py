"""Where a warehouse keeps its state, and that sample and real deliveries never share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.home import Home, HomeKindError


def test_the_caller_comes_before_the_environment_and_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAMBON_HOME", raising=False)
    assert Home.locate() == Home(tmp_path / "data")
    monkeypatch.setenv("TAMBON_HOME", "elsewhere")
    assert Home.locate() == Home(tmp_path / "elsewhere")
    assert Home.locate(Path("here")) == Home(tmp_path / "here")
    monkeypatch.setenv("TAMBON_HOME", "  ")
    assert Home.locate() == Home(tmp_path / "data")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.locate(Path("~/x")) == Home(tmp_path / "x")


FOLDERS = (
    "inbox",
    "landing",
    "conformed",
    "admission",
    "reference",
    "builds",
    "releases",
    "sample",
    "dagster",
)


@pytest.mark.parametrize("name", [*FOLDERS, "logs"])
def test_each_part_has_its_folder(tmp_path: Path, name: str) -> None:
    assert getattr(Home(tmp_path), name) == tmp_path / name
    assert not list(tmp_path.iterdir())


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    assert home.kind() is None
    home.set_kind("synthetic")
    home.set_kind("synthetic")
    assert home.kind() == "synthetic"
    with pytest.raises(HomeKindError) as raised:
        home.set_kind("real")
    assert "ข้อมูลสังเคราะห์" in str(raised.value)
    assert "already holds synthetic sample data" in str(raised.value)
    assert home.kind() == "synthetic"
    assert [p.name for p in home.root.iterdir()] == ["home.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "both"}', '{"kind": ["real"]}', "null", "\udce0"])
def test_an_unreadable_kind_is_never_guessed(tmp_path: Path, text: str) -> None:
    (tmp_path / "home.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    home = Home(tmp_path)
    with pytest.raises(HomeKindError, match=r"home\.json"):
        home.kind()
    with pytest.raises(HomeKindError, match=r"home\.json"):
        home.set_kind("real")
