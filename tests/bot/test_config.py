"""Settings: what is wrong is said by key, all at once; what is right needs no file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.channels.zalo_files import HOSTS
from bot.config import ConfigFaults, load
from bot.doctor import Finding, crisis_numbers
from bot.unit_keeping import units_of

OA = """[[accounts]]
name = "x"
platform = "zalo_oa"
app_id = "1"
app_secret = "s"
oa_secret = "s"
"""


def config(folder: Path, text: str, **environment: str):
    (folder / "config.toml").write_text(text, "utf-8")
    return load(environment, folder)


def faults(folder: Path, text: str, **environment: str) -> str:
    with pytest.raises(ConfigFaults) as raised:
        config(folder, text, **environment)
    return str(raised.value)


def test_without_a_file_the_web_chat_serves_a_sample_unit_on_loopback(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert settings.web.host == "127.0.0.1"
    assert settings.web.port == 8080
    assert settings.database_url == "sqlite:///var/loaban.db"
    assert [account.platform for account in settings.accounts] == ["web_chat"]
    assert len(settings.units) == 1


def test_a_telegram_account_stands_beside_the_web_chat(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        '[[accounts]]\nname = "xa"\nplatform = "telegram"\ntoken = "env:TOKEN"\n',
        TOKEN="1:secret",
    )
    assert {account.platform for account in settings.accounts} == {"telegram", "web_chat"}
    telegram = settings.accounts[1]
    assert telegram.token is not None
    assert telegram.token.get_secret_value() == "1:secret"
    assert "1:secret" not in repr(settings)


def test_the_environment_is_stronger_than_the_file_and_port_the_strongest(tmp_path: Path) -> None:
    text = "[web]\nport = 9000\n[quiet_hours]\nstart = 22:00:00\n"
    settings = config(
        tmp_path,
        text,
        LOABAN_WEB__PORT="9001",
        LOABAN_QUIET_HOURS__START="20:30",
        LOABAN_DATABASE__URL="postgresql://x/y",
        PORT="9002",
    )
    assert settings.web.port == 9002
    assert settings.quiet_hours.start.hour == 20
    assert settings.database_url == "postgresql://x/y"


def test_an_item_of_a_list_is_named_by_its_number(tmp_path: Path) -> None:
    text = '[[units]]\ncode = "a"\nname = "Xã A"\n'
    settings = config(tmp_path, text, LOABAN_UNITS__0__OFFICE_PHONE="0200 000 000")
    assert settings.units[0].office_phone == "0200 000 000"


def test_numbers_for_people_in_danger_come_from_file_unit_and_environment(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        '[[units]]\ncode = "a"\nname = "Xã A"\n[units.crisis]\nfire = "+84 200.000-000"\n'
        'confirmed = 2026-11-01\n[crisis]\nmedical = ""\nconfirmed = 2026-11-02\n',
        LOABAN_CRISIS__FLOOD="0200 000 000",
        LOABAN_UNITS__0__CRISIS__CHILD="0200 000 001",
        LOABAN_UNITS__0__CRISIS__CONFIRMED="2026-11-03",
    )
    assert dict(settings.crisis.numbers()) == {"flood": "0200 000 000"}
    unit = settings.units[0].crisis
    assert dict(unit.numbers()) == {"child": "0200 000 001", "fire": "+84 200.000-000"}
    assert unit.confirmed == date(2026, 11, 3)


def test_the_doctor_warns_before_and_after_numbers_go_unconfirmed(tmp_path: Path) -> None:
    settings = config(
        tmp_path,
        '[crisis]\nflood = "0200 000 000"\nconfirmed = 2026-11-01\n'
        '[[units]]\ncode = "a"\nname = "Xã A"\n',
    )

    def doctor(today: date) -> Finding:
        [finding] = crisis_numbers(units_of(settings), today)
        return finding

    assert "not yet" in doctor(date(2026, 10, 31)).state
    assert doctor(date(2026, 11, 1)).ok
    assert doctor(date(2027, 10, 1)).ok
    assert "dial each one before 2027-11-01" in doctor(date(2027, 10, 2)).remedy
    assert "shown until" in doctor(date(2027, 11, 1)).state
    assert "no longer shown" in doctor(date(2027, 11, 2)).state
    assert list(crisis_numbers(units_of(load({}, tmp_path / "nowhere")), date(2026, 11, 1))) == []


def test_loaban_config_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[web]\nport = 1234\n")
    assert load({"LOABAN_CONFIG": "other.toml"}, tmp_path).web.port == 1234
    with pytest.raises(ConfigFaults, match=r"absent\.toml"):
        load({"LOABAN_CONFIG": "absent.toml"}, tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[web]\nprot = 1\n", "web.prot: no such key; did you mean 'port'"),
        ("[wbe]\nport = 1\n", "wbe: no such key; did you mean 'web'"),
        ('[web]\nport = "many"\n', "web.port: "),
        ("[web]\nport = 70000\n", "web.port: "),
        ('[web]\npublic_url = "example.vn"\n', "web.public_url: "),
        ('[[accounts]]\nname = "x"\nplatform = "telegram"\n', "needs token"),
        ('[[accounts]]\nname = "x"\nplatform = "icq"\n', "accounts.0.platform: "),
        ('[[accounts]]\nname = "x"\nplatform = "zalo_oa"\n', "needs app_id"),
        (
            '[[accounts]]\nname = "x"\nplatform = "zalo_oa"\napp_id = "1"\napp_secret = "s"\n'
            'oa_secret = "s"\n',
            "LOABAN_TOKEN_KEY is missing: put the output of",
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "zalo_bot"\ntoken = "t"\nmode = "webhook"\n'
            'webhook_secret = "short"\n',
            "mode webhook needs webhook_secret: 8-256",
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "telegram"\ntoken = "t"\napp_id = "1"\n',
            "a telegram account has no app_id",
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "telegram"\ntoken = "t"\n'
            '[[accounts]]\nname = "y"\nplatform = "telegram"\ntoken = "t"\n',
            "'x' and 'y' are the same line",
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "telegram"\ntoken = "t"\nfile_hosts = ["a.vn"]\n',
            "a telegram account has no file_hosts",
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "zalo_bot"\ntoken = "t"\nfile_hosts = []\n',
            "accounts.0.file_hosts: name at least one host",
        ),
        *(
            (
                '[[accounts]]\nname = "x"\nplatform = "zalo_bot"\ntoken = "t"\n'
                f'file_hosts = ["zdn.vn", "{host}"]\n',
                f"accounts.0.file_hosts: '{host}' is no host",
            )
            for host in (
                "https://zdn.vn",
                "*.zdn.vn",
                "10.0.0.1",
                "localhost",
                "zdn.vn/x",
                "ZDN.vn",
            )
        ),
        *(
            (f"{OA}{lines}", told)
            for lines, told in (
                (
                    'notice_template = "7895"\n',
                    "notice_template needs notice_template_field and notice_template_length too",
                ),
                (
                    'notice_template = "7895"\nnotice_template_field = "noi_dung"\n',
                    "notice_template needs notice_template_length too",
                ),
                ("notice_template_length = 100\n", "no notice_template is named"),
                ("notice_template_price = 300\n", "no notice_template is named"),
                ("notice_template_length = 2001\n", "accounts.0.notice_template_length: "),
                ('notice_template = "78 95"\n', "accounts.0.notice_template: copy it from"),
            )
        ),
        (
            '[[accounts]]\nname = "x"\nplatform = "telegram"\ntoken = "t"\nnotice_template = "7"\n',
            "a telegram account has no notice_template",
        ),
        ('token_key = "k"\n', "token_key: is no setting; keep it out of files"),
        ('[[accounts]]\nname = "X x"\nplatform = "web_chat"\n', "accounts.0.name: use a-z"),
        (
            '[[accounts]]\nname = "x"\nplatform = "telegram"\ntoken = "1:a"\nmode = "webhook"\n',
            "needs webhook_secret",
        ),
        ('[[units]]\ncode = "a"\nname = "A"\nparent = "b"\n', "parent 'b' of 'a' is no unit"),
        ('[[units]]\ncode = "a"\nname = "A"\nparent = "a"\n', "below itself"),
        ('[[units]]\ncode = "a"\nname = "A"\n' * 2, "'a' stands twice"),
        ("web = 5\n", "web: "),
        ("[web\n", "is not TOML"),
        (
            "[crisis]\nflood = 114\nconfirmed = 2026-11-01\n",
            "crisis.flood: write the number in quotes",
        ),
        ('[crisis]\nflood = "12"\nconfirmed = 2026-11-01\n', "crisis.flood: write the number as"),
        (
            '[crisis]\nfire = "0200 / 0300"\nconfirmed = 2026-11-01\n',
            "crisis.fire: write the number",
        ),
        ('[crisis]\nflood = "0200 000 000"\n', "crisis: a number needs confirmed"),
        ('[crisis]\nflod = "0200 000 000"\n', "crisis.flod: no such key; did you mean 'flood'"),
        (
            '[[units]]\ncode = "a"\nname = "A"\n[units.crisis]\nflod = "0200 000 000"\n',
            "units.0.crisis.flod: no such key; did you mean 'flood'",
        ),
        ('[web]\nhost = "env:NOT_THERE"\n', "web.host: the environment variable NOT_THERE"),
    ],
)
def test_a_fault_is_told_with_its_key(tmp_path: Path, text: str, told: str) -> None:
    assert told in faults(tmp_path, text)


def test_file_hosts_of_an_account_come_in_a_list_or_in_one_line(tmp_path: Path) -> None:
    account = '[[accounts]]\nname = "x"\nplatform = "zalo_bot"\ntoken = "t"\n'
    name = "LOABAN_ACCOUNTS__0__FILE_HOSTS"
    [_, bot] = config(tmp_path, account).accounts
    assert bot.file_hosts == HOSTS
    [_, bot] = config(tmp_path, account, **{name: "zdn.vn, new-host.vn"}).accounts
    assert bot.file_hosts == ("zdn.vn", "new-host.vn")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, '[web]\nport = "x"\nhots = "y"\n[data]\nfolderr = "z"\n')
    assert "web.port" in told
    assert "web.hots" in told
    assert "data.folderr" in told


def test_a_wrong_name_in_the_environment_is_told(tmp_path: Path) -> None:
    assert "web.pport" in faults(tmp_path, "", LOABAN_WEB__PPORT="1")
    assert "LOABAN_WEB (environment)" in faults(tmp_path, "", LOABAN_WEB="1")


def test_a_secret_never_stands_in_a_fault(tmp_path: Path) -> None:
    text = '[[accounts]]\nname = "x"\nplatform = "web_chat"\ntoken = "123:hush"\n'
    assert "hush" not in faults(tmp_path, text)


def test_a_template_for_notices_is_read_with_its_field_its_length_and_its_price(
    tmp_path: Path,
) -> None:
    named = 'notice_template = "7895"\nnotice_template_field = "noi_dung"\n'
    key = {"LOABAN_TOKEN_KEY": "A" * 43 + "="}
    for price, read in (
        ("", None),
        ('notice_template_price = ""\n', None),
        ("notice_template_price = 300\n", 300),
    ):
        text = f"{OA}{named}notice_template_length = 100\n{price}"
        [account] = [one for one in config(tmp_path, text, **key).accounts if one.app_id]
        assert (account.notice_template, account.notice_template_length) == ("7895", 100)
        assert account.notice_template_price == read
