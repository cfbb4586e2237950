"""The screens of telling feedback: one a step, each wholly answerable by digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from content.screens import shorten
from content.texts import Texts
from handlers.actions import Begun, Feedback, Told, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.units import Unit
from handlers.villager.feedback_steps import ABOUT, DENUNCIATION, KINDS, Route, Step
from handlers.villager.menus import HOME, Choice, Menus
from storage.case_records import CaseKind
from storage.drafts import Draft

EXPECTING = "feedback"
NAMED = "named"
SHOWN = 300
PAGE = 5
_LOCATION = re.compile(r"-?\d+\.\d{3}, -?\d+\.\d{3}")


class Screens:
    """Shows where somebody stands."""

    def __init__(self, *, route: Route, texts: Texts, platform: Callable[[str], str]) -> None:
        """`platform` says of an account what kind of channel it is."""
        self._route = route
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
            case Step.DENOUNCE | Step.WAY:
                return self._denounce(visit, draft, step)
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
                seen = self._who_sees(visit, draft, files)
                return self.screen(visit, seen, self._sendings(draft), draft)
            case Step.NAME:
                choices = [(self._texts("feedback.no_name"), Feedback(Told.SKIP, step))]
                return self.screen(visit, self._texts("feedback.name"), choices, draft)
        if not draft.text:
            return self.screen(visit, self._texts("feedback.words"), [], draft)
        again = self._texts("feedback.words_again", text=shorten(draft.text, SHOWN))
        choices = [(self._texts("feedback.keep_words"), Feedback(Told.SKIP, step))]
        return self.screen(visit, again, choices, draft)

    def resume(self, visit: Visit, draft: Draft, words: str = "") -> Served:
        """Something was begun before: go on with it, or begin anew? With `words` that were told
        just now, they go with either."""
        before = shorten(draft.text, SHOWN) or "…"
        go_on, anew = (Told.ADD, Begun.SAID_ANEW) if words else (Told.SHOW, Begun.ANEW)
        choices: list[Choice] = [
            (self._texts("feedback.go_on"), Feedback(go_on, draft.step)),
            (self._texts("feedback.anew"), Feedback(Told.BEGIN, draft.step, anew)),
        ]
        if not words:
            return self.screen(visit, self._texts("feedback.resume", text=before), choices)
        said = shorten(words, SHOWN)
        text = self._texts("feedback.resume_said", text=before, words=said)
        served = self.screen(visit, text, choices)
        return replace(served, talk=replace(served.talk, question=words))

    def _denounce(self, visit: Visit, draft: Draft, step: Step) -> Served:
        """A denunciation is not taken: its way, or a complaint with the same words."""
        complain = Feedback(Told.KIND, step, CaseKind.COMPLAINT)
        choices: list[Choice] = [(self._texts("feedback.denounce_complain"), complain)]
        if step is Step.WAY:
            return self.screen(visit, self._texts("feedback.denounce_steps"), choices, draft)
        choices.insert(0, (self._texts("feedback.denounce_card"), Feedback(Told.WAY, step)))
        return self.screen(visit, self._texts("feedback.denounce"), choices, draft)

    def _sendings(self, draft: Draft) -> list[Choice]:
        """The ways to send it."""
        step = Step.SEND
        nameless = (self._texts("feedback.send"), Feedback(Told.SEND, step))
        if not draft.name:
            return [nameless, (self._texts("feedback.send_named"), Feedback(Told.NAME, step))]
        return [
            (self._texts("feedback.send_as", name=draft.name), Feedback(Told.SEND, step, NAMED)),
            nameless,
            (self._texts("feedback.other_name"), Feedback(Told.NAME, step)),
        ]

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
        leads = draft.kind == CaseKind.COMPLAINT
        lines = [
            self._texts(
                "feedback.who_leads" if leads else "feedback.who",
                office=self._route.seen_by(draft) or self._texts("answer.unit"),
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
            key = (
                "feedback.sees.location"
                if _LOCATION.fullmatch(draft.place)
                else "feedback.sees.place"
            )
            lines.append(self._texts(key, place=draft.place))
        if draft.name:
            lines.append(self._texts("feedback.sees.name", name=draft.name))
        platform = self._platform(visit.conversation.account) or "other"
        hidden = self._texts("feedback.hidden_named" if draft.name else "feedback.hidden")
        knows = f"feedback.knows.{platform}"
        if knows in self._texts:
            hidden = f"{hidden} {self._texts(knows)}"
        return "\n".join([*lines, hidden])

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
