{#- Where the inputs lie. Read when a run starts, never while parsing: a changed folder then keeps dbt's partial parse. -#}
{% macro input_folder(variable, environment_name) -%}
    {%- set folder = env_var(environment_name, '') or var(variable, '') -%}
    {%- if not folder -%}
        {{ exceptions.raise_compiler_error("Set " ~ environment_name ~ " or pass --vars '{" ~ variable ~ ": /folder}'") }}
    {%- endif -%}
    {{ return(folder) }}
{%- endmacro %}

{#- One view a Parquet input: raw.* are this build's conformed deliveries, ref.* the gazetteer and dictionaries. -#}
{% macro create_input_views() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'seed', 'show') -%}
        {%- set input_dir = input_folder('input_dir', 'TAMBON_INPUT_DIR') -%}
        {%- set reference_dir = input_folder('reference_dir', 'TAMBON_REFERENCE_DIR') -%}
        {% do run_query('create schema if not exists raw') %}
        {% do run_query('create schema if not exists ref') %}
        {% do create_parquet_view('raw.fund_report', input_dir ~ '/fund_report/*.parquet') %}
        {% do create_parquet_view('raw.area_statistic', input_dir ~ '/area_statistic/*.parquet') %}
        {% do create_parquet_view('raw.delivery', input_dir ~ '/delivery.parquet') %}
        {%- for table in ['tambon', 'tambon_successor', 'tambon_alias', 'amphoe', 'province', 'province_alias', 'region',
                          'measure', 'measure_definition', 'programme', 'agency', 'feed'] %}
            {% do create_parquet_view('ref.' ~ table, reference_dir ~ '/' ~ table ~ '.parquet') %}
        {%- endfor %}
    {%- endif -%}
{% endmacro %}

{% macro create_parquet_view(relation, path) -%}
    {{ return(adapter.dispatch('create_parquet_view', 'tambon')(relation, path)) }}
{%- endmacro %}

{% macro default__create_parquet_view(relation, path) -%}
    {% do run_query(
        "create or replace view " ~ relation ~ " as select * from read_parquet('"
        ~ path | replace("'", "''") ~ "', union_by_name = true, hive_partitioning = false)"
    ) %}
{%- endmacro %}

{#- A Spark target reads the same folders. -#}
{% macro spark__create_parquet_view(relation, path) -%}
    {% do run_query("create or replace view " ~ relation ~ " as select * from parquet.`" ~ path ~ "`") %}
{%- endmacro %}
