{{ config(materialized="view") }}

-- Every revision. A view over the latest values and the few superseded ones: the wide columns are not written twice.
-- Relations go without their database, so that the view works under any name the file is attached as.
select
    fund_id,
    programme_code,
    fiscal_year,
    revision_number,
    true as is_latest,
    * exclude (fund_id, programme_code, fiscal_year, revision_number)
from {{ ref('fct_fund_year').include(database=false) }}
union all by name
select
    *,
    false as is_latest
from {{ ref('fct_fund_year_superseded').include(database=false) }}
