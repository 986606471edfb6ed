{{ config(materialized="view") }}

-- Every fund report with its place and the key of the fund in its own agency. A view: the wide columns are written once, in fct_fund_year.
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
        place.confidence as resolution_confidence
    from {{ ref('stg_fund_report') }} as report
    inner join {{ ref('stg_delivery') }} as delivery on report.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ place_id() }} = place.place_id
)

select
    *,
    substr(
        case
            when fund_code is not null then {{ hash_of(['feed_code', 'fund_code']) }}
            -- without a code a fund is its name, where it lies and its village
            else {{ hash_of([
                'feed_code', name_key('fund_name', 'fund'), 'coalesce(tambon_unit_id, place_id)', 'cast(moo as varchar)',
            ]) }}
        end,
        1, 16
    ) as source_fund_key
from placed
