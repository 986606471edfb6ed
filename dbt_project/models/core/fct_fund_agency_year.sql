{{ config(materialized="view") }}

-- Each agency's latest values. A view over the years of funds that one agency reports and the few that several do: the wide columns are not
-- written twice. Relations go without their database, so that the view works under any name the file is attached as.
select
    * exclude (is_counted_in_all, report_count),
    true as is_preferred_source
from {{ ref('fct_fund_year').include(database=false) }}
where report_count = 1
union all by name
select * from {{ ref('fct_fund_year_part').include(database=false) }}
