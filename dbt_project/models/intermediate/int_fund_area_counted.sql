-- The few rows of int_fund_area_year that hold a fund which another programme counts, without those funds.
with affected as (
    select basis, area_key, programme_code, fiscal_year, count(*) as funds_elsewhere
    from {{ ref('int_fund_overlap') }}
    group by basis, area_key, programme_code, fiscal_year
),

report as (
    select *, {{ area_key() }} as area_key
    from {{ ref('fct_fund_year') }}
),

counted as (
    select affected.basis, report.*
    from report
    inner join affected
        on
            report.area_key = affected.area_key
            and report.programme_code = affected.programme_code
            and report.fiscal_year = affected.fiscal_year
),

measured as (
    select
        counted.basis,
        counted.area_key,
        counted.programme_code,
        counted.fiscal_year,
        {{ area_sums() }}
    from counted
    where
        not exists (
            select 1 from {{ ref('int_fund_overlap') }} as elsewhere
            where
                elsewhere.basis = counted.basis
                and elsewhere.fund_id = counted.fund_id
                and elsewhere.programme_code = counted.programme_code
                and elsewhere.fiscal_year = counted.fiscal_year
        )
    group by counted.basis, counted.area_key, counted.programme_code, counted.fiscal_year
)

select
    affected.basis,
    area.area_key,
    area.tambon_code,
    area.amphoe_code,
    area.province_code,
    area.programme_code,
    area.fiscal_year,
    area.funds_known - affected.funds_elsewhere as funds_known,
    coalesce(measured.funds_reporting, 0) as funds_reporting,
    measured.ratio_overdue_thb,
    measured.ratio_outstanding_thb,
    {{ measure_columns('measured.') }}
from affected
inner join {{ ref('int_fund_area_year') }} as area
    on
        affected.area_key = area.area_key
        and affected.programme_code = area.programme_code
        and affected.fiscal_year = area.fiscal_year
left join measured
    on
        affected.basis = measured.basis
        and affected.area_key = measured.area_key
        and affected.programme_code = measured.programme_code
        and affected.fiscal_year = measured.fiscal_year
