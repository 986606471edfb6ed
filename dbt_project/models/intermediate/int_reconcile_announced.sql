{{ config(materialized="view") }}

-- What agencies announced: each figure against our sum, and parts against the whole they were announced with.
with ours as (
    select area_level, area_code, programme_code, fiscal_year, funds_known, funds_reporting, {{ measure_columns() }}
    from {{ ref('mart_area_year') }}
    where area_level <> 'unresolved'
    union all
    select
        'tambon' as area_level, tambon_code as area_code, programme_code, fiscal_year, funds_known, funds_reporting,
        {{ measure_columns() }}
    from {{ ref('fct_tambon_year') }}
    where tambon_code in (select area_code from {{ ref('fct_published_total') }} where area_level = 'tambon')
),

-- a figure of part of a programme's funds (urban village funds, registered credit unions): the funds of that kind, as listed each year
kind_of_fund as (
    select
        announced.feed_code,
        announced.total_code,
        announced.measure_code,
        fund.fiscal_year,
        count(*) as funds_known,
        count(*) filter (where fund.reporting_status = 'reported') as funds_reporting,
        {{ sum_measures('fund.') }}
    from {{ ref('fct_published_total') }} as announced
    inner join {{ ref('fct_fund_year') }} as fund
        on
            announced.programme_code = fund.programme_code
            and announced.fiscal_year >= fund.fiscal_year
            and coalesce(announced.fund_type, fund.fund_type, '') = coalesce(fund.fund_type, '')
            and coalesce(announced.fund_status, fund.fund_status, '') = coalesce(fund.fund_status, '')
    left join {{ source('ref', 'province') }} as province on fund.province_code = province.province_code
    where
        coalesce(announced.fund_type, announced.fund_status) is not null
        and announced.area_code = case announced.area_level
            when 'country' then 'TH'
            when 'region' then province.region_code
            when 'province' then fund.province_code
            when 'amphoe' then fund.amphoe_code
            when 'tambon' then fund.tambon_code
        end
    group by announced.feed_code, announced.total_code, announced.measure_code, fund.fiscal_year
),

-- our value of the same year, else of the latest earlier year that has one
held as (
    select
        announced.feed_code,
        announced.total_code,
        ours.fiscal_year,
        {{ value_of_measure('announced.measure_code', 'ours') }} as our_value
    from {{ ref('fct_published_total') }} as announced
    inner join ours
        on
            announced.area_level = ours.area_level
            and announced.area_code = ours.area_code
            and announced.programme_code = ours.programme_code
            and announced.fiscal_year >= ours.fiscal_year
    where announced.fund_type is null and announced.fund_status is null
    union all
    select
        feed_code,
        total_code,
        fiscal_year,
        {{ value_of_measure('measure_code', 'kind_of_fund') }} as our_value
    from kind_of_fund
),

matched as (
    select feed_code, total_code, max(fiscal_year) as fiscal_year, max_by(our_value, fiscal_year) as our_value
    from held
    where our_value is not null
    group by feed_code, total_code
),

part as (
    select
        feed_code,
        part_of,
        sum(published_value) as parts_value,
        count(*) as part_count
    from {{ ref('fct_published_total') }}
    where part_of is not null
    group by feed_code, part_of
)

select
    'announced' as kind,
    concat(announced.feed_code, '/', announced.total_code) as item_key,
    announced.measure_code,
    announced.programme_code,
    announced.area_level,
    announced.area_code,
    matched.fiscal_year,
    announced.as_of_on,
    announced.published_value as stated_value,
    matched.our_value,
    cast(case when matched.our_value is not null then 1 else 0 end as bigint) as items_compared,
    case
        when matched.our_value is not null then null
        when programme.programme_code is null then 'no_programme'
        when announced.area_code is null then 'unknown_area'
        when coalesce(announced.measure_code, '') not in ({{ comparable_measures() }}) then 'unknown_measure'
        else 'no_data'
    end as reason_not_compared,
    case when matched.fiscal_year < announced.fiscal_year then announced.fiscal_year - matched.fiscal_year else 0 end as years_earlier,
    announced.source,
    announced.feed_code,
    announced.delivery_id,
    announced.sheet,
    announced.row_number
from {{ ref('fct_published_total') }} as announced
left join matched on announced.feed_code = matched.feed_code and announced.total_code = matched.total_code
left join {{ ref('dim_programme') }} as programme on announced.programme_code = programme.programme_code
union all
select
    'announced_parts' as kind,
    concat(part.feed_code, '/', part.part_of) as item_key,
    whole.measure_code,
    whole.programme_code,
    whole.area_level,
    whole.area_code,
    whole.fiscal_year,
    whole.as_of_on,
    whole.published_value as stated_value,
    part.parts_value as our_value,
    part.part_count as items_compared,
    case when whole.published_value is null then 'no_whole' end as reason_not_compared,
    0 as years_earlier,
    whole.source,
    part.feed_code,
    whole.delivery_id,
    whole.sheet,
    whole.row_number
from part
left join {{ ref('fct_published_total') }} as whole on part.feed_code = whole.feed_code and part.part_of = whole.total_code
