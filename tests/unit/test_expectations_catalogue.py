"""The catalogue says what is checked; a mistake in it names its file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from expectations.catalogue import CATALOGUE, CatalogueError, _load_file, _without_lines, load_checks
from expectations.contract_rules import admission_rules
from ingest.contract import load_contracts


def test_every_check_has_both_languages_and_ids_are_unique() -> None:
    checks = load_checks()
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        for pair in (check.title, check.meaning, check.why, check.mend, check.expected):
            assert any(
                "\u0e01" <= letter <= "\u0e5b" or letter.isdigit() or letter == "{" for letter in pair.th
            ), check.id
            assert pair.en.isprintable(), check.id


def test_the_fast_way_reads_what_the_one_with_lines_reads() -> None:
    told = [check for path in sorted(CATALOGUE.glob("*.yml")) for check, _ in _load_file(path)[0]]
    assert _without_lines(CATALOGUE) == tuple(told)


def test_every_check_is_broken_on_purpose_by_some_test() -> None:
    tests = Path(__file__).parents[1]
    text = "\n".join(path.read_text(encoding="utf-8") for path in tests.rglob("test_*.py"))
    assert not [check.id for check in load_checks() if not re.search(rf"\b{re.escape(check.id)}\b", text)]


@pytest.mark.parametrize("feed", sorted(load_contracts()))
def test_every_contract_gives_a_suite_with_unique_ids(feed: str) -> None:
    contract = load_contracts()[feed]
    rules = admission_rules(contract)
    assert len({rule.check_id for rule in rules}) == len(rules)
    assert {rule.feed_code for rule in rules} == {feed}
    required = {column.field for column in contract.columns if column.required}
    made = {rule.check_id.split(":")[2] for rule in rules if rule.check.id == "adm.required_filled"}
    assert made == required
    limits = {rule.check.id: rule.block_fail_rate for rule in rules}
    assert limits["adm.rejected_rows"] == contract.limits.max_rejected_rate


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("severity: block", "severity: fatal"), 10, "severity"),
        (("    scope: delivery\n", "    scope: delivery\n    colour: red\n"), 12, "colour"),
        (("    fails: errors > 0\n", ""), 4, "either"),
        (("- id: adm.required_column", "- id: adm.readable"), None, "declared twice"),
        (("stage: admission", "stage: [admission"), None, "not valid YAML"),
    ],
)
def test_a_mistake_names_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int | None, words: str
) -> None:
    text = (CATALOGUE / "admission.yml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "admission.yml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_checks(tmp_path)
    path, at, message = caught.value.problems[0]
    assert path.name == "admission.yml"
    assert words in message
    if line:
        assert abs(at - line) <= 3
    assert f"admission.yml:{at}:" in str(caught.value)
