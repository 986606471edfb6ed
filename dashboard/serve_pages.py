"""The few pages that the server says itself, before there is a site or where there is none."""

from __future__ import annotations

from typing import Final

_PAGE: Final = """<!doctype html>
<html lang="th">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title_th} · {title_en}</title></head>
<body><main>
<h1>{title_th}</h1>
<p>{text_th}</p>
<div lang="en"><h2>{title_en}</h2>
<p>{text_en}</p></div>
{more}</main></body>
</html>
"""
_HOME_LINK: Final = '<p><a href="/">ไปหน้าแรก · <span lang="en">To the first page</span></a></p>\n'


def page(title_th: str, title_en: str, text_th: str, text_en: str, *, home_link: bool = False) -> bytes:
    """A page in both languages without style or script. Texts are ours; nothing of a request is repeated in them."""
    return _PAGE.format(
        title_th=title_th,
        title_en=title_en,
        text_th=text_th,
        text_en=text_en,
        more=_HOME_LINK if home_link else "",
    ).encode()


NOTHING_YET: Final = page(
    "ยังไม่มีข้อมูลที่เผยแพร่",
    "Nothing is published yet",
    "ระบบทำงานอยู่ แต่ยังไม่มีชุดข้อมูลที่เผยแพร่ในคลังนี้ เมื่อการปรับปรุงข้อมูลครั้งแรกเสร็จ หน้านี้จะแสดงข้อมูลเอง "
    "(ผู้ดูแล: วางไฟล์ใน inbox แล้วใช้คำสั่ง <code>tambon refresh</code>)",
    "The server is running, but nothing has been published in this warehouse. The pages appear here by themselves after "
    "the first refresh (operators: put files into the inbox, then run <code>tambon refresh</code>).",
)
NO_SITE: Final = page(
    "ชุดข้อมูลปัจจุบันไม่มีหน้าเว็บ",
    "The current release has no pages",
    "ชุดข้อมูลนี้เผยแพร่ก่อนที่ระบบจะสร้างหน้าเว็บ หน้าเว็บจะมาพร้อมการเผยแพร่ครั้งถัดไป "
    "(ผู้ดูแล: <code>tambon refresh --force</code>)",
    "This release was published before pages were made; they come with the next one "
    "(operators: <code>tambon refresh --force</code>).",
)
NOT_FOUND: Final = page(
    "ไม่พบหน้านี้",
    "Page not found",
    "ไม่มีหน้านี้ในชุดข้อมูลปัจจุบัน ที่อยู่อาจพิมพ์ผิด หรือตำบลหรือชุดข้อมูลนั้นอาจไม่มีแล้ว",
    "There is no such page in the current release. The address may be mistyped, or what it showed may be gone.",
    home_link=True,
)
WRONG_HOST: Final = page(
    "ชื่อเครื่องไม่ถูกต้อง",
    "Unknown host name",
    "เครื่องแม่ข่ายนี้ไม่ตอบในชื่อที่เรียกมา (ผู้ดูแล: อนุญาตชื่อเพิ่มด้วย <code>tambon serve --allow-host</code>)",
    "This server does not answer to the name it was called by "
    "(operators: allow a further name with <code>tambon serve --allow-host</code>).",
)
WRONG_METHOD: Final = page(
    "อ่านได้อย่างเดียว",
    "Read only",
    "หน้าเว็บนี้เปิดอ่านได้อย่างเดียว",
    "These pages can only be read (GET and HEAD).",
    home_link=True,
)
