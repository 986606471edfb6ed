{#- What a report says of its fund beside place, period and measures: text and dates, in the order of the tables. -#}
{% macro fund_attributes() -%}
    {{ return([
        'moo', 'fund_code', 'fund_name', 'fund_type', 'fund_branch', 'fund_status', 'juristic_number', 'registration_number',
        'network', 'product', 'received_year', 'founded_on', 'financial_year_end', 'grade', 'fund_level', 'accounts_filed',
    ]) }}
{%- endmacro %}

{% macro attribute_columns(prefix='') -%}
    {%- for column in fund_attributes() -%}
        {{ prefix }}{{ column }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Whether one report gives accounts. -#}
{% macro reporting_status(report) -%}
    case
        when {{ report }}.accounts_filed is false or not ({{ any_measure_reported(report ~ '.') }}) then 'not_reported'
        else 'reported'
    end
{%- endmacro %}

{#- One agency's report as a row of a fund's year: shared by the latest values, those of several agencies and the superseded ones. -#}
{% macro fund_year_columns(report='report') -%}
    {{ reporting_status(report) }} as reporting_status,
    {{ report }}.agency_code,
    {{ report }}.feed_code,
    {{ report }}.delivery_id,
    {{ report }}.sheet,
    {{ report }}.row_number,
    {{ report }}.place_id,
    {{ report }}.tambon_code,
    {{ report }}.tambon_unit_id,
    {{ report }}.amphoe_code,
    {{ report }}.province_code,
    {{ report }}.resolution_method,
    {{ report }}.resolution_confidence,
    {{ attribute_columns(report ~ '.') }},
    {{ measure_columns(report ~ '.') }}
{%- endmacro %}

{#- Of several reports in order of preference: the first that gives a value at all. -#}
{% macro first_given(column, rank) -%}
    min_by({{ column }}, case when {{ column }} is not null then {{ rank }} end)
{%- endmacro %}

{#- The last value given of each column, in the order of `seen`. -#}
{% macro last_given(columns, seen) -%}
    {%- for column in columns -%}
        max_by({{ column }}, case when {{ column }} is not null then {{ seen }} end) as {{ column }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- What identity compares and nothing but the last word is wanted of. -#}
{% macro identity_columns() -%}
    {{ return(['programme_code', 'fund_name', 'moo', 'founded_on', 'juristic_number', 'registration_number', 'members_persons', 'savings_thb']) }}
{%- endmacro %}

{#- Several agencies' reports of one year as one row: provenance of the preferred one, the place of the first that could be placed, and each -#}
{#- value from the first that gives it. -#}
{% macro merged_columns() -%}
    {%- for column in ['source_fund_key', 'agency_code', 'feed_code', 'delivery_id', 'sheet', 'row_number', 'revision_number', 'fund_code'] -%}
        max(case when preference_rank = 1 then {{ column }} end) as {{ column }},
    {%- endfor -%}
    {%- for column in ['place_id', 'tambon_code', 'tambon_unit_id', 'amphoe_code', 'province_code', 'resolution_method', 'resolution_confidence'] -%}
        max(case when place_rank = 1 then {{ column }} end) as {{ column }},
    {%- endfor -%}
    {%- for column in fund_attributes() if column != 'fund_code' -%}
        {{ first_given(column, 'preference_rank') }} as {{ column }},
    {%- endfor -%}
    {%- for measure in var('fund_measures') -%}
        {{ first_given(measure, 'preference_rank') }} as {{ measure }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- One key for the area of a fund's year: its tambon, else what is known of amphoe and province; never NULL. -#}
{% macro area_key() -%}
    coalesce(tambon_code, concat('?', coalesce(amphoe_code, ''), '|', coalesce(province_code, '')))
{%- endmacro %}

{#- The sums of int_fund_area_year and of whatever corrects it. -#}
{% macro area_sums() -%}
    count(*) filter (where reporting_status = 'reported') as funds_reporting,
    -- a ratio only over funds that gave both numbers
    sum(loans_overdue_thb) filter (where loans_outstanding_thb is not null) as ratio_overdue_thb,
    sum(loans_outstanding_thb) filter (where loans_overdue_thb is not null) as ratio_outstanding_thb,
    {{ sum_measures() }}
{%- endmacro %}

{#- What differs: two agencies' values further apart than var `conflict_tolerance`, as a share of the greater. -#}
{% macro values_differ(left, right) -%}
    abs({{ left }} - {{ right }}) > {{ var('conflict_tolerance') }} * greatest(abs({{ left }}), abs({{ right }}))
{%- endmacro %}

{#- Rows of int_fund_area_year by amphoe (or what is known of the area), programme and year, and by `kind`. -#}
{% macro fund_area_sums(relation, kind, programme='programme_code', alias=none) -%}
    select
        tambon_code is not null as is_resolved,
        amphoe_code,
        province_code,
        {{ programme }} as programme_code,
        fiscal_year,
        {{ kind }} as {{ alias or kind }},
        sum(funds_known) as funds_known,
        sum(funds_reporting) as funds_reporting,
        sum(ratio_overdue_thb) as ratio_overdue_thb,
        sum(ratio_outstanding_thb) as ratio_outstanding_thb,
        {{ sum_measures() }}
    from {{ relation }}
    group by 1, 2, 3, 4, 5, 6
{%- endmacro %}
