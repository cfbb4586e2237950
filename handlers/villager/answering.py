"""Answering what a broadcast asks: one tap or number, or question by question in a survey.

Who was not asked cannot answer. An answer can be changed until it is closed; what stood before in
the chat goes on to mean what it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from content.texts import Texts
from content.understanding.vietnamese import fold
from content.wishes import Wish, Wishes
from handlers.actions import Action, Back, Skip, Stop, encode
from handlers.errands import Served, Visit
from handlers.messages import Button, Reply
from handlers.survey_actions import Asked, Survey, Vote
from handlers.villager.menus import HOME, PERSON, Menus
from storage.answers import Answers, Given, is_open
from storage.broadcasts import Broadcast
from storage.questionnaires import CODES, Form, Question, Questionnaire

EXPECTING = "survey"
AWAITED = re.compile(r"survey:([0-9]{1,12}):([0-9]{1,2})")
"""What a conversation expects while a question of a survey stands there: which, and its place."""

LONGEST = 1_000
"""Letters of an answer in words."""

SHOWN = 80


class Answering:
    """Takes answers."""

    def __init__(
        self, *, texts: Texts, wishes: Wishes, warn: Callable[[Visit], Reply | None]
    ) -> None:
        """`warn` gives whom to call to somebody in danger."""
        self._texts = texts
        self._wishes = wishes
        self._warn = warn
        self._answers = Answers()
        self._menus = Menus(texts)

    async def coded(self, visit: Visit, number: int) -> Action | None:
        """What a typed number of three digits means to this person; None: it is no poll's."""
        code, place = divmod(number, 10)
        if code not in CODES or not place or visit.group:
            return None
        found = await self._answers.of_code(visit.tx, code, visit.person.id)
        it = await self._asked(visit, found) if found is not None else None
        if it is None or it.draft.asks is None or place > it.draft.asks.entries:
            return None
        if it.draft.asks.form is Form.SURVEY:
            return Survey(Asked.BEGIN, it.id)
        return Vote(it.id, place - 1)

    async def vote(self, visit: Visit, action: Action) -> Served:
        """A choice of the one question of a broadcast."""
        if not isinstance(action, Vote):
            raise TypeError(f"no vote: {action}")
        it = await self._asked(visit, action.number)
        if it is None or it.draft.asks is None or it.draft.asks.form is Form.SURVEY:
            return self._aside(visit, "asked.not_you")
        asks, question = it.draft.asks, it.draft.asks.questions[0]
        if not is_open(it, visit.now):
            return self._aside(visit, "asked.closed")
        if action.choice >= len(question.choices):
            return self._aside(visit, "reception.old_button")
        before = (await self._answers.of(visit.tx, it.id, visit.person.id)).get(0)
        given = Given(action.choice)
        await self._answers.put(visit.tx, it.id, 0, given, person=visit.person.id)
        choice = question.choices[action.choice]
        if asks.form is Form.QUIZ:
            right = question.choices[question.right or 0]
            key = "asked.right" if action.choice == question.right else "asked.not_yet"
            return self._aside(visit, key, answer=right)
        key = "asked.noted" if before in (None, given) else "asked.changed"
        return self._aside(visit, key, choice=choice)

    async def act(self, visit: Visit, action: Action) -> Served:
        """A step in a survey."""
        if not isinstance(action, Survey):
            raise TypeError(f"no step of a survey: {action}")
        it = await self._asked(visit, action.number)
        if it is None or it.draft.asks is None or it.draft.asks.form is not Form.SURVEY:
            return self._aside(visit, "asked.not_you")
        if not is_open(it, visit.now):
            return self._over(visit, "asked.closed")
        asks = it.draft.asks
        at = min(action.at, len(asks.questions) - 1)
        question = asks.questions[at]
        match action.told:
            case Asked.LEAVE:
                return self._left(visit, asks)
            case Asked.BACK:
                return await self._ask(visit, it, asks, max(0, at - 1))
            case Asked.AGAIN:
                return await self._ask(visit, it, asks, 0)
            case Asked.SKIP:
                return await self._skip(visit, it, asks, at)
            case Asked.CHOOSE if action.value < len(question.choices):
                return await self._take(visit, it, asks, at, Given(action.value))
        return await self._resume(visit, it, asks)

    async def hear(self, visit: Visit) -> Served | None:
        """Words that answer the question that stands there; None for what answers none."""
        found = await self._awaited(visit)
        if found is None:
            return None
        it, asks, at = found
        if self._wishes.stops(visit.text):
            return self._left(visit, asks)
        wished = self._wishes.hear(visit.text)
        if wished is not None and wished.wish is Wish.PERSON:
            return None
        if not is_open(it, visit.now):
            return self._over(visit, "asked.closed")
        question, said = asks.questions[at], visit.text.strip()
        if question.choices:
            same = [n for n, one in enumerate(question.choices) if fold(one) == fold(said)]
            return await self._take(visit, it, asks, at, Given(same[0])) if same else None
        if not any(sign.isalnum() for sign in said):
            return await self._ask(visit, it, asks, at, self._texts("answer.unreadable"))
        served = await self._take(visit, it, asks, at, Given(words=said[:LONGEST]))
        warning = self._warn(visit)
        if warning is None:
            return served
        return replace(served, replies=(warning, *served.replies), urgent=True)

    async def step(self, visit: Visit, action: Action) -> Served | None:
        """ "thôi", "quay lại", "bỏ qua", said of a question that stands there; else None."""
        found = await self._awaited(visit)
        if found is None:
            return None
        it, asks, at = found
        match action:
            case Stop():
                return self._left(visit, asks)
            case Back():
                return await self._ask(visit, it, asks, max(0, at - 1))
            case Skip():
                return await self._skip(visit, it, asks, at)
        return None

    async def no_such_digit(self, visit: Visit, digit: str) -> Served | None:
        """A digit that the question does not have: it is shown again."""
        found = await self._awaited(visit)
        if found is None:
            return None
        it, asks, at = found
        note = self._texts("feedback.no_such_digit", digit=digit)
        return await self._ask(visit, it, asks, at, note)

    async def reminded(self, visit: Visit, served: Served) -> Served:
        """An answer to something else, with the number that brings the survey back."""
        found = await self._awaited(visit)
        if found is None or served.talk.expecting == visit.talk.expecting:
            return served
        last = served.replies[-1]
        text = f"{last.text}\n{self._texts('asked.still_there', digit=found[1].digit(0))}"
        return replace(served, replies=(*served.replies[:-1], replace(last, text=text)))

    async def _asked(self, visit: Visit, number: int) -> Broadcast | None:
        if visit.group:  # nobody was asked there
            return None
        return await self._answers.asked(visit.tx, number, visit.person.id)

    async def _awaited(self, visit: Visit) -> tuple[Broadcast, Questionnaire, int] | None:
        """The survey and the place of the question that this chat waits for."""
        expected = AWAITED.fullmatch(visit.talk.expecting)
        if expected is None:
            return None
        number, at = map(int, expected.groups())
        it = await self._asked(visit, number)
        if it is None or it.draft.asks is None:
            return None
        return it, it.draft.asks, at

    async def _resume(self, visit: Visit, it: Broadcast, asks: Questionnaire) -> Served:
        """The first question that is neither answered nor left out."""
        given = await self._answers.of(visit.tx, it.id, visit.person.id)
        for at in range(len(asks.questions)):
            if at not in given:
                return await self._ask(visit, it, asks, at)
        return self._done(visit, it)

    async def _skip(self, visit: Visit, it: Broadcast, asks: Questionnaire, at: int) -> Served:
        """What was answered before stays; what was not is left out."""
        given = await self._answers.of(visit.tx, it.id, visit.person.id)
        if at in given:
            return await self._following(visit, it, asks, at)
        return await self._take(visit, it, asks, at, Given())

    async def _take(
        self, visit: Visit, it: Broadcast, asks: Questionnaire, at: int, given: Given
    ) -> Served:
        await self._answers.put(visit.tx, it.id, at, given, person=visit.person.id)
        return await self._following(visit, it, asks, at)

    async def _following(self, visit: Visit, it: Broadcast, asks: Questionnaire, at: int) -> Served:
        if at + 1 < len(asks.questions):
            return await self._ask(visit, it, asks, at + 1)
        return self._done(visit, it)

    async def _ask(
        self, visit: Visit, it: Broadcast, asks: Questionnaire, at: int, note: str = ""
    ) -> Served:
        """Show a question: 1 to 8 choose, 9 leaves it out, 0 goes back."""
        question = asks.questions[at]
        given = (await self._answers.of(visit.tx, it.id, visit.person.id)).get(at)
        head = self._texts("asked.question", at=at + 1, of=len(asks.questions), text=question.text)
        how = self._texts("asked.how_choice" if question.choices else "asked.how_words")
        lines = [note, head, self._given(question, given), how]
        choices = [
            Button(choice, encode(Survey(Asked.CHOOSE, it.id, at, place)), place + 1)
            for place, choice in enumerate(question.choices)
        ]
        skip = Button(self._texts("asked.skip"), encode(Survey(Asked.SKIP, it.id, at)), PERSON)
        back = Button(
            self._texts("asked.back" if at else "asked.leave"),
            encode(Survey(Asked.BACK if at else Asked.LEAVE, it.id, at)),
            HOME,
        )
        reply = Reply("\n".join(filter(None, lines)), (*choices, skip, back))
        talk = replace(visit.talk, expecting=f"{EXPECTING}:{it.id}:{at}", greeted=True)
        return Served((reply,), talk)

    def _given(self, question: Question, given: Given | None) -> str:
        """What they answered to it before."""
        if given is None or (given.choice is None and not given.words):
            return ""
        said = given.words[:SHOWN] if given.choice is None else question.choices[given.choice]
        return self._texts("asked.given", answer=said)

    def _done(self, visit: Visit, it: Broadcast) -> Served:
        again = [(self._texts("asked.again"), Survey(Asked.AGAIN, it.id))]
        reply = Reply(self._texts("asked.done"), self._menus.numbered(again, person=False))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

    def _left(self, visit: Visit, asks: Questionnaire) -> Served:
        return self._over(visit, "asked.left", digit=asks.digit(0))

    def _over(self, visit: Visit, key: str, **fields: object) -> Served:
        reply = Reply(self._texts(key, **fields), self._menus.numbered([]))
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

    def _aside(self, visit: Visit, key: str, **fields: object) -> Served:
        """A word of thanks; whatever they were doing goes on."""
        text = self._texts(key, **fields)
        if visit.talk.expecting:
            text = f"{text}\n{self._texts('asked.go_on')}"
        return Served((Reply(text),), visit.talk, aside=True)
