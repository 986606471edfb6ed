{#- The kinds of benefit that welfare_paid_thb is made of (measures welfare_paid_<kind>_thb). A test holds this against fields.yml. -#}
{% macro benefit_kinds() -%}
    {{ return(['birth', 'illness', 'elderly', 'death', 'education', 'other']) }}
{%- endmacro %}

{#- The stages of life that members_persons is made of (measures members_<stage>_persons). -#}
{% macro life_stages() -%}
    {{ return(['child', 'working', 'elderly', 'disadvantaged']) }}
{%- endmacro %}

{#- Where a welfare fund's money comes from (measures income_<source>_thb). -#}
{% macro income_sources() -%}
    {{ return(['members', 'local_government', 'state', 'other']) }}
{%- endmacro %}

{#- Totals that have to be the sum of their parts wherever a fund gives all of them. -#}
{% macro part_rules() -%}
    {{ return([
        {'code': 'members_by_sex', 'whole': 'members_persons', 'parts': ['members_male_persons', 'members_female_persons'],
         'th': 'สมาชิกชายบวกหญิง ต้องเท่ากับสมาชิกทั้งหมด', 'en': 'Male and female memberships add up to all memberships'},
        {'code': 'members_by_life_stage', 'whole': 'members_persons',
         'parts': ['members_child_persons', 'members_working_persons', 'members_elderly_persons', 'members_disadvantaged_persons'],
         'th': 'สมาชิกตามช่วงวัยรวมกัน ต้องเท่ากับสมาชิกทั้งหมด', 'en': 'Memberships by stage of life add up to all memberships'},
        {'code': 'welfare_by_benefit', 'whole': 'welfare_paid_thb',
         'parts': ['welfare_paid_birth_thb', 'welfare_paid_illness_thb', 'welfare_paid_elderly_thb', 'welfare_paid_death_thb',
                   'welfare_paid_education_thb', 'welfare_paid_other_thb'],
         'th': 'สวัสดิการตามประเภทรวมกัน ต้องเท่ากับสวัสดิการที่จ่ายทั้งหมด', 'en': 'Benefits by kind add up to all welfare paid'},
    ]) }}
{%- endmacro %}

{#- The measures that are shown per person, per household and as growth. -#}
{% macro rate_measures() -%}
    {{ return(['members_persons', 'savings_thb', 'loans_outstanding_thb', 'welfare_paid_thb']) }}
{%- endmacro %}

{#- One expression a name, separated by commas; @ stands for the name. -#}
{% macro for_each(names, expression) -%}
    {%- for name in names -%}
        {{ expression | replace('@', name) }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
