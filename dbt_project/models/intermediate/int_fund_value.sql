-- Every value that agencies gave for a fund of several lists, one row a fund, year, measure and feed, in order of preference: what stands
-- in sums over all programmes first (its programme's owner, then the latest delivery), then the other programmes of the fund. Only where
-- two feeds give a value.
with report as (
    select
        shared.*,
        year.is_counted_in_all
    from {{ ref('int_fund_year_shared') }} as shared
    inner join {{ ref('fct_fund_year') }} as year
        on
            shared.fund_id = year.fund_id
            and shared.programme_code = year.programme_code
            and shared.fiscal_year = year.fiscal_year
),

-- most years of most funds have one feed: only the others are unpivoted
several as (
    select fund_id, fiscal_year
    from report
    group by fund_id, fiscal_year
    having min(feed_code) <> max(feed_code)
),

compared as (
    select
        report.fund_id,
        report.fiscal_year,
        report.programme_code,
        report.source_fund_key,
        report.agency_code,
        report.feed_code,
        report.delivery_id,
        report.sheet,
        report.row_number,
        report.is_owner,
        report.is_counted_in_all,
        report.programme_preference,
        report.preference_rank,
        {{ measure_columns('report.') }}
    from report
    inner join several on report.fund_id = several.fund_id and report.fiscal_year = several.fiscal_year
),

given as (
    select
        fund_id,
        fiscal_year,
        programme_code,
        source_fund_key,
        agency_code,
        feed_code,
        delivery_id,
        sheet,
        row_number,
        is_owner,
        is_counted_in_all,
        programme_preference,
        preference_rank,
        measure_code,
        value
    from compared
    unpivot (value for measure_code in ({{ measure_columns() }}))
),

of_feed as (
    select * from given
    qualify row_number() over (
        partition by fund_id, fiscal_year, measure_code, feed_code
        order by is_counted_in_all desc, programme_preference asc, programme_code asc, preference_rank asc
    ) = 1
)

select
    *,
    row_number() over (
        partition by fund_id, fiscal_year, measure_code
        order by is_counted_in_all desc, programme_preference asc, programme_code asc, preference_rank asc
    ) as turn
from of_feed
qualify count(*) over (partition by fund_id, fiscal_year, measure_code) > 1
