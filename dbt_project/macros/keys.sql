{#- Whether two relations report the same place: the cells that place_id() hashes, compared as they are. -#}
{% macro same_place(left, right) -%}
    {%- for column in place_columns() -%}
        {{ left }}.{{ column }} is not distinct from {{ right }}.{{ column }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- What stands for a fund without a code: its name, where it lies and its village; all NULL where there is a code. -#}
{% macro source_fund_columns(report, place) -%}
    case when {{ report }}.fund_code is null then {{ report }}.fund_name end as uncoded_name,
    case when {{ report }}.fund_code is null then coalesce({{ place }}.tambon_unit_id, {{ place }}.place_id) end as uncoded_area,
    case when {{ report }}.fund_code is null then {{ report }}.moo end as uncoded_moo
{%- endmacro %}

{#- For a CTE over millions of rows that is read twice: evaluated once. Inlined, DuckDB may join it by programme and year first (minutes). -#}
{#- Spark has no such word. -#}
{% macro evaluated_once() -%}
    {%- if target is not defined or target.type == 'duckdb' -%} materialized {%- endif -%}
{%- endmacro %}


{#- Which of a fund's reports says the last word: fiscal year, then order of arrival, then where it stands in the delivery; one number, quick to compare. -#}
{% macro report_order(report, delivery) -%}
    (({{ report }}.fiscal_year * 100000 + {{ delivery }}.sequence) * 1000 + {{ text_digits(report ~ '.sheet') }}) * 10000000 + {{ report }}.row_number
{%- endmacro %}

{#- 0 to 999 from a text, the same for the same text: only to tell sheets of one delivery apart. -#}
{% macro text_digits(column) -%}
    case when {{ column }} = '' then 0 else cast(abs(hash({{ column }}) % 1000) as bigint) end
{%- endmacro %}
