"""The admission suite of a feed.

The catalogue's checks with the contract's columns, bounds and limits filled in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from expectations.catalogue import Check, Rule, load_checks, make_rule
from ingest.contract import Column, Contract, load_fields
from ingest.contract.fields import RECORD_KINDS, IdentityField, Measure
from ingest.normalise.schema import conformed_schema

# Place fields of a contract keep their reported cell in these conformed columns.
REPORTED = {
    "tambon_code": "reported_tambon_code",
    "tambon": "reported_tambon",
    "amphoe": "reported_amphoe",
    "province": "reported_province",
}
FACTS = "delivery_facts"
RECORDS = "delivery_records"


def code_repeats_quietly(contract: Contract) -> bool:
    """Whether a fund's code may stand twice in a period without its key doing so: the key has more in it than these."""
    return "fund_code" in contract.by_field and set(contract.key) > {"fund_code", contract.period.field}


def field_of(column: str | None) -> str | None:
    """The contract's field that fills a conformed column; a column that no field fills is its own name."""
    return next((field for field, name in REPORTED.items() if name == column), column)


def conformed_column(field: str) -> str:
    """The conformed column that a contract's field fills."""
    return REPORTED.get(field, field)


def _known(field: str) -> IdentityField | Measure | None:
    fields = load_fields()
    measures = (fields.measures_of(kind).get(field) for kind in RECORD_KINDS)
    return next((found for found in (fields.identity.get(field), *measures) if found), None)


def label_of(column: str) -> str:
    """The Thai label of a conformed column."""
    return _labels(field_of(column) or column)[0]


def _labels(field: str) -> tuple[str, str]:
    known = _known(field)
    return (known.label_th, known.label_en) if known else (field, field)


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def _bounds(field: str, column: Column) -> dict[str, object]:
    """SQL and words of a column's bounds.

    The field's own least value stands where the contract gives none.
    """
    known = _known(field)
    low = column.min if column.min is not None else (known.min if known else None)
    high = column.max if column.max is not None else (known.max if known else None)
    words_th = [f"ตั้งแต่ {_number(low)}"] if low is not None else []
    words_en = [f"at least {_number(low)}"] if low is not None else []
    if high is not None:
        words_th.append(f"ไม่เกิน {_number(high)}")
        words_en.append(f"at most {_number(high)}")
    return {
        "min": f"CAST({low!r} AS DOUBLE)" if low is not None else "CAST('-infinity' AS DOUBLE)",
        "max": f"CAST({high!r} AS DOUBLE)" if high is not None else "CAST('infinity' AS DOUBLE)",
        "bounds_th": " ".join(words_th),
        "bounds_en": ", ".join(words_en),
        "severity": column.severity,
    }


def _for_columns(check: Check, contract: Contract, common: dict[str, object]) -> list[Rule]:
    rules = []
    kept = conformed_schema(contract.record_kind)
    for field, column in contract.by_field.items():
        label_th, label_en = _labels(field)
        values = {
            **common,
            "field": field,
            "column": conformed_column(field),
            "label_th": label_th,
            "label_en": label_en,
        }
        if (check.per == "required" and column.required) or (
            check.per == "each" and field in check.fields and conformed_column(field) in kept
        ):
            pass
        elif check.per == "bounded" and (column.min is not None or column.max is not None):
            values |= _bounds(field, column)
        elif check.per == "filled" and column.min_fill_rate is not None:
            values |= {
                "min_fill_rate": column.min_fill_rate,
                # rounded: 1 - 0.6 is a little over 0.4
                "max_blank_rate": round(1 - column.min_fill_rate, 9),
                "severity": column.fill_severity,
            }
        else:
            continue
        rules.append(make_rule(check, values, feed_code=contract.feed, part=field))
    return rules


def _for_pairs(check: Check, contract: Contract, common: dict[str, object]) -> list[Rule]:
    make = partial(make_rule, check, feed_code=contract.feed)
    if check.per == "parts":
        return [
            make(
                {
                    **common,
                    "total": rule.total,
                    "parts_sum": " + ".join(rule.parts),
                    "tolerance": rule.tolerance,
                    "total_th": _labels(rule.total)[0],
                    "total_en": _labels(rule.total)[1],
                    "parts_th": " + ".join(_labels(part)[0] for part in rule.parts),
                    "parts_en": " + ".join(_labels(part)[1] for part in rule.parts),
                },
                part="-".join((rule.total, *rule.parts)),
            )
            for rule in contract.parts
        ]
    return [
        make(
            {
                **common,
                "lesser": rule.lesser,
                "greater": rule.greater,
                "lesser_th": _labels(rule.lesser)[0],
                "lesser_en": _labels(rule.lesser)[1],
                "greater_th": _labels(rule.greater)[0],
                "greater_en": _labels(rule.greater)[1],
            },
            part=f"{rule.lesser}-{rule.greater}",
        )
        for rule in contract.not_above
    ]


def admission_rules(contract: Contract, today: date | None = None) -> list[Rule]:
    """Every admission rule of a feed, those on `delivery_facts` and those on `delivery_records`.

    `today` decides the last plausible year (and nothing else).
    """
    last_year = (today or datetime.now(UTC).date()).year + contract.period.year_max_ahead
    keys = [conformed_column(field) for field in contract.key]
    common: dict[str, object] = {
        **contract.limits.model_dump(),
        "key_th": " + ".join(_labels(field)[0] for field in contract.key),
        "key_en": " + ".join(_labels(field)[1] for field in contract.key),
        "key_column": keys[0],
        "key_value": f"concat_ws(' / ', {', '.join(keys)})",
        "lookup_columns": sum(1 for column in contract.columns if column.lookup),
        "year_column": contract.period.field,
        "today": (today or datetime.now(UTC).date()).isoformat(),
        "year_min": contract.period.year_min,
        "year_max": last_year,
        "year_min_be": contract.period.year_min + 543,
        "year_max_be": last_year + 543,
    }
    rules: list[Rule] = []
    given = contract.by_field.keys() | {contract.period.field}
    for check in load_checks():
        if check.stage != "admission" or contract.record_kind not in check.kinds or set(check.needs) - given:
            continue
        if (
            check.per == "audit"
        ):  # found later, when the delivery stands beside the others (expectations/blamed.py)
            continue
        if check.per == "once":
            rules.append(make_rule(check, common, feed_code=contract.feed))
        elif check.per == "coded":
            if code_repeats_quietly(contract):
                rules.append(make_rule(check, common, feed_code=contract.feed))
        elif check.per in ("parts", "not_above"):
            rules.extend(_for_pairs(check, contract, common))
        else:
            rules.extend(_for_columns(check, contract, common))
    return [_as_set(rule, contract) for rule in rules]


def _as_set(rule: Rule, contract: Contract) -> Rule:
    """The rule with what the contract's `checks` say of it; its part (a field) before the check as a whole."""
    part = rule.check_id.split(":")[-1]
    for key in (f"{rule.check.id}:{part}", rule.check.id):
        limits = contract.checks.get(key)
        if limits:
            return replace(rule, **{name: getattr(limits, name) for name in limits.model_fields_set})
    return rule
