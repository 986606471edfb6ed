-- A fund as it was last seen; its tambon is the latest one that could be resolved. A fund in two programmes is shown under the one that is
-- counted in its last year.
with fund as (
    select
        fund_id,
        max_by(tambon_code, case when tambon_code is not null then fiscal_year end) as tambon_code,
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year
    from {{ ref('fct_fund_year') }}
    where is_counted_in_all
    group by fund_id
),

-- only funds of several lists have to be listed
listed as (
    select
        identity.fund_id,
        count(*) as source_count,
        count(distinct candidate.feed_code) as feed_count,
        count(distinct candidate.agency_code) as agency_count,
        string_agg(distinct candidate.agency_code, ',' order by candidate.agency_code) as agencies,
        string_agg(distinct candidate.feed_code, ',' order by candidate.feed_code) as feeds
    from {{ ref('int_fund_identity') }} as identity
    inner join {{ ref('int_fund_candidate') }} as candidate on identity.source_fund_key = candidate.source_fund_key
    where identity.is_shared
    group by identity.fund_id
)

-- the other cells are looked up in the last year only, not carried through every year
select
    fund.fund_id,
    report.agency_code,
    report.feed_code,
    report.programme_code,
    report.fund_code,
    report.fund_name,
    fund.tambon_code,
    fund.first_fiscal_year,
    fund.last_fiscal_year,
    coalesce(listed.source_count, 1) as source_count,
    coalesce(listed.feed_count, 1) as feed_count,
    coalesce(listed.agency_count, 1) as agency_count,
    coalesce(listed.agencies, report.agency_code) as agencies,
    coalesce(listed.feeds, report.feed_code) as feeds
from fund
inner join {{ ref('fct_fund_year') }} as report
    on fund.fund_id = report.fund_id and fund.last_fiscal_year = report.fiscal_year and report.is_counted_in_all
left join listed on fund.fund_id = listed.fund_id
