-- Every fund as its own agency names it, with its key. Keys are hashed and names keyed here once, on funds and never on reports.
with source_fund as (
    select distinct
        report.feed_code,
        report.fund_code,
        {{ source_fund_columns('report', 'place') }}
    from {{ ref('stg_fund_report') }} as report
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('report', 'place') }}
)

select
    feed_code,
    fund_code,
    uncoded_name,
    uncoded_area,
    uncoded_moo,
    substr(
        case
            when fund_code is not null then {{ hash_of(['feed_code', 'fund_code']) }}
            -- without a code a fund is its name, where it lies and its village
            else {{ hash_of([
                'feed_code', name_key('uncoded_name', 'fund'), 'uncoded_area', 'cast(uncoded_moo as varchar)',
            ]) }}
        end,
        1, 16
    ) as source_fund_key
from source_fund
