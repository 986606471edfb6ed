-- One row a fund: what it is called and coded in each list it stands in, and what it last reported.
-- lists are put together only for the few funds that stand in several
with several as (
    select
        source.fund_id,
        {{ text_list('source.programme_code') }} as programmes,
        {{ text_list("source.feed_code || ' = ' || source.fund_code", ' | ') }} as own_codes
    from {{ ref('dim_fund_source') }} as source
    inner join {{ ref('dim_fund') }} as fund on source.fund_id = fund.fund_id and fund.source_count > 1
    group by source.fund_id
),

-- what other lists call it, and what it was called before
other_name as (
    select named.fund_id, {{ text_list('named.fund_name', ' | ') }} as other_names
    from (
        select fund_id, fund_name from {{ ref('dim_fund_source') }}
        union all
        select fund_id, fund_name from {{ ref('dim_fund_version') }}
    ) as named
    inner join {{ ref('dim_fund') }} as fund on named.fund_id = fund.fund_id and named.fund_name <> fund.fund_name
    group by named.fund_id
),

founded as (
    select fund_id, max_by(founded_on, fiscal_year) as founded_on
    from {{ ref('fct_fund_year') }}
    where founded_on is not null
    group by fund_id
),

programme_year as (
    select programme_code, max(fiscal_year) as fiscal_year
    from {{ ref('fct_fund_year') }}
    group by programme_code
)

select
    fund.fund_id,
    fund.fund_name,
    other_name.other_names,
    report.programme_code,
    coalesce(several.programmes, report.programme_code) as programmes,
    fund.agencies,
    fund.feeds as lists,
    coalesce(several.own_codes, fund.feed_code || ' = ' || fund.fund_code) as own_codes,
    fund.feed_count as list_count,
    fund.feed_count >= 2 as is_linked,
    fund.tambon_code,
    tambon.name_th as tambon_name_th,
    tambon.name_en as tambon_name_en,
    report.moo,
    coalesce(tambon.amphoe_code, report.amphoe_code) as amphoe_code,
    amphoe.name_th as amphoe_name_th,
    amphoe.name_en as amphoe_name_en,
    coalesce(tambon.province_code, report.province_code) as province_code,
    province.name_th as province_name_th,
    province.name_en as province_name_en,
    province.region_code,
    coalesce(report.founded_on, founded.founded_on) as founded_on,
    report.fund_status,
    fund.first_fiscal_year,
    fund.last_fiscal_year,
    programme_year.fiscal_year as programme_fiscal_year,
    case when fund.last_fiscal_year < programme_year.fiscal_year then 'not_listed' else report.reporting_status end as reporting_status,
    {{ measure_columns('report.') }}
from {{ ref('dim_fund') }} as fund
-- the last year under the programme that counts it: one row a fund
inner join {{ ref('fct_fund_year') }} as report
    on fund.fund_id = report.fund_id and fund.last_fiscal_year = report.fiscal_year and report.is_counted_in_all
inner join programme_year on report.programme_code = programme_year.programme_code
left join several on fund.fund_id = several.fund_id
left join other_name on fund.fund_id = other_name.fund_id
left join founded on fund.fund_id = founded.fund_id
left join {{ ref('dim_tambon') }} as tambon on fund.tambon_code = tambon.tambon_code
left join {{ source('ref', 'amphoe') }} as amphoe on coalesce(tambon.amphoe_code, report.amphoe_code) = amphoe.amphoe_code
left join {{ source('ref', 'province') }} as province on coalesce(tambon.province_code, report.province_code) = province.province_code
