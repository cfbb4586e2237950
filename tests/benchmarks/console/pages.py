"""Which pages of the console are measured, and which are not and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PAGES = (
    "/staff",
    "/staff/cases",
    "/staff/cases?state=closed",
    "/staff/cases?unit=xa-3",
    "/staff/cases?q=trau+cau+dien",
    "/staff/cases?q=khi",
    "/staff/cases/{last}",
    "/staff/cases/export",
    "/staff/groups/{group}",
    "/staff/unanswered",
    "/staff/cards",
    "/staff/cards/the-bhyt",
    "/staff/cards/the-bhyt/edit",
    "/staff/cards/the-bhyt/versions/1",
    "/staff/new-card",
    "/staff/replies",
    "/staff/replies?unit=xa-3",
    "/staff/notices",
    "/staff/notices?state=finished",
    "/staff/notices/7",
    "/staff/notices/7/progress",
    "/staff/notices/7/chart.svg",
    "/staff/notices/{draft}/edit",
    "/staff/notices/new",
    "/staff/notices/calendar",
    "/staff/notices/lists",
    "/staff/papers",
    "/staff/numbers",
    "/staff/numbers?unit=xa-3",
    "/staff/numbers/topics.svg",
    "/staff/numbers/weeks.svg",
    "/staff/numbers/units.svg",
    "/staff/report",
    "/staff/people",
    "/staff/units",
    "/staff/units?unit=xa-kept",
    "/staff/units/xa-kept/edit",
    "/staff/units/import",
    "/staff/units/template.csv",
    "/staff/units/export.csv",
    "/staff/units/export.xlsx",
    "/staff/new-unit",
    "/staff/days-off",
    "/staff/keys",
    "/staff/accounts",
    "/staff/accounts/tele",
    "/staff/accounts/tele/remove",
    "/staff/new-account",
    "/staff/new-account?platform=telegram",
    "/staff/audit",
    "/staff/me",
    "/staff/sign-in",
    "{invitation}",
)
"""In curly brackets stand numbers and addresses of what `furnish` makes."""

SAMPLE = {
    "last": "1",
    "group": "1",
    "draft": "51",
    "invitation": f"/staff/invitation/{'x' * 43}",
}
"""In their place, where a page is not asked for."""

LEFT_OUT: Mapping[str, str] = {
    "/staff/live": "a stream that lasts as long as a page is open",
    "/staff/staff.css": "a file, sent as it is",
    "/staff/staff.js": "a file, sent as it is",
    "/staff/language/{language}": "leads on and shows nothing",
    "/staff/{rest}": "says that nothing is here",
    "/staff/files/{id}": "sends the bytes of a villager's file, of which there are none here",
    "/staff/notices/{notice}/{file}": "sends the bytes of a notice's file, of which there are none",
    "/staff/notices/new/file/{ticket}": "the same before the notice is kept",
    "/staff/accounts/{name}/qr.{ending}": "needs an account that its platform knows",
}
"""By route."""


@dataclass(frozen=True, slots=True)
class Press:
    """A form that is sent from a page: the end of its address, and what is typed. Of a file it is
    measured till its first bytes, `whole` till its end."""

    page: str
    step: str
    typed: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True


PRESSES = (
    Press("/staff/unanswered", "/answer"),
    Press("/staff/cases/export?unit=xa-3", "/export", {"form": "csv"}, whole=False),
    Press("/staff/cases/export?unit=xa-3", "/export", {"form": "xlsx"}, whole=False),
    Press("/staff/cases/export", "/export", {"form": "csv"}, whole=False),
    Press("/staff/report", "/report", {"form": "docx"}),
    Press("/staff/report", "/report", {"form": "xlsx"}),
)
