{{ config(materialized="view") }}

-- Every revision, with the release it was first in. A view over the latest values and the few others: the wide columns are not written
-- twice. Relations go without their database, so that the view works under any name the file is attached as.
with revision as (
    select
        * exclude (is_counted_in_all, report_count),
        true as is_latest
    from {{ ref('fct_fund_year').include(database=false) }}
    where report_count = 1
    union all by name
    select
        * exclude (is_preferred_source),
        true as is_latest
    from {{ ref('fct_fund_year_part').include(database=false) }}
    union all by name
    select
        *,
        false as is_latest
    from {{ ref('fct_fund_year_superseded').include(database=false) }}
)

select
    revision.*,
    delivery.first_release_id
from revision
left join {{ ref('dim_delivery').include(database=false) }} as delivery on revision.delivery_id = delivery.delivery_id
