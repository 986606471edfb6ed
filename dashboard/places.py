"""The areas that the pages tell of, by code, with the words that go before their names (Bangkok has khet and khwaeng)."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import paths
from dashboard.model import Bilingual, Crumb
from dashboard.source import Source

BANGKOK = "10"
PROVINCES_TITLE = Bilingual("จังหวัด", "Provinces")


@dataclass(frozen=True, slots=True)
class Places:
    """Names of the areas of today by code, bare (`name`) and with their kind (`full`), and what lies in what."""

    regions: dict[str, Bilingual]
    provinces: dict[str, Bilingual]
    amphoe: dict[str, Bilingual]
    tambons: dict[str, Bilingual]
    region_of: dict[str, str]
    """Province code to region code."""
    amphoe_in: dict[str, list[str]]
    """Province code to its amphoe, by Thai name."""
    tambons_in: dict[str, list[str]]
    """Amphoe code to its tambons, by Thai name."""

    def province_title(self, code: str) -> Bilingual:
        """`จังหวัดแพร่`, `กรุงเทพมหานคร`."""
        name = self.provinces.get(code, Bilingual(code, code))
        return name if code == BANGKOK else Bilingual(f"จังหวัด{name.th}", f"{name.en} Province")

    def amphoe_title(self, code: str) -> Bilingual:
        """`อำเภอลอง`, `เขตพระนคร`."""
        name = self.amphoe.get(code, Bilingual(code, code))
        return _kind(code, name, ("เขต", "Khet"), ("อำเภอ", "Amphoe"))

    def tambon_title(self, code: str) -> Bilingual:
        """`ตำบลแม่ปาน`, `แขวงวัดราชบพิธ`."""
        name = self.tambons.get(code, Bilingual(code, code))
        return _kind(code, name, ("แขวง", "Khwaeng"), ("ตำบล", "Tambon"))

    def crumbs(self, code: str) -> tuple[Crumb, ...]:
        """The way to the page of an area: the areas it lies in, from the list of provinces on."""
        steps = [Crumb(PROVINCES_TITLE, paths.PROVINCES)]
        if len(code) > 2:
            steps.append(Crumb(self.province_title(code[:2]), paths.province(code[:2])))
        if len(code) > 4:
            steps.append(Crumb(self.amphoe_title(code[:4]), paths.amphoe(code[:4])))
        return tuple(steps)


def _kind(code: str, name: Bilingual, bangkok: tuple[str, str], elsewhere: tuple[str, str]) -> Bilingual:
    thai, english = bangkok if code[:2] == BANGKOK else elsewhere
    bare = name.th.removeprefix(thai)
    return Bilingual(f"{thai}{bare}", f"{english} {name.en}")


def load_places(source: Source) -> Places:
    """All current areas of the release, from dim_tambon; read once."""
    return source.once("places", lambda: _load(source))


def _load(source: Source) -> Places:
    rows = source.rows(
        "SELECT tambon_code, name_th, name_en, amphoe_code, amphoe_name_th, amphoe_name_en, province_code, "
        "province_name_th, province_name_en, region_code, region_name_th, region_name_en "
        "FROM dim_tambon WHERE is_current ORDER BY province_code, amphoe_name_th, amphoe_code, name_th, tambon_code"
    )
    places = Places({}, {}, {}, {}, {}, {}, {})
    for row in rows:
        province, amphoe, tambon = row["province_code"], row["amphoe_code"], row["tambon_code"]
        places.tambons[tambon] = _named(row, "name", tambon)
        if amphoe not in places.amphoe:
            places.amphoe[amphoe] = _named(row, "amphoe_name", amphoe)
            places.amphoe_in.setdefault(province, []).append(amphoe)
        if province not in places.provinces:
            places.provinces[province] = _named(row, "province_name", province)
            if row["region_code"]:
                places.region_of[province] = row["region_code"]
                places.regions.setdefault(row["region_code"], _named(row, "region_name", row["region_code"]))
        places.tambons_in.setdefault(amphoe, []).append(tambon)
    return places


def _named(row: dict[str, str | None], name: str, code: str) -> Bilingual:
    thai = row[f"{name}_th"] or row[f"{name}_en"] or code
    return Bilingual(thai, row[f"{name}_en"] or thai)
