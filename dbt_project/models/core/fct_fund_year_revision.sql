select
    identity.fund_id,
    report.programme_code,
    report.fiscal_year,
    keyed.revision_number,
    keyed.is_latest,
    case
        when report.accounts_filed is false or not ({{ any_measure_reported('report.') }}) then 'not_reported'
        else 'reported'
    end as reporting_status,
    report.agency_code,
    report.feed_code,
    report.delivery_id,
    report.sheet,
    report.row_number,
    keyed.place_id,
    place.tambon_code,
    place.tambon_unit_id,
    place.amphoe_code,
    place.province_code,
    place.method as resolution_method,
    place.confidence as resolution_confidence,
    report.moo,
    report.fund_code,
    report.fund_name,
    report.fund_type,
    report.fund_branch,
    report.fund_status,
    report.juristic_number,
    report.founded_on,
    report.grade,
    report.fund_level,
    report.accounts_filed,
    {{ measure_columns('report.') }}
from {{ ref('int_fund_report_keyed') }} as keyed
inner join {{ ref('stg_fund_report') }} as report
    on keyed.delivery_id = report.delivery_id and keyed.row_number = report.row_number and keyed.sheet = report.sheet
inner join {{ ref('int_fund_identity') }} as identity on keyed.source_fund_key = identity.source_fund_key
inner join {{ ref('int_place_resolved') }} as place on keyed.place_id = place.place_id
