"""Which tables a release publishes, and their keys (as docs/architecture.md lists them)."""

from typing import Final

from release.models import TableSpec

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "dim_tambon": ("tambon_code",),
    "dim_fund": ("fund_id",),
    "dim_programme": ("programme_code",),
    "dim_agency": ("agency_code",),
    "dim_measure": ("measure_code",),
    "dim_fiscal_year": ("fiscal_year",),
    "dim_place": ("place_id",),
    "dim_delivery": ("delivery_id",),
    "dim_fund_source": ("source_fund_key",),
    "dim_fund_version": ("fund_id", "valid_from_fiscal_year"),
    "dim_site": ("site_id",),
    "fct_fund_year_superseded": ("source_fund_key", "programme_code", "fiscal_year", "revision_number"),
    "fct_fund_year_revision": ("source_fund_key", "programme_code", "fiscal_year", "revision_number"),
    "fct_fund_year_part": ("source_fund_key", "programme_code", "fiscal_year"),
    "fct_fund_agency_year": ("source_fund_key", "programme_code", "fiscal_year"),
    "fct_fund_identity_event": ("event_id",),
    "fct_correction": ("decision_line",),
    "fct_event_participant": ("feed_code", "event_code", "participant_key"),
    "fct_published_total": ("feed_code", "total_code"),
    "fct_fund_year": ("fund_id", "programme_code", "fiscal_year"),
    "fct_tambon_year": ("tambon_code", "programme_code", "fiscal_year"),
    "fct_tambon_indicator_year": ("area_key", "indicator_code", "calendar_year", "feed_code"),
    "mart_tambon_profile": ("tambon_code",),
    "mart_area_year": ("area_level", "area_code", "programme_code", "fiscal_year"),
    "mart_fund_directory": ("fund_id",),
    "mart_tambon_programme": ("tambon_code", "programme_code"),
    "mart_tambon_integration": ("tambon_code",),
    "mart_welfare_linkage": ("tambon_code",),
    "mart_welfare_fund_year": ("fund_id", "programme_code", "fiscal_year"),
    "mart_welfare_self_reliance": ("area_level", "area_code", "fiscal_year"),
    "mart_learning_candidate": ("tambon_code",),
    "mart_area_rate": ("area_level", "area_code", "programme_code", "fiscal_year"),
    "mart_concentration": ("area_level", "area_code", "programme_code", "fiscal_year"),
    "mart_reconciliation": ("kind", "item_key"),
    "mart_forum_pack": ("region_code",),
    "mart_forum_pack_item": ("region_code", "section", "item_rank"),
    "mart_agency_conflict": ("fund_id", "fiscal_year", "measure_code", "other_feed_code"),
    "mart_agency_agreement": ("feed_code_a", "feed_code_b", "measure_code"),
    "mart_tambon_conflict": ("tambon_code", "fiscal_year", "measure_code"),
    "mart_membership_bounds": ("area_level", "area_code", "fiscal_year"),
    "mart_steward_queue": ("item_id",),
    "mart_steward_decision": ("kind", "decision_line"),
    "dq_check": ("check_id", "feed_code"),
    "dq_result": ("check_id", "feed_code", "delivery_id"),
    "dq_finding": ("finding_id",),
    "dq_finding_life": ("finding_id", "life_number"),
    "dq_score_check": ("agency_code", "feed_code", "check_id", "province_code"),
    "dq_score": ("agency_code", "province_code", "dimension"),
    "dq_trend": ("release_id", "agency_code", "check_id", "province_code"),
    "dq_mend_time": ("agency_code", "check_id"),
    "dq_release": ("release_id",),
    "dq_delivery": ("delivery_id",),
    "dq_feed": ("feed_code",),
    "dq_fetch": ("feed_code", "source", "origin"),
}
PUBLISHED_PREFIXES: Final = ("dim_", "fct_", "mart_")
QUALITY_PREFIX: Final = "dq_"
MONEY_TABLE: Final = "fct_fund_year"
MONEY_SUFFIX: Final = "_thb"
MEASURE_SUFFIXES: Final = ("_thb", "_persons", "_households", "_funds", "_organisations")


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def spec_of(name: str, columns: list[str], given: dict[str, TableSpec]) -> TableSpec:
    """The caller's spec; where it has no keys, those known keys that the table has."""
    spec = given.get(name, TableSpec(name=name))
    keys = spec.keys or [key for key in KEYS.get(name, ()) if key in columns]
    return spec.model_copy(update={"keys": keys})
