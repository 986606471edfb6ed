"""What one tambon holds, and its province over the years: a worked notebook on the published release.

    make notebook                                              edit it in a browser
    .venv/bin/marimo run notebooks/tambon_profile.py           only look at it
    .venv/bin/python notebooks/tambon_profile.py               run it as a script, which prints the profile
    .venv/bin/python notebooks/tambon_profile.py --tambon 501503

It reads `TAMBON_HOME` (default ./data) and changes nothing there.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="ภาพรวมกองทุนรายตำบล · Profile of a tambon")


@app.cell
def _():
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    from ingest.home import Home
    from release import QueryError, open_current, read_manifest

    return Home, Path, QueryError, alt, mo, open_current, pl, read_manifest


@app.cell
def _(mo):
    mo.md("""
    # ภาพรวมกองทุนของตำบล · Profile of a tambon

    ตำบลหนึ่งมีกองทุนอะไรบ้าง มีเงินเท่าไร และจังหวัดของตำบลนั้นเปลี่ยนไปอย่างไรในแต่ละปี
    What funds does a tambon hold, how much is in them, and how has its province changed over the years?
    """)
    return


@app.cell
def _(Home, Path, QueryError, mo, open_current, pl, read_manifest):
    # The link `current` is followed once. Everything below asks this one connection, so a release published in the
    # meantime cannot mix in. It is read-only and closed to the rest of the machine.
    try:
        con = open_current(Home.locate())
        problem = None
    except QueryError as error:
        con, problem = None, str(error)
    if problem and mo.app_meta().mode == "script":
        print(problem)
    mo.stop(con is None, mo.callout(mo.md(problem or ""), kind="warn"))
    folder = Path(
        con.execute("SELECT path FROM duckdb_databases() WHERE NOT internal").fetchall()[0][0]
    ).parent
    manifest = read_manifest(folder)

    def ask(sql, parameters=()):
        """The answer to a question as a Polars frame; values are bound, never pasted into the text."""
        return pl.from_arrow(con.sql(sql, params=list(parameters)).to_arrow_table())

    return ask, manifest


@app.cell
def _(manifest, mo):
    # Synthetic data says so before anything else is shown.
    stated = f"รุ่นข้อมูล · Release `{manifest.release_id}`"
    notice = (
        mo.callout(
            mo.md(
                f"**ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง ห้ามนำไปอ้างอิง · Synthetic data, not real; do not cite.** {stated}"
            ),
            kind="warn",
        )
        if manifest.is_synthetic
        else mo.callout(mo.md(stated), kind="info")
    )
    notice
    return


@app.cell
def _(ask, mo):
    # Every current tambon that has a fund, and how many; a tambon without any is offered too, at the end of the list.
    tambons = ask("""
        SELECT tambon_code, tambon_name_th, amphoe_name_th, province_name_th, funds_known
        FROM mart_tambon_profile ORDER BY funds_known DESC, tambon_code
    """)
    labels = {
        f"{name} / {amphoe} / {province} ({code})": code
        for code, name, amphoe, province, _funds in tambons.iter_rows()
    }
    asked = str(mo.cli_args().get("tambon") or "")
    # The first in the list has the most funds.
    first = next((label for label, code in labels.items() if code == asked), next(iter(labels)))
    unknown = bool(asked) and asked not in labels.values()
    tambon = mo.ui.dropdown(
        labels,
        value=first,
        searchable=True,
        label="ตำบล · Tambon (ชื่อ / อำเภอ / จังหวัด · name / amphoe / province)",
    )
    mo.vstack(
        [tambon]
        + [mo.callout(mo.md(f"ไม่พบรหัสตำบล · No current tambon has the code `{asked}`"), kind="warn")]
        * unknown
    )
    return (tambon,)


@app.cell
def _(ask):
    # What each measure is: label, unit, definition. One definition for all programmes (programme_code '') and, where the same
    # word means something else, one for the programme.
    measures = ask("""
        SELECT measure_code, programme_code, label_th, label_en, unit, people_or_memberships, adds_over_time, definition_th, definition_en
        FROM dim_measure WHERE kind = 'fund' ORDER BY measure_code, programme_code
    """)
    units = {
        "THB": "บาท · THB",
        "persons": "คน · persons",
        "households": "ครัวเรือน · households",
        "funds": "กองทุน · funds",
        "organisations": "องค์กร · organisations",
    }
    # Persons of a measure that counts memberships are not people.
    unit_of = {
        row["measure_code"]: "สมาชิกภาพ · memberships"
        if row["people_or_memberships"] == "memberships"
        else units[row["unit"]]
        for row in measures.iter_rows(named=True)
    }
    label_of = {
        row["measure_code"]: f"{row['label_th']} · {row['label_en']}"
        for row in measures.iter_rows(named=True)
    }
    return label_of, measures, unit_of, units


@app.cell
def _(ask, tambon):
    # One row: the tambon in each programme's latest year.
    profile = ask("SELECT * FROM mart_tambon_profile WHERE tambon_code = ?", [tambon.value])
    row = profile.row(0, named=True)
    return profile, row


@app.cell
def _(mo, row, units):
    def count(value, unit):
        """A number as text; a missing one is said to be missing, never zero."""
        return "ไม่มีข้อมูล · not known" if value is None else f"{value:,.0f} {unit}"

    latest = "–" if row["fiscal_year"] is None else str(row["fiscal_year"] + 543)
    counted = "–" if row["population_year"] is None else str(row["population_year"] + 543)
    mo.md(f"""
    ## ตำบล{row["tambon_name_th"]} อำเภอ{row["amphoe_name_th"]} จังหวัด{row["province_name_th"]}

    {row["tambon_name_en"]}, {row["amphoe_name_en"]}, {row["province_name_en"]} · รหัส · code `{row["tambon_code"]}`

    | | |
    |---|---:|
    | ประชากร พ.ศ. {counted} · Registered population | {count(row["population_total"], units["persons"])} |
    | ครัวเรือน · Households | {count(row["households_total"], units["households"])} |
    | กองทุนที่รู้จัก ปีงบประมาณ {latest} · Funds known | {count(row["funds_known"], units["funds"])} |
    | กองทุนที่รายงาน · Funds reporting | {count(row["funds_reporting"], units["funds"])} |
    """)
    return


@app.cell
def _(ask, label_of, mo, pl, tambon, unit_of):
    # By programme, in each one's latest year. No fund, not reported and reported zero are three different things.
    by_programme = ask(
        """
        SELECT p.programme_code, p.label_th || ' · ' || p.label_en AS programme, t.* EXCLUDE (programme_code)
        FROM fct_tambon_year AS t
        JOIN dim_programme AS p USING (programme_code)
        WHERE t.tambon_code = ?
        QUALIFY row_number() OVER (PARTITION BY t.programme_code ORDER BY t.fiscal_year DESC) = 1
        ORDER BY p.programme_code
        """,
        [tambon.value],
    )
    statuses = {
        "no_fund": "ไม่มีกองทุน · no fund",
        "not_reported": "ไม่รายงาน · not reported",
        "reported": "รายงานแล้ว · reported",
    }
    summary = by_programme.select(
        pl.col("programme").alias("ประเภทกองทุน · programme"),
        (pl.col("fiscal_year").cast(pl.Int32) + 543).alias("ปีงบประมาณ พ.ศ. · fiscal year (BE)"),
        pl.col("reporting_status").replace_strict(statuses).alias("สถานะ · status"),
        pl.col("funds_known").alias("กองทุน · funds"),
        pl.col("funds_reporting").alias("ที่รายงาน · reporting"),
    )
    held = (
        by_programme.select("programme", *[code for code in label_of if code in by_programme.columns])
        .unpivot(index="programme", variable_name="measure_code")
        .drop_nulls("value")
        .select(
            pl.col("programme").alias("ประเภทกองทุน · programme"),
            pl.col("measure_code").replace_strict(label_of).alias("รายการ · measure"),
            pl.col("value").alias("ค่า · value"),
            pl.col("measure_code").replace_strict(unit_of).alias("หน่วย · unit"),
        )
    )
    mo.vstack(
        [
            mo.md("### กองทุนแยกตามประเภท ปีล่าสุด · Its funds by programme, latest year"),
            mo.ui.table(summary, selection=None),
            mo.ui.table(held, selection=None, page_size=30),
        ]
    )
    return by_programme, held


@app.cell
def _(ask, label_of, measures, mo, pl, row):
    # The province over years. A measure is offered where some programme of the province has it.
    province = ask(
        """
        SELECT a.*, p.label_th || ' · ' || p.label_en AS programme
        FROM mart_area_year AS a
        JOIN dim_programme AS p USING (programme_code)
        WHERE a.area_level = 'province' AND a.area_code = ?
        ORDER BY a.programme_code, a.fiscal_year
        """,
        [row["province_code"]],
    )
    offered = {
        label: code
        for code, label in label_of.items()
        if code in province.columns and province[code].null_count() < province.height
    }
    mo.stop(not offered, mo.md("จังหวัดนี้ยังไม่มีข้อมูล · Nothing was reported from this province."))
    wanted = label_of["savings_thb"]
    measure = mo.ui.dropdown(
        offered, value=wanted if wanted in offered else next(iter(offered)), label="รายการ · Measure"
    )
    definitions = measures.select(
        "measure_code", "programme_code", pl.col("definition_th"), pl.col("definition_en")
    )
    mo.vstack([mo.md(f"## จังหวัด{row['province_name_th']}ในแต่ละปี · The province over the years"), measure])
    return definitions, measure, province


@app.cell
def _(measure, pl, province):
    # One row a programme and fiscal year in which somebody reported; years without a report are gaps, not zeros.
    chart_data = (
        province.select(
            "programme",
            "programme_code",
            (pl.col("fiscal_year").cast(pl.Int32) + 543).alias("fiscal_year_be"),
            pl.col(measure.value).alias("value"),
            "funds_known",
            "funds_reporting",
        )
        .drop_nulls("value")
        .sort("programme_code", "fiscal_year_be")
    )
    return (chart_data,)


@app.cell
def _(alt, chart_data, label_of, measure, mo, row, unit_of):
    chart = (
        alt.Chart(
            chart_data,
            title=alt.Title(
                f"{label_of[measure.value]}",
                subtitle=f"จังหวัด{row['province_name_th']} ตามปีงบประมาณ · {row['province_name_en']} by fiscal year",
            ),
        )
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "fiscal_year_be:O", title="ปีงบประมาณ พ.ศ. · Fiscal year (BE)", axis=alt.Axis(labelAngle=0)
            ),
            y=alt.Y("value:Q", title=unit_of[measure.value], axis=alt.Axis(format="~s")),
            # Shape beside colour, for those who do not tell colours apart.
            color=alt.Color(
                "programme:N",
                title="ประเภทกองทุน · Programme",
                legend=alt.Legend(orient="bottom", labelLimit=400),
            ),
            shape=alt.Shape("programme:N", title="ประเภทกองทุน · Programme"),
            tooltip=[
                alt.Tooltip("programme:N", title="ประเภทกองทุน · Programme"),
                alt.Tooltip("fiscal_year_be:O", title="พ.ศ. · BE"),
                alt.Tooltip("value:Q", title=unit_of[measure.value], format=",.0f"),
                alt.Tooltip("funds_known:Q", title="กองทุน · Funds known", format=",.0f"),
                alt.Tooltip("funds_reporting:Q", title="ที่รายงาน · Reporting", format=",.0f"),
            ],
        )
        .properties(width="container", height=320)
    )
    mo.ui.altair_chart(chart, chart_selection=False, legend_selection=False)
    return (chart,)


@app.cell
def _(definitions, label_of, measure, mo, pl, unit_of):
    # What the chosen measure means, and where a programme means something else by the same word.
    chosen = definitions.filter(pl.col("measure_code") == measure.value)
    lines = [
        f"- {'ทุกประเภท · all programmes' if not programme else f'`{programme}`'}: {thai} · {english}"
        for _code, programme, thai, english in chosen.iter_rows()
    ]
    several = (
        "\n\n**นิยามต่างกันตามประเภทกองทุน เทียบกันโดยตรงไม่ได้ · Programmes define it differently: not comparable.**"
    )
    mo.md(
        f"**{label_of[measure.value]}** ({unit_of[measure.value]})\n\n"
        + "\n".join(lines)
        + (several if chosen.height > 1 else "")
    )
    return


@app.cell
def _(manifest, mo):
    mo.md(f"""
    ## ข้อจำกัด · Limits

    - **สมาชิกภาพไม่ใช่จำนวนคน** คนหนึ่งเป็นสมาชิกได้หลายกองทุน ผลรวมจึงนับสมาชิกภาพ ·
      **Memberships are not people**: one person may be in several funds, so sums count memberships.
    - ผลรวมมีเฉพาะกองทุนที่รายงาน ปีที่ไม่มีใครรายงานเว้นว่างไว้ ไม่ใช่ศูนย์ ·
      Sums hold only the funds that reported; where nobody did the value is missing, not zero.
    - กองทุนที่ยังจับคู่กับตำบลไม่ได้ไม่อยู่ในหน้านี้ (นับรวมในระดับประเทศ) ·
      Funds whose tambon is not resolved are not shown here; the country's sums include them.
    - ประชากรเป็นการนับตามทะเบียนราษฎร · Population is the registration office's count.
    - เส้นแบ่งเขตเปลี่ยนไปตามปี เมื่อเทียบหลายปีให้ใช้ `tambon_unit_id` · Boundaries move; compare years by `tambon_unit_id`.

    ชื่อและรหัสตำบล · Tambon names and codes: [geothai](https://github.com/GeoThai/data), CC-BY-4.0 ·
    อ้างอิงด้วยรหัสรุ่นข้อมูล · Cite the release: `{manifest.release_id}`
    """)
    return


@app.cell
def _(by_programme, chart_data, label_of, manifest, measure, mo, row):
    # As a script there is no page to look at: say what was found.
    if mo.app_meta().mode == "script":
        if manifest.is_synthetic:
            print("ข้อมูลสังเคราะห์ ไม่ใช่ข้อมูลจริง · Synthetic data, not real")
        print(
            f"ตำบล{row['tambon_name_th']} {row['amphoe_name_th']} {row['province_name_th']} ({row['tambon_code']}): "
            f"{row['funds_known']:,} กองทุน · funds"
        )
        for one in by_programme.iter_rows(named=True):
            print(
                f"  {one['programme']}: {one['funds_known']:,} กองทุน · funds, {one['funds_reporting']:,} รายงาน · reporting"
            )
        print(f"{label_of[measure.value]}, {row['province_name_th']}:")
        for one in chart_data.iter_rows(named=True):
            print(f"  {one['fiscal_year_be']}  {one['programme']}: {one['value']:,.0f}")
    return


if __name__ == "__main__":
    app.run()
