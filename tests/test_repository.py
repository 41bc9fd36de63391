"""The repository keeps its own rules."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.columns import ForeignKey, OnDelete
from piccolo.columns.base import Column
from piccolo.table import Table

from foundation import i18n
from foundation.settings import ROOT, Settings

STOREYS = ("foundation", "moderation", "marketplace", "creators", "payouts")
TRADE_WORDS = re.compile(r"\b(commissions?|influencers?|payout_?runs?|collaborations?|storefronts?|affiliates?)\b", re.IGNORECASE)
CONSOLE_PARTIALS = ("layouts/", "components/", "emails/")


def _python_files(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "piccolo_migrations" not in path.parts and "__pycache__" not in path.parts
    ]


def _tables() -> list[type[Table]]:
    found = []
    for storey in STOREYS:
        module = import_module(f"{storey}.tables")
        found += [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Table) and value.__module__ == module.__name__
        ]
    return found


def _columns() -> list[tuple[str, Column]]:
    return [(f"{table.__name__}.{column._meta.name}", column) for table in _tables() for column in table._meta.columns]


def test_no_foreign_key_cascades_where_money_or_meaning_could_vanish() -> None:
    cascading = [
        name
        for name, column in _columns()
        if isinstance(column, ForeignKey)
        and column._foreign_key_meta.on_delete is not OnDelete.restrict
        and not name.startswith("OneTimeLink.")
    ]
    assert cascading == []


def test_no_column_is_filled_silently_with_a_zero_or_an_empty_text() -> None:
    """Piccolo's own defaults hide missing data: each default here was written down on purpose."""
    silent = []
    for storey in STOREYS:
        tree = ast.parse((ROOT / storey / "tables.py").read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            keywords = {keyword.arg for keyword in call.keywords}
            columns = {
                "Varchar",
                "Text",
                "Integer",
                "BigInt",
                "SmallInt",
                "ForeignKey",
                "Timestamptz",
                "Boolean",
                "JSONB",
                "Date",
            }
            if name in columns and "primary_key" not in keywords and not {"null", "default"} <= keywords:
                silent.append(f"{storey}/tables.py:{call.lineno}")
    assert silent == []


def test_every_constraint_has_the_name_of_its_attribute() -> None:
    for table in _tables():
        for constraint in table._meta.constraints:
            assert constraint._meta.name.startswith(("uq_", "ck_")), f"{table.__name__}: {constraint._meta.name}"


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", text, re.MULTILINE))
    declared = {field.metadata["variable"]: field.metadata["doc"] for field in fields(Settings)}
    assert table == declared


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in _python_files(*STOREYS)
        if re.search(r"os\.environ|getenv", path.read_text()) and path.name not in {"settings.py", "embedded.py", "migrations.py"}
    ]
    assert readers == []


def test_the_ground_knows_no_word_of_the_trade() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _python_files("foundation")
        for match in TRADE_WORDS.finditer(path.read_text())
    ]
    assert found == []


def test_every_page_has_a_title_of_its_own() -> None:
    untitled = []
    for path in sorted((ROOT / "frontend_templates").rglob("*.html")):
        name = path.relative_to(ROOT / "frontend_templates").as_posix()
        text = path.read_text()
        if "{% extends" in text.replace("{%-", "{%") and not name.startswith(CONSOLE_PARTIALS) and "block title" not in text:
            untitled.append(name)
    assert untitled == []


AS_WE_WRITE_THEM = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}
"""How our templates are to be read: one that cannot be read is an error, not a template without words."""


def _messages() -> dict[str, str]:
    """Every msgid of templates and Python, with the place where it stands."""
    found: dict[str, str] = {}
    for folder in (*STOREYS, "entrypoints"):
        for name, line, message, *_ in extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.py", "python")],
            keywords={"_": None, "gettext": None, "ngettext": (1, 2), "translate": (1,)},
        ):
            found[str(message[0] if isinstance(message, tuple) else message)] = f"{folder}/{name}:{line}"
    for name, line, message, *_ in extract_from_dir(
        str(ROOT / "frontend_templates"),
        method_map=[("**.html", "jinja2"), ("**.txt", "jinja2")],
        options_map={"**.html": AS_WE_WRITE_THEM, "**.txt": AS_WE_WRITE_THEM},
    ):
        found[str(message[0] if isinstance(message, tuple) else message)] = f"frontend_templates/{name}:{line}"
    return found


def test_nothing_is_untranslated() -> None:
    french = i18n.catalogue("fr")
    missing = {
        message: place
        for message, place in _messages().items()
        if message
        and not ((known := french.get(message)) and known.string and (isinstance(known.string, str) or all(known.string)))
    }
    assert missing == {}


def test_no_sentence_is_translated_in_two_ways() -> None:
    """What means two things has a context for each: between two files only one translation would be read."""
    found: dict[tuple[object, ...], set[object]] = {}
    for file in sorted((ROOT / "frontend_templates" / "locale" / "fr").glob("*.po")):
        with file.open("rb") as text:
            for message in read_po(text, locale="fr"):
                found.setdefault((message.context, message.id), set()).add(message.string)
    assert [key for key, ways in found.items() if key[1] and len(ways) > 1] == []


def test_translations_keep_the_fields_of_their_sentence() -> None:
    fields_of = re.compile(r"%\((\w+)\)[sd]")
    wrong = [
        message.id
        for message in i18n.catalogue("fr")
        if message.id
        and isinstance(message.id, str)
        and isinstance(message.string, str)
        and set(fields_of.findall(message.id)) != set(fields_of.findall(message.string))
    ]
    assert wrong == []


def test_every_refusal_says_something_that_is_translated() -> None:
    from foundation.errors import Refusal

    for storey in (*STOREYS, "entrypoints"):
        for path in _python_files(storey):
            if "class " in path.read_text() and path.name not in {"__main__.py", "worker.py", "relay.py"}:
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    french = i18n.catalogue("fr")
    pending, seen = [Refusal], set[type[Refusal]]()
    while pending:
        pending += (kind := pending.pop()).__subclasses__()
        seen.add(kind)
    ours = [kind for kind in seen if not kind.__module__.startswith("tests")]
    assert [kind.__name__ for kind in ours if not ((known := french.get(kind.message)) and known.string)] == []


@pytest.mark.parametrize("storey", STOREYS)
@pytest.mark.usefixtures("_loop")
async def test_migrations_are_in_step_with_the_tables(storey: str) -> None:
    manager = AutoMigrationManager()
    drift = await manager.get_alter_statements(app_config=import_module(f"{storey}.piccolo_app").APP_CONFIG)
    assert [statement for group in drift for statement in group.statements] == []


def test_the_repository_names_no_package_registry_and_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    host = re.compile("pypi" + r"\.org|python" + r"hosted|registry\.npm" + r"js|deb\.debian" + r"\.org")
    found = [name for name in listed if (ROOT / name).is_file() and host.search((ROOT / name).read_text(errors="ignore"))]
    assert found == []


@pytest.mark.parametrize("storey", STOREYS)
def test_every_storey_says_what_it_owns(storey: str) -> None:
    assert (import_module(storey).__doc__ or "").strip()
