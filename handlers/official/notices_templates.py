"""What officials read of sending by an approved template: how it looks, for whom, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from content.texts import Texts
from handlers.messages import Capabilities
from handlers.notice_template import carried, fits, goes, longest, possible
from storage.broadcasts import Draft
from storage.reach import Reach, Way

SHUT = (Way.CLOSED, Way.UNPAID)
"""Who gets no free text now, for reasons that a template helps with."""


class TemplateWords:
    """Says what there is to say; it changes nothing."""

    def __init__(
        self,
        *,
        texts: Texts,
        capabilities: Callable[[], Mapping[str, Capabilities]],
        channel: Callable[[str], str],
    ) -> None:
        """`capabilities` of the accounts that work, `channel` what people call an account's."""
        self._texts = texts
        self._capabilities = capabilities
        self._channel = channel

    def possible(self, draft: Draft) -> Draft:
        """As it can be handed in: words that do not fit go by no template."""
        return possible(draft, self._capabilities())

    def beyond(self, reach: Reach, draft: Draft) -> Mapping[str, int]:
        """How many it could reach by a template and does not without, by account."""
        found = {}
        for account, ways in reach.accounts().items():
            count = sum(ways.get(way, 0) for way in SHUT)
            if count and (able := self._capabilities().get(account)) and fits(draft, able):
                found[account] = count
        return found

    def question(self, beyond: Mapping[str, int], draft: Draft) -> str:
        """Whether it is to go to them by the template, whose words and cost are told."""
        return self._texts(
            "notice.ask.template",
            count=sum(beyond.values()),
            channel=self._channels(beyond),
            words=carried(draft),
            cost=self._cost(beyond),
        )

    def known(self) -> list[str]:
        """Which approved template each account has: its number, its parameter, what it holds and
        costs."""
        return [
            self._texts(
                "staff.notice.template_is",
                channel=self._channel(account),
                name=able.template.name,
                field=able.template.field,
                most=able.template.length,
                cost=self._cost({account: 1}),
            )
            for account, able in sorted(self._capabilities().items())
            if able.template is not None
        ]

    def looks(self, draft: Draft) -> Iterator[str]:
        """The notice as the template carries it, for each language."""
        names = [name for name, able in self._capabilities().items() if goes(draft, able)]
        if not names:
            return
        for language in ("", *dict(draft.texts)):
            head = self._texts("notice.in_template", channel=self._channels(names))
            if language:
                name = self._texts(f"language.{language}")
                head = self._texts(
                    "notice.in_template_in", channel=self._channels(names), language=name
                )
            yield f"{head}\n{carried(draft, language)}"

    def lines(self, reach: Reach, draft: Draft) -> Iterator[str]:
        """For how many it goes by a template at what cost, or could, or is too long to."""
        by_it = {name: ways[Way.TEMPLATE] for name, ways in _having(reach, Way.TEMPLATE)}
        if by_it:
            yield self._texts(
                "notice.by_template",
                count=sum(by_it.values()),
                channel=self._channels(by_it),
                cost=self._cost(by_it),
            )
        if not draft.template and (left := self.beyond(reach, draft)):
            count, channel = sum(left.values()), self._channels(left)
            yield self._texts("notice.not_by_template", count=count, channel=channel)
        yield from self._too_long(reach, draft)

    def _too_long(self, reach: Reach, draft: Draft) -> Iterator[str]:
        for account, able in self._capabilities().items():
            shut = sum(reach.people.get((account, way), 0) for way in SHUT)
            if not shut or able.template is None or draft.asks is not None or fits(draft, able):
                continue
            yield self._texts(
                "notice.template_too_long",
                channel=self._channel(account),
                count=longest(draft),
                most=able.template.length,
            )

    def _cost(self, people: Mapping[str, int]) -> str:
        """Of so many messages by account; of one whose price nobody wrote down, not known."""
        total = 0
        for account, count in people.items():
            able = self._capabilities().get(account)
            if able is None or able.template is None or able.template.price is None:
                return self._texts("notice.cost_unknown")
            total += count * able.template.price
        return self._texts("notice.cost", total=f"{total:,}".replace(",", "."))

    def _channels(self, accounts: Mapping[str, int] | list[str]) -> str:
        return ", ".join(sorted({self._channel(account) for account in accounts}))


def _having(reach: Reach, way: Way) -> list[tuple[str, Mapping[Way, int]]]:
    return [(name, ways) for name, ways in reach.accounts().items() if ways.get(way)]
