"""Sources in a contract: what may be declared, that no secret can be, and contracts in further folders."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.contract import AGENCIES, Contract, ContractError, load_contract, load_contracts
from ingest.contract.load import MORE_AGENCIES, load_agencies
from ingest.contract.sources import sounds_secret

HTTP = {"kind": "http", "url": "https://agency.example/population_2568.csv"}
CKAN = {"kind": "ckan", "base_url": "https://data.example", "resource_id": "r-1"}
SQL = {"kind": "sql", "dsn_env": "NVF_DSN", "query": "SELECT * FROM funds"}
SFTP = {
    "kind": "sftp",
    "host": "files.example",
    "user": "tambon",
    "host_key": ["SHA256:" + "a" * 43],
    "key_file_env": "NVF_KEY_FILE",
}


def _write(folder: Path, *sources: dict[str, Any], feed: str = "nvf/village_funds") -> Path:
    agency, name = feed.split("/")
    (folder / agency).mkdir(parents=True, exist_ok=True)
    text = (
        (AGENCIES / "nvf" / "village_funds.yml")
        .read_text(encoding="utf-8")
        .replace("nvf/village_funds", feed)
    )
    path = folder / agency / f"{name}.yml"
    path.write_text(
        text + "\n" + yaml.safe_dump({"sources": list(sources)}, allow_unicode=True), encoding="utf-8"
    )
    return path


def _load(folder: Path, *sources: dict[str, Any]) -> Contract:
    return load_contract(_write(folder, *sources))


def _refused(folder: Path, *sources: dict[str, Any]) -> str:
    with pytest.raises(ContractError) as caught:
        _load(folder, *sources)
    (path, line, _), *_ = caught.value.problems
    assert path.name == "village_funds.yml"
    assert line > 10, "the line is the source's, not the file's first"
    return str(caught.value)


def test_each_kind_can_be_declared_and_each_source_has_a_name_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "nvf").mkdir()
    (tmp_path / "nvf" / "facts.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    contract = _load(tmp_path, {"kind": "bundled", "path": "facts.csv"}, HTTP, CKAN, SQL, SFTP)
    labels = [source.label for source in contract.sources]
    assert labels == [
        "bundled:facts.csv",
        "https://agency.example/population_2568.csv",
        "ckan:https://data.example#r-1 (file)",
        labels[3],
        "sftp://tambon@files.example:22/./*",
    ]
    assert labels[3].startswith("sql:$NVF_DSN#")


def test_where_files_come_from_does_not_change_how_they_are_read(tmp_path: Path) -> None:
    assert _load(tmp_path / "a").fingerprint == _load(tmp_path / "b", HTTP).fingerprint
    assert "sources" in _load(tmp_path / "c", HTTP).model_dump()


# ---- no secret in a contract ----


@pytest.mark.parametrize(
    "source",
    [
        HTTP | {"url": "https://me:s3cr3t@agency.example/x.csv"},
        HTTP | {"url": "https://s3cr3t@agency.example/x.csv"},
        HTTP | {"url": "https://agency.example/x.csv?api_key=s3cr3t"},
        HTTP | {"url": "https://agency.example/x.csv?year=2568&access-token=s3cr3t"},
        HTTP | {"headers": {"Authorization": "s3cr3t"}},
        HTTP | {"headers": {"X-Api-Key": "s3cr3t"}},
        HTTP | {"headers": {"X-Thing": "Bearer s3cr3t"}},
        HTTP | {"secret_headers": {"X-Token": "s3cr3t-value"}},
        HTTP | {"secret_query": {"key": "s3cr3t-value"}},
        HTTP | {"password": "s3cr3t"},
        CKAN | {"api_key": "s3cr3t"},
        CKAN | {"api_key_env": "0b9c-s3cr3t"},
        CKAN | {"base_url": "https://me:s3cr3t@data.example"},
        SQL | {"dsn": "postgresql://me:s3cr3t@db/funds"},
        SQL | {"dsn_env": "postgresql://me:s3cr3t@db/funds"},
        SQL | {"password": "s3cr3t"},
        SFTP | {"password": "s3cr3t"},
        SFTP | {"passphrase": "s3cr3t"},
        SFTP | {"key_file_env": "-----BEGIN s3cr3t"},
        SFTP | {"user": "me:s3cr3t"},
        SFTP | {"host": "me:s3cr3t@files.example"},
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path, source: dict[str, Any]) -> None:
    assert "s3cr3t" not in _refused(tmp_path, source)


@pytest.mark.parametrize(
    "name", ["api-key", "apikey", "X-API-Key", "access_token", "PASSWORD", "sig", "client_secret"]
)
def test_names_that_sound_secret(name: str) -> None:
    assert sounds_secret(name)


@pytest.mark.parametrize("name", ["year", "format", "Accept", "monkeys", "resource_id", "offset"])
def test_names_that_do_not(name: str) -> None:
    assert not sounds_secret(name)


# ---- other mistakes ----


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"kind": "ftp", "url": "ftp://x"}, "'bundled', 'http', 'ckan', 'sql', 'sftp'"),
        ({"url": "https://x.example/a.csv"}, "kind"),
        (HTTP | {"url": "ftp://x.example/a.csv"}, "must start with https:// or http://"),
        (HTTP | {"url": "https:///a.csv"}, "name a host"),
        (HTTP | {"url": "https://x.example:99999/a.csv"}, "is not a URL"),
        (HTTP | {"url": "https://x.example/a b.csv"}, "no blanks"),
        (HTTP | {"file_name": "../x.csv"}, "bare file name"),
        (HTTP | {"file_name": "x"}, "bare file name"),
        (HTTP | {"attempts": 0}, "greater than or equal to 1"),
        (HTTP | {"read_seconds": -1}, "greater than 0"),
        (HTTP | {"headers": {"Host": "other"}}, "set by the program"),
        (HTTP | {"headers": {"X": "a\nb"}}, "printable ASCII"),
        (HTTP | {"retries": 3}, "Extra inputs"),
        ({"kind": "ckan", "base_url": "https://data.example"}, "say which resource"),
        (CKAN | {"resource": "x", "package": "p"}, "not both"),
        (CKAN | {"resource_id": "../../x"}, "must be an id"),
        (SQL | {"query": "DELETE FROM funds"}, "must start with SELECT or WITH"),
        (SQL | {"query": "SELECT 1; DROP TABLE funds"}, "without a semicolon"),
        (SQL | {"query": "WITH x AS (DELETE FROM funds RETURNING *) SELECT * FROM x"}, "DELETE has no place"),
        (SQL | {"query": "SELECT * INTO y FROM x"}, "INTO has no place"),
        (SQL | {"query": "SELECT 1 -- x"}, "no comments"),
        (SQL | {"file_name": "x.xlsx"}, "kept as .csv"),
        ({k: v for k, v in SFTP.items() if k != "host_key"}, "must be known beforehand"),
        ({k: v for k, v in SFTP.items() if k != "key_file_env"}, "give key_file_env or password_env"),
        (SFTP | {"host_key": ["md5:aa:bb"]}, "pattern"),
        (SFTP | {"pattern": "../*.csv"}, "of file names only"),
        ({"kind": "bundled", "path": "missing.csv"}, "no file 'missing.csv' lies"),
        ({"kind": "bundled", "path": "../cdd/agency.yml"}, "stay inside"),
        ({"kind": "bundled", "path": "/etc/passwd"}, "stay inside"),
    ],
)
def test_a_mistake_says_what_is_allowed(tmp_path: Path, source: dict[str, Any], said: str) -> None:
    assert said in _refused(tmp_path, source)


def test_words_that_write_may_stand_in_quotes(tmp_path: Path) -> None:
    query = "SELECT \"update\", 'drop; it' AS x, `call` FROM funds WHERE name <> '--'"
    assert _load(tmp_path, SQL | {"query": query}).sources


def test_the_same_source_twice_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="stands twice"):
        _load(tmp_path, HTTP, HTTP)


def test_a_bundled_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n", encoding="utf-8")
    (tmp_path / "nvf").mkdir()
    (tmp_path / "nvf" / "facts.csv").symlink_to(tmp_path / "secret.csv")
    assert "no file 'facts.csv' lies" in _refused(tmp_path, {"kind": "bundled", "path": "facts.csv"})


def test_the_line_told_is_the_one_to_mend(tmp_path: Path) -> None:
    path = _write(tmp_path, HTTP, SQL | {"query": "DELETE FROM funds"})
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    ((_, line, message),) = caught.value.problems
    assert "DELETE" in path.read_text(encoding="utf-8").splitlines()[line - 1]
    assert message.startswith("sources.1.query: ")


# ---- contracts in further folders ----


@pytest.fixture
def more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A further folder with an agency of its own."""
    folder = tmp_path / "ours"
    _write(folder, feed="local/funds")
    (folder / "local" / "agency.yml").write_text(
        "{code: local, name_th: อบต., name_en: Local, short_th: อบต., short_en: TAO}\n", encoding="utf-8"
    )
    monkeypatch.setenv(MORE_AGENCIES, str(folder))
    return folder


def test_further_folders_are_read_after_the_packaged_ones(
    more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(load_contracts())[-1] == "local/funds"
    assert "nvf/village_funds" in load_contracts()
    assert load_contracts()["local/funds"].folder == more / "local"
    assert "local" in load_agencies()
    monkeypatch.delenv(MORE_AGENCIES)  # what is kept in memory belongs to the folders it was read from
    assert "local/funds" not in load_contracts()
    assert "local" not in load_agencies()
    assert load_contracts() is load_contracts()
    monkeypatch.setenv(MORE_AGENCIES, os.pathsep.join(["", str(more), f"{more}/../ours", str(AGENCIES)]))
    assert "local/funds" in load_contracts()


def test_a_further_folder_may_add_a_feed_to_a_known_agency(more: Path) -> None:
    _write(more, feed="nvf/branches")
    assert load_contracts()["nvf/branches"].agency_code == "nvf"


def test_a_feed_or_agency_of_two_folders_is_a_mistake(more: Path) -> None:
    shutil.copytree(AGENCIES / "nvf", more / "nvf")
    with pytest.raises(ContractError, match="code: 'nvf' is declared in another folder"):
        load_contracts()
    (more / "nvf" / "agency.yml").unlink()
    with pytest.raises(ContractError, match="'nvf/village_funds' is declared in another folder"):
        load_contracts()


def test_a_further_folder_that_is_not_there_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(MORE_AGENCIES, str(tmp_path / "nowhere"))
    with pytest.raises(ContractError, match="TAMBON_AGENCIES names this folder"):
        load_contracts()


def test_the_sources_shown_in_the_documentation_are_good_ones() -> None:
    from pydantic import TypeAdapter

    from ingest.contract.sources import Sources

    text = (Path(__file__).parents[2] / "docs" / "ways-in.md").read_text(encoding="utf-8")
    blocks = [
        yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]
    shown = [source for block in blocks for source in block.get("sources", [])]
    for source in shown:
        if "host_key" in source:
            source["host_key"] = SFTP["host_key"]
    assert [one.kind for one in TypeAdapter(Sources).validate_python(shown)] == [
        "bundled",
        "http",
        "ckan",
        "sql",
        "sftp",
    ]
    (common,) = [block for block in blocks if "sources" not in block]
    assert TypeAdapter(Sources).validate_python([HTTP | common])
