"""Headers cut into concepts: what a header means, whatever its wording and language (words in `concepts.yml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from ingest.contract.fields import load_fields
from ingest.normalise.text import clean_one, label_key, turn_digits_one

CONCEPTS_FILE = Path(__file__).with_name("concepts.yml")
LONGEST_PHRASE = 4  # Latin words that make one term ("financial year end of …")
UNKNOWN_WEIGHT = 0.8  # of a word that no concept knows
# Names that fields are given, and that nobody would print: they say the unit.
_CODE_SUFFIX = {"thb": "money", "persons": "people"}

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RUNS = re.compile(r"[฀-๿]+|[A-Za-z]+|\d+")
# Thai short forms lose their dots ('อปท.', 'พ.ศ.', 'กข.คจ.'), and the marks ฯ and ๆ say nothing.
_THAI_DOT = re.compile(r"(?<=[ก-ฮ])\.(?=\s*[ก-ฮ]|\s|$|\W)")
_MARKS = re.compile(r"[ฯๆ]")

Tokens = frozenset[str]


class _Concept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = 1.0
    means: tuple[str, ...] = ()
    words: tuple[str, ...]


class Words(BaseModel):
    """`concepts.yml`: concepts with their words, wordings of fields, and what names persons, programmes and record kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concepts: dict[str, _Concept]
    personal: tuple[str, ...]
    ignored: tuple[str, ...]
    wordings: dict[str, tuple[str, ...]]
    programmes: dict[str, tuple[str, ...]]
    kinds: dict[str, tuple[str, ...]]
    labels: dict[str, dict[str, tuple[str, ...]]]


@cache
def load_words() -> Words:
    """Read `concepts.yml`.

    Raises:
        pydantic.ValidationError: the file does not have the declared shape.
    """
    return Words.model_validate(yaml.safe_load(CONCEPTS_FILE.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class _Terms:
    """Every term and its concept: Thai ones without spaces, Latin ones as their words."""

    thai: dict[str, str]
    latin: dict[tuple[str, ...], str]
    longest: int


def _plain(text: str) -> str:
    turned = _MARKS.sub("", turn_digits_one(clean_one(text)))
    return _THAI_DOT.sub("", _CAMEL.sub(" ", turned)).lower()


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@cache
def _terms() -> _Terms:
    thai: dict[str, str] = {}
    latin: dict[tuple[str, ...], str] = {}
    words = load_words()
    programmes = load_fields().programmes
    kinds = [programme.label_th for programme in programmes.values()]
    # A programme's name stands for 'fund' in a header: รหัสกองทุนพัฒนาบทบาทสตรี. What a concept lists itself comes later and wins.
    listed_by = [("fund", tuple(kinds)), *((name, c.words) for name, c in words.concepts.items())]
    for name, listed in [*listed_by, ("@personal", words.personal)]:
        for word in listed:
            plain = _plain(word)
            if re.search("[ก-๙]", plain):
                thai[re.sub(r"[^฀-๿0-9a-z]", "", plain)] = name
            elif runs := tuple(_singular(run) for run in _RUNS.findall(plain)):
                latin[runs] = name
    return _Terms(thai, latin, max(map(len, thai)))


@lru_cache(maxsize=65536)
def _cut_thai(run: str) -> tuple[str, ...]:
    """Concepts of one run of Thai letters; '?…' for what no term covers. The cut that leaves the fewest letters uncovered, then
    the fewest terms, wins."""
    terms = _terms()
    if run in terms.thai:
        return (terms.thai[run],)
    # best[i]: (letters uncovered, pieces, tokens) of run[:i]
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(run) + 1):
        bare, pieces, tokens = best[end - 1]
        letter = run[end - 1]
        joined = bool(tokens) and tokens[-1].startswith("?")
        rest = (*tokens[:-1], tokens[-1] + letter) if joined else (*tokens, f"?{letter}")
        options = [(bare + 1, pieces + (0 if joined else 1), rest)]
        for start in range(max(0, end - terms.longest), end - 1):
            word = run[start:end]
            # A term ends where a letter does not carry a vowel or tone mark over.
            if word in terms.thai and not (end < len(run) and re.match("[ะ-ฺ็-๎]", run[end])):
                bare, pieces, tokens = best[start]
                options.append((bare, pieces + 1, (*tokens, terms.thai[word])))
        best.append(min(options, key=lambda option: option[:2]))
    return best[-1][2]


def _cut_latin(words: list[str]) -> list[str]:
    terms = _terms().latin
    found: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
            phrase = tuple(words[at : at + size])
            name = terms.get(phrase) or terms.get(tuple(map(_singular, phrase)))
            if name is not None:
                found.append(name)
                at += size
                break
        else:
            if not words[at].isdigit():
                found.append(f"?{_singular(words[at])}")
            at += 1
    return found


def _spelled_out(found: list[str]) -> Tokens:
    concepts = load_words().concepts
    means = {name: concepts[name].means for name in found if name in concepts}
    return frozenset(one for name in found for one in (means.get(name) or (name,))) - {"?"}


@lru_cache(maxsize=65536)
def concepts_of(text: str) -> Tokens:
    """The concepts that a text is made of; '?word' for each word that no concept knows.

    'No. of male members' and 'จำนวนสมาชิกเพศชาย' are both {stop, male, member}. Numbers count only inside a term ('บัญชี 1').
    """
    plain = _plain(text)
    found: list[str] = []
    latin: list[str] = []
    # 'บัญชี 1' is a term: a number joins the Thai run before it.
    plain = re.sub(r"(?<=[ก-๙]) +(?=\d)", "", plain)
    for run in re.findall(r"[฀-๿]+\d*|[a-z]+\d*|\d+", plain):
        if re.match("[฀-๿]", run):
            found += _cut_latin(latin)
            latin = []
            cut = _cut_thai(run)
            if any(token.startswith("?") for token in cut) and run[-1].isdigit():
                cut = _cut_thai(run.rstrip("0123456789"))
            found += cut
        else:
            whole = (run,) in _terms().latin
            latin += [run] if whole else _RUNS.findall(run)
    found += _cut_latin(latin)
    return _spelled_out(found)


@lru_cache(maxsize=4096)
def concepts_of_field(code: str) -> Tokens:
    """The concepts of a field's own code (`members_male_persons`)."""
    *rest, last = code.split("_")
    if last in _CODE_SUFFIX:
        return concepts_of(" ".join(rest)) | {_CODE_SUFFIX[last]}
    return concepts_of(" ".join([*rest, last]))


def weight_of(token: str) -> float:
    """How much a token says."""
    if token.startswith("?"):
        return UNKNOWN_WEIGHT * min(1.0, (len(token) - 1) / 4)
    concept = load_words().concepts.get(token)
    return concept.weight if concept else 1.0


def likeness(one: Tokens, other: Tokens) -> float:
    """0 to 1: the weight that two sets of concepts share (weighted Dice)."""
    whole = sum(map(weight_of, one)) + sum(map(weight_of, other))
    return 2 * sum(map(weight_of, one & other)) / whole if whole else 0.0


def is_personal_wording(text: str) -> bool:
    """Whether a header speaks of one living person (chair, telephone, citizen number, address, …)."""
    return "@personal" in concepts_of(text)


@lru_cache(maxsize=4096)
def programme_named(text: str) -> str | None:
    """The first programme, in order of preference, that a label names ('กลุ่มสัจจะ', 'credit union'); None where it names none."""
    key, words = label_key(text), load_words().programmes
    for code, programme in load_fields().programmes.items():
        if any(label_key(w) in key for w in (code, programme.label_th, *words.get(code, ()))):
            return code
    return None
