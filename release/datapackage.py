"""datapackage.json: a Frictionless Data Package with the Thai catalogue's 14 metadata fields."""

from typing import Any, Final

from release.models import BuildMeta, ColumnEntry, FileEntry, TableEntry

# DuckDB type (without its size) -> Frictionless field type
_TYPES: Final = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "FLOAT": "number",
    "DOUBLE": "number",
    "DECIMAL": "number",
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
}
SYNTHETIC_TH: Final = "ข้อมูลสังเคราะห์เพื่อการทดลอง ไม่ใช่ข้อมูลจริงของหน่วยงานใด"
SYNTHETIC_EN: Final = "Synthetic data for trials: not the figures of any agency"


def data_package(
    release_id: str, meta: BuildMeta, tables: list[TableEntry], files: list[FileEntry]
) -> dict[str, Any]:
    """The descriptor: one resource a Parquet table, and marts.duckdb. Field types are Frictionless v1's."""
    by_path = {file.path: file for file in files}
    package = meta.package
    title = f"{package.title} (ข้อมูลสังเคราะห์)" if meta.is_synthetic else package.title
    notes = f"{SYNTHETIC_TH} · {SYNTHETIC_EN}\n{package.notes}" if meta.is_synthetic else package.notes
    resources = [_table_resource(table, by_path[table.path]) for table in tables]
    if marts := by_path.get("marts.duckdb"):
        resources.append({"name": "marts-duckdb", "format": "duckdb", **_file_part(marts)})
    return {
        "profile": "data-package",
        "name": f"tambon-funds-{release_id.lower()}",
        "id": release_id,
        "title": title,
        "description": notes,
        "version": release_id,
        "created": meta.created_at.isoformat(),
        "keywords": package.tag_string,
        "licenses": [{"name": package.license_id.replace(" ", "-"), "title": package.license_id}],
        "synthetic": meta.is_synthetic,
        "thai_open_data": {**package.model_dump(), "title": title, "notes": notes},
        "resources": resources,
    }


def _file_part(file: FileEntry) -> dict[str, Any]:
    return {"path": file.path, "bytes": file.bytes, "hash": f"sha256:{file.sha256}"}


def _table_resource(table: TableEntry, file: FileEntry) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns]}
    if table.keys:
        schema["primaryKey"] = table.keys
    return {
        "name": table.name.replace("_", "-").lower(),
        "title": table.title or table.name,
        **({"description": table.description} if table.description else {}),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_file_part(file),
        "rows": table.rows,
        "schema": schema,
    }


def _field(column: ColumnEntry) -> dict[str, Any]:
    kind = _TYPES.get(column.type.partition("(")[0], "any")
    if column.type.endswith("[]"):
        kind = "array"
    described = {"title": column.title, "description": column.description, "unit": column.unit}
    return {"name": column.name, "type": kind, **{key: text for key, text in described.items() if text}}
