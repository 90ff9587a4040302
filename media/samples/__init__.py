"""The sample library: the six subjects of the model, drawn by our own code for the first screen to show.

General, well-known duties only; no article numbers and no fines, which change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.samples.canvas import Canvas
from media.samples.landscapes import conduct, environment, lift, traffic
from media.samples.ride import draw_ride
from media.samples.tall import pets, shared_space


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn file and what its library entry says. ``field_of_law`` is a topic of the Pháp điển."""

    path: Path
    title: str
    field_of_law: str
    theme: str
    summary: str


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    title: str
    field_of_law: str
    theme: str
    summary: str
    draw: Callable[[], Canvas] | None


_ENTRIES = (
    _Entry(
        "ve-sinh-moi-truong.png",
        "Khu phố sạch bắt đầu từ túi rác nhà mình",
        "Môi trường",
        "Vệ sinh môi trường",
        "Chia rác làm ba loại, bỏ rác đúng giờ, không đổ dầu mỡ xuống cống, để riêng pin và bóng đèn cũ.",
        environment,
    ),
    _Entry(
        "ung-xu-noi-cong-cong.png",
        "Nơi công cộng là ngôi nhà chung",
        "Trật tự, an toàn xã hội",
        "Ứng xử nơi công cộng",
        "Xếp hàng, giữ yên tĩnh ban đêm, không hút thuốc nơi cấm, không vẽ và dán lên tường.",
        conduct,
    ),
    _Entry(
        "nuoi-vat-nuoi.png",
        "Nuôi vật nuôi có trách nhiệm",
        "Nông nghiệp, nông thôn",
        "Nuôi vật nuôi",
        "Tiêm phòng dại, khai báo, dắt vật nuôi khi ra đường, dọn sạch, không gây ồn và cách xử trí khi bị cắn.",
        pets,
    ),
    _Entry(
        "tham-gia-giao-thong.png",
        "An toàn trên mỗi chuyến đi",
        "Giao thông, vận tải",
        "Tham gia giao thông",
        "Đội mũ bảo hiểm, không lái xe sau khi uống rượu bia, dừng khi đèn đỏ, không dùng điện thoại khi lái xe.",
        traffic,
    ),
    _Entry(
        "khong-gian-chung.png",
        "Sống đẹp ở chung cư",
        "Xây dựng, nhà ở, đô thị",
        "Không gian chung trong chung cư",
        "Mỗi tầng một lời nhắc: ban công, căn hộ, hành lang, lối thoát hiểm, sảnh và hầm để xe.",
        shared_space,
    ),
    _Entry(
        "su-dung-thang-may.png",
        "Đi thang máy an toàn",
        "Xây dựng, nhà ở, đô thị",
        "Sử dụng thang máy",
        "Năm bước dùng thang máy an toàn, từ lúc chờ thang đến khi có sự cố.",
        lift,
    ),
    _Entry(
        "thang-may-van-minh.mp4",
        "Đi thang máy văn minh",
        "Xây dựng, nhà ở, đô thị",
        "Sử dụng thang máy",
        "Video 12 giây: trẻ nhỏ đi cùng người lớn, bấm nút giữ cửa, bấm chuông khi thang dừng đột ngột.",
        None,
    ),
)


def draw_samples(out_dir: Path) -> list[Sample]:
    """Draw the library into ``out_dir``: four wide infographics, two tall ones and a short video.

    The same bytes every time with the same versions of the drawing and encoding libraries.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    return [_made(entry, out_dir / entry.name) for entry in _ENTRIES]


def _made(entry: _Entry, path: Path) -> Sample:
    if entry.draw is None:
        draw_ride(path)
    else:
        entry.draw().finish().save(path, "PNG")
    return Sample(path, entry.title, entry.field_of_law, entry.theme, entry.summary)
