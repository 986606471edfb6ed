{#- Where the inputs lie. Read when a run starts, never while parsing: a changed folder then keeps dbt's partial parse. -#}
{% macro input_folder(variable, environment_name) -%}
    {%- set folder = env_var(environment_name, '') or var(variable, '') -%}
    {%- if not folder -%}
        {{ exceptions.raise_compiler_error("Set " ~ environment_name ~ " or pass --vars '{" ~ variable ~ ": /folder}'") }}
    {%- endif -%}
    {{ return(folder) }}
{%- endmacro %}

{#- One view a Parquet input: raw.* are this build's conformed deliveries and what is remembered, ref.* the gazetteer and dictionaries. -#}
{% macro create_input_views() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'seed', 'show') -%}
        {%- set input_dir = input_folder('input_dir', 'TAMBON_INPUT_DIR') -%}
        {%- set reference_dir = input_folder('reference_dir', 'TAMBON_REFERENCE_DIR') -%}
        {% do run_query('create schema if not exists raw') %}
        {% do run_query('create schema if not exists ref') %}
        {% do create_parquet_view('raw.replaced_row', input_dir ~ '/replaced_row.parquet') %}
        {%- for kind in ['fund_report', 'area_statistic', 'site', 'event', 'published_total'] %}
            {% do create_parquet_view('raw.delivered_' ~ kind, input_dir ~ '/' ~ kind ~ '/*.parquet') %}
            {% do create_standing_view(kind) %}
        {%- endfor %}
        {%- for table in ['delivery', 'delivery_release', 'file_total', 'fund_registry', 'fund_decision', 'place_decision', 'correction'] %}
            {% do create_parquet_view('raw.' ~ table, input_dir ~ '/' ~ table ~ '.parquet') %}
        {%- endfor %}
        {%- for table in ['tambon', 'tambon_successor', 'tambon_alias', 'amphoe', 'province', 'province_alias', 'region',
                          'measure', 'measure_definition', 'programme', 'agency', 'feed'] %}
            {% do create_parquet_view('ref.' ~ table, reference_dir ~ '/' ~ table ~ '.parquet') %}
        {%- endfor %}
        {% do create_build_view(env_var('TAMBON_BUILD_ID', ''), env_var('TAMBON_DECIDED_ON', '')) %}
    {%- endif -%}
{% endmacro %}

{#- Delivered rows without those that a mending list took away, or gave another key: such a row would go on beside its correction. -#}
{% macro create_standing_view(kind) -%}
    {% do run_query(
        "create or replace view raw." ~ kind ~ " as select delivered.* from raw.delivered_" ~ kind ~ " as delivered"
        ~ " where not exists (select 1 from raw.replaced_row as replaced where replaced.is_dropped"
        ~ " and replaced.delivery_id = delivered.delivery_id and replaced.sheet = delivered.sheet"
        ~ " and replaced.row_number = delivered.row_number)"
    ) %}
{%- endmacro %}

{#- Which build this is: raw.build, one row. Models read it there, so that another build's id changes no parsed file. -#}
{#- Unset (a run by hand): 'unreleased' comes after every release's id. -#}
{% macro create_build_view(build_id, decided_on) -%}
    {%- set day = "cast('" ~ decided_on | replace("'", "''") ~ "' as date)" if decided_on else 'current_date' -%}
    {% do run_query(
        "create or replace view raw.build as select '" ~ (build_id or 'unreleased') | replace("'", "''")
        ~ "' as build_id, " ~ day ~ " as decided_on"
    ) %}
{%- endmacro %}

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
