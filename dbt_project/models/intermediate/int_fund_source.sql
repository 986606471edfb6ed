-- Every fund as its own agency names it, with its key and what was last said of it. Keys are hashed and names keyed here once, on funds
-- and never on reports. "Last said" is the last value given at all, by year, then delivery.
with report as (
    select
        report.feed_code,
        report.agency_code,
        report.fund_code,
        report.programme_code,
        report.fiscal_year,
        report.fund_name,
        report.moo,
        report.founded_on,
        report.juristic_number,
        report.registration_number,
        report.members_persons,
        report.savings_thb,
        place.place_id,
        case when place.tambon_code is not null then place.place_id end as resolved_place_id,
        {{ source_fund_columns('report', 'place') }},
        {{ report_order('report', 'delivery') }} as seen
    from {{ ref('stg_fund_report') }} as report
    inner join {{ ref('stg_delivery') }} as delivery on report.delivery_id = delivery.delivery_id
    inner join {{ ref('int_place_resolved') }} as place on {{ same_place('report', 'place') }}
),

source_fund as (
    select
        feed_code,
        fund_code,
        uncoded_name,
        uncoded_area,
        uncoded_moo,
        min(agency_code) as agency_code,
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year,
        max(seen) as last_seen,
        min(programme_code) as first_programme_code,
        max(programme_code) as last_programme_code,
        {{ last_given(identity_columns() + ['place_id', 'resolved_place_id'], 'seen') }}
    from report
    group by feed_code, fund_code, uncoded_name, uncoded_area, uncoded_moo
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
    ) as source_fund_key,
    agency_code,
    first_fiscal_year,
    last_fiscal_year,
    last_seen,
    first_programme_code,
    last_programme_code,
    programme_code,
    fund_name,
    moo,
    founded_on,
    juristic_number,
    registration_number,
    members_persons,
    savings_thb,
    coalesce(resolved_place_id, place_id) as place_id
from source_fund
