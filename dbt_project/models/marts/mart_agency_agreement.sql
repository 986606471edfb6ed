-- How far two feeds agree where both give a value for a fund and year, by measure.
select
    one.feed_code as feed_code_a,
    other.feed_code as feed_code_b,
    one.measure_code,
    count(*) as compared,
    count(*) filter (where not ({{ values_differ('one.value', 'other.value') }})) as equal,
    count(*) filter (where {{ values_differ('one.value', 'other.value') }}) as differing,
    count(distinct one.fund_id) as funds_compared,
    min(one.fiscal_year) as first_fiscal_year,
    max(one.fiscal_year) as last_fiscal_year,
    sum(one.value) as sum_a,
    sum(other.value) as sum_b,
    median(abs(one.value - other.value)) as median_gap,
    median(abs(one.value - other.value) / nullif(greatest(abs(one.value), abs(other.value)), 0)) as median_gap_ratio
from {{ ref('int_fund_value') }} as one
inner join {{ ref('int_fund_value') }} as other
    on
        one.fund_id = other.fund_id
        and one.fiscal_year = other.fiscal_year
        and one.measure_code = other.measure_code
        and one.feed_code < other.feed_code
group by one.feed_code, other.feed_code, one.measure_code
