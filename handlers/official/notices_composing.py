"""Composing a notice in an official's chat: the words, to whom, when, a look at it, handing it in.

What was said so far stands in the database (`storage.notice_drafts`), so that it survives a
restart, a day's absence and whatever comes into the chat meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from content.languages import Language
from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.audiences import for_followers
from handlers.errands import Served, Visit
from handlers.messages import Kind, Reply
from handlers.notice_page import LONGEST
from handlers.official.notices_asking import STEPS as ASKING
from handlers.official.notices_asking import AskingSteps
from handlers.official.notices_audience import STEPS as CHOOSING
from handlers.official.notices_audience import AudienceSteps
from handlers.official.notices_cards import Cards, one_card
from handlers.official.notices_enclosing import Enclosing, as_composed
from handlers.official.notices_handing_in import HandingIn
from handlers.official.notices_languages import Tongues, by_name, in_vietnamese
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_screens import ALONE, NO, POLL, YES, Screens, begun, meant
from handlers.official.notices_steps import Route, Step, Turn, read_due, tongue_of
from handlers.official.notices_words import NoticeWords
from handlers.official_actions import Compose, Composed
from storage.broadcasts import Broadcast, WrongState
from storage.consents import GENERAL, Purpose
from storage.notice_drafts import NoticeDraft, NoticeDrafts
from storage.official_drafts import OfficialDrafts
from storage.officials import Official
from storage.questionnaires import Questionnaire

LONGEST_REASON = 300


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
        cards: Cards,
        quiz_of: Callable[[str], Questionnaire | None],
    ) -> None:
        """`quiz_of` gives a card's question to say back."""
        self._texts = texts
        self._route = route
        self._rights = rights
        self._enclosing = enclosing
        self._cards = cards
        self._screens = screens = Screens(texts=texts, route=route, words=words)
        self._asking = AskingSteps(texts=texts, screens=screens, quiz_of=quiz_of)
        self._audience = AudienceSteps(
            texts=texts, route=route, words=words, rights=rights, screens=screens
        )
        self._tongues = Tongues(texts=texts, screens=screens)
        self._handing_in = HandingIn(
            texts=texts, words=words, rights=rights, enclosing=enclosing, screens=screens
        )
        self._drafts = NoticeDrafts()
        self._answers = OfficialDrafts()
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
        return await self._do(visit, official, draft, action)

    async def _do(
        self, visit: Visit, official: Official, draft: NoticeDraft, action: Compose
    ) -> Served:
        """What they chose; at an old button it is shown where it really stands."""
        match action.told:
            case Composed.DROP:
                return await self.drop(visit)
            case Composed.LEAVE:
                return self._say(visit, "notice.left")
            case Composed.SHOW:
                start = int(action.value) if action.value.isdecimal() else 0
                return await self._ask(visit, official, draft, start=start)
        if action.step != draft.step:
            return await self._ask(visit, official, draft)
        match action.told:
            case Composed.BACK:
                return await self.back(visit, official, draft)
            case Composed.SKIP:
                return await self.skip(visit, official, draft)
            case Composed.SUBMIT if draft.step == Step.LOOK:
                turn = await self._handing_in.submit(visit, official, draft)
                return await self._turn(visit, official, turn)
            case Composed.CHANGE if action.value in self._route.leads_to(official, draft):
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
        if (more := self._cards.hear(draft, visit.text)) is not None:
            slugs = [slug for slug, _ in self._cards.about(more, visit.today)[:1]]
            return await self._ask(visit, official, *self._cards.add(draft, slugs))
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
        if (action := await self._meant(visit, official, draft, words)) is not None:
            there = replace(draft, step=action.step)
            return await self._do(visit, official, there, action)
        if draft.step in {Step.CARD, Step.SAY_BACK, Step.FOLLOWERS}:
            return await self._find_card(visit, official, draft, words)
        if draft.step in ASKING:
            return await self._turn(visit, official, self._asking.hear(draft, words, visit.now))
        if tongue_of(draft.step):
            return await self._turn(visit, official, self._tongues.write(draft, words))
        if draft.step == Step.SAVE:
            saved = await self._audience.save(visit, official, draft, words)
            return await self._turn(visit, official, saved)
        return await self._read(visit, official, draft, words)

    async def _read(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Served:
        """Words for one of the steps that are no other's."""
        match draft.step:
            case Step.TEXT if len(words) > LONGEST:
                return await self._ask(
                    visit, official, draft, "notice.too_long", count=len(words), most=LONGEST
                )
            case Step.TEXT:
                return await self._next(visit, official, in_vietnamese(draft, words))
            case Step.WHEN:
                return await self._turn(visit, official, read_due(draft, words, visit.now))
            case Step.REASON:
                reason = words[:LONGEST_REASON]
                then = replace(draft, reason=reason, emergency=True)
                step = Step.URGENT if self._rights.releases(official) else Step.LOOK
                return await self._ask(visit, official, replace(then, step=step))
            case Step.URGENT if fold(words).strip(' .!"“”') == self._go:
                turn = await self._handing_in.send_now(visit, official, draft)
                return await self._turn(visit, official, turn)
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
            case Step.FOLLOWERS:
                usual = for_followers(draft, "") if draft.topic else draft
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
        if draft.step in ASKING:
            return await self._turn(visit, official, self._asking.choose(draft, value))
        if draft.step in CHOOSING:
            title = self._cards.title_of(value)
            chosen = await self._audience.choose(visit, official, draft, value, title)
            return await self._turn(visit, official, chosen)
        if draft.step == Step.TONGUES or tongue_of(draft.step):
            return await self._turn(visit, official, self._tongues.choose(draft, value))
        match draft.step:
            case Step.UNIT:
                code, only = value.removesuffix(ALONE), value.endswith(ALONE)
                if (code, only) in self._route.places(official):
                    return await self._next(
                        visit, official, replace(draft, unit=code, only_unit=only)
                    )
            case Step.PURPOSE if value in GENERAL:
                for_it = replace(draft, purpose=value, topic="")
                return await self._next(visit, official, for_it)
            case Step.CARD if self._cards.title_of(value):
                return await self._next(visit, official, one_card(draft, value))
            case Step.WHEN:
                return await self._next(visit, official, replace(draft, due_at=None, repeats=""))
            case Step.TEMPLATE if value in {YES, NO}:
                return await self._next(visit, official, replace(draft, template=value == YES))
        return await self._ask(visit, official, draft)

    async def _meant(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Compose | None:
        """The choice that they typed in words instead of its digit."""
        match draft.step:
            case Step.LOOK:
                return meant(self._screens.doings(draft), words)
            case Step.TEMPLATE:
                return meant(self._screens.templates(), words)
            case Step.WHEN:
                return meant(self._screens.times(), words)
            case Step.CARD | Step.FOLLOWERS:
                return meant(self._screens.without_card(draft.step), words)
            case Step.TONGUES:
                return meant(by_name(self._tongues.choices(list(Language))), words)
            case Step.UNIT | Step.PURPOSE | Step.WHO | Step.LANGUAGE | Step.LISTS:
                return await self._audience.meant(visit, official, draft, words)
        return None

    async def _find_card(
        self, visit: Visit, official: Official, draft: NoticeDraft, words: str
    ) -> Served:
        cards = self._cards.about(words, visit.today)
        await self._keep(visit, draft)
        found = self._texts("notice.cards_found" if cards else "notice.no_such_card")
        return self._show_cards(visit, draft, cards, found)

    def _show_cards(
        self, visit: Visit, draft: NoticeDraft, cards: list[tuple[str, str]], news: str
    ) -> Served:
        """The step that asks for a card, with those that may be meant."""
        match draft.step:
            case Step.SAY_BACK:
                return self._asking.show(visit, draft, cards, news)
            case Step.FOLLOWERS:
                return self._audience.followers(visit, draft, cards, news)
        return self._screens.card(visit, draft, cards, news)

    async def _turn(self, visit: Visit, official: Official, turn: Served | Turn) -> Served:
        """Where a step left it."""
        if isinstance(turn, Served):
            return turn
        if turn.on:
            return await self._next(visit, official, turn.draft)
        return await self._ask(visit, official, turn.draft, turn.key, **turn.fields)

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
        if draft.step in ASKING:
            return self._asking.show(visit, draft, (), news)
        if draft.step == Step.TONGUES or tongue_of(draft.step):
            languages = await self._audience.languages(visit, draft)
            return self._tongues.show(visit, draft, languages, start, news)
        match draft.step:
            case Step.UNIT:
                return self._screens.unit(visit, draft, official, start, news)
            case Step.PURPOSE:
                return self._screens.purpose(visit, draft, news)
            case Step.CARD | Step.FOLLOWERS:
                about = self._cards.about(draft.text, visit.today)
                return self._show_cards(visit, draft, about, news)
            case Step.WHO | Step.LANGUAGE | Step.LISTS | Step.SAVE:
                return await self._audience.show(visit, official, draft, start, news)
            case Step.WHEN:
                return self._screens.when(visit, draft, news)
            case Step.LOOK:
                turn = await self._handing_in.look(visit, official, draft, news, start)
                return await self._turn(visit, official, turn)
            case Step.TEMPLATE:
                turn = await self._handing_in.template(visit, draft, news)
                return await self._turn(visit, official, turn)
            case Step.REASON:
                return self._screens.reason(visit, draft, news)
            case Step.URGENT:
                return await self._handing_in.urgent(visit, draft, news)
        return self._screens.text(visit, draft, news)

    async def _keep(self, visit: Visit, draft: NoticeDraft) -> None:
        await self._drafts.keep(visit.tx, visit.conversation.id, draft, at=visit.now)

    def _say(self, visit: Visit, key: str, **fields: object) -> Served:
        return self._screens.said(visit, Reply(self._texts(key, **fields)))
