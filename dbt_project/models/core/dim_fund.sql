-- A fund as it was last seen; its tambon is the latest one that could be resolved.
select
    fund_id,
    max_by(agency_code, fiscal_year) as agency_code,
    max_by(feed_code, fiscal_year) as feed_code,
    max_by(programme_code, fiscal_year) as programme_code,
    max_by(fund_code, fiscal_year) as fund_code,
    max_by(fund_name, fiscal_year) as fund_name,
    max_by(tambon_code, case when tambon_code is not null then fiscal_year end) as tambon_code,
    min(fiscal_year) as first_fiscal_year,
    max(fiscal_year) as last_fiscal_year
from {{ ref('fct_fund_year') }}
group by fund_id
