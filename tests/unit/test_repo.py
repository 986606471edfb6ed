"""What must hold for the repository itself: packages, lock, documents, nothing of anybody's machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Left to right; each may import only what stands left of it (docs/architecture.md).
PACKAGES = ("ingest", "expectations", "release", "dashboard", "orchestration", "cli")
# Too heavy for `tambon --help`: the command line imports them inside its functions.
HEAVY = {
    "dagster",
    "dagster_dbt",
    "dbt",
    "great_expectations",
    "polars",
    "duckdb",
    "pandas",
    "pyarrow",
    "sqlalchemy",
}
# In pieces, so that this file does not hold what it looks for.
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "yarn" + "pkg.com",
    "deb.deb" + "ian.org",
    "proxy.go" + "lang.org",
    "cra" + "tes.io",
    "conda.ana" + "conda.org",
)
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/adding-a-feed.md")
LOCK_ENTRY = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)", re.MULTILINE)


@cache
def repository_files() -> tuple[Path, ...]:
    """Files that are committed or would be; without git, all outside caches and the data home."""
    git = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if git.returncode == 0:
        files = [ROOT / name for name in git.stdout.decode().split("\0") if name]
    else:
        skipped = {
            ".venv",
            ".git",
            "data",
            ".mypy_cache",
            ".ruff_cache",
            ".pytest_cache",
            ".hypothesis",
            "target",
            "logs",
        }
        files = [p for p in ROOT.rglob("*") if not skipped & set(p.relative_to(ROOT).parts)]
    return tuple(sorted(p for p in files if p.is_file()))


def text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(*extras: str) -> list[Requirement]:
    project = pyproject()["project"]
    texts = [
        *project["dependencies"],
        *(one for extra in extras for one in project["optional-dependencies"][extra]),
    ]
    return [Requirement(text) for text in texts]


@cache
def locked() -> dict[str, list[str]]:
    """Versions in the lock by package name: several where they depend on the Python version."""
    versions: dict[str, list[str]] = {}
    for entry in LOCK_ENTRY.finditer((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        versions.setdefault(canonicalize_name(entry["name"]), []).append(entry["version"])
    return versions


def python_files(package: str) -> list[Path]:
    return [p for p in repository_files() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] == package]


def imports(path: Path, *, module_level: bool = False) -> set[str]:
    """Top-level modules that a file imports; on request only those imported as soon as it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if module_level and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if module_level and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                names.update(alias.name.split(".")[0] for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module and child.level == 0:
                names.add(child.module.split(".")[0])
            visit(child)

    visit(tree)
    return names


# ---- packages ----


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_stands_left_of_them(package: str) -> None:
    files = python_files(package)
    assert files, f"{package}/ holds no Python"
    right = set(PACKAGES[PACKAGES.index(package) + 1 :]) | {"tests", "notebooks", "benchmarks"}
    wrong = {str(path.relative_to(ROOT)): sorted(found) for path in files if (found := imports(path) & right)}
    assert not wrong


def test_command_line_imports_heavy_tools_only_where_it_uses_them() -> None:
    wrong = {
        str(p.relative_to(ROOT)): sorted(found)
        for p in python_files("cli")
        if (found := imports(p, module_level=True) & HEAVY)
    }
    assert not wrong


def test_command_line_starts_without_heavy_tools() -> None:
    code = f"import sys, cli.main; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_packages_import_only_declared_dependencies() -> None:
    declared = {canonicalize_name(r.name) for r in requirements()}
    # Drivers of databases and SFTP are an extra, used where sources are pulled and nowhere else (docs/ways-in.md).
    drivers = declared | {canonicalize_name(r.name) for r in requirements("sources")}
    # So is what maps of the user's own outlines need: without it there is no map.
    drawing = declared | {canonicalize_name(r.name) for r in requirements("maps")}
    distributions = packages_distributions()
    own = set(PACKAGES)
    wrong: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in python_files(package):
            for name in imports(path) - own - set(sys.stdlib_module_names):
                candidates = {canonicalize_name(d) for d in distributions.get(name, [name])}
                may = drivers if path.is_relative_to(ROOT / "ingest" / "fetch") else declared
                may = drawing if path == ROOT / "dashboard" / "tambon_maps.py" else may
                if not candidates & may:
                    wrong.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert not wrong, f"add these to [project.dependencies] of pyproject.toml: {wrong}"


def test_mypy_and_the_wheel_know_every_package() -> None:
    tools = pyproject()["tool"]
    assert set(PACKAGES) <= set(tools["mypy"]["files"])
    assert set(PACKAGES) <= set(tools["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert tools["mypy"]["strict"] is True


# ---- lock ----


def test_every_locked_package_has_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 100
    without = [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert not without


def test_the_lock_holds_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    options = re.findall(r"^\s*(--(?!hash=)\S+|-[a-z]\b.*)", text, flags=re.MULTILINE)
    assert "://" not in text
    assert not re.findall(r"^[^#\n]*\s@\s", text, flags=re.MULTILINE)
    assert not options


def test_the_lock_answers_every_declaration() -> None:
    wrong = []
    for requirement in requirements("sources", "notebooks", "bench", "dev"):
        versions = locked().get(canonicalize_name(requirement.name), [])
        if not versions or not all(requirement.specifier.contains(v, prereleases=True) for v in versions):
            wrong.append(f"{requirement} is locked as {versions or 'nothing'}: run `make lock`")
    assert not wrong


def test_setup_can_find_its_installer_in_the_lock() -> None:
    done = subprocess.run(
        ["sed", "-n", "/^uv==/,/^    # via/p", "requirements.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.strip().splitlines()
    assert lines[0].startswith("uv==")
    assert lines[-1].startswith("    # via")
    assert sum(1 for line in lines if "==" in line) == 1
    assert "sed -n '/^uv==/,/^    # via/p' requirements.lock" in (ROOT / "scripts/environment.sh").read_text(
        encoding="utf-8"
    )


# ---- documents ----


@cache
def make_targets() -> frozenset[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))


def test_the_names_that_others_rely_on_are_make_targets() -> None:
    assert {"setup", "run", "test", "lint", "bench"} <= make_targets()


def code_of(document: str) -> str:
    """What stands as code in a Markdown document, in blocks and in lines."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_targets_and_commands_that_exist(document: str) -> None:
    import typer.main

    from cli.main import app

    code = code_of(document)
    assert set(re.findall(r"(?:^|\s)make ([a-z]+)", code, flags=re.MULTILINE)) <= make_targets()

    root = typer.main.get_command(app)
    wrong = []
    for words in re.findall(r"bin/tambon((?: [a-z]+\b(?!\.))*)", code):
        group = root
        for word in words.split():
            below = getattr(group, "commands", None)
            if below is None:
                break  # an argument of a command
            if word not in below:
                wrong.append(f"tambon{words}")
                break
            group = below[word]
    assert not wrong


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md", "docs/architecture.md"])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    wrong = [
        link
        for link in links
        if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists()
    ]
    assert not wrong


def test_the_contract_shown_in_the_documentation_is_a_good_one() -> None:
    """Everything but its programme, which the reader is told to add, passes the contract's own model."""
    import yaml

    from ingest.contract.model import Agency, Contract

    text = (ROOT / "docs/adding-a-feed.md").read_text(encoding="utf-8")
    agency, contract = (
        yaml.safe_load(b) for b in re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    )
    assert Agency.model_validate(agency).code == contract["feed"].split("/")[0]
    assert Contract.model_validate(contract | {"programme": "village_fund"}).feed == "cult/credit_unions"


def test_the_front_page_names_every_feed() -> None:
    from ingest.contract import load_contracts

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## The feeds") : text.index("## What you get")]
    feeds = {name: feed for name, feed in load_contracts().items() if ROOT in Path(feed.folder or "").parents}
    assert set(re.findall(r"`([a-z]+/[a-z_]+)`", table)) == set(feeds)
    assert f"{len(feeds)} feeds" in table


def test_notice_keeps_what_the_gazetteer_asks_for() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in notice
    assert "2026 Pongsakorn Thipayanate" in notice


# ---- nothing of anybody's machine ----


def test_no_file_names_a_package_registry() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in repository_files()
        if (text := text_of(path)) is not None
        for host in REGISTRIES
        if host in text
    ]
    assert not wrong


def test_no_file_names_somebodys_home_folder() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/")
    wrong = [
        str(p.relative_to(ROOT))
        for p in repository_files()
        if (text := text_of(p)) is not None and pattern.search(text)
    ]
    assert not wrong


def test_data_of_agencies_cannot_be_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/data/", ".venv/", "*.duckdb"} <= set(ignored)
    assert not [p for p in repository_files() if p.suffix in {".duckdb", ".wal"}]


def test_hooks_fetch_nothing() -> None:
    import yaml

    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert {hook["language"] for repo in config["repos"] for hook in repo["hooks"]} == {"system"}
