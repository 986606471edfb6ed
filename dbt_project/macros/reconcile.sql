{#- One row a part rule, programme and year: the funds that give the whole and all of its parts. -#}
{% macro part_comparisons() -%}
    {%- for rule in part_rules() %}
    select
        'fund_parts' as kind,
        concat('{{ rule.code }}/', programme_code, '/', cast(fiscal_year as varchar)) as item_key,
        '{{ rule.whole }}' as measure_code,
        programme_code,
        fiscal_year,
        sum({{ rule.whole }}) filter (where parts_value is not null) as stated_value,
        sum(parts_value) as our_value,
        sum(abs(parts_value - {{ rule.whole }})) as absolute_gap,
        count(parts_value) as items_compared,
        count(*) filter (where abs(parts_value - {{ rule.whole }}) > 0.5) as items_differing,
        count(*) - count(parts_value) as items_not_compared,
        cast(null as double) as unresolved_value,
        cast(null as double) as abolished_code_value,
        '{{ rule.th }}' as note_th,
        '{{ rule.en }}' as note_en
    from (
        -- NULL where any part is missing: a part that was not given is not zero
        select programme_code, fiscal_year, {{ rule.whole }}, {{ rule.parts | join(' + ') }} as parts_value
        from {{ ref('fct_fund_year') }}
        where {{ rule.whole }} is not null and coalesce({{ rule.parts | join(', ') }}) is not null
    ) as fund
    group by programme_code, fiscal_year
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- One row a measure, programme and year: how much of the country stands in the tambon table. -#}
{% macro coverage_comparisons(relation, measures) -%}
    {%- for measure in measures %}
    select
        'place_coverage' as kind,
        concat('{{ measure }}/', programme_code, '/', cast(fiscal_year as varchar)) as item_key,
        '{{ measure }}' as measure_code,
        programme_code,
        fiscal_year,
        {{ measure }}_country as stated_value,
        {{ measure }}_tambon as our_value,
        abs({{ measure }}_country - coalesce({{ measure }}_tambon, 0)) as absolute_gap,
        1 as items_compared,
        case when abs({{ measure }}_country - coalesce({{ measure }}_tambon, 0)) > 0.5 then 1 else 0 end as items_differing,
        0 as items_not_compared,
        coalesce({{ measure }}_unresolved, 0) as unresolved_value,
        round({{ measure }}_country - coalesce({{ measure }}_tambon, 0) - coalesce({{ measure }}_unresolved, 0), 2) as abolished_code_value,
        'ส่วนของยอดประเทศที่อยู่ในตารางรายตำบล ส่วนที่ยังจับคู่ตำบลไม่ได้ และส่วนที่อยู่บนรหัสที่ยกเลิกซึ่งไม่มีรหัสสืบต่อเดียว' as note_th,
        'How much of the country sum stands in the tambon table, is unresolved, or lies on an abolished code without one successor' as note_en
    from {{ relation }}
    where {{ measure }}_country is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- Every code that an announced figure may be of. -#}
{% macro comparable_measures() -%}
    {%- for measure in ['funds_known', 'funds_reporting', 'funds_not_reporting'] + var('fund_measures') | list -%}
        '{{ measure }}'{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Our value of an announced figure's measure; NULL for a measure we do not have. -#}
{% macro value_of_measure(code, relation) -%}
    case {{ code }}
        when 'funds_known' then {{ relation }}.funds_known
        when 'funds_reporting' then {{ relation }}.funds_reporting
        when 'funds_not_reporting' then {{ relation }}.funds_known - {{ relation }}.funds_reporting
        {%- for measure in var('fund_measures') %}
        when '{{ measure }}' then {{ relation }}.{{ measure }}
        {%- endfor %}
    end
{%- endmacro %}
