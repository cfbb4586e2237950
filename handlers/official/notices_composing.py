"""Composing a notice in an official's chat: the words, to whom, when, a look at it, handing it in.

What was said so far stands in the database (`storage.notice_drafts`), so that it survives a
restart, a day's absence and whatever comes into the chat meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from content.texts import Texts
from content.understanding import Answer, Choices, Context, Outcome, Unknown
from content.understanding.vietnamese import fold
from content.when import NotATime, read_when
from handlers.asking import faults
from handlers.errands import VIETNAM, Served, Visit
from handlers.messages import Kind, Reply
from handlers.notice_page import LONGEST
from handlers.official.notices_asking import STEPS, AskingSteps, Turn, asks_of, over_before
from handlers.official.notices_cards import MoreCards, one_card
from handlers.official.notices_enclosing import Enclosing, Whole, as_composed
from handlers.official.notices_languages import Tongues, in_vietnamese
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_screens import ALONE, NO, POLL, YES, Screens, begun
from handlers.official.notices_steps import Route, Step
from handlers.official.notices_words import NoticeWords, joined
from handlers.official_actions import Compose, Composed
from storage.broadcasts import Broadcast, Broadcasts, NoBroadcast, WrongState
from storage.consents import GENERAL, Purpose
from storage.notice_drafts import NoticeDraft, NoticeDrafts
from storage.notices import Notices
from storage.official_drafts import OfficialDrafts
from storage.officials import Official
from storage.questionnaires import Questionnaire

CARDS = 3
LONGEST_REASON = 300

Understand = Callable[[str, Context | None, date], Outcome]


class Composing:
    """Leads through the steps."""

    def __init__(
        self,
        *,
        texts: Texts,
        route: Route,
        words: NoticeWords,
        rights: NoticeRights,
        enclosing: Enclosing,
        understand: Understand,
        title_of: Callable[[str], str],
        quiz_of: Callable[[str], Questionnaire | None],
    ) -> None:
        """`understand` says which card words are about, `title_of` how a card is called, `quiz_of`
        gives its question to say back."""
        self._texts = texts
        self._route = route
        self._words = words
        self._rights = rights
        self._enclosing = enclosing
        self._tongues, self._more = Tongues(texts), MoreCards(texts)
        self._understand = understand
        self._title_of = title_of
        self._screens = Screens(texts=texts, route=route, words=words)
        self._asking = AskingSteps(texts=texts, screens=self._screens, quiz_of=quiz_of)
        self._drafts = NoticeDrafts()
        self._answers = OfficialDrafts()
        self._broadcasts = Broadcasts()
        self._notices = Notices()
        self._go = fold(texts("notice.words_urgent"))

    async def draft(self, visit: Visit, official: Official) -> NoticeDraft | None:
        """What they are composing here."""
        found = await self._drafts.of(visit.tx, visit.conversation.id)
        return found if found is not None and found.official == official.id else None

    async def begin(self, visit: Visit, official: Official, *, poll: bool = False) -> Served:
        """They want to write one, or to ask (`poll`); what was begun before is offered first."""
        if not self._rights.writes(official):
            return self._say(visit, "notice.may_not_write")
        answer = await self._answers.of(visit.tx, visit.conversation.id)
        if answer is not None and answer.text:  # it waits to be sent: it must not be forgotten
            return self._say(visit, "notice.answer_first", case=answer.case)
        await self._answers.drop(visit.tx, visit.conversation.id)
        draft = await self.draft(visit, official)
        if draft is not None and begun(draft):
            return self._screens.resume(visit, draft, poll=poll)
        return await self._anew(visit, official, poll=poll)

    async def _anew(self, visit: Visit, official: Official, *, poll: bool) -> Served:
        draft = self._route.begun(official)
        if poll:
            await self._drafts.drop(visit.tx, visit.conversation.id)
            try:
                draft = await self._asking.begun(visit.tx, draft)
            except WrongState:
                return self._say(visit, "notice.too_many_open")
        return await self._ask(visit, official, draft)

    async def mend(self, visit: Visit, official: Official, it: Broadcast) -> Served:
        """Change one that was handed in: it waits for approval anew once it is handed in again."""
        other = await self.draft(visit, official)
        if other is not None and begun(other) and other.broadcast != it.id:
            return self._screens.resume(visit, other)
        return await self._ask(visit, official, as_composed(official.id, it))

    async def act(self, visit: Visit, official: Official, action: Compose) -> Served:
        """A button or digit of one of the screens."""
        draft = await self.draft(visit, official)
        if action.told is Composed.BEGIN or draft is None:
            if not self._rights.writes(official):
                return self._say(visit, "notice.may_not_write")
            if action.told is not Composed.BEGIN:
                return self._say(visit, "notice.none")
            return await self._anew(visit, official, poll=action.value == POLL)
        match action.told:
            case Composed.DROP:
                return await self.drop(visit)
            case Composed.LEAVE:
                return self._say(visit, "notice.left")
            case Composed.SHOW:
                start = int(action.value) if action.value.isdecimal() else 0
                return await self._ask(visit, official, draft, start=start)
        if action.step != draft.step:  # an old button: show where it really stands
            return await self._ask(visit, official, draft)
        match action.told:
            case Composed.BACK:
                return await self.back(visit, official, draft)
            case Composed.SKIP:
                return await self.skip(visit, official, draft)
            case Composed.SUBMIT if draft.step == Step.LOOK:
                return await self._submit(visit, official, draft)
            case Composed.CHANGE if action.value in self._route.changeable(official, draft):
                return await self._ask(visit, official, replace(draft, step=action.value))
            case Composed.URGENT if draft.step == Step.LOOK and not draft.questions:
                return await self._press(visit, official, draft)
        return await self._choose(visit, official, draft, action.value)

    async def hear(
        self, visit: Visit, official: Official, draft: NoticeDraft, kind: Kind
    ) -> Served:
        """They wrote, or sent something that is no writing, while composing."""
        took = await self._enclosing.take(visit, draft)
        if took is not None and not (draft.step == Step.TEXT and visit.text.strip()):
            return await self._ask(visit, official, took, "notice.enclosed_coming")
        if took is None and (left := self._enclosing.leave_out(draft, visit.text)) is not None:
            return await self._ask(visit, official, left, "notice.enclosed_left_out")
        if (more := self._more.hear(draft, visit.text)) is not None:
            slugs = [slug for slug, _ in self._cards(more, visit.today)[:1]]
            return await self._ask(visit, official, *self._more.add(draft, slugs))
        if (told := self._tongues.hear(draft, visit.text)) is not None:
            look = replace(told, step=Step.LOOK) if told.looked else told
            return await self._ask(visit, official, look, "notice.in_language")
        return await self._hear(visit, official, took or draft, Kind.TEXT if took else kind)

    async def _hear(
        self, visit: Visit, official: Official, draft: NoticeDraft, kind: Kind
    ) -> Served:
        """They answered what is asked just now."""
        words = visit.text.strip()
        if kind is not Kind.TEXT or not any(letter.isalnum() for letter in words):
            return await self._ask(visit, official, draft, "notice.text_only")
        if words.isdecimal():  # a digit that stands for nothing here
            return await self._ask(visit, official, draft, "notice.by_digit")
        if draft.step == Step.SAY_BACK:
            return await self._find_card(visit, official, draft, words)
        if draft.step in STEPS:
            return await self._turn(visit, official, self._asking.hear(draft, words, visit.now))
        match draft.step:
            case Step.TEXT if len(words) > LONGEST:
                return await self._ask(
                    visit, official, draft, "notice.too_long", count=len(words), most=LONGEST
                )
            case Step.TEXT:
                return await self._next(visit, official, in_vietnamese(draft, words))
            case Step.CARD:
                return await self._find_card(visit, official, draft, words)
            case Step.WHEN:
                return await self._read_when(visit, official, draft, words)
            case Step.REASON:
                reason = words[:LONGEST_REASON]
                then = replace(draft, reason=reason, emergency=True)
                step = Step.URGENT if self._rights.releases(official) else Step.LOOK
                return await self._ask(visit, official, replace(then, step=step))
            case Step.URGENT if fold(words).strip(' .!"“”') == self._go:
                return await self._send_now(visit, official, draft)
            case Step.URGENT:
                return await self._ask(visit, official, draft, "notice.not_yet")
            case Step.LOOK:
                return await self._ask(visit, official, draft, "notice.waits")
        return await self._ask(visit, official, draft, "notice.by_digit")

    async def back(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        """ "quay lại": one step back; from the first, it is kept for later."""
        if (earlier := self._asking.back(draft)) is not None:
            return await self._ask(visit, official, earlier)
        if draft.step in {Step.REASON, Step.URGENT}:
            draft = replace(draft, emergency=False, reason="")
        before = self._route.before(draft, official)
        if before is None:
            return self._say(visit, "notice.left")
        return await self._ask(visit, official, before)

    async def skip(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        """ "bỏ qua": what is asked takes its usual value, where it has one."""
        match draft.step:
            case Step.UNIT:
                usual = replace(draft, unit=official.unit, only_unit=False)
            case Step.PURPOSE:
                usual = replace(draft, purpose=Purpose.NOTICES.value, topic="")
            case Step.CARD:
                usual = replace(draft, card="", also=())
            case Step.WHEN:
                usual = replace(draft, due_at=None, repeats="")
            case Step.TEMPLATE:
                usual = replace(draft, template=False)
            case Step.UNTIL:
                return await self._turn(visit, official, self._asking.choose(draft, ""))
            case _:
                return await self._ask(visit, official, draft, "notice.no_skip")
        return await self._next(visit, official, usual)

    async def drop(self, visit: Visit) -> Served:
        """ "thôi": it is gone; one that was handed in stays as it is."""
        dropped = await self._drafts.drop(visit.tx, visit.conversation.id)
        return self._say(visit, "notice.dropped" if dropped else "notice.none")

    async def _choose(
        self, visit: Visit, official: Official, draft: NoticeDraft, value: str
    ) -> Served:
        if draft.step in STEPS:
            return await self._turn(visit, official, self._asking.choose(draft, value))
        match draft.step:
            case Step.UNIT:
                code, only = value.removesuffix(ALONE), value.endswith(ALONE)
                if (code, only) in self._route.places(official):
                    return await self._next(
                        visit, official, replace(draft, unit=code, only_unit=only)
                    )
            case Step.PURPOSE if value in GENERAL:
                return await self._next(visit, official, replace(draft, purpose=value, topic=""))
            case Step.CARD if self._title_of(value):
                return await self._next(visit, official, one_card(draft, value))
            case Step.WHEN:
                return await self._next(visit, official, replace(draft, due_at=None, repeats=""))
            case Step.TEMPLATE if value in {YES, NO}:
                return await self._next(visit, official, replace(draft, template=value == YES))
        return await self._ask(visit, official, draft)

    async def _find_card(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Served:
        cards = self._cards(words, visit.today)
        await self._keep(visit, draft)
        found = self._texts("notice.cards_found" if cards else "notice.no_such_card")
        if draft.step == Step.SAY_BACK:
            return self._asking.show(visit, draft, cards, found)
        return self._screens.card(visit, draft, cards, found)

    async def _turn(self, visit: Visit, official: Official, turn: Turn) -> Served:
        """Where a step of asking left it."""
        if turn.on:
            return await self._next(visit, official, turn.draft)
        return await self._ask(visit, official, turn.draft, turn.key, **turn.fields)

    async def _read_when(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Served:
        try:
            when = read_when(words, now=visit.now, zone=VIETNAM)
        except NotATime as fault:
            key = f"when.{fault.key}"
            return await self._ask(visit, official, draft, key, said=fault.said)
        if when.repeats and draft.questions:
            return await self._ask(visit, official, draft, "notice.ask_once")
        return await self._next(
            visit, official, replace(draft, due_at=when.first, repeats=when.repeats)
        )

    async def _press(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        """It is an emergency, or is none after all."""
        if draft.emergency:
            calm = replace(draft, emergency=False, reason="")
            return await self._ask(visit, official, calm)
        return await self._ask(visit, official, replace(draft, step=Step.REASON))

    async def _next(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        return await self._ask(visit, official, self._route.following(draft, official))

    async def _ask(
        self,
        visit: Visit,
        official: Official,
        draft: NoticeDraft,
        key: str = "",
        *,
        start: int = 0,
        **fields: object,
    ) -> Served:
        """Write down where it stands and show its step, below a line of news."""
        await self._keep(visit, draft)
        news = self._texts(key, **fields) if key else ""
        if draft.step in STEPS:
            return self._asking.show(visit, draft, (), news)
        match draft.step:
            case Step.UNIT:
                return self._screens.unit(visit, draft, official, start, news)
            case Step.PURPOSE:
                return self._screens.purpose(visit, draft, news)
            case Step.CARD:
                return self._screens.card(visit, draft, self._cards(draft.text, visit.today), news)
            case Step.WHEN:
                return self._screens.when(visit, draft, news)
            case Step.LOOK:
                return await self._look(visit, official, draft, news, start)
            case Step.TEMPLATE:
                return await self._template(visit, official, draft, news)
            case Step.REASON:
                return self._screens.reason(visit, draft, news)
            case Step.URGENT:
                whole = await self._whole(visit, draft)
                reach = await self._words.count(visit.tx, whole.draft, now=visit.now)
                return self._screens.urgent(visit, draft, reach.reached, news)
        return self._screens.text(visit, draft, news)

    async def _look(
        self, visit: Visit, official: Official, draft: NoticeDraft, news: str, start: int
    ) -> Served:
        found = await self._whole(visit, draft)
        whole = found.draft
        reach = await self._words.count(visit.tx, whole, now=visit.now)
        if draft.template is None and self._words.templates.beyond(reach, whole):
            asked = replace(draft, step=Step.TEMPLATE)
            return await self._template(visit, official, asked, news)
        facts = joined(
            news,
            self._enclosing.news(found),
            self._words.facts(whole),
            self._words.how_it_reads(whole),
            self._words.reaching(reach, whole),
            await self._who_approves(visit, official, draft),
        )
        preview = self._words.preview(whole)
        return self._screens.look(visit, draft, official, preview=preview, facts=facts, start=start)

    async def _template(
        self, visit: Visit, official: Official, draft: NoticeDraft, news: str
    ) -> Served:
        """Ask whether it goes by a template to who gets no free text; who could choose nothing is
        not asked."""
        await self._keep(visit, draft)
        found = await self._whole(visit, replace(draft, template=False))
        reach = await self._words.count(visit.tx, found.draft, now=visit.now)
        beyond = self._words.templates.beyond(reach, found.draft)
        if not beyond:
            settled = replace(draft, step=Step.LOOK, template=draft.template or False)
            return await self._ask(visit, official, settled)
        question = self._words.templates.question(beyond, found.draft)
        return self._screens.template(visit, draft, question, news)

    async def _whole(self, visit: Visit, draft: NoticeDraft) -> Whole:
        """The notice as it would be sent, by a template only where one can carry it."""
        found = await self._enclosing.whole(visit.tx, draft)
        return replace(found, draft=self._words.templates.possible(found.draft))

    async def _who_approves(self, visit: Visit, official: Official, draft: NoticeDraft) -> str:
        desks = await self._rights.approvers(visit.tx, draft.unit, but=official)
        if not desks:
            return self._texts("notice.no_approver")
        return self._texts("notice.approvers", names=", ".join(d.official.name for d in desks))

    async def _submit(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        """Hand it in for another person's eyes."""
        whole = await self._whole(visit, draft)
        if whole.coming:  # the screen says so
            return await self._ask(visit, official, draft)
        if late := self._late(draft, visit.now):
            return await self._ask(visit, official, late, "notice.time_passed")
        if draft.questions and over_before(draft, visit.now):
            again = replace(draft, step=Step.UNTIL)
            return await self._ask(visit, official, again, "notice.until_early")
        if fault := next(faults(asks_of(draft), draft.text), None) if draft.questions else None:
            key = f"asked.fault.{fault.key}"
            return await self._ask(visit, official, draft, key, count=fault.count, most=fault.most)
        number = await self._write(visit, official, draft, whole)
        if number is None:
            return self._say(visit, "notice.changed")
        await self._broadcasts.submit(visit.tx, number, by=official.name, at=visit.now)
        await self._drafts.drop(visit.tx, visit.conversation.id)
        who = await self._who_approves(visit, official, draft)
        return self._screens.said(
            visit, Reply(joined(self._texts("notice.submitted", id=number), who))
        )

    async def _send_now(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served:
        """An emergency on one person's word: they typed that they mean it."""
        if not self._rights.releases(official):
            return await self._ask(visit, official, replace(draft, step=Step.LOOK))
        found = await self._whole(visit, draft)
        if found.coming:
            return await self._ask(visit, official, draft, "notice.enclosed_not_here")
        reach = await self._words.count(visit.tx, found.draft, now=visit.now)
        number = await self._write(visit, official, draft, found)
        if number is None:
            return self._say(visit, "notice.changed")
        await self._broadcasts.submit(visit.tx, number, by=official.name, at=visit.now)
        await self._broadcasts.approve(visit.tx, number, by=official.name, at=visit.now)
        await self._notices.released(visit.tx, number, official.id)
        await self._drafts.drop(visit.tx, visit.conversation.id)
        return self._say(visit, "notice.sending_now", id=number, count=reach.reached)

    async def _write(
        self, visit: Visit, official: Official, draft: NoticeDraft, found: Whole
    ) -> int | None:
        """The broadcast that it becomes; None: it was changed or has begun meanwhile."""
        tx, whole, by, at = visit.tx, found.draft, official.name, visit.now
        number = draft.broadcast
        if number is None:
            number = await self._broadcasts.write(tx, whole, by=by, at=at)
        else:
            try:
                it = await self._broadcasts.get(tx, number, lock=True)
                if it.version != draft.seen:
                    raise WrongState(f"broadcast {number} was changed meanwhile")
                whole = replace(whole, grace=it.draft.grace)
                await self._broadcasts.edit(tx, number, whole, by=by, at=at)
            except (WrongState, NoBroadcast):
                await self._drafts.drop(tx, visit.conversation.id)
                return None
        await self._notices.wrote(tx, number, official.id)
        return number

    def _late(self, draft: NoticeDraft, now: datetime) -> NoticeDraft | None:
        """Asking for another time, where the chosen one is over."""
        if draft.emergency or draft.due_at is None or draft.due_at > now:
            return None
        return replace(draft, step=Step.WHEN, due_at=None, repeats="")

    def _cards(self, words: str, today: date) -> list[tuple[str, str]]:
        """Cards that words may be about, likeliest first: (slug, title)."""
        match self._understand(words, None, today):
            case Answer(slug=slug, alternatives=others):
                slugs: tuple[str, ...] = (slug, *others)
            case Choices(slugs=slugs):
                pass
            case Unknown(alternatives=slugs):
                pass
            case _:
                slugs = ()
        titled = [(slug, self._title_of(slug)) for slug in dict.fromkeys(slugs)]
        return [(slug, title) for slug, title in titled if title][:CARDS]

    async def _keep(self, visit: Visit, draft: NoticeDraft) -> None:
        await self._drafts.keep(visit.tx, visit.conversation.id, draft, at=visit.now)

    def _say(self, visit: Visit, key: str, **fields: object) -> Served:
        return self._screens.said(visit, Reply(self._texts(key, **fields)))
