-- What a tambon holds of each programme, in that programme's latest year: also where it has no fund of it.
with latest_year as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('fct_tambon_year') }}
    group by programme_code
)

select
    fund.tambon_code,
    fund.programme_code,
    programme.label_th as programme_label_th,
    programme.label_en as programme_label_en,
    programme.family,
    fund.fiscal_year,
    fund.reporting_status,
    fund.funds_known,
    fund.funds_reporting,
    {{ measure_columns('fund.') }},
    fund.overdue_ratio
from {{ ref('fct_tambon_year') }} as fund
inner join latest_year on fund.programme_code = latest_year.programme_code and fund.fiscal_year = latest_year.fiscal_year
left join {{ ref('dim_programme') }} as programme on fund.programme_code = programme.programme_code
