"""How the distribution is built."""

from pathlib import Path

from scikit_build_core.settings.skbuild_read_settings import SettingsReader

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_an_installation_writes_nothing_into_the_source():
    """It may be read only; a checkout that is worked on keeps what was built."""
    plain = SettingsReader.from_file(PROJECT, state="wheel")
    assert plain.settings.build_dir == "", "a temporary folder"
    worked_on = SettingsReader.from_file(PROJECT, state="editable")
    assert worked_on.settings.build_dir == "build/{wheel_tag}"
