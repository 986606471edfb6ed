-- Every total against what it should equal: one long table of six kinds. stated_value is what was announced, printed or counted elsewhere,
-- our_value our own sum (of announced parts, of a file's rows, of a fund's parts, of the tambons).
with item as (
    select
        kind,
        item_key,
        measure_code,
        programme_code,
        area_level,
        area_code,
        fiscal_year,
        as_of_on,
        cast(stated_value as double) as stated_value,
        cast(our_value as double) as our_value,
        abs(cast(our_value as double) - stated_value) as absolute_gap,
        items_compared,
        case when abs(our_value - stated_value) > 0.5 then 1 else 0 end as items_differing,
        0 as items_not_compared,
        cast(null as double) as unresolved_value,
        cast(null as double) as abolished_code_value,
        reason_not_compared,
        case
            when kind = 'announced_parts' then 'ส่วนย่อยที่ประกาศรวมกัน เทียบกับยอดรวมที่ประกาศในคราวเดียวกัน'
            when years_earlier > 0
                then concat(
                    'ยอดที่ประกาศ เทียบกับผลรวมของเราในปีงบประมาณ ', cast(fiscal_year + 543 as varchar),
                    ' ซึ่งเป็นปีล่าสุดที่มีก่อนวันที่ประกาศ'
                )
            else 'ยอดที่ประกาศ เทียบกับผลรวมของเราในปีงบประมาณเดียวกับวันที่ประกาศ'
        end as note_th,
        case
            when kind = 'announced_parts' then 'The announced parts added up, against the whole announced with them'
            when years_earlier > 0
                then concat(
                    'The announced figure against our sum of fiscal year ', cast(fiscal_year as varchar),
                    ', the latest we have before its date'
                )
            else 'The announced figure against our sum of the fiscal year its date lies in'
        end as note_en,
        source,
        feed_code,
        delivery_id,
        sheet,
        row_number
    from {{ ref('int_reconcile_announced') }}
    union all
    select
        'file_total' as kind,
        concat(delivery_id, '/', sheet, '/', cast(row_number as varchar), '/', measure_code) as item_key,
        measure_code,
        null as programme_code,
        null as area_level,
        null as area_code,
        null as fiscal_year,
        null as as_of_on,
        printed as stated_value,
        summed as our_value,
        abs(summed - printed) as absolute_gap,
        case when summed is null or printed is null then 0 else 1 end as items_compared,
        case when abs(summed - printed) > 0.5 then 1 else 0 end as items_differing,
        case when summed is null or printed is null then 1 else 0 end as items_not_compared,
        null as unresolved_value,
        null as abolished_code_value,
        case when summed is null or printed is null then 'no_data' end as reason_not_compared,
        'แถวรวมที่พิมพ์ไว้ในแฟ้ม เทียบกับผลรวมของแถวข้อมูล' as note_th,
        'The total row printed in the file, against the sum of its rows' as note_en,
        null as source,
        feed_code,
        delivery_id,
        sheet,
        row_number
    from {{ source('raw', 'file_total') }}
    union all
    select
        kind,
        item_key,
        measure_code,
        programme_code,
        'country' as area_level,
        'TH' as area_code,
        fiscal_year,
        null as as_of_on,
        stated_value,
        our_value,
        absolute_gap,
        items_compared,
        items_differing,
        items_not_compared,
        unresolved_value,
        abolished_code_value,
        case when items_compared = 0 then 'no_data' end as reason_not_compared,
        note_th,
        note_en,
        null as source,
        null as feed_code,
        null as delivery_id,
        null as sheet,
        null as row_number
    from {{ ref('int_reconcile_fact') }}
)

select
    kind,
    item_key,
    measure_code,
    programme_code,
    area_level,
    area_code,
    fiscal_year,
    as_of_on,
    stated_value,
    our_value,
    our_value - stated_value as gap,
    absolute_gap,
    our_value / nullif(stated_value, 0) as ratio,
    cast(items_compared as bigint) as items_compared,
    cast(items_differing as bigint) as items_differing,
    cast(items_not_compared as bigint) as items_not_compared,
    unresolved_value,
    abolished_code_value,
    case
        when reason_not_compared is not null then 'not_compared'
        when items_differing > 0 then 'differs'
        else 'agrees'
    end as status,
    reason_not_compared,
    case reason_not_compared
        when 'no_programme' then 'ตัวเลขนี้ไม่ใช่ของประเภทกองทุนที่มีในคลัง'
        when 'unknown_area' then 'ระบุพื้นที่ของตัวเลขนี้ไม่ได้'
        when 'unknown_measure' then 'ไม่มีตัวชี้วัดนี้ในคลัง'
        when 'no_whole' then 'ไม่พบยอดรวมที่ส่วนย่อยอ้างถึง'
        when 'no_data' then 'ยังไม่มีข้อมูลของเราให้เทียบ'
    end as reason_th,
    case reason_not_compared
        when 'no_programme' then 'The figure is of no programme in the warehouse'
        when 'unknown_area' then 'The area of the figure is not known'
        when 'unknown_measure' then 'There is no such measure in the warehouse'
        when 'no_whole' then 'The whole that the parts name was not found'
        when 'no_data' then 'We have nothing to compare with yet'
    end as reason_en,
    note_th as explanation_th,
    note_en as explanation_en,
    source,
    feed_code,
    delivery_id,
    sheet,
    row_number
from item
