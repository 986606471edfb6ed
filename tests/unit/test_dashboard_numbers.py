"""Numbers, years and texts as pages show them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import numbers, paths
from dashboard.meanings import halves
from dashboard.text import clamped, clean

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("value", "thai", "english"),
    [
        (0, "0", "0"),
        (950.4, "950", "950"),
        (-1, "−1", "−1"),
        (999_999, "999,999", "999,999"),
        (999_999.6, f"1.00{SPACE}ล้าน", f"1.00{SPACE}m"),
        (1_234_567, f"1.23{SPACE}ล้าน", f"1.23{SPACE}m"),
        (123_456_789, f"123.5{SPACE}ล้าน", f"123.5{SPACE}m"),
        (-123_456_789, f"−123.5{SPACE}ล้าน", f"−123.5{SPACE}m"),
        (45_678_900_000, f"45,679{SPACE}ล้าน", f"45,679{SPACE}m"),
    ],
)
def test_money_is_read_in_millions(value: float, thai: str, english: str) -> None:
    assert numbers.short_money(value, "th") == thai
    assert numbers.short_money(value, "en") == english


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_exact_value_goes_along(value: float) -> None:
    assert float(numbers.raw(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0%"),
        (1, "100.0%"),
        (0.5, "50.0%"),
        (0.0001, "<0.1%"),
        (0.99999, ">99.9%"),
        (0.1234, "12.3%"),
        (1.5, "150.0%"),
        (-0.396, "−39.6%"),
    ],
)
def test_what_is_not_all_or_nothing_is_never_rounded_to_it(value: float, text: str) -> None:
    assert numbers.percent(value) == text


def test_years_and_days_are_those_of_the_reader() -> None:
    assert numbers.year(2026, "th") == "2569"
    assert numbers.year(2026, "en") == f"2026 (BE{SPACE}2569)"
    assert numbers.day(date(2026, 1, 2), "th") == f"2{SPACE}ม.ค.{SPACE}2569"
    # Half past eight in the evening in London is the next day in Bangkok.
    assert numbers.day(datetime(2026, 12, 31, 20, 30, tzinfo=UTC), "th") == f"1{SPACE}ม.ค.{SPACE}2570"
    assert numbers.moment("2026-12-31T20:30:00Z", "en") == f"1{SPACE}Jan{SPACE}2027 03:30"
    assert numbers.size(1_500_000) == f"1.5{SPACE}MB"


@given(st.text())
def test_cleaned_text_turns_nothing_around(text: str) -> None:
    shown = clean(text)
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\x00\x07\x1b"
    )
    assert clean(shown) == shown
    shown.encode("utf-8")


def test_a_name_is_not_cut_before_its_vowel_or_tone() -> None:
    name = "กู้" * 60
    shown, cut = clamped(name, 121)
    assert cut
    assert shown.endswith("…")
    assert name[len(shown) - 1] == "ก"


@given(st.text())
def test_a_path_is_safe_on_every_file_system(text: str) -> None:
    name = paths.slug(text)
    assert name and not set(name) & set('/\\:*?"<>|\x00') and not name.startswith((".", "-"))


def test_a_description_in_two_languages_is_taken_apart() -> None:
    assert halves("คะแนน · Score · rank") == ("คะแนน", "Score · rank")
    assert halves("Score · rank") == (None, "Score · rank")
    assert halves("คะแนน") == ("คะแนน", None)
    assert halves(None) == (None, None)
