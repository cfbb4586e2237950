"""One door for all that comes in: seen before? who is it? which errand? → replies in the outbox.

All of it in one transaction: a message is stored with its replies, or not at all. When an errand
breaks, its work is undone, the message is kept with the fault, and the person is told.
"""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from content.texts import Texts
from handlers.actions import Action, AskPerson, Home, UnknownAction, decode, encode
from handlers.errands import ActionErrand, Errand, Served, Visit
from handlers.layout import lay_out
from handlers.messages import Capabilities, Incoming, Kind, Reply
from handlers.villager.awaited import awaited_since
from handlers.villager.menus import HOME, PERSON, Menus, digits
from handlers.villager.spoken_digit import spoken_code, spoken_digit
from storage.broadcast_echoes import Echoes
from storage.conversations import Conversation, Conversations, Talk
from storage.database import Database, is_gone
from storage.inbox import MESSAGE_ID_LENGTH, Inbox
from storage.outbox import Lane, Outbox
from storage.people import People
from storage.transcript import Transcript

log = logging.getLogger(__name__)

KEPT_TEXT = 8_000
"""Letters of a message that are stored; who writes more is asked to write less."""

ALBUM = timedelta(seconds=2)
"""So long a picture without words waits: words that were sent with it may still be on their way."""

PAUSES = (0.5, 1.0, 2.0)
"""Seconds between looks for the id of a message that its platform has brought already."""

SILENT = frozenset({Kind.BLOCKED, Kind.WITHDREW, Kind.UNBLOCKED, Kind.MIGRATED, Kind.ARRIVED})
"""Events that nobody waits to be answered."""

ALWAYS = {str(PERSON): encode(AskPerson()), str(HOME): encode(Home())}
"""What these digits mean even where the last reply did not show them."""


@dataclass(frozen=True)
class Errands:
    """Which errand serves what: filled by wiring, the one table of the house.

    `desk` comes first: it serves officials at their work and gives None for all else.
    `media` gets what came without words: pictures, sounds, files, a place. None: it expects
    nothing. Of an album it gets each picture, in a visit of its own, and one of its answers is
    given; the others are dropped with where they say the talk stands.
    """

    words: Errand
    start: Errand
    desk: Callable[[Visit, Kind, Action | None], Awaitable[Served | None]]
    actions: Mapping[type[Action], ActionErrand]
    commands: Mapping[str, Action]  # the whole text, lower case: "/xa", "trang đầu"
    describe: Callable[[Action], str]
    introduction: Callable[[Visit], Reply]
    forget: Callable[[Visit], Awaitable[None]]  # all that is kept of a person
    store: Callable[[str], str]  # the words of a message as they may be kept
    media: Callable[[Visit], Awaitable[Served | None]]
    no_such_digit: Callable[[Visit, str], Awaitable[Served | None]]  # None: the usual words do
    coded: Callable[[Visit, int], Awaitable[Action | None]]  # what three digits of a poll mean


class Reception:
    """Takes in messages of all channels."""

    def __init__(
        self,
        *,
        database: Database,
        errands: Errands,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        home_units: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        """`capabilities` and `home_units` are by account; `clock` gives aware UTC times."""
        self._database = database
        self._errands = errands
        self._texts = texts
        self._capabilities = capabilities
        self._home_units = home_units
        self._clock = clock
        self._menus = Menus(texts)
        self._people = People()
        self._conversations = Conversations()
        self._inbox = Inbox()
        self._outbox = Outbox()
        self._transcript = Transcript()
        self._echoes = Echoes()

    async def accept(self, incoming: Incoming) -> bool:
        """Store the message and its replies. False when it was stored before.

        Raises what the database raises: then nothing is stored, and the platform must repeat.
        """
        incoming = _clean(incoming)
        if incoming.kind is Kind.ARRIVED:
            return await self._arrived(incoming)
        now = self._clock()
        place = incoming.address
        async with self._database.begin() as tx:
            person = await self._people.meet(
                tx,
                account=place.account,
                sender=incoming.sender,
                unit=self._home_units.get(place.account, ""),
                at=now,
            )
            conversation = await self._conversations.open(
                tx,
                account=place.account,
                chat=place.chat,
                thread=place.thread,
                person=person.known_as,
                at=now,
            )
            action = self._action(incoming, conversation)
            visit = Visit(
                tx,
                person,
                conversation,
                now,
                incoming.text,
                incoming.group,
                incoming.attachments,
                incoming.location,
            )
            if action is None and incoming.kind is Kind.TEXT:
                action = await self._coded(visit)
            number = await self._store(visit, incoming, self._as_said(incoming, action))
            if number is None:
                return False
            if incoming.album and incoming.text:
                await self._speak_for_album(visit, incoming)
            if person.forgotten and incoming.kind not in SILENT:
                home = self._home_units.get(place.account, "")
                visit = replace(
                    visit,
                    person=await self._people.begin_anew(tx, person, unit=home),
                    conversation=replace(conversation, talk=Talk()),
                )
            if not await self._changed_state(visit, incoming):
                served = await self._serve_or_apologise(visit, incoming, action, number)
                chose = action is not None and not served.aside
                if not _wordless(incoming):
                    await self._put(visit, served, number, timedelta(), chose=chose)
                elif (album := await self._claim_album(visit, incoming)) is not None:
                    await self._put(visit, served, album, ALBUM, chose=chose)
        return True

    async def _arrived(self, incoming: Incoming) -> bool:
        """Count that a broadcast's message came, once its id is known here too."""
        place, number = incoming.address, incoming.text
        what = {"account": place.account, "chat": place.chat, "platform_id": number}
        async with self._database.read() as tx:
            if not await self._echoes.awaited(tx, **what):
                return True
        for pause in PAUSES:
            async with self._database.begin() as tx:
                if await self._echoes.arrived(tx, **what):
                    break
            await asyncio.sleep(pause)
        return True

    async def _store(self, visit: Visit, incoming: Incoming, said: str) -> int | None:
        """Write the message down; None when it is here already."""
        return await self._inbox.store(
            visit.tx,
            account=incoming.address.account,
            message_id=incoming.message_id,
            conversation=visit.conversation.id,
            kind=incoming.kind.value,
            text=said,
            sent_at=incoming.sent_at,
            at=visit.now,
        )

    async def _claim_album(self, visit: Visit, incoming: Incoming) -> int | None:
        """The number under which an album gets its one answer; None when that is given."""
        return await self._store(visit, replace(incoming, message_id=incoming.album), "")

    async def _speak_for_album(self, visit: Visit, words: Incoming) -> None:
        """The words are the question: what came or comes with them gets no answer of its own."""
        if await self._claim_album(visit, words) is None:
            account = words.address.account
            other = await self._inbox.find(visit.tx, account=account, message_id=words.album)
            if other is not None:
                await self._outbox.withdraw(visit.tx, other)

    async def _changed_state(self, visit: Visit, incoming: Incoming) -> bool:
        """Note that a person left, came back or moved: events that nobody waits to be answered."""
        tx, conversation = visit.tx, visit.conversation
        match incoming.kind:
            case Kind.BLOCKED:
                await self._conversations.stop_writing(tx, conversation.id, at=visit.now)
                await self._outbox.fail_all_pending(
                    tx, conversation.id, reason="the person stopped the bot", at=visit.now
                )
            case Kind.WITHDREW:
                await self._errands.forget(visit)
                await self._conversations.stop_writing(tx, conversation.id, at=visit.now)
            case Kind.UNBLOCKED:
                await self._conversations.write_again(tx, conversation.id)
            case Kind.MIGRATED:
                if not await self._conversations.move(tx, conversation.id, chat=incoming.text):
                    log.warning("the new chat of conversation %d has one already", conversation.id)
            case _:
                if conversation.stopped:  # who writes to us wants to be written to
                    await self._conversations.write_again(tx, conversation.id)
                return False
        return True

    async def _serve_or_apologise(
        self, visit: Visit, incoming: Incoming, action: Action | None, number: int
    ) -> Served:
        try:
            async with visit.tx.attempt():
                return await self._serve(visit, incoming, action)
        except Exception as fault:  # an errand's mistake must not lose the message
            if is_gone(fault):
                raise  # nothing can be stored, so the platform must repeat
            log.exception("the errand for message %d broke", number)
            broken = type(fault).__name__
        await self._inbox.note_fault(visit.tx, number, broken)
        return self._only("reception.fault", visit)

    async def _serve(self, visit: Visit, incoming: Incoming, action: Action | None) -> Served:
        if (at_work := await self._errands.desk(visit, incoming.kind, action)) is not None:
            return at_work
        if incoming.kind is Kind.START:
            return await self._errands.start(visit)
        if action is not None:
            served = await self._errands.actions[type(action)](replace(visit, text=""), action)
        elif incoming.kind is Kind.BUTTON:
            served = self._only("reception.old_button", visit)
        elif digit := spoken_digit(incoming.text, _offered(visit.talk)):
            told = await self._errands.no_such_digit(visit, digit)
            served = told or self._only("reception.no_such_digit", visit, digit=digit)
        elif incoming.text:
            served = await self._errands.words(visit)
        elif heard := await self._unsaid(visit):
            served = heard
        else:
            served = self._only(f"reception.{incoming.kind.value}", visit)
        if not (visit.talk.greeted or incoming.group or served.urgent):
            served = replace(served, replies=(self._errands.introduction(visit), *served.replies))
        if action is not None and (menu := await self._menu_tapped(visit, incoming)):
            first, *rest = served.replies
            served = replace(served, replies=(replace(first, replaces=menu), *rest))
        return served

    async def _unsaid(self, visit: Visit) -> Served | None:
        """What is made of things that came without words; None: nobody expects them."""
        if visit.attachments or visit.location:
            return await self._errands.media(visit)
        return None

    async def _menu_tapped(self, visit: Visit, incoming: Incoming) -> str:
        """The menu whose button it was, if what was chosen may take its place; else nothing.

        It must still stand last, or the answer would appear out of sight. A group keeps its menus:
        others in it may want to choose too.
        """
        edits = self._capabilities[visit.conversation.account].edits
        if not (edits and incoming.pressed) or incoming.group:
            return ""
        match await self._transcript.latest(visit.tx, visit.conversation.id):
            case (incoming.pressed, body) if Reply.from_json(body).menu:
                return incoming.pressed
        return ""

    async def _put(
        self, visit: Visit, served: Served, number: int, wait: timedelta, *, chose: bool
    ) -> None:
        """Remember where the talk stands, and queue the replies as the channel can show them.

        Unless they `chose` to leave it, the last list of choices stays good while none follows:
        the answer to a thank-you or a sticker has none of its own. Digits of what came unasked stay
        good until a screen shows the same ones.
        """
        conversation = visit.conversation
        choices = digits(served.replies[-1].buttons)
        answer = served.talk.answer
        if not chose and not choices.keys() - ALWAYS.keys():
            choices = {**visit.talk.choices, **choices}
        elif answer is visit.talk.answer:  # no new one: another screen stands last
            answer = None
        talk = replace(
            served.talk,
            choices=choices,
            answer=answer,
            posted=_still_posted(visit.talk, served.talk, choices),
            awaited_since=awaited_since(visit, served.talk, chose=chose),
            greeted=True,
        )
        await self._conversations.remember(visit.tx, conversation.id, talk)
        capabilities = self._capabilities[conversation.account]
        messages = [m for reply in served.replies for m in lay_out(reply, capabilities)]
        await self._outbox.put(
            visit.tx,
            [message.to_json() for message in messages],
            account=conversation.account,
            conversation=conversation.id,
            inbox=number,
            lane=Lane.REPLY,
            at=visit.now,
            not_before=visit.now + wait,
        )

    def _action(self, incoming: Incoming, conversation: Conversation) -> Action | None:
        """What they chose: by button, by the digit that stands for it, or by a command."""
        match incoming.kind:
            case Kind.BUTTON:
                encoded = incoming.text
            case kind if kind is Kind.START or kind in SILENT:
                return None
            case _:
                typed = unicodedata.normalize("NFC", incoming.text.casefold())
                words = " ".join(typed.split()).strip(" .!…")
                if words in self._errands.commands:
                    return self._errands.commands[words]
                offered = _offered(conversation.talk)
                digit = spoken_digit(incoming.text, offered)
                encoded = offered.get(digit) or ALWAYS.get(digit, "")
        try:
            return decode(encoded)
        except UnknownAction:
            return None

    async def _coded(self, visit: Visit) -> Action | None:
        """What they chose of a message that went to many, whose numbers are the same for all."""
        code = spoken_code(visit.text)
        return None if code is None else await self._errands.coded(visit, code)

    def _as_said(self, incoming: Incoming, action: Action | None) -> str:
        """The message as the person would read it in the history of their chat."""
        match incoming.kind:
            case Kind.BUTTON:
                return self._errands.describe(action) if action else self._texts("menu.old")
            case kind if kind is Kind.START or kind in SILENT:
                return ""  # nothing that the person said
            case Kind.TEXT:
                return self._errands.store(incoming.text)
        return incoming.text or self._texts(f"said.{incoming.kind.value}")

    def _only(self, key: str, visit: Visit, **fields: str) -> Served:
        return Served((Reply(self._texts(key, **fields), self._menus.numbered([])),), visit.talk)


def _offered(talk: Talk) -> dict[str, str]:
    """What each digit means; the screen's own come first."""
    return {**talk.posted, **talk.choices}


def _still_posted(before: Talk, after: Talk, shown: Mapping[str, str]) -> Mapping[str, str]:
    """Digits of what came unasked that a screen does not take over; none of somebody forgotten."""
    if after == Talk():
        return {}
    return {digit: action for digit, action in before.posted.items() if digit not in shown}


def _wordless(incoming: Incoming) -> bool:
    """One of several things sent at once that says nothing itself."""
    return bool(incoming.album) and not incoming.text


def _clean(incoming: Incoming) -> Incoming:
    """What a database can hold: no NUL, no half letters, no text without end."""
    text = incoming.text.replace("\x00", "")[:KEPT_TEXT]
    return replace(
        incoming,
        text=text.encode("utf-8", "replace").decode(),
        message_id=incoming.message_id[:MESSAGE_ID_LENGTH],
        album=incoming.album[:MESSAGE_ID_LENGTH],
    )
