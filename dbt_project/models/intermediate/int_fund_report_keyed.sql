-- One narrow row a fund, programme, year and delivery, numbered in order of delivery. Kept narrow on purpose: the wide columns
-- are joined once, in fct_fund_year_revision. A key that stands twice in one delivery keeps its last row.
with report as (
    select
        report.delivery_id,
        report.sheet,
        report.row_number,
        delivery.sequence,
        report.programme_code,
        report.fiscal_year,
        {{ place_id() }} as place_id,
        report.feed_code,
        report.fund_code,
        report.fund_name,
        report.moo
    from {{ ref('stg_fund_report') }} as report
    inner join {{ ref('stg_delivery') }} as delivery on report.delivery_id = delivery.delivery_id
),

keyed as (
    select
        report.delivery_id,
        report.sheet,
        report.row_number,
        report.sequence,
        report.programme_code,
        report.fiscal_year,
        report.place_id,
        substr(
            case
                when report.fund_code is not null then {{ hash_of(['report.feed_code', 'report.fund_code']) }}
                -- without a code a fund is its name, where it lies and its village
                else {{ hash_of([
                    'report.feed_code', name_key('report.fund_name', 'fund'),
                    'coalesce(place.tambon_unit_id, report.place_id)', 'cast(report.moo as varchar)',
                ]) }}
            end,
            1, 16
        ) as source_fund_key
    from report
    inner join {{ ref('int_place_resolved') }} as place on report.place_id = place.place_id
),

ordered as (
    select
        *,
        lead(sequence) over (
            partition by source_fund_key, programme_code, fiscal_year
            order by sequence, sheet, row_number
        ) as next_sequence
    from keyed
)

select
    delivery_id,
    sheet,
    row_number,
    sequence,
    programme_code,
    fiscal_year,
    place_id,
    source_fund_key,
    cast(
        row_number() over (partition by source_fund_key, programme_code, fiscal_year order by sequence) as integer
    ) as revision_number,
    next_sequence is null as is_latest
from ordered
where next_sequence is null or next_sequence <> sequence
