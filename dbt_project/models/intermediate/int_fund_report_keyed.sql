{{ config(materialized="view") }}

-- Every fund report with its place and the key of the fund in its own agency. A view: the wide columns are written once, in fct_fund_year.
-- Places and funds are found by comparing what was reported, several times cheaper on millions of rows than hashing each row.
with placed as (
    select
        report.*,
        delivery.sequence,
        place.place_id,
        place.tambon_code,
        place.tambon_unit_id,
        place.amphoe_code,
        place.province_code,
        place.method as resolution_method,
        place.confidence as resolution_confidence,
        {{ source_fund_columns('report', 'place') }}
    from {{ ref('stg_fund_report') }} as report
    inner join {{ ref('stg_delivery') }} as delivery on report.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('report', 'place') }}
)

select
    placed.* exclude (uncoded_name, uncoded_area, uncoded_moo),
    source_fund.source_fund_key
from placed
inner join {{ ref('int_fund_source') }} as source_fund
    on
        placed.feed_code = source_fund.feed_code
        and placed.fund_code is not distinct from source_fund.fund_code
        and placed.uncoded_name is not distinct from source_fund.uncoded_name
        and placed.uncoded_area is not distinct from source_fund.uncoded_area
        and placed.uncoded_moo is not distinct from source_fund.uncoded_moo
