"""The screens of telling feedback: one a step, each wholly answerable by digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from content.screens import shorten
from content.texts import Texts
from handlers.actions import Feedback, ShowCard, Told, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.units import Unit, Units
from handlers.villager.feedback_steps import ABOUT, DENUNCIATION, KINDS, Route, Step
from handlers.villager.menus import HOME, Choice, Menus
from storage.case_records import CaseKind
from storage.drafts import Draft

EXPECTING = "feedback"
DENUNCIATION_CARD = "khieu-nai-to-cao"
SHOWN = 300
PAGE = 5


class Screens:
    """Shows where somebody stands."""

    def __init__(
        self, *, route: Route, units: Units, texts: Texts, platform: Callable[[str], str]
    ) -> None:
        """`platform` says of an account what kind of channel it is."""
        self._route = route
        self._units = units
        self._texts = texts
        self._platform = platform
        self._menus = Menus(texts)

    def show(self, visit: Visit, draft: Draft, *, files: int, start: int = 0) -> Served:
        """The screen of the draft's step; lists go on from `start`."""
        step = Step(draft.step)
        match step:
            case Step.KIND:
                key = "feedback.kind_heard" if draft.text or files else "feedback.kind"
                choices: list[Choice] = [
                    (self._texts(f"feedback.kind.{kind}"), Feedback(Told.KIND, step, kind))
                    for kind in (*KINDS, DENUNCIATION)
                ]
                return self.screen(visit, self._texts(key), choices)
            case Step.DENOUNCE:
                card = ShowCard(DENUNCIATION_CARD, "steps")
                complain = Feedback(Told.KIND, step, CaseKind.COMPLAINT)
                choices = [
                    (self._texts("feedback.denounce_card"), card),
                    (self._texts("feedback.denounce_complain"), complain),
                ]
                return self.screen(visit, self._texts("feedback.denounce"), choices, draft)
            case Step.UNIT:
                choices = self._listed(self._route.communes(), Told.UNIT, step, start)
                return self.screen(visit, self._texts("feedback.unit"), choices, draft)
            case Step.ABOUT:
                choices = [
                    (self._texts(f"feedback.about.{who}"), Feedback(Told.ABOUT, step, who))
                    for who in ABOUT
                ]
                return self.screen(visit, self._texts("feedback.about"), choices, draft)
            case Step.PLACE:
                villages = self._route.villages(draft)
                key = "feedback.place_list" if villages else "feedback.place"
                choices = self._listed(villages, Told.PLACE, step, start)
                choices.append((self._texts("feedback.skip"), Feedback(Told.SKIP, step)))
                return self.screen(visit, self._texts(key), choices, draft)
            case Step.SEND:
                choices = [
                    (self._texts("feedback.send"), Feedback(Told.SEND, step)),
                    (self._texts("feedback.send_named"), Feedback(Told.NAME, step)),
                ]
                return self.screen(visit, self._who_sees(visit, draft, files), choices, draft)
            case Step.NAME:
                choices = [(self._texts("feedback.no_name"), Feedback(Told.SKIP, step))]
                return self.screen(visit, self._texts("feedback.name"), choices, draft)
        return self.screen(visit, self._texts("feedback.words"), [], draft)

    def resume(self, visit: Visit, draft: Draft) -> Served:
        """Something was begun before: go on with it, or begin anew?"""
        text = self._texts("feedback.resume", text=shorten(draft.text, SHOWN) or "…")
        choices: list[Choice] = [
            (self._texts("feedback.go_on"), Feedback(Told.SHOW, draft.step)),
            (self._texts("feedback.anew"), Feedback(Told.BEGIN, draft.step, "anew")),
        ]
        return self.screen(visit, text, choices)

    def screen(
        self, visit: Visit, text: str, choices: list[Choice], draft: Draft | None = None
    ) -> Served:
        """Words and choices; with a `draft` one can go back from its step. 0 gives it all up."""
        step = draft.step if draft else Step.KIND
        if draft:
            choices = [*choices, (self._texts("feedback.back"), Feedback(Told.BACK, step))]
        buttons = self._menus.numbered(choices, person=False, home=False)
        drop = Button(self._texts("feedback.drop"), encode(Feedback(Told.DROP, step)), HOME)
        talk = replace(visit.talk, expecting=EXPECTING, greeted=True)
        return Served((Reply(text, (*buttons, drop)),), talk)

    def _who_sees(self, visit: Visit, draft: Draft, files: int) -> str:
        """Who will see what: the office by name, each field, and what the platform itself knows."""
        handling = self._route.handling(draft)
        office = self._units.office(handling.code) if handling else None
        leads = draft.kind == CaseKind.COMPLAINT
        lines = [
            self._texts(
                "feedback.who_leads" if leads else "feedback.who",
                office=office.name if office else self._texts("answer.unit"),
            ),
            self._texts("feedback.sees.kind", kind=self._texts(f"feedback.kind.{draft.kind}")),
        ]
        if draft.text:
            lines.append(self._texts("feedback.sees.text", text=shorten(draft.text, SHOWN)))
        if files:
            lines.append(self._texts("feedback.sees.files", count=files))
        if draft.about:
            about = self._texts(f"feedback.about.{draft.about}")
            lines.append(self._texts("feedback.sees.about", about=about))
        if draft.place:
            lines.append(self._texts("feedback.sees.place", place=draft.place))
        platform = self._platform(visit.conversation.account) or "other"
        return "\n".join([*lines, self._texts(f"feedback.knows.{platform}")])

    def _listed(self, units: list[Unit], told: Told, step: Step, start: int) -> list[Choice]:
        """Some of the units, and a way to the next ones."""
        begin = start if 0 <= start < len(units) else 0
        choices: list[Choice] = [
            (unit.name, Feedback(told, step, unit.code)) for unit in units[begin : begin + PAGE]
        ]
        if len(units) > begin + PAGE:
            more = Feedback(Told.SHOW, step, str(begin + PAGE))
            choices.append((self._texts("menu.more"), more))
        return choices
