"""Every outcome of a pull in the operator's words: what happened, and how to mend it, Thai first."""

from __future__ import annotations

from typing import Final

from ingest.landing.messages import REFUSED, Text

OK: Final[dict[str, tuple[str, str]]] = {
    "fetched": ("ดึงไฟล์ใหม่แล้ว", "A new file was fetched"),
    "not_modified": (
        "ต้นทางแจ้งว่าไฟล์ไม่เปลี่ยนแปลง",
        "The source says that the file has not changed",
    ),
    "same_content": ("เนื้อไฟล์เหมือนครั้งก่อน", "The content is the same as before"),
    "nothing_new": ("ไม่มีไฟล์ใหม่หรือไฟล์ที่เปลี่ยนแปลง", "No new or changed file"),
    "went_back": (
        "ต้นทางกลับไปให้ไฟล์เดิมที่เคยรับแล้ว ({detail_en}) ทั้งที่หลังจากนั้นเคยให้ไฟล์ใหม่กว่า ระบบยังใช้ไฟล์ใหม่กว่าต่อไป",
        "The source again gives a file taken before ({detail_en}) although it gave a newer one since; the newer stays in use",
    ),
}
WENT_BACK_MEND: Final = (
    "สอบถามหน่วยงานว่าไฟล์ใดถูกต้อง หากเป็นไฟล์เดิม ให้หน่วยงานบันทึกใหม่แล้วเผยแพร่อีกครั้ง",
    "Ask the agency which file is right; if it is the older one, have it saved anew and published again",
)

_WAIT = (
    "ระบบจะลองใหม่ในรอบถัดไป หากเกิดซ้ำหลายวันให้แจ้งหน่วยงานเจ้าของข้อมูล",
    "It is tried again at the next refresh; tell the agency if it goes on for days",
)
_CONTRACT = (
    "ตรวจที่อยู่และตัวเลือกใต้ sources ในสัญญาข้อมูลของชุดข้อมูลนี้",
    "Check the address and options under sources in this feed's contract",
)

TEXTS: Final[dict[str, Text]] = {
    # ---- set-up ----
    "no_secret": Text(
        "ไม่ได้ตั้งค่าตัวแปรสภาพแวดล้อม {name}",
        "Environment variable {name} is not set",
        "ตั้งค่า {name} ในสภาพแวดล้อมของงานรายคืน แล้วลองใหม่",
        "Set {name} in the environment of the nightly job and try again",
    ),
    "bad_secret": Text(
        "ค่าในตัวแปรสภาพแวดล้อม {name} ใช้ไม่ได้: {detail_th}",
        "The value of environment variable {name} cannot be used: {detail_en}",
        "แก้ค่าใน {name} ให้ถูกต้อง",
        "Mend the value of {name}",
    ),
    "secret_in_clear": Text(
        "ไม่ส่งรหัสลับไปยัง {host} เพราะเป็น http ที่ไม่เข้ารหัสบนอินเทอร์เน็ต",
        "No secret is sent to {host}: it is plain http on the public internet",
        "ใช้ที่อยู่ที่ขึ้นต้นด้วย https:// ในสัญญาข้อมูล",
        "Use an https:// address in the contract",
    ),
    "driver_missing": Text(
        "ไม่ได้ติดตั้งส่วนเสริมสำหรับดึงข้อมูลแบบ {kind} ({name})",
        "The add-on for sources of kind {kind} is not installed ({name})",
        "ติดตั้งด้วย make setup หรือ pip install 'tambon-warehouse[sources]'",
        "Run make setup, or pip install 'tambon-warehouse[sources]'",
    ),
    "synthetic_home": Text(
        "โฟลเดอร์นี้เก็บข้อมูลสังเคราะห์ จึงไม่ดึงข้อมูลจริงจากต้นทางมาปน",
        "This home holds the synthetic sample; real data is not pulled into it",
        "ตั้ง TAMBON_HOME เป็นโฟลเดอร์สำหรับข้อมูลจริง",
        "Set TAMBON_HOME to a home for real data",
    ),
    "busy": Text(
        "มีงานอื่นกำลังดึงข้อมูลของชุดข้อมูลนี้อยู่",
        "Another run is pulling this feed",
        "รอให้งานนั้นเสร็จแล้วลองใหม่",
        "Wait until it ends, then try again",
    ),
    "home_unusable": Text(
        "เก็บไฟล์ที่ดึงมาไม่ได้: {detail_th}",
        "What was pulled cannot be kept: {detail_en}",
        "ตรวจพื้นที่ว่างและสิทธิ์เขียนของโฟลเดอร์ข้อมูล",
        "Check free space and write permission of the home",
    ),
    "no_bundled_file": Text(
        "ไม่พบไฟล์ {name} ข้างสัญญาข้อมูล",
        "File {name} does not lie beside the contract",
        "วางไฟล์ไว้ในโฟลเดอร์เดียวกับสัญญาข้อมูล หรือแก้ path",
        "Put the file into the contract's folder, or mend path",
    ),
    # ---- the way there ----
    "unreachable": Text(
        "ติดต่อ {host} ไม่ได้: ไม่ตอบรับการเชื่อมต่อ หรือการเชื่อมต่อหลุด",
        "{host} cannot be reached: the connection was refused or dropped",
        *_WAIT,
    ),
    "unknown_host": Text(
        "ไม่พบเครื่องชื่อ {host}",
        "There is no host named {host}",
        "ตรวจชื่อเครื่องในสัญญาข้อมูล และ DNS ของเครื่องนี้",
        "Check the name in the contract, and this machine's DNS",
    ),
    "timeout": Text(
        "{host} ไม่ตอบภายในเวลาที่กำหนด ({seconds} วินาที)",
        "{host} did not answer in time ({seconds} s)",
        *_WAIT,
    ),
    "too_slow": Text(
        "ใช้เวลาเกินกำหนด {seconds} วินาที จึงหยุด",
        "It took longer than the {seconds} s allowed and was stopped",
        "แจ้งหน่วยงานว่าต้นทางช้า หรือเพิ่ม max_seconds ในสัญญาข้อมูล",
        "Tell the agency that its server is slow, or raise max_seconds in the contract",
    ),
    "tls": Text(
        "ตรวจใบรับรองความปลอดภัย (TLS) ของ {host} ไม่ผ่าน",
        "The certificate (TLS) of {host} cannot be trusted",
        "แจ้งหน่วยงานให้ต่ออายุหรือแก้ใบรับรอง หากใช้ CA ภายใน ให้ตั้ง REQUESTS_CA_BUNDLE",
        "Have the agency mend its certificate; for an internal CA set REQUESTS_CA_BUNDLE",
    ),
    "bad_address": Text(
        "ที่อยู่ที่ต้นทางให้มาใช้ไม่ได้",
        "The address that the source gave cannot be used",
        *_CONTRACT,
    ),
    "redirect_refused": Text(
        "ต้นทางส่งต่อไปยัง {host} ซึ่งไม่อนุญาต: {detail_th}",
        "The source sends on to {host}, which is not allowed: {detail_en}",
        "ถ้าที่อยู่ใหม่ถูกต้อง ให้ใส่ที่อยู่นั้นในสัญญาข้อมูลโดยตรง",
        "If the new address is right, write it into the contract itself",
    ),
    "too_many_redirects": Text(
        "ต้นทางส่งต่อวนเกิน {limit} ครั้ง",
        "The source sends on more than {limit} times",
        *_CONTRACT,
    ),
    # ---- what the server said ----
    "denied": Text(
        "{host} ไม่อนุญาตให้เข้าถึง (HTTP {status})",
        "{host} does not allow access (HTTP {status})",
        "ตรวจว่ารหัสลับในตัวแปรสภาพแวดล้อมถูกต้องและยังไม่หมดอายุ",
        "Check that the secret in the environment variable is right and has not expired",
    ),
    "not_found": Text(
        "{host} ตอบว่าไม่มีไฟล์นี้แล้ว (HTTP {status})",
        "{host} says that there is no such file (HTTP {status})",
        "หาที่อยู่ใหม่ของไฟล์แล้วแก้ในสัญญาข้อมูล",
        "Find the file's new address and mend the contract",
    ),
    "rate_limited": Text(
        "{host} จำกัดจำนวนครั้งที่ขอข้อมูล (HTTP 429{detail_en})",
        "{host} limits how often it may be asked (HTTP 429{detail_en})",
        *_WAIT,
    ),
    "server_error": Text(
        "ระบบของ {host} ขัดข้อง (HTTP {status})",
        "The server at {host} failed (HTTP {status})",
        *_WAIT,
    ),
    "http_status": Text(
        "{host} ตอบกลับไม่ตรงที่คาด (HTTP {status})",
        "{host} gave an unexpected answer (HTTP {status})",
        *_CONTRACT,
    ),
    "cut_off": Text(
        "การส่งข้อมูลจาก {host} ขาดกลางทาง ได้ไม่ครบ",
        "The transfer from {host} was cut off before its end",
        *_WAIT,
    ),
    "too_large": Text(
        "ไฟล์ใหญ่เกินขีดจำกัด {limit_mb} MB จึงหยุดดึง",
        "The file is over the limit of {limit_mb} MB; it was not taken",
        "ให้หน่วยงานแบ่งไฟล์ หรือเพิ่ม max_mb ในสัญญาข้อมูลและ TAMBON_MAX_FILE_MB",
        "Have the agency split it, or raise max_mb in the contract and TAMBON_MAX_FILE_MB",
    ),
    "too_many_rows": Text(
        "ข้อมูลมีเกิน {limit} แถว จึงหยุดดึง",
        "There are more than {limit} rows; it was not taken",
        "แบ่งชุดข้อมูล หรือเพิ่ม max_rows ในสัญญาข้อมูล",
        "Split it, or raise max_rows in the contract",
    ),
    "unknown_type": Text(
        "ไม่รู้ชนิดของไฟล์ที่ได้จาก {host} ({detail_en})",
        "The kind of file that {host} sent is not known ({detail_en})",
        "ระบุ file_name พร้อมนามสกุลในสัญญาข้อมูล",
        "Say file_name with its type in the contract",
    ),
    # ---- CKAN ----
    "ckan_answer": Text(
        "{host} ไม่ได้ตอบแบบ CKAN: {detail_en}",
        "{host} does not answer as CKAN does: {detail_en}",
        *_CONTRACT,
    ),
    "ckan_refused": Text(
        "CKAN ของ {host} ปฏิเสธคำขอ: {detail_en}",
        "CKAN at {host} refused: {detail_en}",
        *_CONTRACT,
    ),
    "no_resource": Text(
        "ชุดข้อมูลบน {host} ไม่มีทรัพยากรชื่อตรงกับ {wanted} ที่มีคือ: {found}",
        "The dataset at {host} has no resource named {wanted}; it has: {found}",
        *_CONTRACT,
    ),
    "no_datastore": Text(
        "ทรัพยากร {name} ไม่มีตารางข้อมูล (datastore)",
        "Resource {name} has no table (datastore)",
        "ใช้ via: file ในสัญญาข้อมูล",
        "Use via: file in the contract",
    ),
    "short_page": Text(
        "หน้าที่เริ่มแถว {row} ได้ {got} แถว แต่ควรได้ {expected}",
        "The page from row {row} on has {got} rows where {expected} were due",
        *_WAIT,
    ),
    "total_changed": Text(
        "จำนวนแถวเปลี่ยนจาก {expected} เป็น {got} ระหว่างดึง ข้อมูลกำลังถูกแก้ไข",
        "The number of rows changed from {expected} to {got} meanwhile: the table is being edited",
        *_WAIT,
    ),
    "rows_moved": Text(
        "แถวในตารางเลื่อนลำดับหรือคอลัมน์เปลี่ยนระหว่างดึง (แถว {row})",
        "Rows moved, or columns changed, meanwhile (row {row})",
        *_WAIT,
    ),
    # ---- SQL ----
    "sql_denied": Text(
        "ฐานข้อมูลไม่ให้เข้าใช้: {detail_en}",
        "The database does not let us in: {detail_en}",
        "ตรวจชื่อผู้ใช้ รหัสผ่าน และสิทธิ์อ่านของตัวแปร {name}",
        "Check user, password and read permission of the variable {name}",
    ),
    "sql_error": Text(
        "ฐานข้อมูลปฏิเสธคำสั่ง: {detail_en}",
        "The database refused the query: {detail_en}",
        "แก้ query ในสัญญาข้อมูล",
        "Mend the query in the contract",
    ),
    # ---- SFTP ----
    "host_key": Text(
        "กุญแจของเครื่อง {host} ไม่ตรงกับที่บันทึกไว้ (ได้ {detail_en}) อาจเป็นเครื่องปลอม จึงไม่เชื่อมต่อ",
        "The host key of {host} is not the one on record (it shows {detail_en}): it may be another machine",
        "สอบถามหน่วยงานว่าเปลี่ยนกุญแจหรือไม่ ถ้าใช่ ให้แก้ host_key ในสัญญาข้อมูล",
        "Ask the agency whether the key was changed; if so, mend host_key in the contract",
    ),
    "sftp_denied": Text(
        "{host} ไม่ให้ผู้ใช้ {user} เข้าใช้",
        "{host} does not let user {user} in",
        "ตรวจกุญแจหรือรหัสผ่านในตัวแปรสภาพแวดล้อม และสิทธิ์ของผู้ใช้",
        "Check the key or password in the environment variable, and the user's rights",
    ),
    "no_folder": Text(
        "ไม่พบหรือเปิดโฟลเดอร์ {name} บน {host} ไม่ได้",
        "Folder {name} on {host} is missing or closed to us",
        *_CONTRACT,
    ),
    "no_match": Text(
        "โฟลเดอร์ {name} บน {host} ไม่มีไฟล์ที่ชื่อตรงกับ {wanted}",
        "Folder {name} on {host} holds no file whose name fits {wanted}",
        "สอบถามหน่วยงานว่าย้ายไฟล์ไปที่ใด หรือแก้ folder และ pattern ในสัญญาข้อมูล",
        "Ask the agency where the files went, or mend folder and pattern in the contract",
    ),
    "too_many_files": Text(
        "โฟลเดอร์มีไฟล์เกิน {limit} ไฟล์",
        "The folder holds more than {limit} files",
        "ใช้ pattern ให้แคบลง หรือย้ายไฟล์เก่าออก",
        "Narrow the pattern, or move old files away",
    ),
    "changing": Text(
        "ไฟล์ {name} เปลี่ยนระหว่างดึง อาจกำลังถูกเขียน",
        "File {name} changed while it was pulled; it may still be being written",
        *_WAIT,
    ),
    "sftp_error": Text(
        "เครื่อง {host} แจ้งข้อผิดพลาด: {detail_en}",
        "{host} reported an error: {detail_en}",
        *_WAIT,
    ),
    # ---- anything else ----
    "unexpected": Text(
        "เกิดข้อผิดพลาดที่ไม่คาดคิดขณะดึงข้อมูล",
        "Something unforeseen went wrong while pulling",
        "ตั้ง TAMBON_DEBUG=1 แล้วเรียก tambon fetch เพื่อดูรายละเอียด และแจ้งผู้ดูแลระบบ",
        "Run tambon fetch with TAMBON_DEBUG=1 for details, and tell the operator",
    ),
}


def text_of(code: str, values: dict[str, object]) -> Text:
    """The filled text of a failure; a refusal of landing keeps landing's words."""
    template = TEXTS.get(code) or REFUSED[code]
    return template.filled(**values)
