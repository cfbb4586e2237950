"""An answer as each channel shows it, and the channels' limits in one place."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from content.__main__ import app
from content.screens import Screen, screens, show

SMALL = Screen("small", letters=60, buttons=1, button_letters=8, pictures=False, sounds=(".ogg",))


def test_what_does_not_fit_is_cut_and_numbered_and_choices_become_lines() -> None:
    text = "Câu thứ nhất ở đây. Câu thứ hai ở đây. Câu thứ ba ở đây. Câu thứ tư ở đây."
    media = [("image", "a.png"), ("audio", "a.ogg"), ("audio", "a.aac")]
    shown = list(show(text, ["1. Cần giấy gì", "2. Ở đâu"], media, SMALL))
    assert shown[:2] == ["[a.ogg]", "(1/2)"]
    assert any("2. Ở đâu" in line for line in shown)
    assert shown[-1] == "[ 1. Cần… ]"


def test_preview_shows_a_card_on_every_channel() -> None:
    result = CliRunner().invoke(app, ["preview", "the-bhyt", "--facet", "papers"])
    assert result.exit_code == 0
    for screen in screens():
        assert f"── {screen.name} " in result.output
    only = CliRunner().invoke(app, ["preview", "the-bhyt", "--channel", "zalo_bot"]).output
    assert "telegram" not in only
    assert "[ 1." not in only  # it has no buttons
    assert CliRunner().invoke(app, ["preview", "the-bhyt", "--channel", "fax"]).exit_code == 1


def test_the_readability_report_lists_the_hardest_first_and_draws(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    picture = tmp_path_factory.mktemp("report") / "r.svg"
    result = CliRunner().invoke(app, ["readability", "--picture", str(picture)])
    assert result.exit_code == 0
    assert "Miễn tiền học phí" in result.output
    assert picture.read_bytes().startswith(b"<svg")
