{#- The column lists of the fund measures. The list is var `fund_measures`, from ingest/contract/fields.yml. -#}

{% macro measure_columns(prefix='') -%}
    {%- for measure in var('fund_measures') -%}
        {{ prefix }}{{ measure }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- sum() over no value at all is NULL: an area where nobody reported never turns into zero. -#}
{% macro sum_measures(prefix='') -%}
    {%- for measure in var('fund_measures') -%}
        sum({{ prefix }}{{ measure }}) as {{ measure }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro cast_measures(type='double') -%}
    {%- for measure in var('fund_measures') -%}
        cast({{ measure }} as {{ type }}) as {{ measure }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro any_measure_reported(prefix='') -%}
    coalesce(
        {%- for measure in var('fund_measures') -%}
            {{ prefix }}{{ measure }}{{ ", " if not loop.last }}
        {%- endfor -%}
    ) is not null
{%- endmacro %}
