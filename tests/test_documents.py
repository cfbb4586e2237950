"""Documents tell the truth: settings, commands and sentences are documented and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel

from bot.__main__ import app as bot_commands
from bot.account_desk import changes_of, fields_of
from bot.account_register import Fault
from bot.account_settings import ASKS, CHOICES, Account
from bot.channels.calls import Cause
from bot.config import ConfigFaults, Settings, UnitSection, load
from bot.consent import Outcome
from bot.hotlines import KINDS as DANGERS
from bot.survey_file import FAULTS
from content.__main__ import app as content_commands
from content.card_form import FIELDS
from content.cards import Facet
from content.crisis import FILE as CRISIS
from content.crisis import Alarm
from content.languages import Language
from content.screens import screens
from content.shelf import GROUPS, SHIPPED
from content.texts import Texts
from content.understanding import Talk
from handlers.actions import CaseMove
from handlers.exports import NAME, TOLD, Columns, SurveyColumns
from handlers.messages import Kind, MediaKind
from handlers.official.notices_asking import WHAT_FOLLOWS
from handlers.official.notices_steps import CHANGES, CHANGES_ASKING, WHOM
from handlers.official.notices_steps import Step as NoticeStep
from handlers.official_actions import Composed, Deed, Duty
from handlers.official_post import SORTS
from handlers.report_document import BLANKS, PICTURED
from handlers.report_paper import SIGNERS
from handlers.report_workbook import SUMMARY, TABLES
from handlers.staff.card_list import STATES as CARD_STATES
from handlers.staff.case_bulk import DEEDS as BULK
from handlers.staff.channel_accounts import State as AccountState
from handlers.staff.channel_accounts import TokenState
from handlers.staff.chosen import PERIODS
from handlers.staff.export_desk import FORMS
from handlers.staff.notice_audiences import DONE as LISTED
from handlers.staff.notice_files import KINDS as KINDS_OF_NOTICES
from handlers.staff.notice_list import STATES as NOTICE_STATES
from handlers.staff.notice_view import NOTES as STOPPED
from handlers.staff.notice_view import REASONS as WHY_NOT
from handlers.staff.numbers_desk import PICTURES
from handlers.staff.papers_desk import ENDINGS
from handlers.staff.replies import BLANKS as IN_REPLIES
from handlers.staff.unit_desk import Confirmed
from handlers.unit_files import Reason
from handlers.unit_rules import FACTS
from handlers.unit_sheet import COLUMNS as UNIT_COLUMNS
from handlers.villager.awaited import VILLAGERS
from handlers.villager.feedback_steps import ABOUT, DENUNCIATION, KINDS
from storage.audit import Kind as AuditKind
from storage.audit import Verb
from storage.broadcasts import Phase
from storage.card_drafts import DraftState
from storage.case_groups import Trouble
from storage.case_history import Happened
from storage.case_records import CaseKind, CaseState, Side
from storage.consents import GENERAL, Purpose
from storage.files import FileState
from storage.official_drafts import Purpose as Writing
from storage.officials import Role
from storage.outbox import State
from storage.units import USES as UNIT_USES

ROOT = Path(__file__).parent.parent
EXAMPLE = (ROOT / "config.example.toml").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
SILENT = {
    *(Kind.START, Kind.BUTTON, Kind.BLOCKED, Kind.WITHDREW, Kind.UNBLOCKED, Kind.MIGRATED),
    Kind.ARRIVED,
}

FAMILIES = {
    "answer.facet": [facet.value for facet in Facet],
    "answer.heading": [facet.value for facet in Facet],
    "group": list(GROUPS),
    "smalltalk": [kind.value for kind in Talk],
    "reception": [kind.value for kind in Kind if kind not in SILENT],
    "said": [kind.value for kind in Kind if kind not in SILENT | {Kind.TEXT}],
    "crisis": [danger.kind for danger, *_ in Alarm.load(SHIPPED / CRISIS).dangers],
    "channel": ["telegram", "web_chat", "zalo_oa", "zalo_bot", "other"],
    "consent": [outcome.value for outcome in Outcome],
    "sheet.app": ["telegram", "web_chat", "zalo_oa", "zalo_bot"],
    "case.kind": [kind.value for kind in CaseKind],
    "report": [*{*SUMMARY, *(name for names in TABLES.values() for name in names), "asked"}],
    "report.sheet": ["summary", *TABLES],
    "report.purpose": [purpose.value for purpose in Purpose],
    "report.blank": BLANKS,
    "report.sign": [*SIGNERS, *(f"{who}.how" for who in SIGNERS)],
    "report.counts": PICTURED,
    "case.state": [state.value for state in CaseState],
    "feedback.kind": [*KINDS, DENUNCIATION],
    "public.kind": [kind.value for kind in CaseKind],
    "feedback.about": list(ABOUT),
    "feedback.knows": ["telegram", "web_chat", "zalo_oa", "zalo_bot"],
    "awaited.ask": sorted(VILLAGERS),
    "awaited.go_on": sorted(VILLAGERS),
    "words": [
        "part",
        "stop",
        "back",
        "skip",
        "languages",
        "follow",
        "my_cases",
        "my_data",
        "forget_me",
    ],
    "case.move": [move.value for move in CaseMove],
    "export.column": [*Columns.NAMES, NAME, *SurveyColumns.NAMES],
    "export.meaning": [*Columns.NAMES, NAME, *SurveyColumns.NAMES],
    "export.told": TOLD,
    "export.state": [state.value for state in CaseState],
    "staff.export.form": FORMS,
    "staff.lists": LISTED,
    "staff.papers.form": ENDINGS,
    "staff.notice.not": [kind.value for kind in KINDS_OF_NOTICES.values()],
    "staff.period": PERIODS,
    "staff.numbers": ["understood", "satisfied"],
    "staff.numbers.said": PICTURES,
    "files.open": [kind.value for kind in MediaKind],
    "files.title": [kind.value for kind in MediaKind],
    "official.file": [*(kind.value for kind in MediaKind), "answer", "missing"],
    "files.state": [state.value for state in FileState],
    "official.role": [role.value for role in Role],
    "official.does": [role.value for role in Role],
    "official.state": [state.value for state in CaseState],
    "official.side": [side.value for side in Side],
    "official.write": [purpose.value for purpose in Writing],
    "official.sent": [purpose.value for purpose in Writing if purpose.goes_out],
    "official.duty": [duty.value for duty in Duty],
    "official.due": ["soon", "late", "chair", "held"],
    "official.remark": ["number", "sentence", "term", "abbreviation", "nobody"],
    "official.quarantine": ["flood", "crowd"],
    "official.morning": list(SORTS),
    "broadcast": [
        *("sent", "blocked", "again", "pending", "uncertain", "skipped"),
        *("edited", "deleted"),
    ],
    "when": ["past", "impossible", "open", "unknown"],
    "notices.ask": [purpose.value for purpose in GENERAL],
    "notices.take": [purpose.value for purpose in GENERAL],
    "notice.purpose": [purpose.value for purpose in Purpose],
    "notice.change": [step.value for step in (*CHANGES, *CHANGES_ASKING, NoticeStep.TEMPLATE)],
    "notice.whom": [step.value for step in WHOM],
    "notice.template": ["yes", "no"],
    "notice.state": [phase.value for phase in Phase],
    "notice.way": ["free", "billed", "template", "unknown"],
    "notice.miss": ["never", "stopped", "blocked", "full", "removed", "closed", "unpaid"],
    "notice.channel_name": ["telegram", "web_chat", "zalo_oa", "zalo_bot", "other"],
    "notice.weekday": [str(day) for day in range(7)],
    "notice.rule": ["daily", "weekly", "monthly"],
    "staff.notices.state": ["all", *NOTICE_STATES],
    "staff.notice.why": [*WHY_NOT.values(), "other"],
    "staff.notice.became": ["sent", "pending", "blocked", "again", "uncertain", "skipped"],
    "staff.notice.stopped": list(STOPPED.values()),
    "staff.notice.did": [
        *("draft", "edit", "submit", "approve", "return", "move", "pause", "resume", "cancel"),
        *("retry", "close"),
    ],
    "staff.notice.rule": ["daily", "weekly", "monthly"],
    "staff.calendar.weekday": [str(day) for day in range(7)],
    "notice.deed": [deed.value for deed in Deed],
    "notice.did": [deed.value for deed in Deed],
    "notice.told": [told.value for told in Composed],
    "notice.news": [
        *("submitted", "returned", "approved", "alone", "finished"),
        *("uncertain", "missed", "lost", "paused", "cancelled", "closed"),
    ],
    "language": [language.value for language in Language],
    "notice.with": ["image", "audio"],
    "notice.enclosed": ["image", "audio"],
    "notice.enclosed_not": ["image", "audio"],
    "notice.choices": list(WHAT_FOLLOWS),
    "asked.fault": list(FAULTS),
    "staff.state": [state.value for state in State],
    "staff.bulk": list(BULK),
    "staff.reply.blank": list(IN_REPLIES),
    "staff.cases.state": ["waiting", *(state.value for state in CaseState)],
    "staff.happened": [what.value for what in Happened],
    "audit.verb": [verb.value for verb in Verb],
    "audit.kind": [kind.value for kind in AuditKind],
    "staff.accounts.state": [state.value for state in AccountState],
    "staff.accounts.tokens": [state.value for state in TokenState],
    "staff.accounts.cause": [*(cause.value for cause in Cause), "silent"],
    "staff.accounts.platform": [*ASKS, "web_chat"],
    "staff.accounts.where": list(ASKS),
    "staff.accounts.field": sorted(
        {
            *("name", "platform", "unit"),
            *(one.key for name in ASKS for one in (*fields_of(name), *changes_of(name))),
        }
    ),
    "staff.units.confirmed": [state.value for state in Confirmed],
    "staff.units.fact": list(FACTS),
    "staff.units.use": list(UNIT_USES),
    "units.column": UNIT_COLUMNS,
    "units.meaning": UNIT_COLUMNS,
    "units.file": [reason.value for reason in Reason],
    "units.fault": [
        *("missing", "code", "long_name", "long", "number", "undialled", "not_yet", "deep"),
        *("no_parent", "circle", "elsewhere", "twice", "merged", "formula", "no_column", "taken"),
    ],
    "staff.units.danger": list(DANGERS),
    "staff.accounts.choice": sorted({value for values in CHOICES.values() for value in values}),
    "staff.accounts.wrong": ["name", "platform", "unit", "missing"],
    "staff.accounts.fault": [
        *(fault.value for fault in Fault),
        *(outcome.value for outcome in Outcome if outcome is not Outcome.CONNECTED),
        "silent",
        "no_code",
    ],
    "staff.cards.state": ["all", *CARD_STATES],
    "staff.card.state": [state.value for state in DraftState],
    "staff.card.field": list(FIELDS),
    "staff.card.hint": list(FIELDS),
    "staff.card.channel": [screen.name for screen in screens()],
    "staff.group.fault": [trouble.value for trouble in Trouble],
}
"""Texts whose keys are made of a name and a value: all values must have one."""


def sections() -> list[tuple[str, str]]:
    found = []
    for name, field in Settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found += [(name, key) for key in model.model_fields]
    found += [("accounts", key) for key in Account.model_fields]
    return found + [("units", key) for key in UnitSection.model_fields]


@pytest.mark.parametrize(("section", "key"), sections())
def test_each_setting_is_explained_in_the_example(section: str, key: str) -> None:
    heading = rf"(?m)^(?:# )?\[+{section}\]+"
    assert re.search(heading, EXAMPLE), f"[{section}] is not in config.example.toml"
    start = re.search(heading, EXAMPLE)
    assert start
    body = re.split(r"(?m)^(?:# )?\[", EXAMPLE[start.end() :])[0]
    assert re.search(rf"(?m)^(?:# )?{key} = .+#|^(?:# )?{key} = ", body), f"[{section}] {key}"


def test_the_example_with_all_its_blocks_is_a_valid_config(tmp_path: Path) -> None:
    uncommented = re.sub(r"(?m)^# (\[\[|[a-z_]+ = )", r"\1", EXAMPLE)
    (tmp_path / "config.toml").write_text(uncommented, "utf-8")
    secrets = dict.fromkeys(re.findall(r'"env:([A-Z_]+)"', EXAMPLE), "x")
    with pytest.raises(ConfigFaults, match=r"a telegram account has no .*app_id"):
        load(secrets, tmp_path)  # one block shows the keys of every platform
    of_zalo = "app_id|app_secret|oa_secret|refresh_token|oauth_base|oa_id|webhook_hours"
    of_zalo += "|allow_billed|notice_template[a-z_]*|pictures|lists|appsecret_proof|file_hosts"
    one_platform = re.sub(rf"(?m)^(?:{of_zalo}) = .*$", "", uncommented)
    (tmp_path / "config.toml").write_text(one_platform, "utf-8")
    settings = load(secrets, tmp_path)
    assert settings.accounts[1].platform == "telegram"
    assert settings.units[0].code == "na-hang"


def test_the_example_as_it_is_means_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(EXAMPLE, "utf-8")
    assert load({}, tmp_path) == load({}, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("module", "commands"), [("bot", bot_commands), ("content", content_commands)]
)
def test_each_command_is_in_the_readme_and_has_help(module: str, commands: typer.Typer) -> None:
    group = typer.main.get_command(commands)
    for name, command in group.commands.items():
        assert command.help, f"{module} {name} has no help"
        assert re.search(rf"python -m {module}[^|]*\b{name}\b", README), f"{module} {name}"


def test_each_sentence_is_used_and_each_that_is_used_is_there() -> None:
    keys = Texts.load(SHIPPED / "texts" / "vi.po").keys()
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("bot", "handlers", "content")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".js"}
    )
    families = {f"{name}.{value}" for name, values in FAMILIES.items() for value in values}
    assert not families - keys, "a value has no sentence"
    mentioned = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_-]+)+)["']""", code))
    assembled = re.findall(r"answer\.\{key\}|answer\.\{[a-z]+\}_known", code)
    unused = {k for k in keys - families - mentioned if not (assembled and k.startswith("answer."))}
    assert not unused, f"nobody says {sorted(unused)}"
    roots = {key.split(".")[0] for key in keys}
    called = set(re.findall(r"""texts\(\s*f?["']([a-z_]+(?:\.[a-z_-]+)+)["']""", code))
    missing = {key for key in called if key.split(".")[0] in roots} - keys
    assert not missing, f"no sentence for {sorted(missing)}"


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_links_of_the_readme_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists(), target
