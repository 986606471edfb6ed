-- What the choice between agencies does to a tambon's sum over all programmes: as published, with the other agency's figures, and with
-- every agency's report added (the same funds counted twice). Only tambons, years and measures where two agencies give a value for one
-- fund.
with choice as (
    select
        year.tambon_code,
        comparison.fiscal_year,
        comparison.measure_code,
        count(distinct comparison.fund_id) as funds_compared,
        count(distinct comparison.fund_id) filter (where comparison.differs) as funds_differing,
        sum(comparison.gap) filter (where comparison.other_turn = 2) as taken_gap,
        sum(comparison.other_value) as other_values
    from {{ ref('int_fund_comparison') }} as comparison
    inner join {{ ref('fct_fund_year') }} as year
        on comparison.fund_id = year.fund_id and comparison.fiscal_year = year.fiscal_year and year.is_counted_in_all
    -- a value that no sum over all programmes holds changes none
    where comparison.is_counted_in_all and year.tambon_code is not null
    group by year.tambon_code, comparison.fiscal_year, comparison.measure_code
),

tambon_year as (
    select area.tambon_code, area.fiscal_year, {{ sum_measures('area.') }}
    from {{ ref('int_fund_area_all') }} as area
    inner join (select distinct tambon_code, fiscal_year from choice) as wanted
        on area.tambon_code = wanted.tambon_code and area.fiscal_year = wanted.fiscal_year
    where area.basis = 'year'
    group by area.tambon_code, area.fiscal_year
),

published as (
    select tambon_code, fiscal_year, measure_code, value
    from tambon_year
    unpivot (value for measure_code in ({{ measure_columns() }}))
)

select
    choice.tambon_code,
    choice.fiscal_year,
    choice.measure_code,
    choice.funds_compared,
    choice.funds_differing,
    published.value as published_sum,
    published.value + choice.taken_gap as other_agency_sum,
    published.value + choice.other_values as every_report_sum,
    choice.taken_gap as other_agency_difference,
    choice.other_values as every_report_difference
from choice
inner join published
    on
        choice.tambon_code = published.tambon_code
        and choice.fiscal_year = published.fiscal_year
        and choice.measure_code = published.measure_code
