{#-
  The key under which two spellings of an area name are one: lower case, without the word for the level, spaces, dots, hyphens,
  quotes and the abbreviation mark, ฤๅ written ฤา, two เ written แ. Short forms (ต. อ. จ.) need their dot or a space:
  อ is the first letter of many names.
-#}
{% macro name_key(column, level) -%}
    {%- set prefixes = {
        'tambon': 'ตำบล|แขวง|ต(\\s*\\.|\\s)|tambon\\s|khwaeng\\s',
        'amphoe': 'กิ่งอำเภอ|กิ่ง\\s*อ\\s*\\.|อำเภอ|เขต|อ(\\s*\\.|\\s)|king\\s+amphoe\\s|amphoe\\s|khet\\s',
        'province': 'จังหวัด|จ(\\s*\\.|\\s)|changwat\\s',
        'fund': 'กองทุนหมู่บ้านและชุมชนเมือง|กองทุนหมู่บ้าน|กองทุนชุมชนเมือง|กองทุนสวัสดิการชุมชน|กลุ่มออมทรัพย์เพื่อการผลิต|กลุ่มออมทรัพย์|กองทุน|กลุ่ม',
    } -%}
    nullif(
        replace(
            replace(
                {{ strip_pattern(
                    strip_pattern("lower(" ~ column ~ ")", "^\\s*(" ~ prefixes[level] ~ ")|\\s+(sub-?district|district|province)\\s*$"),
                    "[\\s\\p{P}`´ฯ]+"
                ) }},
                'ฤๅ', 'ฤา'
            ),
            'เเ', 'แ'
        ),
        ''
    )
{%- endmacro %}

{% macro strip_pattern(expression, pattern) -%}
    {{ return(adapter.dispatch('strip_pattern', 'tambon')(expression, pattern)) }}
{%- endmacro %}

{% macro default__strip_pattern(expression, pattern) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{% macro spark__strip_pattern(expression, pattern) -%}
    regexp_replace({{ expression }}, r'{{ pattern }}', '')
{%- endmacro %}

{#- md5 over several cells; the separator cannot stand in a cleaned cell. -#}
{% macro hash_of(columns) -%}
    md5(concat({%- for column in columns -%}
        coalesce({{ column }}, ''){{ ", chr(31), " if not loop.last }}
    {%- endfor -%}))
{%- endmacro %}

{% macro place_columns() -%}
    {{ return(['reported_tambon_code', 'reported_code6', 'reported_tambon', 'reported_amphoe', 'reported_province']) }}
{%- endmacro %}

{% macro place_id() -%}
    {{ hash_of(place_columns()) }}
{%- endmacro %}
