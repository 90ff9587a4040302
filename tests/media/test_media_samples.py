"""The sample library, and the letters it is set in."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from media.fonts import BASELINE, LINE, Weight, check, face, ink, missing, wrap
from media.prepare import inspect
from media.probe import Kind
from media.samples import Sample, draw_samples
from media.samples.canvas import Canvas, touch
from media.samples.landscapes import conduct, environment, lift, traffic
from media.samples.palette import INK, bold
from media.samples.ride import draw_shaft, floors_risen
from media.samples.tall import pets, shared_space

# Every stacking of marks that Vietnamese has, above and below (reference: domain F2).
PREFLIGHT = "ẨẪỖỔẤẾỐẢỬẲẴ ỰỘẬẶỤ ẳẵẫỗ ữ ượ đĐ ₫"
SHEETS = (environment, conduct, traffic, lift, pets, shared_space, draw_shaft)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return draw_samples(tmp_path_factory.mktemp("samples"))


@pytest.mark.parametrize("weight", Weight)
def test_every_vietnamese_letter_has_its_glyph(weight: Weight) -> None:
    vowels = "aăâeêioôơuưyđ"
    toned = {
        unicodedata.normalize("NFC", v + t)
        for v in vowels
        for t in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    }
    letters = "".join(letter for letter in toned | {m.upper() for m in toned} if len(letter) == 1)
    assert missing(letters + PREFLIGHT, weight) == ""
    assert missing("a漢", weight) == "漢"


@pytest.mark.parametrize("weight", Weight)
@pytest.mark.parametrize("size", [24, 44, 96])
def test_line_box_holds_every_mark(weight: Weight, size: int) -> None:
    height = round(size * LINE)
    sheet = Image.new("L", (size * 40, height), 0)
    ImageDraw.Draw(sheet).text((4, size * BASELINE), PREFLIGHT, 255, face(weight, size), anchor="ls")
    free = Image.new("L", (size * 40, height * 3), 0)
    ImageDraw.Draw(free).text((4, height + size * BASELINE), PREFLIGHT, 255, face(weight, size), anchor="ls")
    assert sum(sheet.histogram()[32:]) == sum(free.histogram()[32:]), "no ink outside the line's box"


def test_decomposed_text_and_foreign_glyphs_are_refused() -> None:
    check("Cầu thang pháp luật", Weight.BOLD)
    with pytest.raises(ValueError, match="NFC"):
        check(unicodedata.normalize("NFD", "Cầu thang"), Weight.BOLD)
    with pytest.raises(ValueError, match="no glyph"):
        check("梯", Weight.BOLD)


def test_lines_break_evenly_and_never_at_a_no_break_space() -> None:
    font = face(Weight.MEDIUM, 40)
    lines = wrap("Không đổ dầu mỡ xuống\u00a0cống thoát\u00a0nước", font, 560)
    assert len(lines) == 2
    assert all("xuống" not in line or "xuống\u00a0cống" in line for line in lines)
    widths = [ink(line, font)[2] for line in lines]
    assert min(widths) > 0.6 * max(widths)


def test_sheet_refuses_cut_crowded_and_covered_text() -> None:
    sheet = Canvas(400, 200, "white")
    sheet.text(20, 100, "Ẩm", bold(40))
    with pytest.raises(ValueError, match="over another text"):
        sheet.text(30, 110, "Ẩm", bold(40))
    with pytest.raises(ValueError, match="cut at the edge"):
        sheet.text(20, 10, "Ẩm", bold(40))
    with pytest.raises(ValueError, match="wider than its column"):
        sheet.paragraph(20, 120, 50, "nghiêng", bold(40))
    with pytest.raises(ValueError, match="more than 1 lines"):
        sheet.paragraph(20, 120, 100, "một hai ba bốn", bold(30), at_most=1)
    with pytest.raises(ValueError, match="painted over"):
        sheet.rect(0, 60, 100, 60, INK)


@pytest.mark.parametrize("draw", SHEETS, ids=lambda draw: draw.__name__)
def test_no_text_of_a_sample_touches_another_or_the_edge(draw) -> None:  # type: ignore[no-untyped-def]
    sheet = draw()
    assert len(sheet.inks) >= 6
    for number, box in enumerate(sheet.inks):
        assert box[0] >= 40
        assert box[1] >= 0
        assert box[2] <= sheet.width - 40
        assert box[3] <= sheet.height
        assert not any(touch(box, other) for other in sheet.inks[number + 1 :])


def test_library_covers_the_six_subjects(samples: list[Sample]) -> None:
    assert {sample.theme for sample in samples} == {
        "Vệ sinh môi trường",
        "Ứng xử nơi công cộng",
        "Nuôi vật nuôi",
        "Tham gia giao thông",
        "Không gian chung trong chung cư",
        "Sử dụng thang máy",
    }
    for sample in samples:
        for text in (sample.title, sample.field_of_law, sample.theme, sample.summary, sample.path.name):
            assert unicodedata.is_normalized("NFC", text)
            assert text.strip()


def test_library_has_wide_tall_and_moving_pieces(samples: list[Sample]) -> None:
    probed = [inspect(sample.path) for sample in samples]
    pictures = [(one.width, one.height) for one in probed if one.kind is Kind.IMAGE]
    assert pictures.count((1920, 1080)) == 4
    assert sum(height > 3 * width for width, height in pictures) == 2
    videos = [one for one in probed if one.kind is Kind.VIDEO]
    assert [8_000 <= video.duration_ms <= 12_100 for video in videos] == [True]


def test_drawing_twice_gives_the_same_picture(samples: list[Sample]) -> None:
    drawn = {sample.path.name: sample.path for sample in samples}
    again = pets().finish()
    with Image.open(drawn["nuoi-vat-nuoi.png"]) as first:
        assert first.tobytes() == again.tobytes()


def test_ride_stops_at_every_floor() -> None:
    at = [floors_risen(ms) for ms in range(0, 12_000, 100)]
    assert at == sorted(at)
    assert (at[0], at[-1]) == (0.0, 3.0)
    assert all(at.count(float(floor)) >= 20 for floor in range(4))


def test_sample_files_are_named_in_ascii(samples: list[Sample]) -> None:
    assert all(sample.path.name.isascii() and Path(sample.path).is_file() for sample in samples)
