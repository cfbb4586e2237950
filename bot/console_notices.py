"""Builds the desks of notices."""

from __future__ import annotations

from typing import TypedDict

from bot.broadcast_files import NoticeStore
from bot.clock import next_time
from bot.console_parts import Room
from bot.filing import limits_of
from handlers.errands import VIETNAM
from handlers.staff.answers_desk import AnswersDesk
from handlers.staff.notice_asking import AskingForm
from handlers.staff.notice_audiences import NoticeAudiences
from handlers.staff.notice_calendar import NoticeCalendar
from handlers.staff.notice_choices import NoticeChoices
from handlers.staff.notice_desk import NoticeDesk
from handlers.staff.notice_files import NoticeFiles
from handlers.staff.notice_form import NoticeForm
from handlers.staff.notice_list import NoticeList
from handlers.staff.notice_places import NoticePlaces
from handlers.staff.notice_view import NoticeViews
from handlers.staff.notice_writing import NoticeWriting
from handlers.staff.papers_desk import PapersDesk


class NoticeDesks(TypedDict):
    """The desks of notices, by their names in the console."""

    notice_list: NoticeList
    calendar: NoticeCalendar
    notices: NoticeDesk
    writing: NoticeWriting
    notice_files: NoticeFiles
    audiences: NoticeAudiences
    answers: AnswersDesk
    papers: PapersDesk


def notice_desks(room: Room) -> NoticeDesks:
    """Notices from their first word to what came back."""
    parts, texts = room.parts, room.texts
    house, library, clock = parts.notices, parts.library, parts.clock
    words, rights, deeds = house.words.in_words_of(texts), house.rights, house.deeds
    form = NoticeForm(
        texts=texts,
        places=NoticePlaces(route=house.route, words=words, units=parts.keeping.units),
        asking=AskingForm(texts, house.quiz_of),
        title_of=library.title_of,
        zone=VIETNAM,
    )
    choices = NoticeChoices(texts=texts, library=library, words=words, rights=rights, form=form)
    store = NoticeStore(parts.database, parts.filing.store, limits_of(parts.settings), clock)
    files = NoticeFiles(**room.timed, deeds=deeds, store=store)
    papers = PapersDesk(
        **room.desk, units=parts.keeping.units, library=library, deeds=deeds, press=parts.press
    )
    views = NoticeViews(
        texts=texts, words=words, rights=rights, deeds=deeds, zone=VIETNAM, clock=clock
    )
    return NoticeDesks(
        notice_list=NoticeList(**room.desk, words=words, rights=rights),
        calendar=NoticeCalendar(
            **room.timed, words=words, rights=rights, next_time=next_time, zone=VIETNAM
        ),
        notices=NoticeDesk(
            **room.timed, deeds=deeds, views=views, form=form, files=files, papers=papers
        ),
        writing=NoticeWriting(
            **room.timed,
            words=words,
            rights=rights,
            deeds=deeds,
            form=form,
            choices=choices,
            files=files,
        ),
        notice_files=files,
        audiences=NoticeAudiences(
            **room.timed, words=words, rights=rights, form=form, choices=choices
        ),
        answers=AnswersDesk(**room.desk, deeds=deeds),
        papers=papers,
    )
