{#- The text fields that a steward may correct; beside them every fund measure. -#}
{% macro correctable_texts() -%}
    {{ return(['fund_name', 'fund_status']) }}
{%- endmacro %}

{#- A decision's cell as a number: thousands separators are for people. NULL where it is none; nan and inf are none. -#}
{% macro cell_number(column) -%}
    case when isfinite(try_cast(replace({{ column }}, ',', '') as double)) then try_cast(replace({{ column }}, ',', '') as double) end
{%- endmacro %}

{#- The value of the field that `field` names: a fund measure, or one of the text fields. -#}
{% macro named_measure(field, prefix) -%}
    case {{ field }}
    {%- for measure in var('fund_measures') %} when '{{ measure }}' then {{ prefix }}{{ measure }}{% endfor %} end
{%- endmacro %}

{% macro named_text(field, prefix) -%}
    case {{ field }}
    {%- for text in correctable_texts() %} when '{{ text }}' then {{ prefix }}{{ text }}{% endfor %} end
{%- endmacro %}

{#- Corrections of one report side by side: for each field whether there is one, and the value. -#}
{% macro corrections_abreast() -%}
    {%- for field in correctable_texts() -%}
        {{ one_correction(field, 'value_corrected') }},
    {%- endfor -%}
    {%- for field in var('fund_measures') -%}
        {{ one_correction(field, 'number_corrected') }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro one_correction(field, value) -%}
    max(case when field = '{{ field }}' then 1 else 0 end) = 1 as has_{{ field }}, max(case when field = '{{ field }}' then {{ value }} end) as {{ field }}
{%- endmacro %}

{% macro corrected_values(corrected, report) -%}
    {%- for field in correctable_texts() -%}
        {{ one_corrected(field, corrected, report) }},
    {%- endfor -%}
    {%- for field in var('fund_measures') -%}
        {{ one_corrected(field, corrected, report) }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro one_corrected(field, corrected, report) -%}
    case when {{ corrected }}.has_{{ field }} then {{ corrected }}.{{ field }} else {{ report }}.{{ field }} end as {{ field }}
{%- endmacro %}

{% macro named(column, names) -%}
    {{ column }} in ({%- for name in names -%} '{{ name }}'{{ ", " if not loop.last }} {%- endfor -%})
{%- endmacro %}
