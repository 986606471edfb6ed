"""Statistics of areas, sites and events: the views of their checks."""

from __future__ import annotations

_FAR = "least(greatest(6 * 1.4826 * coalesce(mad(y - y_before), 0.1), 0.2), 1.3)"
_WHERE = "agency_code, delivery_id, sheet, row_number"

AREA_VIEWS: dict[str, str] = {
    # An area's figure beside its own other years, on the log scale with the country's change taken out: as
    # audit_figure does for funds.
    "audit_area_figure": f"""
        WITH told AS (
            SELECT i.*, d.agency_code, i.indicator_code AS field, log10(i.value) - median(log10(i.value)) OVER g AS y
            FROM wh.fct_tambon_indicator_year AS i LEFT JOIN wh.dim_delivery AS d USING (delivery_id)
            WHERE i.value > 0
            WINDOW g AS (PARTITION BY i.feed_code, i.indicator_code, i.calendar_year)
        ), beside AS (
            SELECT *, lag(y) OVER s AS y_before, lag(y, 2) OVER s AS y_before2, lead(y) OVER s AS y_after,
                lead(y, 2) OVER s AS y_after2
            FROM told WINDOW s AS (PARTITION BY feed_code, area_key, indicator_code ORDER BY calendar_year)
        ), spread AS (
            SELECT feed_code, indicator_code, {_FAR} AS far FROM beside GROUP BY ALL
        ), own AS (
            SELECT beside.*, far, CASE WHEN abs(y - y_before) > 0.6 * far OR abs(y - y_after) > 0.6 * far
                THEN [y_before2, y_before, y_after, y_after2] END AS others, list_aggregate(others, 'median') AS own
            FROM beside INNER JOIN spread USING (feed_code, indicator_code)
        )
        SELECT own.*, y - own AS off, value / pow(10, y - own) AS usual, m.label_th, m.label_en,
            y_before IS NOT NULL OR y_after IS NOT NULL AS has_other_years,
            list_count(others) >= 2 AND abs(y - own) > far
                AND len(list_filter(others, lambda one: abs(one - own) <= 0.5 * far)) >= greatest(2,
                    list_count(others) - 1) AS is_far,
            CAST(round(y - own) AS INTEGER) AS power, power <> 0 AND abs(y - own - power) <= 0.12 AS is_slip
        FROM own LEFT JOIN (
            SELECT measure_code, any_value(label_th) AS label_th, any_value(label_en) AS label_en FROM wh.dim_measure GROUP BY ALL
        ) AS m ON m.measure_code = own.indicator_code
    """,
    "audit_area_repeat": """
        SELECT feed_code, area_key, tambon_code, calendar_year, count(*) AS figures, any_value(agency_code) AS agency_code,
            any_value(delivery_id) AS delivery_id, any_value(sheet) AS sheet, any_value(row_number) AS row_number,
            count(*) FILTER (WHERE value = before) AS repeated, arg_max(indicator_code, value) AS field, max(value) AS value
        FROM (
            SELECT i.*, d.agency_code, lag(i.value) OVER s AS before, lag(i.calendar_year) OVER s AS year_before
            FROM wh.fct_tambon_indicator_year AS i LEFT JOIN wh.dim_delivery AS d USING (delivery_id)
            WINDOW s AS (PARTITION BY i.feed_code, area_key, indicator_code ORDER BY calendar_year)
        )
        WHERE year_before = calendar_year - 1 AND value >= 20
        GROUP BY feed_code, area_key, tambon_code, calendar_year
    """,
    # `people`: of a total that is less than its men and women, these; that total is told of itself.
    "audit_population": """
        SELECT *, max(greatest(population_total, coalesce(population_male + population_female, 0)))
            OVER (PARTITION BY area_key, calendar_year) AS people
        FROM (
            SELECT i.feed_code, area_key, calendar_year, any_value(i.tambon_code) AS tambon_code,
                any_value(d.agency_code) AS agency_code,
                any_value(i.delivery_id) AS delivery_id, any_value(sheet) AS sheet, any_value(row_number) AS row_number,
                max(value) FILTER (WHERE indicator_code = 'population_total') AS population_total,
                max(value) FILTER (WHERE indicator_code = 'population_male') AS population_male,
                max(value) FILTER (WHERE indicator_code = 'population_female') AS population_female,
                max(value) FILTER (WHERE indicator_code = 'households_total') AS households_total,
                max(value) FILTER (WHERE indicator_code = 'poverty_surveyed_persons') AS poverty_surveyed_persons,
                max(value) FILTER (WHERE indicator_code = 'welfare_recipients_persons') AS welfare_recipients_persons
            FROM wh.fct_tambon_indicator_year AS i LEFT JOIN wh.dim_delivery AS d USING (delivery_id)
            GROUP BY i.feed_code, area_key, calendar_year
        )
    """,
}

# Every year's reported row, not only the newest: each is in some file that can be mended.
SITE_VIEWS: dict[str, str] = {
    "audit_site": """
        WITH told AS (
            SELECT s.* EXCLUDE (tambon_code), place.tambon_code, place.tambon_unit_id, place.province_code,
                place.method AS resolution_method, CAST(place.candidates AS VARCHAR) AS place_candidates,
                concat_ws('|', s.feed_code, coalesce(s.site_code, s.site_name)) AS site_key
            FROM (SELECT *, NULL AS tambon_code FROM wh.stg_site) AS s
            LEFT JOIN wh.int_place_resolved AS place
                ON place.reported_tambon_code IS NOT DISTINCT FROM s.reported_tambon_code
                AND place.reported_code6 IS NOT DISTINCT FROM s.reported_code6
                AND place.reported_tambon IS NOT DISTINCT FROM s.reported_tambon
                AND place.reported_amphoe IS NOT DISTINCT FROM s.reported_amphoe
                AND place.reported_province IS NOT DISTINCT FROM s.reported_province
            LEFT JOIN wh.dim_delivery AS d USING (delivery_id)
            QUALIFY row_number() OVER (
                PARTITION BY s.feed_code, coalesce(s.site_code, s.site_name), s.reported_tambon_code,
                    s.fiscal_year, s.delivery_id, s.row_number
                ORDER BY d.sequence DESC
            ) = 1
        ), centre AS (
            SELECT province_code, median(latitude) AS latitude, median(longitude) AS longitude, count(latitude) AS sites,
                greatest(0.5, 8 * mad(latitude), 8 * mad(longitude)) AS far
            FROM told WHERE latitude IS NOT NULL GROUP BY ALL
        )
        SELECT told.*, centre.sites AS sites_there, greatest(abs(told.latitude - centre.latitude),
                abs(told.longitude - centre.longitude)) AS off_centre, centre.far AS far_off,
            count(DISTINCT told.site_key) OVER (PARTITION BY told.feed_code, told.fiscal_year,
                told.tambon_unit_id, told.site_name, told.moo)
                AS same_name
        FROM told LEFT JOIN centre USING (province_code)
    """,
    "audit_event": """
        SELECT * EXCLUDE (region_code), region_code AS region, event_code AS item FROM wh.fct_event_participant
    """,
}
