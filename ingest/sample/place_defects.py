"""Defects in where a record says it is, and what a careful reader should make of them."""

from __future__ import annotations

from collections.abc import Callable

from ingest.sample.scene import Planter, Scene, amphoe_free, by_place, has_columns, place_note


def code_disagrees(scene: Scene, row: int) -> bool:
    """The code of one tambon beside the names of another."""
    if not has_columns(scene, "tambon_code", "tambon") or not amphoe_free(scene):
        return False
    at = int(scene.draft.tambon_index[row])
    other = int(scene.rng.integers(scene.places.size))
    if (
        scene.places.code[other][:4] == scene.view.code[at][:4]
        or scene.places.tambon[other] == scene.view.tambon[at]
    ):
        return False
    value = str(scene.places.code[other]) + scene.draft.cell(row, "tambon_code")[6:]
    scene.draft.put(row, "tambon_code", value)
    return place_note(
        scene,
        row,
        "tambon_code",
        "code_name_disagree",
        "unresolved",
        value,
        "",
        f"code of {scene.places.tambon[other]}, names of {scene.view.code[at]}",
    )


def unknown_code(scene: Scene, row: int) -> bool:
    """A code that no tambon ever had; the names still say where."""
    if not has_columns(scene, "tambon_code", "tambon") or not amphoe_free(scene):
        return False
    at = int(scene.draft.tambon_index[row])
    for last in range(95, 60, -1):
        code = f"{scene.view.code[at][:4]}{last}"
        if code not in scene.places.known_codes:
            value = code + scene.draft.cell(row, "tambon_code")[6:]
            scene.draft.put(row, "tambon_code", value)
            return place_note(
                scene,
                row,
                "tambon_code",
                "unknown_tambon_code",
                "resolved",
                value,
                str(scene.places.code[at]),
                "the names still say where",
            )
    return False


def abolished(scene: Scene, row: int) -> bool:
    """An abolished code with its own names."""
    at = int(scene.draft.tambon_index[row])
    places = scene.places
    if (
        not has_columns(scene, "tambon_code", "tambon")
        or not amphoe_free(scene)
        or not places.old_code[at]
        or scene.view.is_old[at]
    ):
        return False
    draft = scene.draft
    value = str(places.old_code[at]) + draft.cell(row, "tambon_code")[6:]
    for column, old, new in (
        ("tambon", places.tambon[at], places.old_tambon[at]),
        ("amphoe", places.amphoe[at], places.old_amphoe[at]),
        ("province", places.province[at], places.old_province[at]),
    ):
        draft.put(row, column, draft.cell(row, column).replace(str(old), str(new)))
    draft.put(row, "tambon_code", value)
    return place_note(
        scene,
        row,
        "tambon_code",
        "abolished_code",
        "resolved",
        value,
        str(places.code[at]),
        "the abolished code with its own names",
    )


def respell(
    kind: str, spell: Callable[[Scene, int, str], str], *, unicode_only: bool = False, names_only: bool = True
) -> Planter:
    """A planter of other spellings of the tambon's name."""

    def plant(scene: Scene, row: int) -> bool:
        if not has_columns(scene, "tambon") or (unicode_only and not scene.unicode_ok):
            return False
        if names_only and has_columns(scene, "tambon_code"):
            return False
        old = scene.draft.cell(row, "tambon")
        value = spell(scene, int(scene.draft.tambon_index[row]), old)
        if not value or value == old:
            return False
        scene.draft.put(row, "tambon", value)
        return place_note(
            scene, row, "tambon", kind, "resolved", value, str(scene.draft.tambon_true[row]), f"meant {old}"
        )

    return plant


def misspell(scene: Scene, at: int, cell: str) -> str:
    """A spelling that still points clearly at the tambon."""
    wrong = str(scene.places.misspelled[at])
    return cell.replace(str(scene.places.tambon[at]), wrong) if wrong and not scene.view.is_old[at] else ""


def cut(scene: Scene, at: int, cell: str) -> str:
    """A name cut at 16 characters."""
    return cell[:16] if len(cell) > 16 else ""


def name_only(scene: Scene, row: int) -> bool:
    """A tambon's name without amphoe and province."""
    if not amphoe_free(scene) or not has_columns(scene, "tambon"):
        return False
    if by_place(scene) and not has_columns(scene, "tambon_code"):
        return False
    for column in ("tambon_code", "amphoe", "province"):
        if has_columns(scene, column):
            scene.draft.put(row, column, "")
    return place_note(scene, row, "tambon", "name_only", "unresolved", scene.draft.cell(row, "tambon"), "")


def blank_place(scene: Scene, row: int) -> bool:
    """No place at all."""
    # Among figures of places a row without a tambon would be a district's or province's own row.
    if by_place(scene):
        return False
    blanked = [
        c
        for c in ("tambon_code", "tambon", *(("amphoe", "province") if amphoe_free(scene) else ()))
        if has_columns(scene, c)
    ]
    for column in blanked:
        scene.draft.put(row, column, "")
    return place_note(scene, row, blanked[-1], "blank_place", "unresolved", "", "")


def capital_alone(scene: Scene, row: int) -> bool:
    """เมือง without its province."""
    at = int(scene.draft.tambon_index[row])
    old = scene.draft.cell(row, "amphoe") if amphoe_free(scene) else ""
    full = f"เมือง{scene.view.province[at]}"
    if not old.endswith(full):
        return False
    value = old.replace(full, "เมือง")
    scene.draft.put(row, "amphoe", value)
    return place_note(
        scene, row, "amphoe", "capital_alone", "resolved", value, str(scene.draft.tambon_true[row])
    )


def bangkok(scene: Scene, row: int) -> bool:
    """Another word for Bangkok."""
    if not amphoe_free(scene) or not str(scene.view.code[int(scene.draft.tambon_index[row])]).startswith(
        "10"
    ):
        return False
    value = str(scene.rng.choice(["กทม", "กรุงเทพฯ", "กรุงเทพ", "จ.กรุงเทพมหานคร"]))
    scene.draft.put(row, "province", value)
    return place_note(
        scene, row, "province", "bangkok_variant", "resolved", value, str(scene.draft.tambon_true[row])
    )


def labelled_code(scene: Scene, row: int) -> bool:
    """A code with its label in the cell: [100101]name."""
    if not has_columns(scene, "tambon_code", "tambon"):
        return False
    value = f"[{scene.draft.cell(row, 'tambon_code')}]{scene.view.tambon[int(scene.draft.tambon_index[row])]}"
    scene.draft.put(row, "tambon_code", value)
    true = str(scene.draft.tambon_true[row])
    return place_note(scene, row, "tambon_code", "labelled_code", "resolved", value, true)


def padded_code(scene: Scene, row: int) -> bool:
    """A tambon code with two zeros behind, as if it were a village's."""
    if not has_columns(scene, "tambon_code") or len(scene.draft.cell(row, "tambon_code")) != 6:
        return False
    value = scene.draft.cell(row, "tambon_code") + "00"
    scene.draft.put(row, "tambon_code", value)
    true = str(scene.draft.tambon_true[row])
    return place_note(
        scene,
        row,
        "tambon_code",
        "padded_code",
        "resolved",
        value,
        true,
        "a village's code without a village",
    )
