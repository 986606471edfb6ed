-- The Thai fiscal year runs from 1 October of the year before to 30 September. พ.ศ. = CE + 543.
with fiscal_year as (
    select distinct fiscal_year from {{ ref('stg_fund_report') }}
    where fiscal_year is not null
)

select
    fiscal_year,
    cast(fiscal_year + 543 as smallint) as fiscal_year_be,
    concat('ปีงบประมาณ ', cast(fiscal_year + 543 as varchar)) as label_th,
    cast(concat(cast(fiscal_year - 1 as varchar), '-10-01') as date) as starts_on,
    cast(concat(cast(fiscal_year as varchar), '-09-30') as date) as ends_on
from fiscal_year
