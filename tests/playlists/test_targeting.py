"""Which screens a campaign reaches."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playlists.targeting import Group, Place, Targets, reached, reaches

LIFT = Place(
    "s-lift",
    unit=("tp", "so-tu-phap", "phuong-1"),
    territory=("79", "26734"),
    site="toa-a",
    venue="residential.lift",
    tags=frozenset({"đông người", "thang máy"}),
    screen_class="kiosk",
)
KINDS = {
    "units": "phuong-1",
    "territories": "26734",
    "sites": "toa-a",
    "venues": "residential.lift",
    "tags": "thang máy",
    "classes": "kiosk",
    "screens": "s-lift",
}


def group(**kinds):
    return Group(**{kind: frozenset(names) for kind, names in kinds.items()})


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_each_kind_reaches_what_it_names_and_nothing_else(kind, name):
    assert reaches(Targets(group(**{kind: {name, "another"}})), LIFT)
    assert not reaches(Targets(group(**{kind: {"another"}})), LIFT)


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_each_kind_excludes_what_it_names_even_a_screen_named_by_itself(kind, name):
    named = group(units={"tp"}, screens={"s-lift"})
    assert not reaches(Targets(named, group(**{kind: {name}})), LIFT)
    assert reaches(Targets(named, group(**{kind: {"another"}})), LIFT)


def test_a_unit_or_territory_reaches_all_that_is_below_it_and_nothing_above():
    for code in LIFT.unit:
        assert reaches(Targets(group(units={code})), LIFT)
    assert reaches(Targets(group(territories={"79"})), LIFT)
    above = replace(LIFT, unit=LIFT.unit[:2])
    assert not reaches(Targets(group(units={"phuong-1"})), above)


def test_across_kinds_all_must_agree():
    assert reaches(Targets(group(units={"tp"}, tags={"thang máy", "khác"})), LIFT)
    assert not reaches(Targets(group(units={"tp"}, tags={"khác"})), LIFT)


def test_a_single_screen_is_added_whatever_the_kinds_say():
    assert reaches(Targets(group(units={"another"}, tags={"khác"}, screens={"s-lift"})), LIFT)


@pytest.mark.parametrize("exclude", [Group(), group(units={"tp"})])
def test_empty_targets_reach_nothing_and_say_so(exclude):
    empty = Targets(Group(), exclude)
    assert empty.is_empty and not reaches(empty, LIFT)


def test_a_kind_that_a_screen_has_not_reaches_it_not():
    bare = Place("s-bare", ("tp",))
    for kind, name in KINDS.items():
        assert not reaches(Targets(group(**{kind: {name}})), bare)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: replace(LIFT, screen="S 1"),
        lambda: replace(LIFT, unit=()),
        lambda: replace(LIFT, unit=("tp", "tp")),
        lambda: replace(LIFT, tags=frozenset({""})),
        lambda: group(sites={""}),
    ],
)
def test_an_impossible_place_or_target_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        wrong()


NAMES = st.sampled_from("abc")
SOME = st.frozensets(NAMES, max_size=2)
groups = st.builds(Group, *[SOME] * 7)
places = st.builds(
    Place,
    NAMES,
    st.lists(NAMES, min_size=1, unique=True).map(tuple),
    st.lists(NAMES, unique=True).map(tuple),
    NAMES,
    NAMES,
    SOME,
    NAMES,
)


@settings(max_examples=300, deadline=None)
@given(groups, groups, st.lists(places, max_size=5))
def test_reached_is_the_rule_read_aloud(include, exclude, all_places):
    def has(named, place):
        own = {
            "units": set(place.unit),
            "territories": set(place.territory),
            "sites": {place.site},
            "venues": {place.venue},
            "tags": place.tags,
            "classes": {place.screen_class},
        }
        return {kind: bool(getattr(named, kind) & names) for kind, names in own.items() if getattr(named, kind)}

    expected = set()
    for place in all_places:
        asked, barred = has(include, place), has(exclude, place)
        wanted = place.screen in include.screens or (len(asked) > 0 and False not in asked.values())
        if wanted and True not in barred.values() and place.screen not in exclude.screens:
            expected.add(place.screen)
    if len({place.screen for place in all_places}) == len(all_places):
        assert reached(Targets(include, exclude), all_places) == expected
