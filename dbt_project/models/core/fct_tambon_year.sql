-- Every current tambon, programme and year of that programme: no fund, not reported and reported zero stay three things.
with programme_year as (
    select distinct programme_code, fiscal_year from {{ ref('int_fund_area_year') }}
)

select
    tambon.tambon_code,
    programme_year.programme_code,
    programme_year.fiscal_year,
    case
        when coalesce(area.funds_known, 0) = 0 then 'no_fund'
        when area.funds_reporting = 0 then 'not_reported'
        else 'reported'
    end as reporting_status,
    coalesce(area.funds_known, 0) as funds_known,
    coalesce(area.funds_reporting, 0) as funds_reporting,
    {{ measure_columns('area.') }},
    area.ratio_overdue_thb / nullif(area.ratio_outstanding_thb, 0) as overdue_ratio
from {{ ref('stg_tambon') }} as tambon
cross join programme_year
left join {{ ref('int_fund_area_year') }} as area
    on
        tambon.tambon_code = area.tambon_code
        and programme_year.programme_code = area.programme_code
        and programme_year.fiscal_year = area.fiscal_year
where tambon.is_current
