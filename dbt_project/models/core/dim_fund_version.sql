-- A fund's name, tambon and programme, dated: one row from each fiscal year in which one of them changed. Few funds ever change:
-- only their years are put in order.
with report as {{ evaluated_once() }} (
    select fund_id, fiscal_year, fund_name, tambon_code, programme_code
    from {{ ref('fct_fund_year') }}
    where is_counted_in_all
),

combination as (
    select fund_id, fund_name, tambon_code, programme_code, min(fiscal_year) as first_fiscal_year, max(fiscal_year) as last_fiscal_year
    from report
    group by fund_id, fund_name, tambon_code, programme_code
),

counted as (
    select *, count(*) over (partition by fund_id) as combinations from combination
),

changed as (
    select
        report.*,
        coalesce(
            report.fund_name is distinct from lag(report.fund_name) over by_year
            or report.tambon_code is distinct from lag(report.tambon_code) over by_year
            or report.programme_code is distinct from lag(report.programme_code) over by_year
            or lag(report.fiscal_year) over by_year is null,
            true
        ) as is_change
    from report
    inner join (select distinct fund_id from counted where combinations > 1) as fund on report.fund_id = fund.fund_id
    window by_year as (partition by report.fund_id order by report.fiscal_year)
),

spell as (
    select
        *,
        sum(case when is_change then 1 else 0 end) over (
            partition by fund_id
            order by fiscal_year
            rows unbounded preceding
        ) as spell_number
    from changed
)

select
    fund_id,
    first_fiscal_year as valid_from_fiscal_year,
    last_fiscal_year as valid_to_fiscal_year,
    fund_name,
    tambon_code,
    programme_code
from counted
where combinations = 1
union all
select
    fund_id,
    min(fiscal_year) as valid_from_fiscal_year,
    max(fiscal_year) as valid_to_fiscal_year,
    min(fund_name) as fund_name,
    min(tambon_code) as tambon_code,
    min(programme_code) as programme_code
from spell
group by fund_id, spell_number
