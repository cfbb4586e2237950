"""Builds the desks of cards, and of the questions that no card answered."""

from __future__ import annotations

from typing import TypedDict

from bot.console_parts import Room
from handlers.errands import VIETNAM
from handlers.staff.card_desk import CardDesk
from handlers.staff.card_list import CardList
from handlers.staff.card_publishing import CardPublishing
from handlers.staff.card_use import CardUse
from handlers.staff.card_view import CardViews
from handlers.staff.card_writing import CardWriting
from handlers.staff.one_answer_desk import OneAnswerDesk
from handlers.staff.question_groups import QuestionGroups
from handlers.staff.unanswered import UnansweredDesk


class CardDesks(TypedDict):
    """The desks of cards and questions, by their names in the console."""

    card_list: CardList
    card: CardDesk
    card_writing: CardWriting
    publishing: CardPublishing
    unanswered: UnansweredDesk
    question_groups: QuestionGroups
    one_answer: OneAnswerDesk


def card_desks(
    room: Room, *, publishing: CardPublishing, question_groups: QuestionGroups
) -> CardDesks:
    """Questions, and what becomes of them; what publishes and groups is every language's."""
    parts, texts = room.parts, room.texts
    library, casework, unanswered = parts.library, parts.casework, parts.unanswered
    views = CardViews(
        library=library, texts=texts, to_villagers=parts.texts, zone=VIETNAM, clock=parts.clock
    )
    use = CardUse(casework=casework, views=views, texts=texts, zone=VIETNAM)
    return CardDesks(
        card_list=CardList(
            **room.timed,
            library=library,
            publishing=publishing,
            views=views,
            use=use,
        ),
        card=CardDesk(**room.desk, library=library, publishing=publishing, views=views, use=use),
        card_writing=CardWriting(**room.desk, unanswered=unanswered, library=library, views=views),
        publishing=publishing,
        unanswered=UnansweredDesk(
            **room.timed,
            unanswered=unanswered,
            groups=question_groups,
            library=library,
            zone=VIETNAM,
        ),
        question_groups=question_groups,
        one_answer=OneAnswerDesk(
            **room.timed,
            unanswered=unanswered,
            casework=casework,
            answering=parts.answering,
            proof=parts.proof.in_words_of(texts),
        ),
    )
