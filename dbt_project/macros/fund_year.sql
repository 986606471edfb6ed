{#- The columns of a fund's year, shared by the latest values and the superseded ones. -#}
{% macro fund_year_columns() -%}
    identity.fund_id,
    report.programme_code,
    report.fiscal_year,
    case
        when report.accounts_filed is false or not ({{ any_measure_reported('report.') }}) then 'not_reported'
        else 'reported'
    end as reporting_status,
    coalesce(ranked.revision_number, 1) as revision_number,
    report.agency_code,
    report.feed_code,
    report.delivery_id,
    report.sheet,
    report.row_number,
    report.place_id,
    report.tambon_code,
    report.tambon_unit_id,
    report.amphoe_code,
    report.province_code,
    report.resolution_method,
    report.resolution_confidence,
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
{%- endmacro %}
