-- Every decision of a steward and what became of it. Who decided stays with the steward's own file.
select
    kind,
    cast(decision_line as bigint) as decision_line,
    subject,
    decided,
    outcome,
    outcome = 'applied' as is_applied,
    outcome in ('not_needed', 'no_such_place', 'no_such_report', 'value_differs', 'overruled') as is_superseded,
    case outcome
        when 'applied' then 'ใช้อยู่'
        when 'not_needed' then 'ระบบตอบเช่นเดียวกันได้เอง ลบออกได้'
        when 'no_such_place' then 'ไม่มีรายงานใดใช้สถานที่นี้แล้ว ลบออกได้'
        when 'no_such_report' then 'ไม่มีรายงานของกองทุนและปีนี้แล้ว'
        when 'value_differs' then 'ต้นทางส่งค่าอื่นมาแล้ว ไม่ใช้คำตัดสินนี้'
        when 'overruled' then 'มีคำตัดสินใหม่กว่า'
        when 'unknown_code' then 'ไม่มีรหัสตำบลนี้'
        when 'abolished_code' then 'รหัสตำบลนี้ยกเลิกแล้ว'
        when 'unknown_field' then 'ไม่มีช่องนี้ หรือแก้ช่องนี้ไม่ได้'
        when 'unreadable_value' then 'อ่านค่าไม่ได้'
        when 'unknown_fund' then 'ไม่พบกองทุนที่อ้างถึง'
        when 'contradicted' then 'ขัดกับคำตัดสินอื่น'
    end as explanation_th,
    case outcome
        when 'applied' then 'in force'
        when 'not_needed' then 'the machine says the same by itself: it can go'
        when 'no_such_place' then 'no report gives this place any more: it can go'
        when 'no_such_report' then 'there is no report of this fund and year any more'
        when 'value_differs' then 'the source now gives another value: the decision is not used'
        when 'overruled' then 'a later decision holds'
        when 'unknown_code' then 'there is no such tambon code'
        when 'abolished_code' then 'the tambon code is abolished'
        when 'unknown_field' then 'there is no such field, or it cannot be corrected'
        when 'unreadable_value' then 'the value cannot be read'
        when 'unknown_fund' then 'the fund it names was not found'
        when 'contradicted' then 'another decision stands against it'
    end as explanation_en,
    reason,
    decided_on
from {{ ref('int_steward_decision') }}
