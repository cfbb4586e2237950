"""Laying out replies: nothing is lost, nothing is too long, choices stay reachable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.screens import shorten, split, utf16_length
from handlers.layout import lay_out
from handlers.messages import Button, Capabilities, Command, Media, MediaKind, Reply

PLAIN = Capabilities(text_length=2000, buttons=0)
RICH = Capabilities(text_length=4096, buttons=10, media=frozenset(MediaKind))
PICTURE = Media(MediaKind.IMAGE, "pictograms/x.png", "một ngôi nhà")


@given(st.text(), st.integers(min_value=2, max_value=200))
def test_pieces_fit_and_lose_no_letter(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < utf16_length(piece) <= limit for piece in pieces)
    assert all(piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(max_size=300), st.integers(min_value=2, max_value=80))
def test_a_shortened_label_fits_and_a_short_one_is_untouched(label: str, limit: int) -> None:
    short = shorten(label, limit)
    assert utf16_length(short) <= limit
    if utf16_length(label) <= limit:
        assert short == label


def test_a_long_answer_is_cut_between_sentences() -> None:
    sentence = "Bà con mang căn cước ra một cửa xã. "
    for piece in split(sentence * 100, 500):
        assert piece.endswith(".")
        assert piece.startswith("Bà con")


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    text = f"{'a ' * 40}\n\n{'b ' * 40}"
    assert [set(piece) for piece in split(text, 100)] == [{"a", " "}, {"b", " "}]


def test_without_buttons_the_choices_become_numbered_lines() -> None:
    reply = Reply("Chọn:", (Button("Giấy cần mang", "1:h", 1), Button("Trang đầu", "1:h", 0)))
    [message] = lay_out(reply, PLAIN)
    assert message.text == "Chọn:\n\n1. Giấy cần mang\n0. Trang đầu"
    assert message.buttons == ()


def test_buttons_show_the_digit_that_can_be_typed_instead() -> None:
    [message] = lay_out(Reply("Chọn:", (Button("Giấy cần mang", "1:h", 1),)), RICH)
    assert message.buttons[0].label == "1. Giấy cần mang"


def test_buttons_beyond_the_channels_number_become_lines() -> None:
    buttons = tuple(Button(f"chọn {n}", "1:h", n) for n in range(1, 9))
    [message] = lay_out(Reply("Chọn:", buttons), Capabilities(text_length=2000, buttons=5))
    assert len(message.buttons) == 5
    assert "8. chọn 8" in message.text


def test_choices_that_are_typed_as_they_are_share_the_last_line() -> None:
    words = (Button("👍 Đúng rồi", "1:r:a:y"), Button("👎 Chưa đúng", "1:r:a:n"))
    reply = Reply("Mang thẻ.", (Button("Hỏi ai?", "1:h", 1), *words))
    [message] = lay_out(reply, PLAIN)
    assert message == Reply("Mang thẻ.\n\n1. Hỏi ai?\n👍 Đúng rồi · 👎 Chưa đúng")
    assert [b.label for b in lay_out(reply, RICH)[0].buttons][1:] == [b.label for b in words]


def test_pictures_go_with_the_first_message_and_buttons_with_the_last() -> None:
    reply = Reply("Dài. " * 2000, (Button("a", "1:h", 1),), (PICTURE,))
    messages = lay_out(reply, RICH)
    assert len(messages) > 1
    assert [bool(m.media) for m in messages] == [True] + [False] * (len(messages) - 1)
    assert [bool(m.buttons) for m in messages] == [False] * (len(messages) - 1) + [True]


def test_a_chats_own_menu_goes_with_the_last_message() -> None:
    messages = lay_out(Reply("Dài. " * 2000, commands=()), RICH)
    assert [m.commands for m in messages] == [None] * (len(messages) - 1) + [()]


def test_what_takes_a_menus_place_is_the_first_message() -> None:
    messages = lay_out(Reply("Dài. " * 2000, menu=True, replaces="7"), RICH)
    assert [m.replaces for m in messages] == ["7"] + [""] * (len(messages) - 1)
    assert not any(m.menu for m in messages), "its first half alone must not be replaced"
    assert lay_out(Reply("Chọn:", menu=True), RICH)[0].menu


def test_a_channel_without_pictures_gets_the_words() -> None:
    [message] = lay_out(Reply("Nhà ở", media=(PICTURE,)), PLAIN)
    assert message == Reply("Nhà ở")


def test_what_cannot_be_shown_becomes_a_link_above_the_choices() -> None:
    sound = Media(MediaKind.AUDIO, "files/1-0-x.ogg", "Bấm để nghe", "https://xa.vn/tep/1")
    reply = Reply("Trả lời:", (Button("Hiểu rồi", "1:h", 1),), (sound,))
    [message] = lay_out(reply, PLAIN)
    assert message == Reply("Trả lời:\nBấm để nghe: https://xa.vn/tep/1\n\n1. Hiểu rồi")
    [played] = lay_out(reply, RICH)
    assert (played.text, played.media) == ("Trả lời:", (sound,))


def test_some_pictures_are_shown_only_if_somebody_sent_them() -> None:
    chat = Capabilities(text_length=2000, buttons=0, if_sent=frozenset({MediaKind.IMAGE}))
    sent = Media(MediaKind.IMAGE, "files/1-0-x.jpg", "Bấm để xem ảnh")
    [message] = lay_out(Reply("Ảnh", media=(PICTURE, sent)), chat)
    assert message.media == (sent,)


def test_of_one_sound_in_several_forms_a_channel_gets_the_first_that_it_plays() -> None:
    forms = tuple(
        Media(MediaKind.AUDIO, f"audio/vi/the{ending}", "Lời đọc") for ending in (".ogg", ".aac")
    )
    other = Media(MediaKind.AUDIO, "audio/vi/nha.aac", "Lời đọc")
    reply = Reply("Thẻ", media=(PICTURE, *forms, other))
    for plays, wanted in ((".ogg", forms[:1]), (".aac", (forms[1], other)), (".mp3", ())):
        [message] = lay_out(reply, replace(RICH, sounds=frozenset({plays})))
        assert message.media == (PICTURE, *wanted)
    [message] = lay_out(reply, replace(RICH, sounds=frozenset()))
    assert message.media == (PICTURE, forms[0], other)


def test_a_sound_that_a_channel_does_not_play_becomes_a_link_too() -> None:
    chat = replace(RICH, sounds=frozenset({".ogg"}))
    sounds = [
        Media(MediaKind.AUDIO, f"files/1-0-x{ending}", "Nghe", "https://xa.vn/tep/1")
        for ending in (".OGG", ".amr")
    ]
    [message] = lay_out(Reply("Trả lời:", media=tuple(sounds)), chat)
    assert message.media == (sounds[0],)
    assert message.text == "Trả lời:\nNghe: https://xa.vn/tep/1"
    assert chat.shows(Media(MediaKind.AUDIO, "files/", "")), "one that is still to come"


@given(
    st.text(max_size=50),
    st.lists(st.builds(Button, st.text(), st.text(), st.none() | st.integers(0, 9)), max_size=3),
    st.lists(
        st.builds(Media, st.sampled_from(MediaKind), st.text(), st.text(), st.text()), max_size=2
    ),
    st.booleans(),
    st.text(max_size=9),
    st.none() | st.lists(st.builds(Command, st.text(), st.text()), max_size=2).map(tuple),
)
def test_a_reply_comes_back_from_the_outbox_as_it_went_in(
    text: str,
    buttons: list[Button],
    media: list[Media],
    menu: bool,
    replaces: str,
    commands: tuple[Command, ...] | None,
) -> None:
    reply = Reply(text, tuple(buttons), tuple(media), menu, replaces, commands)
    assert Reply.from_json(reply.to_json()) == reply


def test_a_reply_that_an_earlier_version_stored_is_still_read() -> None:
    media = '[["image", "pictograms/x.png", "một ngôi nhà"]]'
    stored = f'{{"text": "Chào", "buttons": [["a", "1:h", 0]], "media": {media}}}'
    assert Reply.from_json(stored) == Reply("Chào", (Button("a", "1:h", 0),), (PICTURE,))


@pytest.mark.parametrize("stored", ["", "{}", "[]", '{"text": 1}'])
def test_what_is_no_reply_is_refused(stored: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Reply.from_json(stored)
