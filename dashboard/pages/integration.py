"""The plan's own questions: where funds are linked, where finance and welfare meet, pilots, candidates; a pack a region."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from dashboard import paths
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.numbers import BANGKOK
from dashboard.packs.content import region_packs
from dashboard.packs.pdf import TITLE as PACK_TITLE
from dashboard.packs.pdf import made_from, pack_pdf
from dashboard.places import Places, load_places
from dashboard.source import Source

TITLE: Final = Bilingual("การบูรณาการและสวัสดิการ", "Integration and welfare")
GAPS: Final = ("linked", "both_not_linked", "finance_without_welfare", "welfare_without_finance", "neither")
LEVELS: Final = (0, 1, 2, 3, 4)
LISTED: Final = 30

BY_PROVINCE: Final = f"""
SELECT welfare.province_code, any_value(welfare.region_code) AS region_code, count(*) AS tambons,
    {", ".join(f"count(*) FILTER (welfare.gap_type = '{gap}') AS {gap}" for gap in GAPS)},
    {", ".join(f"count(*) FILTER (integration.integration_level = {level}) AS level_{level}" for level in LEVELS)},
    sum(integration.funds) AS funds, sum(integration.funds_linked) AS funds_linked,
    count(*) FILTER (integration.has_pilot) AS pilots, count(*) FILTER (integration.has_fund_learning_centre) AS centres,
    count(*) FILTER (candidate.is_candidate) AS candidates,
    sum(welfare.welfare_memberships) / nullif(sum(welfare.population_total), 0) AS coverage
FROM mart_welfare_linkage AS welfare
JOIN mart_tambon_integration AS integration USING (tambon_code)
LEFT JOIN mart_learning_candidate AS candidate USING (tambon_code)
GROUP BY welfare.province_code ORDER BY welfare.province_code
"""
RULES: Final = """
SELECT 'gap' AS kind, gap_type AS code, any_value(rule_th) AS rule_th, any_value(rule_en) AS rule_en
FROM mart_welfare_linkage GROUP BY ALL
UNION ALL
SELECT 'level', integration_level::varchar, any_value(rule_th), any_value(rule_en) FROM mart_tambon_integration GROUP BY ALL
UNION ALL
SELECT 'candidate', '', any_value(rule_th), any_value(rule_en) FROM mart_learning_candidate
ORDER BY kind, code
"""
PLACES_APART: Final = """
SELECT tambon_code, gap_type, finance_funds, welfare_funds, population_total
FROM mart_welfare_linkage WHERE gap_type NOT IN ('linked', 'neither')
ORDER BY population_total DESC NULLS LAST, tambon_code LIMIT ?
"""
CANDIDATES: Final = """
SELECT tambon_code, score, is_pilot, has_centre, missing_th, missing_en FROM mart_learning_candidate
WHERE is_candidate OR is_pilot OR has_centre
ORDER BY is_candidate DESC, score DESC, rank_in_region, tambon_code LIMIT ?
"""
SITES: Final = """
SELECT tambon_code, site_name, site_type, site_status, host_name, topic FROM dim_site
WHERE site_type IN ('pilot', 'fund_learning_centre') ORDER BY site_type, tambon_code NULLS LAST, site_name LIMIT 200
"""


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The page of the plan's questions, and the packs: a page a region and a PDF a language."""
    places = load_places(source)
    packs = region_packs(source)
    yield _index(source, places, packs)
    released_on = (
        (source.facts_manifest.created_at if source.facts_manifest else source.created_at)
        .astimezone(BANGKOK)
        .date()
    )
    manifest = source.manifest
    notice = Bilingual(manifest.notice_th or "", manifest.notice_en or "") if manifest.is_synthetic else None
    for pack in packs:
        code = pack["region_code"]
        yield Page(
            path=paths.pack(code),
            kind="pack",
            template="pack.html",
            title=Bilingual(*(f"{PACK_TITLE[index]}: {pack['name'][index]}" for index in (0, 1))),
            data={
                **pack,
                "files": [(lang, paths.pack_file(code, lang)) for lang in ("th", "en")],
            },
            crumbs=(Crumb(TITLE, paths.INTEGRATION),),
        )
        for lang in ("th", "en"):
            # The date is no part of the key: a pack whose figures stayed the same keeps the day on which they last changed.
            content = json.dumps(
                [pack, notice, lang, made_from()], ensure_ascii=False, default=str, sort_keys=True
            )
            yield SiteFile(
                path=paths.pack_file(code, lang),
                key=hashlib.blake2b(content.encode(), digest_size=16).hexdigest(),
                make=partial(
                    pack_pdf, pack, lang, released_on=released_on, release_id=source.release_id, notice=notice
                ),
            )


def _index(source: Source, places: Places, packs: list[dict[str, Any]]) -> Page:
    provinces = [
        {**row, "name": places.provinces.get(row["province_code"])} for row in source.rows(BY_PROVINCE)
    ]
    regions: dict[str, dict[str, Any]] = {}
    counted = [
        *GAPS, *(f"level_{level}" for level in LEVELS), "tambons", "funds", "funds_linked", "pilots", "centres", "candidates",
    ]  # fmt: skip
    for row in provinces:
        held = regions.setdefault(
            row["region_code"] or "", {"code": row["region_code"] or "", **dict.fromkeys(counted, 0)}
        )
        for name in counted:
            held[name] += row[name] or 0
    order = [pack["region_code"] for pack in packs]
    listed = sorted(
        regions.values(), key=lambda one: order.index(one["code"]) if one["code"] in order else 99
    )
    for one in listed:
        one["name"] = places.regions.get(one["code"])
        one["files"] = (
            [(lang, paths.pack_file(one["code"], lang)) for lang in ("th", "en")]
            if one["code"] in order
            else []
        )
    rules: dict[str, dict[str, Bilingual]] = {"gap": {}, "level": {}, "candidate": {}}
    for row in source.rows(RULES):
        rules[row["kind"]][row["code"] or ""] = Bilingual(row["rule_th"] or "", row["rule_en"] or "")

    def named(row: dict[str, Any]) -> dict[str, Any]:
        code = row["tambon_code"]
        return {
            **row,
            "name": places.tambon_title(code) if code else None,
            "amphoe": places.amphoe_title(code[:4]) if code else None,
            "province": places.provinces.get(code[:2]) if code else None,
        }

    total = {name: sum(one[name] for one in listed) for name in counted}
    return Page(
        path=paths.INTEGRATION,
        kind="integration",
        template="integration.html",
        title=TITLE,
        data={
            "total": total,
            "regions": listed,
            "provinces": provinces,
            "names": places.provinces,
            "linked": {row["province_code"]: row["linked"] for row in provinces},
            "rules": rules,
            "apart": [named(row) for row in source.rows(PLACES_APART, [LISTED])],
            "candidates": [named(row) for row in source.rows(CANDIDATES, [LISTED])],
            "sites": [named(row) for row in source.rows(SITES)],
            "gaps": GAPS,
            "levels": LEVELS,
        },
    )
