"""`tambon scores`: agencies ranked by the quality of what they send, by dimension, and whether it gets better."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import HomeOption, fail, open_home, out, shown

if TYPE_CHECKING:
    import polars as pl

_BARS = "▁▂▃▄▅▆▇█"
_RELEASES = 12


def scores(
    province: Annotated[
        str | None,
        typer.Option("--province", "-p", help="Two-digit code of a province; without it the whole country."),
    ] = None,
    dimension: Annotated[
        str,
        typer.Option(
            "--dimension", "-d", help="Rank by one dimension (accuracy, completeness, …) or by all."
        ),
    ] = "all",
    csv: Annotated[bool, typer.Option("--csv", help="CSV for another program.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
    home: HomeOption = None,
) -> None:
    """Rank agencies by score: 100 is nothing to mend. With n/N, the dimensions, open findings and their trend.

    Example:  [bold]tambon scores --dimension completeness --province 73[/]
    """
    from release import resolve_quality

    folder = resolve_quality(open_home(home))
    if folder is None or not (folder / "quality" / "dq_score.parquet").is_file():
        fail("ยังไม่มีคะแนนคุณภาพ · No scores are published yet", hint="tambon refresh")
    quality = folder / "quality"
    ranked = _ranking(quality, province, dimension)
    if csv:
        from release.spreadsheet import defused

        typer.echo(defused(ranked).write_csv(), nl=False)
    elif json:
        content = {"release_id": folder.name, "province_code": province, "agencies": ranked.to_dicts()}
        typer.echo(jsonlib.dumps(content, ensure_ascii=False, indent=2, default=str))
    else:
        _show(folder.name, ranked, _formula(quality), province, dimension)


def _ranking(quality: Path, province: str | None, dimension: str) -> pl.DataFrame:
    """Agency: rank, score, n/N, checks, score by dimension, findings open now and over the last releases, days to mend."""
    import polars as pl

    score = pl.read_parquet(quality / "dq_score.parquet").filter(
        pl.col("province_code").eq_missing(pl.lit(province, dtype=pl.String))
    )
    known = sorted(set(score["dimension"]) - {"all"})
    if score.is_empty():
        fail(
            f"ไม่มีข้อมูลของจังหวัด {province} · No province {province} in the scores",
            hint="Two digits, such as 73.",
        )
    if dimension not in (*known, "all"):
        fail(f"ไม่รู้จักด้าน {dimension} · No dimension {dimension}", hint=f"One of: all, {', '.join(known)}")
    chosen = score.filter(dimension=dimension).select(
        "rank", "ranked_of", "agency_code", "score", "numerator", "denominator", "checks_applied", "checks"
    )
    by_dimension = score.filter(pl.col("dimension") != "all").pivot(
        "dimension", index="agency_code", values="score"
    )
    table = chosen.join(by_dimension.select("agency_code", *known), on="agency_code", how="left")
    table = table.join(_trend(quality, province), on="agency_code", how="left")
    table = table.join(_mending(quality), on="agency_code", how="left")
    return table.with_columns(pl.col("findings_open", "mended").fill_null(0)).sort(
        "rank", "agency_code", nulls_last=True
    )


def _trend(quality: Path, province: str | None) -> pl.DataFrame:
    """Agency: open findings now, change since the release before, and the last releases' in order of time."""
    import polars as pl

    releases = (
        pl.read_parquet(quality / "dq_release.parquet")
        .sort("release_id")
        .tail(_RELEASES)
        .select("release_id")
    )
    trend = pl.read_parquet(quality / "dq_trend.parquet").filter(pl.col("agency_code").is_not_null())
    agencies = trend.select("agency_code").unique()
    if province:
        trend = trend.filter(province_code=province)
    counted = trend.group_by("agency_code", "release_id").agg(pl.col("findings_open").sum())
    grid = agencies.join(releases, how="cross").join(counted, on=["agency_code", "release_id"], how="left")
    return (
        grid.with_columns(pl.col("findings_open").fill_null(0))
        .sort("release_id")
        .group_by("agency_code")
        .agg(
            findings_open=pl.col("findings_open").last(),
            since_last=pl.col("findings_open").last()
            - pl.col("findings_open").shift(1).last().fill_null(pl.col("findings_open").last()),
            trend=pl.col("findings_open").cast(pl.String).str.join(" "),
        )
    )


def _mending(quality: Path) -> pl.DataFrame:
    """Agency: findings ever mended, and the median of days from first seen to mended."""
    import polars as pl

    life = pl.read_parquet(quality / "dq_finding_life.parquet").filter(pl.col("life") == "mended")
    days = (pl.col("closed_at") - pl.col("first_seen_at")).dt.total_seconds() / 86_400
    return life.group_by("agency_code").agg(mended=pl.len(), median_days_to_mend=days.median())


def _formula(quality: Path) -> tuple[str, str]:
    import polars as pl

    found = pl.read_parquet(quality / "dq_score.parquet", columns=["formula_th", "formula_en"]).head(1).rows()
    return (str(found[0][0]), str(found[0][1])) if found else ("", "")


def _show(
    release_id: str, ranked: pl.DataFrame, formula: tuple[str, str], province: str | None, dimension: str
) -> None:
    where = f"จังหวัด · province {province}" if province else "ทั้งประเทศ · whole country"
    table = Table(title=f"คะแนนคุณภาพ · Scores ({dimension}), {where}, {release_id}", title_justify="left")
    known = ranked.columns[8 : ranked.columns.index("findings_open")]
    for name in ("rank", "agency", "score", "n/N", "checks", *known, "open", "trend", "days to mend"):
        # of all columns the dimensions' names may be broken, and no number
        table.add_column(
            name,
            justify="left" if name in ("agency", "trend") else "right",
            no_wrap=name not in known,
            overflow="fold",
        )
    for one in ranked.iter_rows(named=True):
        table.add_row(
            f"{one['rank']}/{one['ranked_of']}" if one["rank"] else "–",
            shown(str(one["agency_code"])),
            _number(one["score"]),
            f"{one['numerator']:,}/{one['denominator']:,}",
            f"{one['checks_applied']:,}/{one['checks']:,}",
            *(_number(one[name]) for name in known),
            f"{one['findings_open']:,} ({one['since_last'] or 0:+,})",
            _bars(one["trend"]),
            _number(one["median_days_to_mend"]),
        )
    out.print(table)
    for text in formula:
        out.print(text, style="dim", markup=False)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _bars(counts: str | None) -> str:
    """Open findings over the last releases, as bars from zero to the most there ever were."""
    numbers = [int(one) for one in (counts or "").split()]
    most = max(numbers, default=0) or 1
    return "".join(_BARS[round(number / most * (len(_BARS) - 1))] for number in numbers)
