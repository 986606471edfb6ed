-- Which fund each agency's own fund is. Today every source fund is its own fund; linking funds across agencies replaces fund_id here
-- and nowhere else.
select distinct
    source_fund_key,
    concat('F', source_fund_key) as fund_id
from {{ ref('int_fund_source') }}
