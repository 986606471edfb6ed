-- A fund as it was last seen; its tambon is the latest one that could be resolved.
with fund as (
    select
        fund_id,
        max_by(
            {
                'agency_code': agency_code, 'feed_code': feed_code, 'programme_code': programme_code,
                'fund_code': fund_code, 'fund_name': fund_name
            },
            fiscal_year
        ) as latest,
        max_by(tambon_code, case when tambon_code is not null then fiscal_year end) as tambon_code,
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year
    from {{ ref('fct_fund_year') }}
    group by fund_id
)

select
    fund_id,
    latest.agency_code as agency_code,
    latest.feed_code as feed_code,
    latest.programme_code as programme_code,
    latest.fund_code as fund_code,
    latest.fund_name as fund_name,
    tambon_code,
    first_fiscal_year,
    last_fiscal_year
from fund
