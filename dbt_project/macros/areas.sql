{#- Roll-ups over area levels, and the words that marts share. -#}

{#-
  One copy of `relation` a level. It has tambon_code, amphoe_code, province_code and region_code. Levels below the country hold resolved
  places only, as in mart_area_year; the country holds everything.
-#}
{% macro at_levels(relation, levels) -%}
    {%- set codes = {'tambon': 'tambon_code', 'amphoe': 'amphoe_code', 'province': 'province_code', 'region': 'region_code', 'country': "'TH'"} -%}
    {%- for level in levels %}
    select '{{ level }}' as area_level, {{ codes[level] }} as area_code, {{ relation }}.*
    from {{ relation }}
    {% if level != 'country' %}where tambon_code is not null{% endif %}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- The names of areas of every level but the tambon. -#}
{% macro area_names() -%}
    select 'amphoe' as area_level, amphoe_code as area_code, name_th, name_en from {{ source('ref', 'amphoe') }}
    union all
    select 'province' as area_level, province_code as area_code, name_th, name_en from {{ source('ref', 'province') }}
    union all
    select 'region' as area_level, region_code as area_code, name_th, name_en from {{ source('ref', 'region') }}
    union all
    select 'country' as area_level, 'TH' as area_code, 'ประเทศไทย' as name_th, 'Thailand' as name_en
{%- endmacro %}

{#- Whether a programme's family is community finance: var `finance_families`. -#}
{% macro is_finance(family) -%}
    {{ family }} in ({% for one in var('finance_families') %}'{{ one }}'{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Whether a programme's family is community welfare: var `welfare_family`. -#}
{% macro is_welfare(family) -%}
    {{ family }} = '{{ var("welfare_family") }}'
{%- endmacro %}

{#- The distinct values of a group as one text, in order; NULL where there is none. -#}
{% macro text_list(expression, separator=',') -%}
    {{ return(adapter.dispatch('text_list', 'tambon')(expression, separator)) }}
{%- endmacro %}

{% macro default__text_list(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{% macro spark__text_list(expression, separator) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), '{{ separator }}'), '')
{%- endmacro %}

{#- The mix of welfare funds' money as announced (var `announced_welfare_mix`, per cent), as shares. -#}
{% macro announced_mix_columns() -%}
    {%- for source in income_sources() -%}
        cast({{ var('announced_welfare_mix')[source] }} / 100.0 as double) as announced_{{ source }}_share{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The texts of the criteria that are not met: of (column, Thai, English) the one at `place`. -#}
{% macro not_met(criteria, place) -%}
    {%- for criterion in criteria -%}
        case when not {{ criterion[0] }} then '{{ criterion[place] }}' end{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- How many of the criteria are met. -#}
{% macro score_of(criteria) -%}
    {%- for criterion in criteria -%}
        cast({{ criterion[0] }} as integer){{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
