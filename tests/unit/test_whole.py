from __future__ import annotations

from pathlib import Path

import pytest

from ingest.whole import whole, write_whole


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "made" / "record.json"
    write_whole(path, "ก่อน")
    with pytest.raises(RuntimeError, match="power cut"), whole(path) as partial:
        partial.write_text("half", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "ก่อน"
        raise RuntimeError("power cut")
    assert path.read_text(encoding="utf-8") == "ก่อน"
    write_whole(path, "หลัง")
    assert path.read_text(encoding="utf-8") == "หลัง"
    assert [one.name for one in path.parent.iterdir()] == ["record.json"]
