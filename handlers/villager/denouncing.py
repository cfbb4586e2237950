"""Who wants to denounce somebody is told how; their words go to nobody.

A denunciation goes past those whom it is about, and who denounces is protected (Luật Tố cáo
25/2018/QH14). So it is neither taken as feedback nor passed on as a question.
"""

from __future__ import annotations

from dataclasses import replace

from content.texts import Texts
from handlers.actions import Begun, Feedback, Told
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.villager.menus import Choice, Menus


class Denouncing:
    """Tells the way."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._menus = Menus(texts)

    def offer(self, visit: Visit, words: str) -> Served:
        """What it is, and the choice to complain instead, with their words."""
        return self._screen(visit, "feedback.denounce", words, way=True)

    def way(self, visit: Visit) -> Served:
        """Step by step."""
        return self._screen(visit, "feedback.denounce_steps", visit.talk.question, way=False)

    def _screen(self, visit: Visit, key: str, words: str, *, way: bool) -> Served:
        complain = Feedback(Told.BEGIN, "", Begun.COMPLAINT)
        choices: list[Choice] = [(self._texts("feedback.denounce_complain"), complain)]
        if way:
            choices.insert(0, (self._texts("feedback.denounce_card"), Feedback(Told.WAY)))
        reply = Reply(self._texts(key), self._menus.numbered(choices, person=False))
        talk = replace(visit.talk, expecting="", question=words, greeted=True)
        return Served((reply,), talk)
