-- A fund as it was last seen; its tambon is the latest one that could be resolved.
with fund as (
    select
        fund_id,
        max_by(tambon_code, case when tambon_code is not null then fiscal_year end) as tambon_code,
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year
    from {{ ref('fct_fund_year') }}
    group by fund_id
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
    fund.last_fiscal_year
from fund
inner join {{ ref('fct_fund_year') }} as report on fund.fund_id = report.fund_id and fund.last_fiscal_year = report.fiscal_year
-- a fund with two programmes in its last year is shown under one of them, always the same
qualify row_number() over (partition by fund.fund_id order by report.programme_code) = 1
