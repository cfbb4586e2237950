"""In which language somebody wants to read notices: one question, asked only of who wants it.

It is what they say they read, and nothing else is concluded from it. What the bot says itself is in
Vietnamese, and it says so.
"""

from __future__ import annotations

from dataclasses import replace

from content.languages import CODES, VIETNAMESE, Language
from content.texts import Texts
from handlers.actions import Action, ChooseLanguage, ListLanguages
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.villager.menus import Choice, Menus
from storage.people import People

PAGE = 7


class Languages:
    """Asks and notes."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._menus = Menus(texts)
        self._people = People()

    async def offer(self, visit: Visit, action: Action) -> Served:
        """Ask which one."""
        if visit.group:
            return self._say(visit, self._texts("notices.group"))
        start = action.start if isinstance(action, ListLanguages) else 0
        choices: list[Choice] = [
            (self._texts(f"language.{language}"), ChooseLanguage(language.value))
            for language in Language
        ]
        page = self._menus.page(choices, start=start, more=ListLanguages(start + PAGE))
        now = await self._people.language(visit.tx, visit.person.id) or VIETNAMESE
        asked = self._texts("languages.ask", language=self._texts(f"language.{now}"))
        return self._say(visit, asked, page)

    async def choose(self, visit: Visit, action: Action) -> Served:
        """They said which."""
        if visit.group or not isinstance(action, ChooseLanguage) or action.code not in CODES:
            return await self.offer(visit, action)
        code = "" if action.code == VIETNAMESE else action.code
        await self._people.choose_language(visit.tx, visit.person.id, code)
        if not code:
            return self._say(visit, self._texts("languages.vietnamese"))
        name = self._texts(f"language.{code}")
        return self._say(visit, self._texts("languages.chosen", language=name))

    def _say(self, visit: Visit, text: str, choices: list[Choice] | None = None) -> Served:
        reply = Reply(text, self._menus.numbered(choices or [], person=False), menu=bool(choices))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))
