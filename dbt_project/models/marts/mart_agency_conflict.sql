-- Where two agencies give different values for one fund, year and measure: both, the gap, and which of them stands and why.
select
    comparison.fund_id,
    comparison.fiscal_year,
    comparison.measure_code,
    comparison.other_feed_code,
    year.fund_name,
    year.tambon_code,
    year.province_code,
    comparison.programme_code,
    comparison.preferred_agency_code,
    comparison.preferred_feed_code,
    comparison.preferred_delivery_id,
    comparison.preferred_sheet,
    comparison.preferred_row_number,
    comparison.preferred_value,
    comparison.other_agency_code,
    comparison.other_programme_code,
    comparison.other_delivery_id,
    comparison.other_sheet,
    comparison.other_row_number,
    comparison.other_value,
    comparison.gap,
    comparison.gap / nullif(comparison.preferred_value, 0) as gap_ratio,
    comparison.rule,
    case comparison.rule
        when 'owner_agency' then 'ใช้ค่าของหน่วยงานเจ้าของแผนงาน'
        when 'programme_order' then 'สองแผนงาน ใช้ค่าของแผนงานที่นับในยอดรวม'
        else 'ใช้ค่าจากข้อมูลที่ส่งมาล่าสุด'
    end as rule_th,
    case comparison.rule
        when 'owner_agency' then 'the figure of the agency that owns the programme stands'
        when 'programme_order' then 'two programmes: the figure of the programme that sums over all take stands'
        else 'the figure of the latest delivery stands'
    end as rule_en
from {{ ref('int_fund_comparison') }} as comparison
inner join {{ ref('fct_fund_year') }} as year
    on comparison.fund_id = year.fund_id and comparison.fiscal_year = year.fiscal_year and year.is_counted_in_all
where comparison.differs
