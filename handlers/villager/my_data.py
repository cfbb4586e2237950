"""My data: what is kept of a person, said in plain words, and the way to have it all deleted."""

from __future__ import annotations

from dataclasses import replace

from content.languages import VIETNAMESE
from content.texts import Texts
from handlers.actions import Action, ForgetMe
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.units import Units
from handlers.villager.menus import Choice, Menus
from storage.conversations import Talk
from storage.forgetting import forget_person, kept_of
from storage.officials import Officials
from storage.people import People


class MyData:
    """Shows and forgets."""

    def __init__(self, *, units: Units, texts: Texts) -> None:
        self._units = units
        self._texts = texts
        self._menus = Menus(texts)

    async def show(self, visit: Visit, _action: Action) -> Served:
        """What is kept of who asks; nothing in a group, where others read along."""
        if visit.group:
            return self._say(visit, self._texts("feedback.group"))
        kept = await kept_of(visit.tx, visit.person.id)
        unit = self._units.get(visit.person.unit)
        language = await People().language(visit.tx, visit.person.id)
        text = self._texts(
            "my_data.kept",
            unit=unit.name if unit else self._texts("my_data.no_unit"),
            language=self._texts(f"language.{language or VIETNAMESE}"),
            chats=kept.chats,
            messages=kept.messages,
            cases=kept.cases,
        )
        return self._say(visit, text, [(self._texts("my_data.delete"), ForgetMe())])

    async def forget(self, visit: Visit, action: Action) -> Served:
        """Ask once; after the yes all is gone but these last words."""
        if visit.group:
            return self._say(visit, self._texts("feedback.group"))
        if not (isinstance(action, ForgetMe) and action.sure):
            yes: list[Choice] = [(self._texts("my_data.yes"), ForgetMe(sure=1))]
            official = await Officials().of(visit.tx, visit.conversation.id)
            ask = self._texts("my_data.ask_official" if official else "my_data.ask")
            kept = await kept_of(visit.tx, visit.person.id)
            if kept.cases > 1:  # they go at once, which whoever looks at the list may see
                ask = f"{ask}\n{self._texts('my_data.at_once', cases=kept.cases)}"
            return self._say(visit, ask, yes)
        await self.forget_all(visit)
        return Served((Reply(self._texts("my_data.gone")),), Talk())

    async def forget_all(self, visit: Visit) -> None:
        """Forget them; officials find in their list alone that a case was taken back."""
        await forget_person(visit.tx, visit.person.id, at=visit.now)

    def _say(self, visit: Visit, text: str, choices: list[Choice] | None = None) -> Served:
        reply = Reply(text, self._menus.numbered(choices or []))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
