"""The one folder in which a warehouse keeps its state. Its layout is described in docs/architecture.md."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

HomeKind = Literal["synthetic", "real"]
SAMPLE_MARK = "synthetic"
"""Every file of the sample carries this in its name, so that it says what it is wherever it is copied."""

ENVIRONMENT_VARIABLE = "TAMBON_HOME"
STEWARDSHIP_VARIABLE = "TAMBON_STEWARDSHIP"
DEFAULT_ROOT = Path("data")

_KIND_TH: dict[HomeKind, str] = {"synthetic": "ข้อมูลสังเคราะห์ (ตัวอย่าง)", "real": "ข้อมูลจริง"}
_KIND_EN: dict[HomeKind, str] = {"synthetic": "synthetic sample data", "real": "real data"}


class HomeKindError(Exception):
    """Synthetic and real deliveries would mix in one home, or `home.json` does not say which it holds.

    str() is a text for the user: Thai first, then English.
    """


@dataclass(frozen=True)
class Home:
    """Paths of one home, below `root`. Nothing is created before something is written."""

    root: Path

    @classmethod
    def locate(cls, explicit: Path | None = None) -> Home:
        """The home named by the caller, else by TAMBON_HOME, else `./data`; absolute, `~` expanded."""
        named = explicit or os.environ.get(ENVIRONMENT_VARIABLE, "").strip() or DEFAULT_ROOT
        return cls(Path(named).expanduser().absolute())

    @property
    def inbox(self) -> Path:
        """What officers drop: `<agency>/<feed>/<file>`."""
        return self.root / "inbox"

    @property
    def landing(self) -> Path:
        """Delivery bytes and the arrival log."""
        return self.root / "landing"

    @property
    def conformed(self) -> Path:
        """Conformed Parquet by record kind and feed."""
        return self.root / "conformed"

    @property
    def admission(self) -> Path:
        """Admission results by delivery."""
        return self.root / "admission"

    @property
    def held(self) -> Path:
        """A folder a delivery that waits: its report and its findings. Nothing in it decides anything."""
        return self.root / "held"

    @property
    def reference(self) -> Path:
        """Gazetteer, measures, programmes, agencies and feeds."""
        return self.root / "reference"

    @property
    def builds(self) -> Path:
        """One folder a refresh; old ones are pruned."""
        return self.root / "builds"

    @property
    def identity(self) -> Path:
        """The append-only registry of funds, and what scoring pairs of names came to."""
        return self.root / "identity"

    @property
    def stewardship(self) -> Path:
        """Stewards' decisions; TAMBON_STEWARDSHIP names a folder elsewhere, such as one under version control."""
        named = os.environ.get(STEWARDSHIP_VARIABLE, "").strip()
        return Path(named).expanduser().absolute() if named else self.root / "stewardship"

    @property
    def history(self) -> Path:
        """In which release each delivery was first published; outlives pruned releases."""
        return self.root / "history"

    @property
    def releases(self) -> Path:
        """What is published; `current` is a link."""
        return self.root / "releases"

    @property
    def alerts(self) -> Path:
        """What was told to whom: the outbox, and what each recipient knows."""
        return self.root / "alerts"

    @property
    def alerts_file(self) -> Path:
        """Who is told, and how. Written by the operator."""
        return self.root / "alerts.yml"

    @property
    def datadocs(self) -> Path:
        """What the suites of checks said in their last runs, for engineers."""
        return self.root / "datadocs"

    @property
    def sample(self) -> Path:
        """Truth files of the synthetic sample."""
        return self.root / "sample"

    @property
    def dagster(self) -> Path:
        """Dagster's instance."""
        return self.root / "dagster"

    @property
    def logs(self) -> Path:
        """dbt's target and logs."""
        return self.root / "logs"

    @property
    def _kind_file(self) -> Path:
        return self.root / "home.json"

    def kind(self) -> HomeKind | None:
        """Which deliveries this home holds; None while that is undecided (no `home.json`).

        Raises:
            HomeKindError: `home.json` cannot be read as `{"kind": "synthetic" | "real"}`.
        """
        try:
            content = json.loads(self._kind_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            content = None
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind not in get_args(HomeKind):
            raise HomeKindError(
                f'อ่านไฟล์ {self._kind_file} ไม่ได้ ต้องเป็น {{"kind": "synthetic"}} หรือ {{"kind": "real"}} '
                "กรุณาแก้ไฟล์ให้ตรงกับข้อมูลที่เก็บไว้\n"
                f'Cannot read {self._kind_file}: it must be {{"kind": "synthetic"}} or {{"kind": "real"}}, '
                "whichever this home holds."
            )
        return cast(HomeKind, kind)

    def set_kind(self, kind: HomeKind) -> None:
        """Say which deliveries this home holds, for good; saying it again changes nothing.

        Raises:
            HomeKindError: the home already holds the other kind, or its `home.json` is unreadable.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        if self.kind() is None:
            handle, name = tempfile.mkstemp(dir=self.root, prefix=".home-", suffix=".json")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps({"kind": kind}) + "\n")
            try:
                # A link fails where the file exists: of two writers at once one wins, the other compares.
                os.link(name, self._kind_file)
            except FileExistsError:
                pass
            finally:
                Path(name).unlink()
        held = self.kind()
        if held is not None and held != kind:
            raise HomeKindError(
                f"โฟลเดอร์ {self.root} เก็บ{_KIND_TH[held]}อยู่แล้ว จะนำ{_KIND_TH[kind]}มาปนกันไม่ได้ "
                f"กรุณาตั้ง {ENVIRONMENT_VARIABLE} เป็นโฟลเดอร์อื่น\n"
                f"{self.root} already holds {_KIND_EN[held]}; {_KIND_EN[kind]} cannot be mixed in. "
                f"Set {ENVIRONMENT_VARIABLE} to another folder."
            )
