"""``cauthang-player``: run a player, or say what it does."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from player.agent import Agent, prepared
from player.allowance import Allowance, Setup
from player.errors import SetupError
from player.status import describe
from player.surface.browser import LOOPBACK, BrowserSurface

if TYPE_CHECKING:
    from player.surface.mpv.surface import MpvSurface

ALLOWANCE = {
    "log_mb": "nhật ký phát chiếm nhiều nhất bao nhiêu MB trước khi gộp lượt cũ",
    "files_mb": "tệp chiếu chiếm nhiều nhất bao nhiêu MB",
    "free_percent": "luôn để trống bấy nhiêu phần trăm của ổ đĩa",
    "free_mb": "hoặc bấy nhiêu MB, tùy số nào nhỏ hơn",
    "safe_after": "sau bấy nhiêu lần khởi động lại trong 30 phút thì chỉ phát ảnh; 0: không bao giờ",
}
RESTART_STATUS = 75  # EX_TEMPFAIL: whoever keeps the player starts it again


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return _run(options) if options.command == "run" else _status(options)
    except SetupError as error:
        print(f"cauthang-player: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cauthang-player", description="Chiếu nội dung đã duyệt và ghi lại bằng chứng."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="chạy màn hình cho đến khi dừng")
    run.add_argument("--server", required=True, help="địa chỉ máy chủ, ví dụ https://cauthang.example.vn")
    run.add_argument("--root", required=True, type=Path, help="tệp root.pub, chép tay từ máy chủ")
    run.add_argument(
        "--surface", choices=("browser", "mpv"), default="browser", help="chiếu bằng gì (mặc định browser)"
    )
    run.add_argument("--port", type=int, default=8090, help="cổng của trang chiếu trên máy này (mặc định 8090)")
    run.add_argument("--listen", default=LOOPBACK, help="địa chỉ của trang chiếu (mặc định: chỉ máy này)")
    status = commands.add_parser("status", help="cho biết màn hình đang chiếu gì và vì sao")
    for name, sentence in ALLOWANCE.items():
        option, default = f"--{name.replace('_', '-')}", getattr(Allowance(), name)
        run.add_argument(option, type=_whole, default=default, help=f"{sentence} (mặc định {default})")
    state = os.environ.get("STATE_DIRECTORY")
    for command in (run, status):
        command.add_argument(
            "--state",
            required=not state,
            default=state,
            type=Path,
            help="thư mục trạng thái (mặc định STATE_DIRECTORY)",
        )
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("hãy ghi một số nguyên không âm")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    clock, seen, fetcher = prepared(options.state)
    surface = _surface(options, lambda: clock.read().ms)
    allowance = Allowance(**{name: getattr(options, name) for name in ALLOWANCE})
    agent = Agent(Setup(options.server, options.root, options.state, allowance), surface, clock, seen, fetcher)
    surface.heard = agent.wake.set

    def end(_number: int, _frame: FrameType | None) -> None:
        agent.stop.set()
        agent.wake.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    agent.run()
    return RESTART_STATUS if agent.again else os.EX_OK


def _surface(options: argparse.Namespace, now_ms: Callable[[], int]) -> BrowserSurface | MpvSurface:
    if options.surface == "mpv":
        from player.surface.mpv.surface import MpvSurface  # noqa: PLC0415  needs libxcb, which a browser screen may lack

        return MpvSurface(now_ms)
    return BrowserSurface(now_ms, options.port, options.listen)


def _status(options: argparse.Namespace) -> int:
    for line in describe(options.state):
        print(line)
    return os.EX_OK


if __name__ == "__main__":
    raise SystemExit(main())
