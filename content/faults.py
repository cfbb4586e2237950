"""What can be wrong with a card file, said to its editor: where, what, and how to mend it.

These sentences are for the people who write cards and read `python -m content check`. They stand
here in one table rather than in `texts/vi.po`, because cards must be checkable without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class CardFault:
    """One fault. `line` counts from 1; 1 also stands for the file as a whole."""

    path: Path
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem} — {self.remedy}"


class CardFaults(Exception):
    """A file that cannot be a card, with all that is wrong in it."""

    def __init__(self, faults: Iterable[CardFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


_SAY: dict[str, tuple[str, str]] = {
    "no_front": (
        "tệp không mở đầu bằng phần khai giữa hai dòng ---",
        "chép phần đầu của một thẻ có sẵn rồi sửa lại",
    ),
    "yaml": ("phần đầu tệp không đọc được: {why}", "xem lại dấu hai chấm, dấu nháy, khoảng trắng"),
    "key": ("khóa {key}: {why}", "xem bảng các khóa trong docs/cards.md"),
    "period_order": (
        "con số {name}: giai đoạn từ {start} chồng lên giai đoạn trước",
        "sửa until của giai đoạn trước thành ngày liền trước from của giai đoạn sau",
    ),
    "period_backwards": ("con số {name}: until đứng trước from", "đổi lại hai ngày"),
    "section_missing": ("thiếu mục ## {heading}", "thêm mục này, đúng tên và đúng thứ tự"),
    "section_unknown": ("mục ## {heading} không có trong mẫu", "dùng đúng tên: {known}"),
    "section_order": ("mục ## {heading} đứng sai chỗ", "xếp các mục theo docs/cards.md"),
    "section_twice": ("mục ## {heading} có hai lần", "gộp lại thành một"),
    "section_empty": (
        "mục ## {heading} chưa có chữ",
        "viết ít nhất một câu; chưa chắc thì: hỏi xã",
    ),
    "stray": ("chữ đứng ngoài các mục", "đưa vào một mục, hoặc bỏ đi"),
    "remember": ("Ba điều cần nhớ có {count} gạch đầu dòng", "viết đúng ba gạch đầu dòng ngắn"),
    "say_back": (
        "mục Nói lại chưa đủ hai dòng Hỏi: và Đáp:",
        "viết một dòng Hỏi: và một dòng Đáp:",
    ),
    "placeholder": (
        "chỗ trống {{{name}}} không có trong figures và không phải chỗ điền của xã",
        "khai con số đó trong figures, hoặc sửa lại tên",
    ),
    "braces": ("ngoặc nhọn lẻ hoặc viết sai", "viết {{ten-con-so}}, chữ thường không dấu"),
    "figure_unused": ("con số {name} đã khai mà không dùng", "dùng trong thân thẻ, hoặc bỏ đi"),
    "questions_heading": (
        "### {heading} không phải tên mục",
        "dùng tên một mục của thẻ: {known}",
    ),
    "questions_none": (
        "mục Bà con hay hỏi chưa có câu nào",
        "viết câu mẫu, mỗi câu một gạch đầu dòng",
    ),
    "unreadable": ("không đọc được tệp: {why}", "lưu lại bằng mã UTF-8"),
    "slug": ("tên tệp {slug} không hợp lệ", "dùng chữ thường không dấu, số và gạch nối"),
    # What only the whole shelf, or the plain-language rules, can see:
    "related": ("thẻ liên quan {slug} không có", "sửa lại tên, hoặc bỏ khỏi related"),
    "phrase_shared": (
        "câu mẫu “{phrase}” cũng có ở thẻ {other}",
        "giữ ở một thẻ, hoặc viết rõ hơn cho mỗi thẻ",
    ),
    "phrase_twice": ("câu mẫu “{phrase}” có hai lần", "bỏ bớt một câu"),
    "gist_long": ("tóm tắt dài {count} tiếng", "rút còn nhiều nhất {most} tiếng"),
    "sentence_long": (
        "câu dài {count} tiếng: {words}…",
        "tách làm hai, mỗi câu nhiều nhất {most} tiếng",
    ),
    "section_long": (
        "mục {heading} dài {count} chữ cái",
        "rút còn nhiều nhất {most}, vừa một màn hình",
    ),
    "steps_count": ("Các bước có {count} bước", "viết 2 đến 6 bước, đánh số"),
    "questions_few": ("mục hỏi {heading} chỉ có {count} câu mẫu", "viết ít nhất {most} câu"),
    "law_undeclared": (
        "con số {name} dẫn {source}, mà legal không khai",
        "thêm văn bản đó vào legal",
    ),
    "law_in_body": ("thân thẻ ghi số văn bản {number}", "chuyển số văn bản vào legal"),
    "stopped": ("không đọc được thư mục {folder}", "xem lại đường dẫn --folder"),
}


def fault(path: Path, line: int, code: str, **fields: object) -> CardFault:
    """The fault named by `code`, with its sentences filled in."""
    problem, remedy = _SAY[code]
    return CardFault(path, line, problem.format(**fields), remedy.format(**fields))
