-- Reports as delivered; those that a steward corrected stand here with the corrected values (fct_correction keeps what was reported).
select
    delivery_id,
    agency_code,
    feed_code,
    sheet,
    row_number,
    reported_tambon_code,
    reported_code6,
    reported_tambon,
    reported_amphoe,
    reported_province,
    programme_code,
    fiscal_year,
    {{ attribute_columns() }},
    {{ measure_columns() }}
from {{ source('raw', 'fund_report') }} as report
where
    not exists (
        select 1 from {{ ref('stg_fund_report_corrected') }} as corrected
        where
            corrected.delivery_id = report.delivery_id
            and corrected.sheet = report.sheet
            and corrected.row_number = report.row_number
    )
union all
select
    delivery_id,
    agency_code,
    feed_code,
    sheet,
    row_number,
    reported_tambon_code,
    reported_code6,
    reported_tambon,
    reported_amphoe,
    reported_province,
    programme_code,
    fiscal_year,
    {{ attribute_columns() }},
    {{ measure_columns() }}
from {{ ref('stg_fund_report_corrected') }}
